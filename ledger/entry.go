package ledger

import (
	"errors"
	"time"
)

// ID names an entry. Ids rise and are never used again.
type ID int64

// State is where an entry stands on its way.
type State string

const (
	Staged    State = "staged"    // the bytes are safe here; nothing was done with them yet
	Planned   State = "planned"   // the calls are frozen; some may have been made
	Delivered State = "delivered" // every call has an outcome
	Refused   State = "refused"   // nothing will be sent (any more); the sender must be told
	Due       State = "due"       // an export that is to be fetched; nothing was made yet
	Ready     State = "ready"     // its files are frozen; some may be published
	Held      State = "held"      // waits for a person; Back says where it goes on
	Settled   State = "settled"   // receipt written and source tidied away
)

// Outcome is what became of an entry as a whole. It stands beside the state
// and stays.
type Outcome string

const (
	Imported       Outcome = "imported"
	Exported       Outcome = "exported" // every file of an export was published, or delivered by hand
	Partly         Outcome = "partly"
	RefusedOutcome Outcome = "refused"
	Duplicate      Outcome = "duplicate"
	HeldOutcome    Outcome = "held" // only while held, when there is no other outcome yet
	Dismissed      Outcome = "dismissed"
)

// Entry is a file that came in, or an export: then Run is set, and the fields
// about a file are empty.
type Entry struct {
	ID             ID
	Pipeline       string
	Run            string // what is exported, unique in the pipeline
	About          string // of an export: what Expect was told, JSON
	Inbox          string
	Name           string
	Marker         string // file of the inbox that goes where the source goes; "" when none
	SHA256         string // lower-case hex
	Content        string // the same of what it holds once opened; "" when it arrives as it is, see Lease.Opened
	Size           int64  // bytes
	ModTime        time.Time
	State          State
	Outcome        Outcome
	DuplicateOf    ID   // a settled entry with the same bytes in the same pipeline; 0 when none or Forced
	Forced         bool // a person wants these bytes done again
	Undoes         ID   // the entry that this one takes back; 0: it is no undoing
	Generation     int  // how many entries had these bytes in this pipeline before this one
	Received       time.Time
	Due            time.Time // not taken before
	Settled        time.Time
	Tries          int    // takes since the last progress: change of state or outcome of a call
	Died           int    // of these, in a row, those whose holder never gave the lease back
	Reason         string // why it waits: the last error, or the word of who holds it
	Verdict        string // why the outcome is what it is, for the receipt; stays
	Mapping        string
	Rows           int
	Accepted       int
	Refused        int
	Calls          int
	Target         string // where the source goes or went
	Left           bool   // the source was another file by then, and stayed where it was
	Back           State  // where a held entry goes on
	Holder         string // who has the lease, also when it expired; "" when nobody
	LeaseUntil     time.Time
	Receipt        bool // it is settled, or an attachment whose kind starts with "receipt" was kept
	Purged         bool // bytes, attachments and call arguments are gone after the retention
	content        int64
	plan, planNext int
	fence          int64
}

// LineState is how far one call is.
type LineState string

const (
	LinePlanned LineState = "planned" // not sent, or known not to have been carried out
	LineSending LineState = "sending" // may be on its way; after a crash nobody knows
	LineDone    LineState = "done"
	LineRefused LineState = "refused"
	LineUnknown LineState = "unknown" // it was made and nobody knows the outcome
)

// Line is one planned call. Args, Note and Baseline may hold personal data.
type Line struct {
	No       int // from 1, unique in the plan; given in order by Plan when 0
	Function string
	Class    string
	Subject  string // for people, without personal data
	Scope    string // what the call is about; calls of one scope go in order of their entries, see Lease.Ahead; "": no order
	Rows     int
	Mapping  string // name@version it was made with; "" of calls that a person or an older release made
	Args     []byte // may be tens of MiB
	State    LineState
	Note     []byte // what was recorded as the answer
	Baseline []byte // what was noted before sending
	Sent     time.Time
	Settled  time.Time
}

// Event is a row of the audit trail.
type Event struct {
	Entry    ID
	At       time.Time
	Who      string // the person, or the holder of the lease
	Action   string
	From, To State
	Reason   string
}

var (
	// ErrNothingDue: no entry can be taken now.
	ErrNothingDue = errors.New("nothing is due")
	// ErrLost: the lease was overtaken or given back; nothing was written.
	ErrLost = errors.New("the lease is lost")
	// ErrState: the entry or line is not in a state that allows this; nothing was written.
	ErrState = errors.New("not possible in this state")
	// ErrBusy: a call is out for this entry; ask again when its outcome is known.
	ErrBusy = errors.New("a call is out")
	// ErrUnclear: nobody knows the outcome of a call that was made; Resolve says it.
	ErrUnclear = errors.New("nobody knows whether Loket carried it out")
	// ErrTooBig: the bytes exceed Options.MaxBytes. The entry was recorded without them.
	ErrTooBig = errors.New("too big")
	// ErrChecksum: the bytes are not those the caller announced; nothing was recorded.
	ErrChecksum = errors.New("the bytes do not match the announced SHA-256")
	// ErrNotFound: there is no such entry, line or attachment.
	ErrNotFound = errors.New("not in the ledger")
	// ErrNoLine: every line of the plan has an outcome.
	ErrNoLine = errors.New("no line is open")
	// ErrPurged: the bytes were here and are gone: purged after the retention.
	ErrPurged = errors.New("purged after the retention")
	// ErrNewer: the database was written by a newer release.
	ErrNewer = errors.New("written by a newer release")
)
