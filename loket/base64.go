package loket

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
)

// pairs holds the two base64 characters of every twelve bits.
var pairs = func() (t [4096]uint16) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range t {
		t[i] = uint16(alphabet[i>>6]) | uint16(alphabet[i&63])<<8
	}
	return t
}()

// appendBase64 is base64.StdEncoding.AppendEncode at twice its speed: nearly all
// of a request is the file inside it.
func appendBase64(b, src []byte) []byte {
	b = slices.Grow(b, base64.StdEncoding.EncodedLen(len(src)))
	n := len(src) / 6 * 6
	dst := b[len(b) : len(b)+n/3*4]
	for i, o := 0, 0; i < n; i, o = i+6, o+8 {
		s, d := src[i:i+6:i+6], dst[o:o+8:o+8]
		v := uint64(s[0])<<40 | uint64(s[1])<<32 | uint64(s[2])<<24 | uint64(s[3])<<16 | uint64(s[4])<<8 | uint64(s[5])
		binary.LittleEndian.PutUint64(d, uint64(pairs[v>>36])|uint64(pairs[v>>24&4095])<<16|
			uint64(pairs[v>>12&4095])<<32|uint64(pairs[v&4095])<<48)
	}
	return base64.StdEncoding.AppendEncode(b[:len(b)+len(dst)], src[n:])
}
