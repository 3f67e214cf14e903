package sandbox

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strconv"
)

// What an identity points to.
type class uint16

const (
	aWerkgever class = iota + 1
	aPersoon
	aDienstverband
	aVerlof
	aVariabele
	aVerloning
	aRun
	aBetaling
	aJournaal
	aLoonaangifte
	aDossier
	aConcept
)

// place is what an identity says: a record of an employer.
type place struct {
	class    class
	employer int // index in state.employers
	index    int
}

const indexBits = 24

// identity makes the opaque identity of a place. It looks like a UUID; part of it
// is a checksum, so that a mistyped identity is no other record's.
func (p place) identity() string {
	h := fnv.New64a()
	var b [18]byte
	binary.BigEndian.PutUint16(b[:], uint16(p.class))
	binary.BigEndian.PutUint64(b[2:], uint64(p.employer))
	binary.BigEndian.PutUint64(b[10:], uint64(p.index))
	_, _ = h.Write(b[:])
	sum := h.Sum64()
	return fmt.Sprintf("%08x-%04x-8%03x-%04x-%012x", uint32(sum), uint16(p.class), sum>>32&0xfff,
		0x8000|sum>>44&0x3fff, uint64(p.employer)<<indexBits|uint64(p.index))
}

// parseIdentity is the place of an identity; false when it was never made here.
func parseIdentity(id string) (place, bool) {
	if len(id) != 36 {
		return place{}, false
	}
	c, err := strconv.ParseUint(id[9:13], 16, 16)
	if err != nil {
		return place{}, false
	}
	at, err := strconv.ParseUint(id[24:], 16, 48)
	if err != nil {
		return place{}, false
	}
	p := place{class(c), int(at >> indexBits), int(at & (1<<indexBits - 1))}
	return p, p.identity() == id
}
