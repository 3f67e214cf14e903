package formats_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"loket-etl/formats"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func TestEverySheetIsLookedAtAsItStands(t *testing.T) {
	x := excelize.NewFile()
	defer x.Close()
	_ = x.SetSheetRow("Sheet1", "A1", &[]any{"Titel"})
	_ = x.SetSheetRow("Sheet1", "A3", &[]any{"Nummer", nil, "Datum", "Uren"})
	_ = x.SetSheetRow("Sheet1", "A4", &[]any{1, nil, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), 7.5})
	_ = x.SetRowVisible("Sheet1", 4, false)
	_ = x.SetColVisible("Sheet1", "B", false)
	_, _ = x.NewSheet("Weg")
	_ = x.SetSheetVisible("Weg", false)
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	got, err := formats.Sheets(bytes.NewReader(b.Bytes()), 10)
	if err != nil {
		t.Fatal(err)
	}
	want := []formats.Sheet{
		{Name: "Sheet1", HiddenColumns: []int{2}, All: true, Rows: []formats.SheetRow{
			{Number: 1, Cells: []string{"Titel"}, Dates: []bool{false}},
			{Number: 3, Cells: []string{"Nummer", "", "Datum", "Uren"}, Dates: []bool{false, false, false, false}},
			{Number: 4, Hidden: true, Cells: []string{"1", "", "2026-10-01", "7,5"}, Dates: []bool{false, false, true, false}},
		}},
		{Name: "Weg", Hidden: true, All: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if some, err := formats.Sheets(bytes.NewReader(b.Bytes()), 1); err != nil || len(some[0].Rows) != 1 || some[0].All {
		t.Errorf("%+v %v", some, err)
	}
	if _, err := formats.Sheets(strings.NewReader("PK\x03\x04 no workbook"), 1); err == nil {
		t.Error("no error")
	}
}
