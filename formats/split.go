package formats

import (
	"errors"
	"fmt"

	"loket-etl/payroll"
)

// Limits are what a partner takes in one file; 0 is no limit.
type Limits struct {
	Posts int
	Bytes int64
}

// Split is p as files in the format that each keep to the limits, cut by
// payroll.Split, whose promises hold: the same p and limits give the same files.
// For the limit of bytes it encodes, holds nothing, and lowers the number of posts
// until the largest file fits. It is an error when a post alone makes a file too
// large.
func Split(f Format[payroll.Payments], p payroll.Payments, most Limits) ([]payroll.Payments, error) {
	if most.Posts < 0 || most.Bytes < 0 {
		return nil, errors.New("split payments: a limit is below zero")
	}
	if most.Posts == 0 {
		for _, b := range p.Batches {
			for _, err := range b.Posts {
				if err != nil {
					return nil, fmt.Errorf("split payments: %w", err)
				}
				most.Posts++
			}
		}
		most.Posts = max(most.Posts, 1)
	}
	for {
		files, err := payroll.Split(p, most.Posts)
		if err != nil {
			return nil, err
		}
		largest := int64(0)
		for i := 0; i < len(files) && most.Bytes > 0; i++ {
			size := counter(0)
			if err := f.Encode(&size, files[i]); err != nil {
				return nil, fmt.Errorf("split payments: file %d of %d: %w", i+1, len(files), err)
			}
			largest = max(largest, int64(size))
			if largest > 2*most.Bytes && i > 0 { // far off: try again at once
				break
			}
		}
		switch {
		case largest <= most.Bytes:
			return files, nil
		case most.Posts == 1:
			return nil, fmt.Errorf("split payments: a file with one post has %d bytes, more than %d", largest, most.Bytes)
		}
		most.Posts = max(1, min(most.Posts-1, int(int64(most.Posts)*most.Bytes/largest)))
	}
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
