package loket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loket-etl/loket/contract"
)

// pages serves List from a list of pages; totals overrides TotaalAantal per page.
func pages(t *testing.T, content [][]string, totals []int) (*fakeLoket, *Client) {
	t.Helper()
	f, url := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		body, _ := io.ReadAll(r.Body)
		page := 0
		for i := range content {
			if strings.Contains(string(body), fmt.Sprintf("<l:Pagina>%d</l:Pagina><l:PaginaGrootte>2</l:PaginaGrootte>", i+1)) {
				page = i
			}
		}
		var entities string
		for _, id := range content[page] {
			entities += `<t:Entiteit><t:EntityName>Persoon</t:EntityName><t:DataIdentity>` + id + `</t:DataIdentity><t:Velden/></t:Entiteit>`
		}
		sendXML(w, 200, response("LoketWebservice", "List", fmt.Sprintf(
			`<Entiteiten xmlns:t="%s">%s</Entiteiten><TotaalAantal>%d</TotaalAantal><Pagina>%d</Pagina><AantalPaginas>%d</AantalPaginas>`,
			contract.TypesNamespace, entities, totals[page], page+1, len(content))))
	})
	return f, newClient(t, url, func(o *Options) { o.PageSize = 2 })
}

func TestListReadsAllPagesAndNoticesChanges(t *testing.T) {
	tests := []struct {
		name    string
		content [][]string
		totals  []int
		want    []string
		changed bool
	}{
		{"empty", [][]string{{}}, []int{0}, nil, false},
		{"three pages", [][]string{{"a", "b"}, {"c", "d"}, {"e"}}, []int{5, 5, 5}, []string{"a", "b", "c", "d", "e"}, false},
		{"one came in front", [][]string{{"a", "b"}, {"b", "c"}}, []int{4, 4}, []string{"a", "b"}, true},
		{"one went", [][]string{{"a", "b"}, {"d"}}, []int{4, 3}, []string{"a", "b"}, true},
		{"fewer than promised", [][]string{{"a", "b"}, {"c"}}, []int{4, 4}, []string{"a", "b", "c"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, client := pages(t, tt.content, tt.totals)
			var got []string
			var last error
			for e, err := range client.List(context.Background(), "Persoon", "W-1") {
				if last = err; err == nil {
					got = append(got, e.Identity)
				}
			}
			if errors.Is(last, ErrListChanged) != tt.changed || !tt.changed && last != nil {
				t.Errorf("ends with %v", last)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestListStopsAskingWhenItsReaderStops(t *testing.T) {
	f, client := pages(t, [][]string{{"a", "b"}, {"c"}}, []int{3, 3})
	for range client.List(context.Background(), "Persoon", "W-1") {
		break
	}
	if f.calls.Load() != 1 {
		t.Errorf("%d calls", f.calls.Load())
	}
}

func TestVersionsTellWhatChanged(t *testing.T) {
	now := []Version{{"Persoon", "a", 3}, {"Persoon", "b", 7}, {"Persoon", "c", 1}}
	got := compare(now, map[string]int64{"a": 3, "b": 6, "z": 1, "y": 2})
	want := Changes{New: []Version{now[2]}, Changed: []Version{now[1]}, Gone: []string{"y", "z"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.None() || !compare(now, map[string]int64{"a": 3, "b": 7, "c": 1}).None() {
		t.Error("None is wrong")
	}
}
