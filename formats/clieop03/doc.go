// Package clieop03 writes and reads the Dutch payment file ClieOp version 03 and
// its electronic Opdrachtbrief (KAE092). It knows the file, never the payroll
// behind it.
//
// The file is a legacy: no bank takes it since the move to SEPA in 2014. Layout
// and rules are those of the Interpay brochure "ClieOp versie 03" (BGC 5.1839,
// January 2003).
//
// The writer follows the brochure, with CR LF. The reader checks every record,
// field rule and control total, and is lenient only where known writers differ: LF
// instead of CR LF, a missing or repeated last line end, a closing 0x1A, variant B
// of record 0160, and 0160, 0170 and 0173 in any order. Years are 2000 to 2099.
// Names and descriptions are 7-bit: the writer takes accents off letters and
// writes a space for what it cannot carry.
package clieop03

// Ext is the file name extension.
const Ext = "clieop03"

// Limits of the brochure.
const (
	MaxAmount      = 453_780_216_08    // of one post, in cents
	MaxBatchAmount = 45_378_021_609_01 // of one batch, in cents
	MaxPosts       = 100_000           // of one batch
)

const recordLength = 50

// groups are the transaction types of each transaction group.
var groups = map[string]map[string]transaction{
	"00": {
		"0000": {creditor: true, checkName: true}, "0003": {checkName: true},
		"0005": {creditor: true}, "0008": {},
	},
	"10": {"1001": {}, "1002": {checkName: true}},
}

type transaction struct{ creditor, checkName bool }
