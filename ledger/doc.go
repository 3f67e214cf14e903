// Package ledger is the memory: entries (files that came in), lines (the calls
// they became), staged bytes, attachments, leases, the ticks of schedules and the
// audit trail, in a SQLite file or in PostgreSQL. It refuses to know what is in
// the bytes, what a call or an expression means and who Loket is.
//
// # What it promises
//
// An entry exists exactly once per pipeline and SHA-256 while it is unsettled,
// whoever stages it and however often; afterwards the same bytes are a new
// entry that names the old one. Bytes are whole or absent: they are written in
// short transactions of their own and the row that names them commits last.
//
// Only the holder of a lease writes. Every take raises the fence number of the
// entry and every write compares it, so that a holder who was overtaken can
// change nothing any more ([ErrLost]). A call is marked as sending before it
// is made, and has an outcome only when it was sending.
//
// A write that returns nil is on disk. On SQLite, writes of one process that
// had to wait for each other get there together, and each of them alone fails
// when it fails. A write that returns an error other than those named here may
// have been committed all the same (the connection broke after the commit):
// look at the entry again before drawing conclusions.
//
// # Personal data
//
// Staged bytes, attachments and the Args, Note and Baseline of lines hold
// personal data; [Ledger.Sweep] purges them after the retention. What was paid
// is kept without names and account numbers, see [Lease.Remember], and goes after
// 400 days. The SQLite file is readable for its owner only. Names of files,
// reasons and the audit trail are shown in lists and logs and must never hold
// personal data; the ledger keeps them for ever.
//
// Times are UTC. All methods may be called from several goroutines and several
// processes at the same time.
package ledger
