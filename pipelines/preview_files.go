package pipelines

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io"

	"loket-etl/ledger"
	"loket-etl/mappings"
	"loket-etl/pipelines/preview"
)

// earlierLooked is how many earlier files of a pipeline a preview compares with: a
// doubled file follows the first within weeks, not years.
const earlierLooked = 20

// A file of which at least almostSame in a hundred values are those of another is
// nearly that one; of fewer than fewValues, chance makes it so.
const (
	almostSame = 90
	fewValues  = 5
)

// sumOf is the SHA-256 of a file.
func sumOf(open func() (io.ReadCloser, error)) (string, error) {
	f, err := open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read the file: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// printOf tells values apart, in whichever file they stand.
func printOf(v mappings.ImportValue) uint64 {
	h := fnv.New64a()
	who := v.Who()
	fmt.Fprintf(h, "%s|%s|%s|%d|%t", who.Clientnummer, who.Number, valueKey(v, ""), v.Value, v.None)
	return h.Sum64()
}

// remember notes a value, to know the file again.
func (w *previewer) remember(v mappings.ImportValue) { w.prints[printOf(v)]++ }

// earlierFiles tells of earlier files that are this one, or nearly.
func (w *previewer) earlierFiles(ctx context.Context, e ledger.Entry) ([]preview.Finding, error) {
	same, err := w.Ledger.List(ctx, ledger.Filter{Pipeline: e.Pipeline, SHA256: e.SHA256, Before: e.ID, Limit: 1})
	if err != nil {
		return nil, err
	}
	if e.Content != "" && len(same) == 0 {
		if same, err = w.Ledger.List(ctx, ledger.Filter{Pipeline: e.Pipeline, Content: e.Content, Before: e.ID, Limit: 1}); err != nil {
			return nil, err
		}
		for _, o := range same {
			return []preview.Finding{{Code: preview.SameFile, Message: fmt.Sprintf("Dit bestand is, eenmaal geopend, byte voor byte gelijk aan %s.", told(o))}}, nil
		}
	}
	for _, o := range same {
		return []preview.Finding{{Code: preview.SameFile, Message: fmt.Sprintf("Dit bestand is byte voor byte gelijk aan %s.", told(o))}}, nil
	}
	values := 0
	for _, n := range w.prints {
		values += n
	}
	if values < fewValues {
		return nil, nil
	}
	before, err := w.Ledger.List(ctx, ledger.Filter{Pipeline: e.Pipeline, Before: e.ID, Limit: earlierLooked})
	if err != nil {
		return nil, err
	}
	for _, o := range before {
		if o.Purged || o.Calls == 0 || o.Outcome == ledger.RefusedOutcome {
			continue
		}
		n, err := w.shared(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		if n*100 >= values*almostSame {
			return []preview.Finding{{Code: preview.AlmostSame, Message: fmt.Sprintf("Van de %d waarden in dit bestand zijn er %d precies die van %s.", values, n, told(o))}}, nil
		}
	}
	return nil, nil
}

// shared counts the values that an earlier entry has too.
func (w *previewer) shared(ctx context.Context, id ledger.ID) (n int, err error) {
	seen := map[uint64]int{}
	for line, err := range w.Ledger.Lines(ctx, id) {
		if err != nil {
			return 0, fmt.Errorf("read the plan of entry %d: %w", id, err)
		}
		if !ways[line.Function].imports {
			continue
		}
		values, err := valuesOf(line)
		if err != nil {
			return 0, fmt.Errorf("entry %d: %w", id, err)
		}
		for _, v := range values {
			if p := printOf(v); seen[p] < w.prints[p] {
				seen[p]++
				n++
			}
		}
	}
	return n, nil
}

// told names an earlier file.
func told(e ledger.Entry) string {
	what := outcomeDutch(string(e.Outcome))
	if e.Outcome == "" {
		what = "onderweg"
	}
	return fmt.Sprintf("%s (nummer %d, ontvangen %s, %s)", Discreet(e.Name), e.ID, amsterdamTime(e.Received), lowerFirst(what))
}

func lowerFirst(s string) string {
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return s
	}
	return string(s[0]+'a'-'A') + s[1:]
}
