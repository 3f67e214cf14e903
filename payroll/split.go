package payroll

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"strconv"
)

// longestID is how long an identification may be at a bank.
const longestID = 35

// Split is p as files of at most most posts each, which together have its posts in
// the same order; p alone when it is short enough. A batch is cut only when it is
// longer than a file may be; a batch that does not fit beside those before it
// begins the next file.
//
// What identifies a file or batch follows from p and most alone, and no two have
// the same: MessageID gets the number of the file, FileID the serials from that of
// p on (an error when a day has no more), the ID of a cut batch the number of the
// piece, and batches are numbered through over the files. An identification without
// room for its number is cut and gets eight characters of its hash. Posts keep
// EndToEnd.
//
// The posts are ranged once here, and those of a file again from the start of their
// batch whenever they are: nothing of them is held.
func Split(p Payments, most int) ([]Payments, error) {
	if most < 1 {
		return nil, fmt.Errorf("split payments: %d posts in a file: at least 1", most)
	}
	s := splitter{p: p, most: most, taken: map[string]bool{}}
	for i, b := range p.Batches {
		if s.taken[b.ID] {
			return nil, fmt.Errorf("split payments: batch %d has the identification of another", i+1)
		}
		s.taken[b.ID] = b.ID != ""
	}
	all, counts, err := count(p)
	if err != nil {
		return nil, fmt.Errorf("split payments: %w", err)
	}
	if all <= most {
		return []Payments{p}, nil
	}
	for i, n := range counts {
		s.batch(p.Batches[i], n)
	}
	for i := range s.files {
		f := &s.files[i]
		f.MessageID = numbered(p.MessageID, i+1)
		if f.FileID, err = serial(p.FileID, i); err != nil {
			return nil, fmt.Errorf("split payments: file %d of %d: %w", i+1, len(s.files), err)
		}
	}
	return s.files, nil
}

func count(p Payments) (all int, batches []int, err error) {
	for i, b := range p.Batches {
		n := 0
		if b.Posts != nil {
			for _, err := range b.Posts {
				if err != nil {
					return 0, nil, fmt.Errorf("batch %d: %w", i+1, err)
				}
				n++
			}
		}
		if n == 0 {
			return 0, nil, fmt.Errorf("batch %d: there is no post", i+1)
		}
		batches = append(batches, n)
		all += n
	}
	return all, batches, nil
}

type splitter struct {
	p      Payments
	most   int
	files  []Payments
	room   int // in the last file
	number int // batches so far
	taken  map[string]bool
}

// batch puts b, which has n posts, into the files.
func (s *splitter) batch(b PaymentBatch, n int) {
	if n <= s.most {
		s.put(b, n)
		return
	}
	for from, piece := 0, 1; from < n; piece++ {
		if s.room == 0 {
			s.open()
		}
		length := min(n-from, s.room)
		part := b
		part.ID, piece = s.free(b.ID, piece)
		part.Posts = window(b.Posts, from, length)
		s.put(part, length)
		from += length
	}
}

// put puts a batch into a file that has room for it.
func (s *splitter) put(b PaymentBatch, n int) {
	if n > s.room || len(s.files) == 0 {
		s.open()
	}
	last := &s.files[len(s.files)-1]
	b.Number = s.p.Batches[0].Number + s.number
	s.number++
	s.room -= n
	last.Batches = append(last.Batches, b)
}

func (s *splitter) open() {
	f := s.p
	f.Batches = nil
	s.files = append(s.files, f)
	s.room = s.most
}

// free is the identification of a piece, and the number that it got: that of the
// piece, or a later one when a batch of the file is called so.
func (s *splitter) free(id string, piece int) (string, int) {
	if id == "" {
		return "", piece
	}
	for s.taken[numbered(id, piece)] {
		piece++
	}
	s.taken[numbered(id, piece)] = true
	return numbered(id, piece), piece
}

// numbered is an identification with a number behind it, "" when there is none.
func numbered(id string, n int) string {
	if id == "" {
		return ""
	}
	suffix := "-" + strconv.Itoa(n)
	if len(id)+len(suffix) <= longestID {
		return id + suffix
	}
	hash := sha256.Sum256([]byte(id))
	suffix = fmt.Sprintf("-%x%s", hash[:4], suffix)
	return id[:longestID-len(suffix)] + suffix
}

// serial is the file identification n files after that of id: a day and a serial.
func serial(id string, n int) (string, error) {
	if id == "" {
		return "", nil
	}
	at, err := strconv.ParseUint(id[max(0, len(id)-2):], 10, 8)
	switch {
	case len(id) != 4 || err != nil:
		return "", errors.New("its identification is not a day and a serial")
	case int(at)+n > 99:
		return "", errors.New("the day has no serial left for it")
	}
	return fmt.Sprintf("%s%02d", id[:2], int(at)+n), nil
}

// window is n posts of a sequence, after the first from.
func window(posts iter.Seq2[Post, error], from, n int) iter.Seq2[Post, error] {
	return func(yield func(Post, error) bool) {
		at := 0
		for p, err := range posts {
			if err != nil {
				yield(p, err)
				return
			}
			if at++; at <= from {
				continue
			}
			if !yield(p, nil) || at == from+n {
				return
			}
		}
		yield(Post{}, errors.New("the posts became fewer after they were counted"))
	}
}
