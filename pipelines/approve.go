package pipelines

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"loket-etl/ledger"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
)

// Approval says whether a person must approve a file before anything of it is sent.
type Approval string

const (
	NoApproval       Approval = "none"
	ApprovalRequired Approval = "required"
)

func (b Binding) approval(p *Pipeline) Approval { return cmp.Or(b.Approval, p.Approval) }

// attachApproval says of an entry that it was planned to wait for approval,
// whatever the configuration says later.
const attachApproval = "approval"

// awaitsApproval begins the reason of every entry that waits for approval.
const awaitsApproval = "wacht op akkoord"

// AwaitsApproval reports whether an entry waits for Approve, so that releasing it
// would only bring it back.
func AwaitsApproval(e ledger.Entry) bool {
	return e.State == ledger.Held && e.Back == ledger.Planned && strings.HasPrefix(e.Reason, awaitsApproval) &&
		strings.HasSuffix(e.Reason, fmt.Sprintf("etl approve %d", e.ID)) // a person may hold it in words of his own
}

// markApproval notes that what is planned now must be approved.
func (r *Runner) markApproval(ctx context.Context, lease *ledger.Lease, p *Pipeline) error {
	e := lease.Entry()
	if r.binding(e.Pipeline, e.Inbox).approval(p) != ApprovalRequired {
		return nil
	}
	return attachJSONDoc(ctx, lease, attachApproval, ApprovalRequired)
}

// needsApproval reports whether an entry must be approved: by what is configured
// now, or was when it was planned.
func (r *Runner) needsApproval(ctx context.Context, e ledger.Entry) (bool, error) {
	if p, ok := r.Plans().Pipelines[e.Pipeline]; ok && r.binding(e.Pipeline, e.Inbox).approval(p) == ApprovalRequired {
		return true, nil
	}
	var noted Approval
	err := readAttached(ctx, r.Ledger, e.ID, attachApproval, &noted)
	return noted == ApprovalRequired, err
}

// mayLeave stands before the first call of a plan: an entry that needs approval and
// has none for this very plan waits for it. It is asked for again after every
// release, and whenever the plan was made anew.
func (r *Runner) mayLeave(ctx context.Context, lease *ledger.Lease) error {
	e := lease.Entry()
	needs, err := r.needsApproval(ctx, e)
	if err != nil || !needs {
		return err
	}
	given, err := r.Ledger.Approvals(ctx, e.ID)
	if err != nil {
		return err
	}
	reason := fmt.Sprintf("%s: bekijk het met etl preview %d en geef akkoord met etl approve %[2]d", awaitsApproval, e.ID)
	if n := len(given); n > 0 {
		last := given[n-1]
		plan, err := readPlan(ctx, r.Ledger, e.ID)
		if err != nil {
			return err
		}
		if last.Plan == plan.sum && last.Employees == "" || last.Plan == plan.of(plan.who()) && last.Employees != "" {
			return nil
		}
		reason = fmt.Sprintf("%s: het plan is veranderd na het akkoord van %s; bekijk het met etl preview %d en geef opnieuw akkoord met etl approve %[3]d", awaitsApproval, last.Who, e.ID)
	}
	return r.park(ctx, lease, reason)
}

// frozen is what a plan says, to be known again.
type frozen struct {
	sum    string // of all calls, to the byte
	values map[mappings.Employee][]string
	named  map[mappings.Employee]bool // in the file itself: not only taken out
	others int                        // calls that are no import
}

// readPlan reads the plan of an entry.
func readPlan(ctx context.Context, l *ledger.Ledger, id ledger.ID) (frozen, error) {
	f := frozen{values: map[mappings.Employee][]string{}, named: map[mappings.Employee]bool{}}
	sum := sha256.New()
	for line, err := range l.Lines(ctx, id) {
		if err != nil {
			return f, fmt.Errorf("read the plan: %w", err)
		}
		fmt.Fprintf(sum, "%d|%s|%s|%q|%q|%d|%d|", line.No, line.Function, line.Class, line.Subject, line.Scope, line.Rows, len(line.Args))
		sum.Write(line.Args)
		call, err := contract.UnmarshalArgs(line.Function, line.Args)
		if err != nil {
			return f, fmt.Errorf("read call %d of the plan: %w", line.No, err)
		}
		if !ways[line.Function].imports {
			f.others++
			continue
		}
		values, err := mappings.Read(call)
		if err != nil {
			return f, fmt.Errorf("read the import file of call %d: %w", line.No, err)
		}
		note, err := readNote(line)
		if err != nil {
			return f, err
		}
		for _, v := range values {
			f.named[v.Who()] = f.named[v.Who()] || !note.Correction
			f.values[v.Who()] = append(f.values[v.Who()], fmt.Sprintf("%v|%v|%s|%d|%t|%t",
				call.Args["ParentDataIdentity"], call.Args["Verwerkingswijze"], valueKey(v, ""), v.Value, v.None, v.Aanvulling))
		}
	}
	f.sum = hex.EncodeToString(sum.Sum(nil))
	return f, nil
}

// who is everybody in the plan.
func (f frozen) who() []mappings.Employee {
	return slices.SortedFunc(maps.Keys(f.values), compareEmployees)
}

// of names what the plan brings for some, whatever it brings for others.
func (f frozen) of(some []mappings.Employee) string {
	sum := sha256.New()
	for _, who := range some {
		fmt.Fprintf(sum, "%s/%s\n", who.Clientnummer, who.Number)
		for _, v := range slices.Sorted(slices.Values(f.values[who])) {
			fmt.Fprintln(sum, v)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// ErrNotApproved is in every error of Approve about what was asked for.
var ErrNotApproved = errors.New("nothing is approved")

// Approve lets an entry that waits for approval go on: all of it, or only the
// employees named ("7", or "5555/7" where the number alone is not enough). Those
// left out are handed back as the refused part. It holds for the plan as it is
// now; when it changes, approval is asked for again. ErrState when the entry does
// not wait for approval.
func (r *Runner) Approve(ctx context.Context, id ledger.ID, who, reason string, employees []string) error {
	e, err := r.Ledger.Get(ctx, id)
	if err != nil {
		return err
	}
	if !AwaitsApproval(e) {
		return fmt.Errorf("entry %d does not wait for approval: %w", id, ledger.ErrState)
	}
	plan, err := readPlan(ctx, r.Ledger, id)
	if err != nil {
		return err
	}
	a := ledger.Approval{Who: who, Reason: reason, Plan: plan.sum, Held: e.Reason}
	if len(employees) == 0 {
		return r.Ledger.Approve(ctx, id, a, false)
	}
	some, err := r.chosen(e, plan, employees)
	if err != nil {
		return err
	}
	if len(some) == len(plan.values) {
		return r.Ledger.Approve(ctx, id, a, false)
	}
	data, err := json.Marshal(some)
	if err != nil {
		return fmt.Errorf("keep who is approved: %w", err)
	}
	a.Plan, a.Employees = plan.of(some), string(data)
	a.Reason = fmt.Sprintf("%s (only %s)", reason, strings.Join(employees, ", "))
	return r.Ledger.Approve(ctx, id, a, true)
}

// chosen are the employees of a plan that are named.
func (r *Runner) chosen(e ledger.Entry, plan frozen, names []string) ([]mappings.Employee, error) {
	p, ok := r.Plans().Pipelines[e.Pipeline]
	switch {
	case !ok:
		return nil, fmt.Errorf("there is no pipeline %q: %w", e.Pipeline, ErrNotApproved)
	case plan.others > 0:
		return nil, fmt.Errorf("mapping %s makes calls that are approved together; approve the whole file: %w", p.Mapping, ErrNotApproved)
	case r.binding(e.Pipeline, e.Inbox).policy(p) != PerEmployee:
		return nil, fmt.Errorf("pipeline %s sends all or nothing; approve the whole file, or dismiss it: %w", p.Name, ErrNotApproved)
	}
	var some []mappings.Employee
	for _, name := range names {
		var found []mappings.Employee
		for who := range plan.values {
			if name == who.Number || name == who.Clientnummer+"/"+who.Number {
				found = append(found, who)
			}
		}
		switch {
		case len(found) == 0:
			return nil, fmt.Errorf("employee %q is not in the plan of entry %d: %w", name, e.ID, ErrNotApproved)
		case len(found) > 1:
			return nil, fmt.Errorf("employee %q is in the plan for several employers; write %s/%s: %w", name, found[0].Clientnummer, name, ErrNotApproved)
		case !slices.Contains(some, found[0]):
			some = append(some, found[0])
		}
	}
	if !slices.ContainsFunc(some, func(who mappings.Employee) bool { return plan.named[who] }) {
		return nil, fmt.Errorf("of those named, values of an earlier file are taken out and the file brings nothing; approve somebody with new values too, or dismiss the file: %w", ErrNotApproved)
	}
	slices.SortFunc(some, compareEmployees)
	return some, nil
}

// onlyApproved is whom the last approval of an entry chose; nil when it did not
// choose.
func (r *Runner) onlyApproved(ctx context.Context, id ledger.ID) (func(mappings.Employee) bool, error) {
	given, err := r.Ledger.Approvals(ctx, id)
	if err != nil || len(given) == 0 {
		return nil, err
	}
	for _, a := range slices.Backward(given) { // an approval of all is of all that was chosen before
		if a.Employees == "" {
			continue
		}
		var some []mappings.Employee
		if err := json.Unmarshal([]byte(a.Employees), &some); err != nil {
			return nil, fmt.Errorf("read who is approved: %w", err)
		}
		return func(who mappings.Employee) bool {
			_, found := slices.BinarySearchFunc(some, who, compareEmployees)
			return found
		}, nil
	}
	return nil, nil
}
