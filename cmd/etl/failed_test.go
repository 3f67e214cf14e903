package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

func TestFilesThatCannotBeTakenInAreToldAFewTimesAMinute(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	tell := failed(zerolog.New(&out), "uren", func() time.Time { return now })
	said := func() []string {
		defer out.Reset()
		return strings.Split(strings.TrimSpace(out.String()), "\n")
	}
	for range 144 {
		tell("uren.csv", errors.New("take in a file for urenregistratie: database or disk is full"))
	}
	lines := said()
	if len(lines) != failLines || !strings.Contains(lines[0], "a file of the inbox cannot be taken in") || strings.Contains(lines[0], "inbox cannot be read") {
		t.Errorf("144 failures: %q", lines)
	}
	tell("", errors.New("no such directory"))
	if lines := said(); len(lines) != 1 || !strings.Contains(lines[0], "inbox cannot be read") {
		t.Errorf("the inbox: %q", lines)
	}
	now = now.Add(time.Minute)
	tell("uren.csv", errors.New("database or disk is full"))
	tell("uren.csv", errors.New("database or disk is full"))
	if lines := said(); len(lines) != 2 || !strings.Contains(lines[0], `"left_out":139`) || strings.Contains(lines[1], "left_out") {
		t.Errorf("a minute later: %q", lines)
	}
}
