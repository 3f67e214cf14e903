package payroll

// Totals is what a document adds up to. Two readings of the same document have
// equal Totals; compare them with ==.
type Totals struct {
	Count  int    // posts, journal lines, employments, or people in a tax return
	Amount Cents  // paid, debited, the sum of all values, or the tax due
	Hash   string // control number over what is not an amount; empty where a format has none
}
