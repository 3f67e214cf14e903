package evidence

import (
	"slices"
	"strings"
	"testing"
)

func column(cells ...string) *Column {
	c := &Column{}
	for _, cell := range cells {
		c.Add([]byte(cell))
	}
	return c
}

func TestKindIsWhatEveryCellCanBeReadAs(t *testing.T) {
	for cells, want := range map[string]Kind{
		"":                       Nothing,
		"1|22|007|-5":            Whole,
		"1|2,5":                  Decimal,
		"1.234,56|12":            Decimal,
		"1.234":                  Decimal,
		"7:30|07:30:00|120:15":   Clock,
		"7:30|8|7,5":             Mixed,
		"7:60":                   Text,
		"01-10-2026|2026-10-02":  Date,
		"1/2/2026":               Date,
		"20261001":               Date,
		"31-02-2026":             Text,
		"2026-10-01T08:00:00":    Moment,
		"2026-10|2026-1":         Period,
		"2026-77":                Text,
		"a|1":                    Text,
		"-|1":                    Text,
		".5":                     Text,
		"1:2:3:4":                Text,
		"1,2,3,4":                Decimal,
		"01.10.2026|02.10.2026 ": Date,
	} {
		c := column(strings.Split(cells, "|")...)
		if got := c.Kind(); got != want {
			t.Errorf("%s: %s, want %s", cells, got, want)
		}
	}
}

func TestFewStraysDoNotHideTheKind(t *testing.T) {
	c := column("n.v.t.")
	for range 9 {
		c.Add([]byte("8,5"))
	}
	if kind, stray := c.Likely(); kind != Decimal || stray != 1 {
		t.Errorf("%s, %d", kind, stray)
	}
	if c.Kind() != Text {
		t.Error("a stray cell counts for nothing")
	}
}

func TestOrderOfDayAndMonthIsNotGuessed(t *testing.T) {
	for cells, want := range map[string]string{
		"01/02/2026":            "dd/MM/yyyy unsure",
		"13/02/2026|01/02/2026": "dd/MM/yyyy",
		"02/13/2026|01/02/2026": "MM/dd/yyyy",
		"01-02-2026":            "dd-MM-yyyy",
		"01-02-2026|2026-02-01": "dd-MM-yyyy yyyy-MM-dd",
	} {
		names, unsure := column(strings.Split(cells, "|")...).DateLayouts()
		got := strings.Join(names, " ")
		if unsure {
			got += " unsure"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", cells, got, want)
		}
	}
}

func TestValuesAreKeptWhileTheyAreFewAndShort(t *testing.T) {
	if v, ok := column("b", "a", "", "a ").Values(); !ok || !slices.Equal(v, []string{"a", "b"}) {
		t.Errorf("%v %v", v, ok)
	}
	if v, ok := column("a", strings.Repeat("x", MaxLetters+1)).Values(); ok || len(v) > 0 {
		t.Errorf("%v %v", v, ok)
	}
	c := &Column{}
	for i := range MaxValues + 1 {
		c.Add([]byte{byte('0' + i)})
	}
	if v, ok := c.Values(); ok || len(v) > 0 {
		t.Errorf("%d values", len(v))
	}
}

func TestNamesOfPeopleAreSeen(t *testing.T) {
	for cell, want := range map[string]int{
		"Anna de Bruin": 1, "A. de Bruin": 1, "Bruin, Anna": 1, "Émile Zola": 1, "Overwerk 150%": 0, "gewone uren": 0, "Anna": 0, "kort; zie Mail": 0,
	} {
		if got := column(cell).Names; got != want {
			t.Errorf("%s: %d", cell, got)
		}
	}
}
