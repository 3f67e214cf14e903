package pipelines

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"loket-etl/formats"
	"loket-etl/ledger"
	"loket-etl/loket"
	"loket-etl/mappings"
)

// decision is what the conductor does about an error.
type decision string

const (
	retry   decision = "retry"   // try again later by itself; nothing was changed
	refuse  decision = "refuse"  // the file is wrong; its sender must act
	hold    decision = "hold"    // a person of the office must look first
	unknown decision = "unknown" // read Loket back before anything else
)

type verdict struct {
	do     decision
	reason string        // Dutch, without personal data: it stands on receipts and in lists
	after  time.Duration // for retry: how long at least
}

// enoughTries is after how many tries in a row a file that nothing was sent of
// is left to a person, when the cause is neither Loket nor a folder: it may be
// the file, and others wait for it.
const enoughTries = 10

// errPanic is a panic while an entry was worked on.
var errPanic = errors.New("panic")

// judge is the only place that decides what an error means for a file. The tries
// so far space the next one.
func judge(err error, e ledger.Entry) verdict {
	tries := e.Tries
	var fault *loket.Fault
	var file *formats.FileError
	switch {
	case errors.As(err, &file):
		return verdict{do: refuse, reason: file.Problem.Message}
	case errors.Is(err, loket.ErrUnknown):
		return verdict{do: unknown, reason: "Loket gaf geen antwoord; eerst wordt nagelezen of de gegevens er staan"}
	case errors.As(err, &fault):
		return judgeFault(fault, tries)
	case errors.Is(err, loket.ErrNotSent), errors.Is(err, loket.ErrNoAnswer):
		return verdict{do: retry, after: backoff(tries), reason: "Loket is nu niet te bereiken"}
	case errors.Is(err, errPanic):
		return verdict{do: hold, reason: "het programma loopt vast op dit bestand; een beheerder moet het bekijken"}
	case errors.Is(err, mappings.ErrNoClientnummer):
		return verdict{do: hold, reason: "niemand zegt van welke werkgever dit bestand is: leg het terzijde en lever het aan in de map van die werkgever (of etl import --inbox), of geef de pijplijn een clientnummer en geef het daarna vrij"}
	case errors.Is(err, ledger.ErrLost):
		return verdict{do: retry, reason: "een andere verwerker heeft dit bestand overgenomen"}
	case errors.Is(err, fs.ErrPermission):
		return verdict{do: retry, after: backoff(tries), reason: "geen rechten op de map van het bestand"}
	}
	if tries >= enoughTries && (e.State == ledger.Staged || e.State == ledger.Planned) {
		return verdict{do: hold, reason: fmt.Sprintf("na %d pogingen nog niet gelukt: %v", tries, err)}
	}
	return verdict{do: retry, after: backoff(tries), reason: "nu niet mogelijk: " + err.Error()}
}

func judgeFault(f *loket.Fault, tries int) verdict {
	said := fmt.Sprintf("Loket zegt: %s (%d %s)", f.Omschrijving, f.Code, f.Naam)
	switch f.Code {
	case 1001: // more attempts would lock the user out
		return verdict{do: retry, after: 15 * time.Minute, reason: "Loket weigert de aanmelding; controleer gebruiker, wachtwoord en omgevingscode"}
	case 1002, 1003:
		return verdict{do: retry, after: backoff(tries), reason: said}
	case 1004:
		return verdict{do: hold, reason: said + "; geef de webservicegebruiker dit recht en geef het bestand daarna vrij"}
	case 3004:
		if repair := ways[f.Function].conflict; repair != "" {
			said += ". " + repair
		}
		return verdict{do: refuse, reason: said}
	case 3001, 3002, 3003, 4001:
		return verdict{do: refuse, reason: said}
	case 4002: // of an import file the limit is ours to set
		if f.Function == addDocumentCall {
			return verdict{do: refuse, reason: said}
		}
	case 9001, 9002:
		return verdict{do: retry, after: max(backoff(tries), f.RetryAfter), reason: said}
	}
	return verdict{do: hold, reason: said}
}

// backoff doubles from two seconds to ten minutes.
func backoff(tries int) time.Duration {
	return min(2*time.Second<<min(max(tries, 0), 10), 10*time.Minute)
}
