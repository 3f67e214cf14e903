// Package pain001 writes and reads SEPA credit transfers for Dutch banks: ISO 20022
// pain.001.001.03 and pain.001.001.09. It knows the file, never the payroll behind
// it, and makes up no account, name or identification.
//
// Rules are those of the Betaalvereniging's implementation guideline 6.0, ABN
// AMRO's addenda and, where that is stricter, the EPC's schema of 2025: a salary
// batch is marked SALA, service level SEPA and charges SLEV stand at batch level,
// accounts are IBANs, amounts EUR 0.01 to 999,999,999.99, text is limited to the
// SEPA characters. Counts and control sums are written at both levels, recomputed
// when read, and asked for when read.
//
// The reader takes elements in the order of the schema and only those that a
// payroll.Payments carries. What the standard has beyond that (local instruments,
// addresses, ultimate parties, purposes) is refused by name, for it would be lost
// on the way; Inspect passes over it and counts it. The clock of the creation time
// is kept to the second, its zone is not.
package pain001

import (
	"loket-etl/payroll"
)

// Ext is the file name extension.
const Ext = "xml"

// Version is a version of the message.
type Version string

// The versions that Dutch banks take or took.
const (
	V03 Version = "pain.001.001.03"
	V09 Version = "pain.001.001.09"
)

// Namespace is that of every element.
func (v Version) Namespace() string { return "urn:iso:std:iso:20022:tech:xsd:" + string(v) }

// bic is the name of the element that holds a BIC.
func (v Version) bic() string {
	if v == V03 {
		return "BIC"
	}
	return "BICFI"
}

// Limits of the guideline.
const (
	MaxAmount = payroll.Cents(999_999_999_99) // of one post
	maxID     = 35
	maxName   = 70
	maxText   = 140

	// A Strd has at most 140 characters with all its tags, which take 110.
	maxReference = maxText - 110
	maxSum       = payroll.Cents(999_999_999_999_999_99) // of a file
)

// notProvided stands in the place of the BIC of the own bank in V09 when the file
// has none.
const notProvided = "NOTPROVIDED"
