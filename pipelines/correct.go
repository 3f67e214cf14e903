package pipelines

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/mappings"
)

// A planned call as it goes into the ledger.
type plannedCall struct {
	mappings.Planned
	correction bool     // it takes back or puts back what an earlier file did
	was        standing // what must still stand when it is sent; nil: whatever stands
}

func asPlanned(calls []mappings.Planned) []plannedCall {
	out := make([]plannedCall, len(calls))
	for i, c := range calls {
		out[i].Planned = c
	}
	return out
}

// allStands is the code of the note of a file that changes nothing.
const allStands = "niets-veranderd"

// What the calls of a correction are called.
const (
	isCleared   = "weggehaald: stond in een eerder bestand en niet meer in dit"
	isLess      = "minder dan in een eerder bestand"
	isMore      = "meer dan in een eerder bestand"
	isNewLeave  = "nieuw ten opzichte van een eerder bestand"
	isTakenBack = "teruggeboekt: stond in een eerder bestand en niet meer in dit"
)

// correction makes of the calls that a file by itself becomes those by which Loket
// ends as if only this file had come, and none of the earlier ones of its pipeline
// for the same employers and periods. What others put into Loket is left alone.
type correction struct {
	*Runner
	pipeline string
	park     func(reason string) error // holds the file, unless a person let it go on
	report   *mappings.Report
	mode     string // of the mapping
	people   *employments
	most     int

	only    func(mappings.Employee) bool // whom a person approved; nil: that was not chosen
	changed int                          // values that somebody changed in Loket since
	timid   bool                         // the file has rows of somebody unknown: nobody is cleared
}

// correct waits until the older files of the pipeline are done with what the calls
// are about, and then makes the correction.
func (r *Runner) correct(ctx context.Context, lease *ledger.Lease, m *mappings.Mapping, in mappings.Input, report *mappings.Report, calls []mappings.Planned) ([]plannedCall, error) {
	for _, scope := range scopesOf(calls) {
		older, err := lease.AheadOfPlan(ctx, scope, mostOthers)
		if err != nil {
			return nil, err
		}
		if len(older) > 0 {
			return nil, r.giveWay(ctx, lease, older[0])
		}
	}
	return r.corrected(ctx, &correction{
		pipeline: lease.Entry().Pipeline, report: report,
		park: func(reason string) error { return r.parkUnlessFreed(ctx, lease, reason) },
	}, m, in, calls)
}

// corrected fills c in and makes the calls.
func (r *Runner) corrected(ctx context.Context, c *correction, m *mappings.Mapping, in mappings.Input, calls []mappings.Planned) ([]plannedCall, error) {
	people, _, err := r.directory.read(ctx, r.Loket, r.Now())
	if err != nil {
		return nil, err
	}
	c.Runner, c.mode, c.people, c.most, c.timid, c.only = r, m.Mode(), people, r.Limits.CallBytes, strangers(*c.report), in.Only
	var out []plannedCall
	for _, scope := range scopesOf(calls) {
		of := slices.DeleteFunc(slices.Clone(calls), func(p mappings.Planned) bool { return scopeOf(p.Call) != scope })
		more, err := c.scope(ctx, scope, of)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	// What is taken away goes last: of somebody whose new values Loket refuses, the
	// old ones stay.
	slices.SortStableFunc(out, func(a, b plannedCall) int { return cmp.Compare(rank(a.correction), rank(b.correction)) })
	c.notes(len(out))
	return out, nil
}

func rank(last bool) int {
	if last {
		return 1
	}
	return 0
}

func scopesOf(calls []mappings.Planned) (all []string) {
	for _, c := range calls {
		if s := scopeOf(c.Call); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// scope is what becomes of the calls of one scope.
func (c *correction) scope(ctx context.Context, scope string, calls []mappings.Planned) ([]plannedCall, error) {
	before, purged, err := c.pastOf(ctx, c.pipeline, scope, c.mode == mappings.Optellen, c.people)
	if err != nil {
		return nil, err
	}
	if purged != 0 && c.mode != mappings.Leave {
		if err := c.park(fmt.Sprintf("bestand nummer %d bracht eerder waarden voor %s, en wat dat was is niet meer bewaard; "+
			"kijk in Loket wat er van dat bestand nog staat en weg moet, en geef dit bestand dan vrij", purged, calls[0].Subject)); err != nil {
			return nil, err
		}
	}
	if len(before) == 0 {
		return asPlanned(calls), nil
	}
	var values []mappings.ImportValue
	for _, p := range calls {
		of, err := mappings.Read(p.Call)
		if err != nil {
			return nil, fmt.Errorf("read the import file of %s: %w", p.Subject, err)
		}
		values = append(values, of...)
	}
	owner, _ := calls[0].Call.Args["ParentDataIdentity"].(string)
	switch c.mode {
	case mappings.Leave:
		return c.leave(ctx, before, values, owner)
	case mappings.Optellen:
		return c.added(ctx, before, values, owner)
	}
	return c.replaced(ctx, before, calls, values, owner)
}

// spared reports whether what somebody had is left alone because this file says
// nothing of him that counts.
func (c *correction) spared(v mappings.ImportValue) bool {
	who := v.Who()
	return c.timid || c.report.IsRefused(who.Clientnummer, who.Number) || c.only != nil && !c.only(who)
}

// named are the keys of values and the Clientnummers that they are for.
func (c *correction) named(values []mappings.ImportValue) (keys map[string]mappings.ImportValue, clients map[int]bool) {
	keys, clients = map[string]mappings.ImportValue{}, map[int]bool{}
	for _, v := range values {
		key := c.people.key(v)
		if key == "" {
			continue
		}
		keys[key] = v
		clients[c.clientOf(v)] = true
	}
	return keys, clients
}

func (c *correction) clientOf(v mappings.ImportValue) int {
	if ids := c.people.dienstverbanden(v); len(ids) > 0 {
		return c.people.byID[ids[0]].Clientnummer
	}
	return v.Clientnummer
}

// placed is a value with all that an XML import file says of its employer.
func (c *correction) placed(v mappings.ImportValue, owner string) mappings.ImportValue {
	if ids := c.people.dienstverbanden(v); len(ids) > 0 {
		p := c.people.byID[ids[0]]
		v.WerkgeverID, v.Clientnummer, v.PersnrVerl = p.WerkgeverID, p.Clientnummer, p.PersnrVerl
	}
	v.Werkgever, v.Regelnummer, v.Persnr, v.Aanvulling = owner, 0, 0, false
	return v
}

// replaced leaves the calls as they are, and takes away what the file does not have
// and still stands as an earlier one left it.
func (c *correction) replaced(ctx context.Context, before past, calls []mappings.Planned, values []mappings.ImportValue, owner string) ([]plannedCall, error) {
	keys, clients := c.named(values)
	var gone []mappings.ImportValue
	for _, key := range slices.Sorted(maps.Keys(before)) {
		v := before[key].value
		if _, named := keys[key]; !named && clients[c.clientOf(v)] && !c.spared(v) {
			gone = append(gone, c.placed(v, owner))
		}
	}
	cleared, err := c.cleared(ctx, gone, owner)
	return append(asPlanned(calls), cleared...), err
}

// cleared takes away values that stand as they are given.
func (c *correction) cleared(ctx context.Context, gone []mappings.ImportValue, owner string) ([]plannedCall, error) {
	stands, err := c.standingOf(ctx, gone, owner)
	if err != nil {
		return nil, err
	}
	var none []mappings.ImportValue
	for _, v := range gone {
		switch now, there := stands[c.people.key(v)]; {
		case !there:
		case now != v.Value:
			c.changed++
		default:
			v.Value, v.None = 0, true
			none = append(none, v)
		}
	}
	return c.guarded(none, stands, isCleared)
}

// guarded are calls that overwrite, and that are only made while what stood stands.
func (c *correction) guarded(values []mappings.ImportValue, stands standing, what string) ([]plannedCall, error) {
	return guardedCalls(values, stands, what, c.people, c.most)
}

func guardedCalls(values []mappings.ImportValue, stands standing, what string, people *employments, most int) (out []plannedCall, err error) {
	for _, p := range mappings.Imports(values, mappings.Overschrijven, what, most) {
		of, err := mappings.Read(p.Call)
		if err != nil {
			return nil, fmt.Errorf("read the import file of %s: %w", p.Subject, err)
		}
		was := standing{}
		for _, v := range of {
			key := people.key(v)
			if n, there := stands[key]; there {
				was[key] = n
			}
		}
		out = append(out, plannedCall{Planned: p, correction: true, was: was})
	}
	return out, nil
}

// added sends the difference with what earlier files added.
func (c *correction) added(ctx context.Context, before past, values []mappings.ImportValue, owner string) ([]plannedCall, error) {
	keys, clients := c.named(values)
	all := maps.Clone(keys)
	for key, b := range before {
		if _, named := keys[key]; !named && clients[c.clientOf(b.value)] && !c.spared(b.value) {
			all[key] = b.value
		}
	}
	var asked []mappings.ImportValue
	for _, key := range slices.Sorted(maps.Keys(all)) {
		asked = append(asked, c.placed(all[key], owner))
	}
	stands, err := c.standingOf(ctx, asked, owner)
	if err != nil {
		return nil, err
	}
	var more, less, gone []mappings.ImportValue
	for _, v := range asked {
		key := c.people.key(v)
		want, named := keys[key]
		b, ours := before[key]
		now, there := stands[key]
		if !there && ours { // somebody took it away
			ours, b.value.Value = false, 0
			c.changed++
		}
		by := want.Value - b.value.Value
		if !named {
			by = -b.value.Value
		}
		v.Value, v.None = now+by, false
		switch {
		case named && by == 0 && ours:
		case named && (by > 0 || !ours):
			v.Value = by
			more = append(more, v)
		case !ours:
		case v.Value < 0 && now >= 0 && b.value.Value > 0: // there is less than we brought
			c.changed++
		case !named && v.Value == 0:
			v.None = true
			gone = append(gone, v)
		default:
			less = append(less, v)
		}
	}
	out := asPlanned(mappings.Imports(more, mappings.Optellen, isMore, c.most))
	lower, err := c.guarded(less, stands, isLess)
	if err != nil {
		return nil, err
	}
	cleared, err := c.guarded(gone, stands, isCleared)
	return slices.Concat(out, lower, cleared), err
}

// notes says on the receipt what the correction met.
func (c *correction) notes(calls int) {
	say := func(code, message, repair string) {
		c.report.Notes = append(c.report.Notes, formats.Problem{Code: code, Message: message, Repair: repair})
	}
	if c.changed > 0 {
		say("elders-gewijzigd", fmt.Sprintf("Van een eerder bestand heeft iemand anders daarna in Loket iets gewijzigd (%d keer); dat is gebleven zoals het daar staat.", c.changed),
			"Kijk in Loket of dat zo hoort.")
	}
	if c.timid {
		say("niets-weggehaald", "In dit bestand staat iemand die Loket niet kent; daarom is niets weggehaald van wat er in een eerder bestand stond.",
			"Verbeter het bestand en lever het hele bestand opnieuw aan.")
	}
	if calls == 0 {
		say(allStands, "Alles stond al zo in Loket; er is niets verzonden.", "")
	}
}

// notAfterCorrection holds a file of a pipeline that clears what is left out when a
// newer one went before it: it was made for what stood before that.
func (r *Runner) notAfterCorrection(ctx context.Context, lease *ledger.Lease, line ledger.Line) error {
	e := lease.Entry()
	if !r.replaces(e) {
		return nil
	}
	newer, err := lease.Beyond(ctx, line.Scope, mostOthers)
	if err != nil {
		return err
	}
	for _, n := range newer {
		if n.Pipeline == e.Pipeline {
			return r.parkUnlessFreed(ctx, lease, fmt.Sprintf("een nieuwer bestand (nummer %d) is al verwerkt en gaat over hetzelfde (%s); leg dit oudere bestand terzijde, "+
				"of geef het vrij als er toch bij moet komen wat erin staat", n.ID, line.Subject))
		}
	}
	return nil
}
