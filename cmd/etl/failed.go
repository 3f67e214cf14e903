package main

import (
	"time"

	"github.com/rs/zerolog"
)

const (
	failEvery = time.Minute
	failLines = 5 // a full disk fails for every file, at every scan
)

// failed logs what an inbox could not do: of its files a few lines a minute, and
// how many were left out. An inbox that is not there yet is normal and said once.
// It is called from one goroutine.
func failed(log zerolog.Logger, inbox string, now func() time.Time) func(string, error) {
	var since time.Time
	lines, more := 0, 0
	return func(name string, err error) {
		if name == "" {
			log.Warn().Str("inbox", inbox).Err(err).Msg("inbox cannot be read; trying again at the next scan")
			return
		}
		if t := now(); since.IsZero() || t.Before(since) || t.Sub(since) >= failEvery {
			since, lines = t, 0
		}
		if lines++; lines > failLines {
			more++
			return
		}
		line := log.Warn().Str("inbox", inbox).Err(err)
		if more > 0 {
			line = line.Int("left_out", more)
			more = 0
		}
		line.Msg("a file of the inbox cannot be taken in; trying again at the next scan")
	}
}
