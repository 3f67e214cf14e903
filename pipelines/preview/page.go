package preview

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"time"

	"loket-etl/pipelines/schedule"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("preview").Funcs(template.FuncMap{
	"when":    func(t time.Time) string { return t.In(schedule.Amsterdam).Format("02-01-2006 15:04") },
	"verdict": verdict,
	"unit":    unitDutch,
	"lines":   func(l Line) string { return signed(l.Difference()) },
}).Parse(pageHTML))

// What a page shows at most: more is not read by anybody, and makes a browser
// slow. The rest is in the JSON.
const (
	pageFindings  = 200
	pageEmployees = 500
	pageRecords   = 500
)

// view is a preview as the page has it.
type view struct {
	Preview
	MoreFindings, MoreEmployees, MoreLeave, MoreRecords int
	Charts                                              []chart
	Differences                                         []chart
}

// HTML is the preview for people: one page in Dutch without outside parts and
// without scripts.
func (p Preview) HTML() ([]byte, error) {
	v := view{Preview: p, Charts: totalCharts(p.Totals), Differences: differenceCharts(p.Employees)}
	v.Strange, v.MoreFindings = first(p.Strange, pageFindings)
	v.Employees, v.MoreEmployees = first(p.Employees, pageEmployees)
	v.Leave, v.MoreLeave = first(p.Leave, pageEmployees)
	v.Records, v.MoreRecords = first(p.Records, pageRecords)
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("write the preview of %s: %w", p.File, err)
	}
	return b.Bytes(), nil
}

// first are the first most of all, and how many there are beyond them.
func first[T any](all []T, most int) (some []T, more int) {
	if len(all) <= most {
		return all, 0
	}
	return all[:most], len(all) - most
}

func verdict(outcome string) string {
	switch outcome {
	case "imported":
		return "Kan worden verwerkt"
	case "partly":
		return "Kan gedeeltelijk worden verwerkt"
	case "held":
		return "Zou worden aangehouden"
	}
	return "Zou worden geweigerd"
}

// signed shows a difference with its sign.
func signed(v int64) string {
	if v > 0 {
		return "+" + Of(v).String()
	}
	return Of(v).String()
}

// chart is a chart of bars, drawn by the template. Everything is in whole units of
// its view box.
type chart struct {
	Title  string
	Height int
	Bars   []bar
}

// bar is one bar with its words.
type bar struct {
	Label, Text, Class string
	X, Y, Width        int
	TextX              int
}

// The view box of a chart is 720 wide: labels, bars, and the value behind a bar.
const (
	barLeft, barRoom = 190, 400
	barHigh          = 22
	mostCharts       = 8
	mostBars         = 20
)

// totalCharts show per component what stood in earlier periods, stands now and will
// stand after.
func totalCharts(all []Total) []chart {
	var charts []chart
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Total) int { // hours first, the largest first
		return cmp.Or(cmp.Compare(b2i(b.Hours), b2i(a.Hours)), cmp.Compare(b.After.Value, a.After.Value))
	})
	for _, t := range all[:min(len(all), mostCharts)] {
		c := chart{Title: fmt.Sprintf("Component %d in %s, clientnummer %d", t.Component, unitDutch(t.Hours), t.Clientnummer)}
		values := []int64{}
		for i := len(t.Earlier) - 1; i >= 0; i-- {
			c.Bars, values = append(c.Bars, bar{Label: t.Periods[i].String(), Text: t.Earlier[i].String(), Class: "earlier"}), append(values, t.Earlier[i].Value)
		}
		c.Bars, values = append(c.Bars, bar{Label: t.Period.String() + " nu", Text: t.Now.String(), Class: "now"}), append(values, t.Now.Value)
		c.Bars, values = append(c.Bars, bar{Label: t.Period.String() + " straks", Text: t.After.String(), Class: "after"}), append(values, t.After.Value)
		c.draw(values)
		charts = append(charts, c)
	}
	return charts
}

func unitDutch(hours bool) string {
	if hours {
		return "uren"
	}
	return "euro"
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// differenceCharts show for whom most changes, in hours and in euros.
func differenceCharts(all []Employee) []chart {
	var charts []chart
	for _, kind := range []struct {
		title string
		of    func(Employee) int64
	}{{"Grootste verschillen in uren", func(e Employee) int64 { return e.Hours }}, {"Grootste verschillen in euro", func(e Employee) int64 { return e.Euros }}} {
		some := slices.DeleteFunc(slices.Clone(all), func(e Employee) bool { return kind.of(e) == 0 })
		slices.SortStableFunc(some, func(a, b Employee) int { return cmp.Compare(magnitude(kind.of(b)), magnitude(kind.of(a))) })
		if len(some) == 0 {
			continue
		}
		c, values := chart{Title: kind.title}, []int64{}
		for _, e := range some[:min(len(some), mostBars)] {
			v := kind.of(e)
			class := "after"
			if v < 0 {
				class = "less"
			}
			c.Bars = append(c.Bars, bar{Label: fmt.Sprintf("Werknemer %d, %s", e.Number, e.Period), Text: signed(v), Class: class})
			values = append(values, magnitude(v))
		}
		c.draw(values)
		charts = append(charts, c)
	}
	return charts
}

func magnitude(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// draw gives the bars their places; what is negative is drawn by its size, its text
// says the rest.
func (c *chart) draw(values []int64) {
	most := int64(1)
	for _, v := range values {
		most = max(most, magnitude(v))
	}
	for i := range c.Bars {
		b := &c.Bars[i]
		b.X, b.Y = barLeft, i*barHigh
		b.Width = int(magnitude(values[i]) * barRoom / most)
		b.TextX = b.X + b.Width + 6
	}
	c.Height = len(c.Bars)*barHigh + 2
}
