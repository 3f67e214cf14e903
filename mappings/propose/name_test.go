package propose

import (
	"strings"
	"testing"
)

func TestPeriodAndEmployerAreFoundInTheName(t *testing.T) {
	const (
		bare  = "Medewerker;Soort;Uren\n1;A;8,5\n2;A;8\n"
		dated = "Medewerker;Datum;Soort;Uren\n1;13-10-2026;A;8,5\n"
	)
	for name, tt := range map[string]struct{ pattern, dated string }{
		"uren_5555_2026-10.csv":       {"uren_{clientnummer}_{year}-{period}*", "uren_{clientnummer}*"},
		"uren_2026-10_5555.csv":       {"uren_{year}-{period}_{clientnummer}*", "uren_{year}-{period}_{clientnummer}*"},
		"uren_2026-41.csv":            {"uren_{year}-{period}*", ""},
		"uren_10-2026.csv":            {"uren_{period}-{year}*", ""},
		"uren_5555_10-2026.csv":       {"uren_{clientnummer}_{period}-{year}*", "uren_{clientnummer}*"},
		"uren_202610.csv":             {"uren_{year}{period}*", ""},
		"uren_202610_5555.csv":        {"uren_{year}{period}_{clientnummer}*", "uren_{year}{period}_{clientnummer}*"},
		"uren_2026_5555.csv":          {"uren_{year}_{clientnummer}*", "uren_{year}_{clientnummer}*"},
		"uren_2026-10-15_5555.csv":    {"uren_{year}-{period}-*_{clientnummer}*", "uren_{year}-{period}-*_{clientnummer}*"},
		"uren_15-10-2026.csv":         {"uren_*-{period}-{year}*", ""},
		"uren oktober 2026.csv":       {"", ""},
		"uren_oktober_2026_5555.csv":  {"uren_*_{year}_{clientnummer}*", "uren_*_{year}_{clientnummer}*"},
		"uren_2026_oktober_5555.csv":  {"uren_{year}_*_{clientnummer}*", "uren_{year}_*_{clientnummer}*"},
		"okt2026-5555.csv":            {"*-{clientnummer}*", "*-{clientnummer}*"},
		"5555 2026 Oktober.csv":       {"{clientnummer}*", "{clientnummer}*"},
		"uren_20261015_5555.csv":      {"uren_*_{clientnummer}*", "uren_*_{clientnummer}*"},
		"uren_5555_20261015.csv":      {"uren_{clientnummer}*", "uren_{clientnummer}*"},
		"uren_2026.csv":               {"", ""},
		"novemberlijst_januar_12.csv": {"", ""},
	} {
		for data, want := range map[string]string{bare: tt.pattern, dated: tt.dated} {
			p := propose(t, name, data)
			_, got, _ := strings.Cut(string(p.Files[1].Data), "\n  name: ")
			got, _, _ = strings.Cut(got, "\n")
			if strings.Trim(got, `"`) != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
			for _, problem := range read(t, p, name, data).Problems {
				if strings.Contains(problem.Message, "afgesproken vorm") {
					t.Errorf("%s does not fit %s", name, got)
				}
			}
		}
	}
}

func TestAPeriodThatNoPatternCanSayIsDoubtedWithoutADate(t *testing.T) {
	const want = `TWIJFEL: in de naam van het bestand staat "oktober 2026", wat een mapping niet als periode kan lezen`
	if p := propose(t, "uren oktober 2026.csv", "Medewerker;Soort;Uren\n1;A;8,5\n"); !strings.Contains(p.text(), want) {
		t.Error(p.text())
	}
	if p := propose(t, "uren oktober 2026.csv", "Medewerker;Datum;Soort;Uren\n1;13-10-2026;A;8,5\n"); strings.Contains(p.text(), want) || !strings.Contains(p.text(), "period: {date: datum}") || !strings.Contains(p.text(), `files: ["uren *.csv"]`) {
		t.Error(p.text())
	}
}
