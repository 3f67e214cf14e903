package pipelines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"loket-etl/ledger"
	"loket-etl/outbox"
	"loket-etl/payroll"
)

// Complaint is where the ledger, an outbox and Loket do not agree.
type Complaint struct {
	Kind   ComplaintKind
	Export string // "" when it is about none
	Entry  ledger.ID
	Outbox string
	File   string // "" when it is about none
	Person bool   // only a person can settle it
	What   string // English, without personal data
}

// ComplaintKind is what does not agree.
type ComplaintKind string

const (
	Unreachable ComplaintKind = "unreachable"   // an outbox or Loket could not be asked
	Elsewhere   ComplaintKind = "another place" // an outbox is not where its files were published
	NoOutbox    ComplaintKind = "no outbox"     // files wait for an outbox that is not configured
	Unknown     ComplaintKind = "unknown file"  // no export made it
	OtherBytes  ComplaintKind = "changed"       // other bytes under the name of a published file
	CameBack    ComplaintKind = "came back"     // it lies there again, or should never have
	NotTaken    ComplaintKind = "not collected" // published, and past its deadline
	NotOut      ComplaintKind = "not published" // past its deadline, or nobody works on it
	Waits       ComplaintKind = "held"          // an export waits for a person
	NoEntry     ComplaintKind = "no entry"      // approved in Loket and not registered here
	Withdrawn   ComplaintKind = "withdrawn"     // exported, and not approved in Loket any more
)

// Verification is what Verify looked at, and what does not agree.
type Verification struct {
	Files      int // published and not known to be collected
	Lying      int // of these, that lie there byte for byte
	Collected  int // of these, that the partner took since
	Runs       int // approved runs, returns and lists, once per export
	Complaints []Complaint
}

// nobodyWorks is how long after its time an export may be untouched.
const nobodyWorks = time.Hour

// Verify holds the ledger against the outboxes and against Loket: what was
// published lies there byte for byte or was taken, nothing else lies there, and
// every approved run from each export's From on is registered, and still approved.
// It reads, and changes nothing. The error is that of the ledger; what else could
// not be asked is a complaint.
func (r *Runner) Verify(ctx context.Context) (Verification, error) {
	v := &verifier{Runner: r, ctx: ctx, taken: map[fileKey]bool{}}
	for _, check := range []func() error{v.outboxes, v.deadlines, v.entries} {
		if err := check(); err != nil {
			return v.Verification, fmt.Errorf("verify: %w", err)
		}
	}
	return v.Verification, ctx.Err()
}

type verifier struct {
	*Runner
	Verification
	ctx   context.Context
	taken map[fileKey]bool // seen to be collected, whether the ledger knows or not
}

type fileKey struct {
	entry ledger.ID
	no    int
}

func (v *verifier) collected(o ledger.Output) {
	v.Collected++
	v.taken[fileKey{o.Entry, o.No}] = true
}

func (v *verifier) say(c Complaint, format string, args ...any) {
	c.What = fmt.Sprintf(format, args...)
	v.Complaints = append(v.Complaints, c)
}

func (v *verifier) outboxes() error {
	used, err := v.Ledger.Outboxes(v.ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(v.Runner.Outboxes)) {
		if err := v.outbox(name, v.Runner.Outboxes[name]); err != nil {
			return err
		}
	}
	for _, name := range used {
		if _, ok := v.Runner.Outboxes[name]; !ok {
			v.say(Complaint{Kind: Unreachable, Outbox: name}, "files were published there, and the configuration does not have it any more")
		}
	}
	return v.waiting()
}

// waiting complains about exports that cannot go out as the configuration is.
func (v *verifier) waiting() error {
	all, err := v.Ledger.Waiting(v.ctx)
	if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, u := range all {
		key := fmt.Sprint(u.Entry, u.Outbox)
		if _, ok := v.Runner.Outboxes[u.Outbox]; ok || told[key] {
			continue
		}
		told[key] = true
		v.say(Complaint{Kind: NoOutbox, Export: u.Pipeline, Entry: u.Entry, Outbox: u.Outbox, Person: true},
			"export %d waits for outbox %s, which the configuration does not have", u.Entry, u.Outbox)
	}
	return nil
}

func (v *verifier) outbox(name string, place outbox.Folder) error {
	published, err := v.Ledger.Published(v.ctx, name)
	if err != nil {
		return err
	}
	ours := map[string]bool{}
	for _, o := range published {
		ours[o.Name] = true
	}
	fates, same, err := v.Runner.fates(v.ctx, name, place, published)
	if err == nil {
		err = v.fates(place, published, fates, same)
	}
	if err != nil {
		v.say(Complaint{Kind: Unreachable, Outbox: name}, "%v", err)
		return nil
	}
	if !same {
		v.say(Complaint{Kind: Elsewhere, Outbox: name, Person: true}, "%v", errElsewhere)
	}
	listed, err := outbox.Listing(v.ctx, place)
	if err != nil {
		v.say(Complaint{Kind: Unreachable, Outbox: name}, "%v", err)
		return nil
	}
	for _, i := range listed {
		if ours[i.Name] {
			continue
		}
		if err := v.stranger(name, i.Name); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) fates(place outbox.Folder, published []ledger.Output, fates []outbox.Fate, same bool) error {
	for i, fate := range fates {
		o := published[i]
		v.Files++
		sight := outbox.Other
		switch fate.Is {
		case outbox.Lying:
			var err error
			if sight, err = outbox.Look(v.ctx, place, v.sending(o)); err != nil {
				return err
			}
		case outbox.Replaced:
		default:
			if same || fate.Is != outbox.Fetched {
				v.collected(o)
			}
			continue
		}
		switch sight {
		case outbox.Visible:
			v.Lying++
			if is, err := outbox.SidecarIs(v.ctx, place, v.sending(o)); err != nil {
				return err
			} else if !is {
				v.say(complaintOf(OtherBytes, o), "its .sha256 is gone or says something else: the file itself is as it was published")
			}
		case outbox.Other:
			v.say(complaintOf(OtherBytes, o), "other bytes lie there under its name: find out who put them there; nothing is replaced")
		default:
			v.collected(o) // just now
		}
	}
	return nil
}

// complaintOf is a complaint about one file, for a person.
func complaintOf(kind ComplaintKind, o ledger.Output) Complaint {
	return Complaint{Kind: kind, Entry: o.Entry, Outbox: o.Outbox, File: o.Name, Person: true}
}

// stranger complains about a file that lies there and is not published.
func (v *verifier) stranger(name, file string) error {
	o, err := v.Ledger.OutputNamed(v.ctx, name, file)
	if errors.Is(err, ledger.ErrNotFound) {
		v.say(Complaint{Kind: Unknown, Outbox: name, File: file, Person: true}, "no export made it: find out whose it is")
		return nil
	}
	if err != nil {
		return err
	}
	switch o.State {
	case ledger.OutputByHand:
		v.say(complaintOf(CameBack, o), "it was delivered by hand and lies there as well: take it away before the partner has it twice")
	case ledger.OutputDropped:
		v.say(complaintOf(CameBack, o), "its export was dismissed, and it lies there")
	case ledger.OutputCollected:
		if o.Fate != outbox.Acknowledged.String() {
			v.say(complaintOf(CameBack, o), "it was collected (%s) and lies there again", o.Fate)
		}
	}
	return nil // on its way out, or published since we looked
}

func (v *verifier) deadlines() error {
	late, err := v.Ledger.Uncollected(v.ctx, v.Now())
	if err != nil {
		return err
	}
	for _, u := range late {
		if v.taken[fileKey{u.Entry, u.No}] {
			continue
		}
		c := complaintOf(NotTaken, u.Output)
		c.Export = u.Pipeline
		if u.State == ledger.OutputPublished {
			v.say(c, "the partner should have taken it by %s", amsterdamTime(u.Deadline))
			continue
		}
		c.Kind = NotOut
		v.say(c, "the partner should have had it by %s", amsterdamTime(u.Deadline))
	}
	return nil
}

// entries holds the exports against Loket, one after the other.
func (v *verifier) entries() error {
	for _, x := range v.Exports {
		export, ok := v.Plans().Exports[x.Use]
		if !ok {
			v.say(Complaint{Kind: Unreachable, Export: x.Name}, "there is no export %s", x.Use)
			continue
		}
		approved, err := v.approved(x, export)
		if err != nil {
			v.say(Complaint{Kind: Unreachable, Export: x.Name}, "Loket cannot be asked what is approved: %v", err)
		}
		if err := v.known(x, export, approved); err != nil {
			return err
		}
	}
	return nil
}

// approved is what Loket lists for an export, of every employer, by key; nil when it
// could not be asked.
func (v *verifier) approved(x Exporting, export *Export) (map[string]about, error) {
	all := map[string]about{}
	every := x
	every.Employers = nil // an employer that was left out since is approved all the same
	err := v.expecting(v.ctx, every, export, func(a about) error {
		all[a.key()] = a
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func (v *verifier) known(x Exporting, export *Export, approved map[string]about) error {
	for _, key := range slices.Sorted(maps.Keys(approved)) {
		a := approved[key]
		if !x.has(a.Clientnummer) {
			continue
		}
		v.Runs++
		if _, err := v.Ledger.ByRun(v.ctx, x.Name, key); errors.Is(err, ledger.ErrNotFound) {
			v.say(Complaint{Kind: NoEntry, Export: x.Name}, "%s is approved and not registered yet: the next tick does it, or etl export %s", a.label(), x.Name)
		} else if err != nil {
			return err
		}
	}
	asked := map[payroll.Period]bool{}
	for _, p := range periods(x, v.Now().In(amsterdam)) {
		asked[p] = true
	}
	const page = 500
	for before := ledger.ID(0); ; {
		all, err := v.Ledger.List(v.ctx, ledger.Filter{Pipeline: x.Name, Exports: true, Before: before, Limit: page})
		if err != nil {
			return err
		}
		for _, e := range all {
			if err := v.entry(export, e, approved, asked); err != nil {
				return err
			}
		}
		if len(all) < page {
			return nil
		}
		before = all[page-1].ID
	}
}

// entry complains about one export; approved is nil when Loket could not be asked,
// asked are the periods that it was asked about.
func (v *verifier) entry(export *Export, e ledger.Entry, approved map[string]about, asked map[payroll.Period]bool) error {
	c := Complaint{Export: e.Pipeline, Entry: e.ID}
	switch {
	case e.State == ledger.Held:
		c.Kind, c.Person = Waits, true
		v.say(c, "%s: %s", e.Name, cmp.Or(e.Reason, "no reason was given"))
	case e.State != ledger.Settled && e.Tries > 0 && e.Reason != "":
		c.Kind = NotOut
		v.say(c, "%s: tried in vain, the next time at %s: %s", e.Name, amsterdamTime(e.Due), e.Reason)
	case e.State != ledger.Settled && v.Now().Sub(e.Due) > nobodyWorks:
		c.Kind = NotOut
		v.say(c, "%s: nobody has worked on it since %s; is etl run running?", e.Name, amsterdamTime(e.Due))
	}
	if export.What == Employees || approved == nil || e.Outcome != ledger.Exported {
		return nil
	}
	a, err := aboutOf(e)
	if err != nil {
		return err
	}
	if _, still := approved[a.key()]; !still && asked[a.Period] {
		c.Kind, c.Person = Withdrawn, true
		v.say(c, "%s was exported, and Loket does not list it as approved any more: find out why, and warn who got the files", e.Name)
	}
	return nil
}
