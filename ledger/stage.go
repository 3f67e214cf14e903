package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Stage takes a file in: it reads data to its end in constant memory and
// commits the entry together with, or after, its bytes. Of e it uses Pipeline,
// Inbox, Name, Marker, ModTime, Forced and, when set, Due and SHA256 (what the
// sender announced: other bytes are ErrChecksum and leave nothing). With State
// Refused the entry is refused from the start, for e.Reason.
//
// The key is pipeline and SHA-256. When these bytes are here and unsettled it
// returns that entry and false, so that staging again after an error, by any
// process, is safe. When all entries with these bytes are settled it makes a
// new one, with DuplicateOf set unless Forced.
//
// A file over Options.MaxBytes becomes a refused entry without bytes, to be
// settled like any other: its id, true and ErrTooBig.
func (l *Ledger) Stage(ctx context.Context, e Entry, data io.Reader) (id ID, isNew bool, err error) {
	if e.Pipeline == "" {
		return 0, false, errors.New("stage: no pipeline")
	}
	sum := sha256.New()
	d, err := l.draw(ctx, "stage", data, l.maxBytes, sum)
	tooBig := errors.Is(err, errOverLimit)
	if err != nil && !tooBig {
		return 0, false, fmt.Errorf("stage: %w", err)
	}
	key := hex.EncodeToString(sum.Sum(nil))
	if e.SHA256 != "" && !strings.EqualFold(e.SHA256, key) {
		d.drop(ctx)
		return 0, false, fmt.Errorf("stage: %w", ErrChecksum)
	}
	e.SHA256, e.Size = key, d.size
	if e.State == Refused {
		e.Outcome, e.Verdict = RefusedOutcome, e.Reason
	} else {
		e.State, e.Outcome, e.Reason = Staged, "", ""
	}
	e.Received = l.now()
	if e.Due.IsZero() {
		e.Due = e.Received
	}
	if tooBig {
		e.State, e.Outcome = Refused, RefusedOutcome
		e.Reason = fmt.Sprintf("het bestand is %d bytes en de grens is %d bytes; splits de export in kleinere bestanden of laat de beheerder de grens verhogen", d.size, l.maxBytes)
		e.Verdict = e.Reason
		d = nil
	}
	id, isNew, err = l.claim(ctx, e, d)
	if (err != nil || !isNew) && d != nil {
		// After an error the commit may have happened all the same: drop leaves
		// named bytes alone.
		d.drop(ctx)
	}
	if err == nil && isNew && tooBig {
		err = fmt.Errorf("stage %s: %d bytes, the limit is %d: %w", e.Name, e.Size, l.maxBytes, ErrTooBig)
	}
	return id, isNew, err
}

// claim commits the entry, unless these bytes are here and unsettled.
func (l *Ledger) claim(ctx context.Context, e Entry, d *draft) (id ID, isNew bool, err error) {
	// A folder that is scanned again and again mostly holds what is here: that
	// must not take turns with those who write.
	if id, err = unsettled(ctx, l.store, e); err != nil || id != 0 {
		return id, false, err
	}
	// The entry in the way may be settled before we look at it: then again.
	for try := 0; try < 10; try++ {
		err = l.write(ctx, "stage", func(t tx) error {
			id, isNew = 0, false
			return l.insert(ctx, t, e, d, &id, &isNew)
		})
		if err != nil {
			return 0, false, err // what it would have been
		}
		if id != 0 {
			return id, isNew, nil
		}
	}
	return 0, false, errors.New("stage: the same bytes are being settled again and again")
}

// unsettled finds the entry that has these bytes now; 0 when there is none.
func unsettled(ctx context.Context, t tx, e Entry) (id ID, err error) {
	err = t.QueryRow(ctx, "SELECT id FROM entries WHERE pipeline = $1 AND sha256 = $2 AND state <> 'settled'", e.Pipeline, e.SHA256).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

func (l *Ledger) insert(ctx context.Context, t tx, e Entry, d *draft, id *ID, isNew *bool) error {
	err := t.QueryRow(ctx, `INSERT INTO entries
		(pipeline, inbox, name, sha256, size, mod_time, forced, state, outcome, reason, received, due, marker, verdict)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (pipeline, sha256) WHERE state <> 'settled' DO NOTHING RETURNING id`,
		e.Pipeline, e.Inbox, e.Name, e.SHA256, e.Size, stamp(e.ModTime), e.Forced,
		e.State, e.Outcome, e.Reason, stamp(e.Received), stamp(e.Due), e.Marker, e.Verdict).Scan(id)
	if errors.Is(err, sql.ErrNoRows) {
		*id, err = unsettled(ctx, t, e)
		return err
	}
	if err != nil {
		return err
	}
	*isNew = true
	var content any
	if d != nil {
		if content, err = d.name(ctx, t); err != nil {
			return err
		}
	}
	// The duplicate is looked for after the insert, not in it: only now is it
	// certain that an entry which was in the way is settled and can be seen.
	return t.Many(ctx, []statement{
		{`UPDATE entries SET content_id = $2,
			generation = (SELECT count(*) FROM entries o WHERE o.pipeline = $3 AND o.sha256 = $4 AND o.id <> $1),
			duplicate_of = CASE WHEN forced THEN 0 ELSE COALESCE((SELECT o.id FROM entries o
				WHERE o.pipeline = $3 AND o.sha256 = $4 AND o.state = 'settled'
				ORDER BY CASE WHEN o.outcome IN ('imported', 'partly') THEN 0 WHEN o.outcome = 'dismissed' THEN 1 ELSE 2 END, o.id LIMIT 1), 0) END
			WHERE id = $1`, []any{*id, content, e.Pipeline, e.SHA256}},
		audited(*id, l.now(), e.Inbox, "stage", "", e.State, e.Reason),
	})
}
