package mappings

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"loket-etl/payroll"
)

// World is what a sample is read against: who and what there is in Loket, invented,
// as loket.yaml beside the samples says it.
type World struct {
	Dropped      time.Time
	Clientnummer int // of the pipeline
	People       *People
	Returns      Returns
}

// worldFile is loket.yaml.
type worldFile struct {
	Dropped      string       `yaml:"dropped"`
	Clientnummer int          `yaml:"clientnummer"`
	Werkgevers   []worldFirm  `yaml:"werkgevers"`
	Aangiften    []worldClaim `yaml:"loonaangiften"`
}

type worldFirm struct {
	WerkgeverID  int           `yaml:"werkgever_id"`
	Clientnummer int           `yaml:"clientnummer"`
	Periods      string        `yaml:"periods"`
	Werknemers   []worldPerson `yaml:"werknemers"`
}

type worldPerson struct {
	PersnrVerl  int    `yaml:"persnr_verl"`
	Persnr      int    `yaml:"persnr"`
	Email       string `yaml:"email"`
	BSN         plain  `yaml:"bsn"`
	Achternaam  string `yaml:"achternaam"`
	Voorvoegsel string `yaml:"voorvoegsel"`
	Naam        string `yaml:"naam"`
	Geboren     string `yaml:"geboren"`
	InDienst    string `yaml:"in_dienst"`
	UitDienst   string `yaml:"uit_dienst"`
}

type worldClaim struct {
	Berichtkenmerk string `yaml:"berichtkenmerk"`
	Status         int    `yaml:"status"`
	Omschrijving   string `yaml:"omschrijving"`
	External       bool   `yaml:"externe_partij"`
}

var periodKinds = map[string]payroll.PeriodKind{"": payroll.Monthly, "monthly": payroll.Monthly, "four-weekly": payroll.FourWeekly, "weekly": payroll.Weekly}

// readWorld reads loket.yaml; file names it in errors.
func readWorld(file string, data []byte) (*World, error) {
	var f worldFile
	if err := decodeYAML(file, data, &f); err != nil {
		return nil, err
	}
	w := &World{Clientnummer: f.Clientnummer, Returns: Returns{}}
	var errs []error
	date := func(text string) payroll.Date {
		if text == "" {
			return 0
		}
		d, err := payroll.ParseDate(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is no date; write one such as 2026-10-20", file, text))
		}
		return d
	}
	w.Dropped = time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC)
	if f.Dropped != "" {
		if d := date(f.Dropped); d != 0 {
			w.Dropped = d.Time().Add(9 * time.Hour)
		}
	}
	var all []Person
	var firms []Employer
	for _, x := range f.Werkgevers {
		kind, ok := periodKinds[x.Periods]
		if !ok {
			errs = append(errs, fmt.Errorf("%s: periods: %q is not one of monthly, four-weekly, weekly", file, x.Periods))
		}
		who := fmt.Sprintf("W-%d", x.WerkgeverID)
		firms = append(firms, Employer{who, x.WerkgeverID, x.Clientnummer})
		for _, p := range x.Werknemers {
			all = append(all, Person{
				Werkgever: who, WerkgeverID: x.WerkgeverID, Clientnummer: x.Clientnummer, SoortPeriode: kind,
				PersnrVerl: p.PersnrVerl, Persnr: p.Persnr, Email: p.Email, BSN: payroll.BSN(p.BSN),
				Achternaam: p.Achternaam, Voorvoegsel: p.Voorvoegsel, Naam: p.Naam,
				Geboren: date(p.Geboren), InDienst: date(p.InDienst), UitDienst: date(p.UitDienst),
				Persoon:       fmt.Sprintf("P-%d-%d", x.WerkgeverID, p.PersnrVerl),
				Dienstverband: fmt.Sprintf("D-%d-%d", x.WerkgeverID, p.PersnrVerl),
			})
		}
	}
	for _, a := range f.Aangiften {
		w.Returns[a.Berichtkenmerk] = TaxReturn{a.Status, a.Omschrijving, a.External}
	}
	w.People = NewPeople(all, firms...)
	return w, errors.Join(errs...)
}

// maxSampleYAML bounds what stands beside a sample before it is parsed.
const maxSampleYAML = 1 << 20

// decodeYAML reads a small YAML file strictly; an error names file, line and column.
func decodeYAML(file string, data []byte, to any) error {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if len(data) > maxSampleYAML {
		return fmt.Errorf("%s: a file beside a sample is at most %d KiB", file, maxSampleYAML>>10)
	}
	err := yaml.UnmarshalWithOptions(data, to, yaml.Strict())
	var at yaml.Error
	switch {
	case err == nil || strings.TrimSpace(string(data)) == "":
		return nil
	case errors.As(err, &at) && at.GetToken() != nil:
		pos := at.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", file, pos.Line, pos.Column, at.GetMessage())
	}
	return fmt.Errorf("%s: %w", file, err)
}
