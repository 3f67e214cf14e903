package preview

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loket-etl/formats"
)

// sample has something of everything.
func sample(t *testing.T) Preview {
	x := newTrial(t)
	x.usualOctober()
	x.file(1, 1, 400_00, "<b>100</b>")
	x.had(1, 1, 38_00)
	x.file(2, 30, -12_50)
	x.had(2, 30, 5_00, 10)
	r := x.report()
	return Preview{
		File: `uren "oktober" <script>.csv`, Entry: 12, Pipeline: "uren", Mapping: "uren@123", Made: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC),
		Outcome: "partly", Approval: true, Rows: 9, Accepted: 8, Refused: 1, Strange: r.Strange, Totals: r.Totals, Employees: r.Employees,
		Leave:    []Leave{{1001, 3, 2026, 1, 2, Of(-8_00), Of(-16_00)}},
		Records:  []Record{{"werknemer 4 (5555): adres wijzigen", []Field{{"Plaats", "Oud", "Nieuw"}, {"Straat", "*****raat", "*****laan"}}}},
		Problems: []formats.Problem{{Line: 3, Code: "x", Message: "Dit is geen getal.", Repair: "Vul een getal in."}},
	}
}

func TestThePageIsWholeAndHasNothingFromOutside(t *testing.T) {
	data, err := sample(t).HTML()
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	for _, bad := range []string{"<script", "http://", "https://", "src=", "@import", "url(", "<b>100"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	for _, want := range []string{`lang="nl"`, "keer-tien", "Kan gedeeltelijk worden verwerkt: 9 regels", "wacht op akkoord", "prefers-color-scheme: dark", "@media print", `role="img"`, "-17,50", "*****laan"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// A real browser shows the page without a complaint, and prints it.
func TestABrowserShowsThePage(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is not there")
		}
		t.Skip("chromium is not there: nobody looked whether a browser shows the page")
	}
	data, err := sample(t).HTML()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	page, pdf := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.pdf")
	if err := os.WriteFile(page, data, 0o600); err != nil {
		t.Fatal(err)
	}
	browse := func(args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		cmd := exec.CommandContext(t.Context(), chromium, append([]string{
			"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-dev-shm-usage",
			"--user-data-dir=" + filepath.Join(dir, "profile"), "--enable-logging=stderr", "--v=0",
		}, append(args, "file://"+page)...)...)
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v\n%s", err, errs.String())
		}
		return out.String(), errs.String()
	}
	dom, said := browse("--dump-dom", "--blink-settings=preferredColorScheme=0")
	for line := range strings.Lines(said) {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("the browser says %s", line)
		}
	}
	for want, n := range map[string]int{"<tr class": 7, "<rect ": 17, "<li>": 2, "<svg ": 4} {
		if got := strings.Count(dom, want); got < n {
			t.Errorf("%d times %s, want %d at least", got, want, n)
		}
	}
	browse("--print-to-pdf="+pdf, "--no-pdf-header-footer")
	if head, err := os.ReadFile(pdf); err != nil || !bytes.HasPrefix(head, []byte("%PDF-")) || len(head) < 10_000 {
		t.Errorf("printed %d bytes, %v", len(head), err)
	}
}

func TestThePreviewAsJSON(t *testing.T) {
	data, err := json.Marshal(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"period":"2026-10"`, `"now":null,"after":"400.00","difference":"400.00","earlier":[null,null,null]`, `"unit":"euros"`,
		`"earlier_periods":["2026-09","2026-08","2026-07"]`, `"code":"keer-tien"`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
}
