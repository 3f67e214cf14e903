package main

import (
	"io"

	"github.com/rs/zerolog"

	"loket-etl/config"
)

// newLogger writes what config says to w. What is logged are entry ids, places,
// functions and outcomes; types that hold personal data print masked.
func newLogger(c config.Log, w io.Writer, terminal bool) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(c.Level)
	if err != nil {
		return zerolog.Nop(), err
	}
	w = zerolog.SyncWriter(w) // many log at the same time
	if c.Format == "console" {
		w = zerolog.ConsoleWriter{Out: w, NoColor: !terminal, TimeFormat: "2006-01-02 15:04:05"}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger(), nil
}
