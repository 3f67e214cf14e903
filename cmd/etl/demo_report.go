package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/payroll"
	"loket-etl/pipelines"
)

// demoReport is report.json.
type demoReport struct {
	OK         bool            `json:"ok"`
	Dir        string          `json:"dir"`
	Deliveries []demoDelivery  `json:"deliveries"`
	Published  []demoPublished `json:"published"`
	Checks     []demoCheck     `json:"checks"`
}

type demoDelivery struct {
	File     string `json:"file"`
	Pipeline string `json:"pipeline"`
	SHA256   string `json:"sha256"`
	State    string `json:"state"` // the outcome: imported, partly, refused, duplicate, held
	Rows     int    `json:"rows"`
	Accepted int    `json:"accepted"`
	Refused  int    `json:"refused"`
	Calls    int    `json:"calls"`
	Receipt  string `json:"receipt"` // relative to the directory of the demo
}

type demoCheck struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

func (r *demoReport) check(name string, ok bool, format string, args ...any) {
	r.Checks = append(r.Checks, demoCheck{name, ok, fmt.Sprintf(format, args...)})
	r.OK = r.OK && ok
}

// report looks at what became of everything that was dropped.
func (d *demo) report(ctx context.Context) (demoReport, error) {
	r := demoReport{OK: true, Dir: d.dir, Published: []demoPublished{}}
	for _, f := range d.files {
		if err := d.judge(ctx, f, &r); err != nil {
			return r, fmt.Errorf("look at %s: %w", f.name, err)
		}
	}
	if err := d.compare(ctx, &r); err != nil {
		return r, fmt.Errorf("read back from Loket: %w", err)
	}
	if err := d.published(ctx, &r); err != nil {
		return r, fmt.Errorf("look at what was published: %w", err)
	}
	if err := d.across(ctx, &r); err != nil {
		return r, fmt.Errorf("add up what was published: %w", err)
	}
	return r, d.leftovers(&r)
}

// judge compares the entry and the files of one delivery with what they should be.
func (d *demo) judge(ctx context.Context, f demoFile, r *demoReport) error {
	entries, err := d.engine.ledger.List(ctx, ledger.Filter{Name: f.name})
	if err != nil {
		return err
	}
	if len(entries) != 1 {
		r.check("one entry for "+f.name, false, "the ledger has %d", len(entries))
		return nil
	}
	e := entries[0]
	sum := sha256.Sum256([]byte(f.content))
	target := filepath.Join(d.place(f), filepath.FromSlash(e.Target))
	receipt, err := filepath.Rel(d.dir, target+".receipt.html")
	if err != nil {
		return err
	}
	r.Deliveries = append(r.Deliveries, demoDelivery{
		File: f.name, Pipeline: e.Pipeline, SHA256: e.SHA256, State: string(e.Outcome),
		Rows: e.Rows, Accepted: e.Accepted, Refused: e.Refused, Calls: e.Calls, Receipt: receipt,
	})
	r.check("outcome of "+f.name, string(e.Outcome) == f.outcome && e.Pipeline == f.pipeline, "%s through %s, expected %s through %s", e.Outcome, e.Pipeline, f.outcome, f.pipeline)
	moved, err := os.ReadFile(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r.check("the file is kept as it came: "+f.name, string(moved) == f.content && e.SHA256 == hex.EncodeToString(sum[:]), "%s, sha256 %s", e.Target, e.SHA256)
	var rec pipelines.Receipt
	data, err := os.ReadFile(target + ".receipt.json")
	if err == nil {
		err = json.Unmarshal(data, &rec)
	}
	page, pageErr := os.Stat(target + ".receipt.html")
	told := err == nil && pageErr == nil && page.Size() > 0 && rec.Outcome == f.outcome && rec.SHA256 == e.SHA256
	if f.outcome == "refused" || f.outcome == "partly" {
		told = told && len(rec.Problems) > 0
	}
	r.check("receipt of "+f.name, told, "outcome %s, %d problems", rec.Outcome, len(rec.Problems))
	return nil
}

// compare reads period 10 and the leave of October back over SOAP, with a
// client of its own, and holds them against the files.
func (d *demo) compare(ctx context.Context, r *demoReport) error {
	want, wantLeave := map[demoValue]payroll.Hours{}, map[demoLeave]int{}
	for _, f := range d.files {
		for k, v := range f.values {
			want[k] += v
		}
		for k, n := range f.leave {
			wantLeave[k] += n
		}
	}
	got, gotLeave, err := d.readBack(ctx)
	if err != nil {
		return err
	}
	for _, f := range d.files {
		if len(f.values) == 0 {
			continue
		}
		wrong, sum := 0, payroll.Hours(0)
		for k, v := range f.values {
			sum += v
			if got[k] != v {
				wrong++
			}
		}
		r.check("values of "+f.name+" in Loket", wrong == 0, "%d values, together %s; %d differ", len(f.values), sum.Comma(), wrong)
	}
	extra := 0
	for k := range got {
		if _, ok := want[k]; !ok {
			extra++
		}
	}
	r.check("nothing in Loket that no file has", extra == 0, "%d values more than the files have", extra)
	wrong := 0
	for k := range wantLeave {
		if gotLeave[k] != wantLeave[k] {
			wrong++
		}
	}
	r.check("leave in Loket, equal rows counted", wrong == 0 && len(gotLeave) == len(wantLeave), "%d kinds of records, %d differ", len(wantLeave), wrong)
	return nil
}

func (d *demo) readBack(ctx context.Context) (map[demoValue]payroll.Hours, map[demoLeave]int, error) {
	values, leave := map[demoValue]payroll.Hours{}, map[demoLeave]int{}
	for owner, err := range d.client.List(ctx, "Werkgever", "") {
		if err != nil {
			return nil, nil, err
		}
		who := map[string][2]int{}
		for e, err := range d.client.List(ctx, "Dienstverband", owner.Identity) {
			if err != nil {
				return nil, nil, err
			}
			who[e.Identity] = [2]int{numberOf(e, "Clientnummer"), numberOf(e, "PersoneelsnummerVerloning")}
		}
		for e, err := range d.client.List(ctx, "VariabeleGegevens", owner.Identity) {
			if err != nil {
				return nil, nil, err
			}
			if numberOf(e, "Jaar") != demoYear || numberOf(e, "PeriodeNummer") != demoPeriod {
				continue
			}
			v, err := payroll.ParseHours(e.Text("Waarde"))
			if err != nil {
				return nil, nil, err
			}
			values[demoValue{who[e.Parent][0], who[e.Parent][1], e.Text("Kostenplaats"), numberOf(e, "Component")}] += v
		}
		for e, err := range d.client.List(ctx, "Verlof", owner.Identity) {
			if err != nil {
				return nil, nil, err
			}
			v, err := payroll.ParseHours(e.Text("Eenheden"))
			if err != nil {
				return nil, nil, err
			}
			if strings.HasPrefix(e.Text("Ingangsdatum"), fmt.Sprintf("%d-%02d-", demoYear, demoPeriod)) {
				leave[demoLeave{who[e.Parent][0], who[e.Parent][1], e.Text("Ingangsdatum"), numberOf(e, "Soort"), numberOf(e, "Factor"), v}]++
			}
		}
	}
	return values, leave, nil
}

func numberOf(e loket.Entity, field string) int {
	n, _ := strconv.Atoi(e.Text(field))
	return n
}

// leftovers checks that no inbox holds anything but done/ and failed/, and that
// no half-written file stayed anywhere.
func (d *demo) leftovers(r *demoReport) error {
	var left []string
	for _, root := range []string{"inbox", "partner/uren"} {
		err := filepath.WalkDir(filepath.Join(d.dir, root), func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			if dir := filepath.Base(filepath.Dir(p)); dir != "done" && dir != "failed" || strings.HasSuffix(p, ".part") {
				left = append(left, e.Name())
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	r.check("inboxes are tidy", len(left) == 0, "%d files left behind %s", len(left), strings.Join(left, ", "))
	return nil
}

// write prints the report for people.
func (r demoReport) write(w io.Writer) error {
	rows := [][]string{}
	for _, d := range r.Deliveries {
		rows = append(rows, []string{d.File, d.Pipeline, d.State, strconv.Itoa(d.Rows), strconv.Itoa(d.Accepted), strconv.Itoa(d.Refused), strconv.Itoa(d.Calls)})
	}
	if err := table(w, []string{"FILE", "PIPELINE", "OUTCOME", "ROWS", "ACCEPTED", "REFUSED", "CALLS"}, rows); err != nil {
		return err
	}
	fmt.Fprintln(w)
	rows = nil
	for _, p := range r.Published {
		rows = append(rows, []string{p.Partner, p.Kind, p.File, strconv.FormatInt(p.Bytes, 10)})
	}
	if err := table(w, []string{"PARTNER", "KIND", "PUBLISHED", "BYTES"}, rows); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nreceipts, to open in a browser:")
	for _, d := range r.Deliveries {
		fmt.Fprintf(w, "  %s\n", printable(filepath.Join(r.Dir, d.Receipt)))
	}
	fmt.Fprintln(w)
	failed := slices.ContainsFunc(r.Checks, func(c demoCheck) bool { return !c.OK })
	for _, c := range r.Checks {
		mark := "ok    "
		if !c.OK {
			mark = "WRONG "
		}
		fmt.Fprintf(w, "%s%s: %s\n", mark, printable(c.Name), printable(c.Detail))
	}
	verdict := "every check holds"
	if failed {
		verdict = "not every check holds"
	}
	_, err := fmt.Fprintf(w, "\n%s; the sandbox's office is invented, see %s\n", verdict, filepath.Join(r.Dir, "report.json"))
	return err
}
