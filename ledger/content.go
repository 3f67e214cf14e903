package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
	"time"
)

const (
	chunkSize = 1 << 20 // raw bytes in a chunk
	maxNote   = 64 << 20
	// unnamedGrace is how long bytes may wait, after the last chunk came in,
	// for the row that names them.
	unnamedGrace = time.Hour
)

// buffers lends out memory of one chunk.
type buffers struct{ pool sync.Pool }

func newBuffers() *buffers {
	return &buffers{sync.Pool{New: func() any { b := make([]byte, chunkSize); return &b }}}
}

func (b *buffers) get() *[]byte  { return b.pool.Get().(*[]byte) }
func (b *buffers) put(p *[]byte) { b.pool.Put(p) }

// A draft is bytes on their way in. Up to one chunk stays in memory and is
// written by the transaction that names it; more is written chunk by chunk,
// each in a transaction of its own, and swept when nobody comes to name it.
type draft struct {
	ledger *Ledger
	what   string // for the names of steps
	id     int64  // 0: nothing written yet
	chunks int
	size   int64
	only   []byte // the first chunk, compressed, while it is the only one
	first  int    // its raw size
}

var errOverLimit = errors.New("over the limit")

// draw reads r to its end into a draft. More than limit bytes (0: none) is
// errOverLimit; the rest is then only hashed, so that the key is that of the
// whole file. After any error the chunks written so far are gone or will be
// swept.
func (l *Ledger) draw(ctx context.Context, what string, r io.Reader, limit int64, sum hash.Hash) (_ *draft, err error) {
	d := &draft{ledger: l, what: what}
	buf := l.buffers.get()
	defer l.buffers.put(buf)
	over := false
	for {
		n, rerr := io.ReadFull(r, *buf)
		part := (*buf)[:n]
		if sum != nil {
			sum.Write(part)
		}
		d.size += int64(n)
		if limit > 0 && d.size > limit && !over {
			over = true
			d.drop(ctx)
		}
		if n > 0 && !over {
			if err := d.add(ctx, part); err != nil {
				d.drop(ctx)
				return nil, err
			}
		}
		if rerr == io.EOF || rerr == io.ErrUnexpectedEOF {
			break
		}
		if rerr == nil {
			rerr = ctx.Err()
		}
		if rerr != nil {
			d.drop(ctx)
			return nil, fmt.Errorf("read: %w", rerr)
		}
	}
	if over {
		return d, errOverLimit
	}
	return d, nil
}

func (d *draft) add(ctx context.Context, part []byte) error {
	l := d.ledger
	d.chunks++
	if d.chunks == 1 {
		d.only, d.first = l.enc.EncodeAll(part, nil), len(part)
		return nil
	}
	scratch := l.buffers.get()
	defer l.buffers.put(scratch)
	packed := l.enc.EncodeAll(part, (*scratch)[:0])
	return l.write(ctx, d.what+" chunk", func(t tx) error {
		if d.chunks == 2 {
			if err := t.QueryRow(ctx, "INSERT INTO contents (touched) VALUES ($1) RETURNING id", stamp(l.now())).Scan(&d.id); err != nil {
				return err
			}
			if err := insertChunk(ctx, t, d.id, 0, d.first, d.only); err != nil {
				return err
			}
			d.only = nil
		} else if err := touch(ctx, t, d.id, "touched = $2", stamp(l.now())); err != nil {
			return err
		}
		return insertChunk(ctx, t, d.id, d.chunks-1, len(part), packed)
	})
}

// name makes the bytes exist, in the transaction of the row that holds the id.
// Nil when there are no bytes at all.
func (d *draft) name(ctx context.Context, t tx) (id int64, err error) {
	if d.chunks > 1 {
		return d.id, touch(ctx, t, d.id, "named = TRUE, size = $2", d.size)
	}
	err = t.QueryRow(ctx, "INSERT INTO contents (size, named, touched) VALUES ($1, TRUE, $2) RETURNING id", d.size, stamp(d.ledger.now())).Scan(&id)
	if err == nil && d.chunks == 1 {
		err = insertChunk(ctx, t, id, 0, d.first, d.only)
	}
	return id, err
}

// drop takes back what was written, as far as that works; the sweep does the rest.
func (d *draft) drop(ctx context.Context) {
	if d.id != 0 {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
		defer cancel()
		_ = d.ledger.write(ctx, d.what+" drop", func(t tx) error {
			_, err := t.Exec(ctx, "DELETE FROM contents WHERE id = $1 AND named = FALSE", d.id)
			return err
		})
	}
	d.id, d.chunks, d.only = 0, 0, nil
}

// touch changes a content that nothing names yet. It fails when the content was
// swept in between, so that no row ever names missing chunks.
func touch(ctx context.Context, t tx, id int64, set string, value int64) error {
	n, err := t.Exec(ctx, "UPDATE contents SET "+set+" WHERE id = $1 AND named = FALSE", id, value)
	if err == nil && n != 1 {
		return errors.New("the bytes came in too slowly and were swept; try again")
	}
	return err
}

func insertChunk(ctx context.Context, t tx, id int64, no, size int, data []byte) error {
	_, err := t.Exec(ctx, "INSERT INTO chunks (content_id, no, size, data) VALUES ($1, $2, $3, $4)", id, no, size, data)
	return err
}

// unname gives contents to the sweep.
const unname = "UPDATE contents SET named = FALSE, touched = 0 WHERE id IN "

// reader streams a content out, a chunk at a time.
type reader struct {
	ledger *Ledger
	ctx    context.Context // of the caller who opened it
	id     int64
	size   int64
	read   int64
	no     int
	rest   []byte
	buf    *[]byte
}

// openContent is a reader of the bytes of a content. It fails rather than end
// early: what it gave is the whole only after io.EOF.
func (l *Ledger) openContent(ctx context.Context, id int64) (io.ReadCloser, error) {
	r := &reader{ledger: l, ctx: ctx, id: id, buf: l.buffers.get()}
	err := l.store.QueryRow(ctx, "SELECT size FROM contents WHERE id = $1 AND named = TRUE", id).Scan(&r.size)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrPurged
	}
	if err != nil {
		return nil, fmt.Errorf("read bytes: %w", err)
	}
	return r, nil
}

func (r *reader) Read(p []byte) (int, error) {
	if r.buf == nil {
		return 0, errors.New("read bytes: closed")
	}
	if len(r.rest) == 0 {
		if r.read == r.size {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, fmt.Errorf("read bytes at %d of %d: %w", r.read, r.size, err)
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	r.read += int64(n)
	return n, nil
}

func (r *reader) next() error {
	var size int
	var packed []byte
	err := r.ledger.store.QueryRow(r.ctx, "SELECT size, data FROM chunks WHERE content_id = $1 AND no = $2", r.id, r.no).Scan(&size, &packed)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("chunk %d: %w", r.no, ErrPurged)
	}
	if err != nil {
		return err
	}
	r.rest, err = r.ledger.dec.DecodeAll(packed, (*r.buf)[:0])
	if err != nil {
		return fmt.Errorf("chunk %d is damaged: %w", r.no, err)
	}
	if len(r.rest) != size || size == 0 || r.read+int64(size) > r.size {
		return fmt.Errorf("chunk %d is damaged: %d bytes, want %d", r.no, len(r.rest), size)
	}
	r.no++
	return nil
}

func (r *reader) Close() error {
	if r.buf != nil {
		r.ledger.buffers.put(r.buf)
		r.buf, r.rest = nil, nil
	}
	return nil
}

// pack and unpack are for what stands in a row itself: nil stays nil.
func (l *Ledger) pack(data []byte) []byte {
	if len(data) == 0 {
		return nil
	}
	return l.enc.EncodeAll(data, nil)
}

func (l *Ledger) unpack(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, nil
	}
	return l.dec.DecodeAll(data, nil)
}
