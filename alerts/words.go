package alerts

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"
	"time"
	"unicode"
)

// words is how a kind is called, of one and of several.
var words = map[Kind]struct{ one, several string }{
	Held:        {"Een bestand wacht op een besluit", "%d bestanden wachten op een besluit"},
	Failed:      {"Een bestand is niet gelukt", "%d bestanden zijn niet gelukt"},
	Late:        {"Een bestand is nog niet klaar", "%d bestanden zijn nog niet klaar"},
	Uncollected: {"Een bestand is nog niet opgehaald", "%d bestanden zijn nog niet opgehaald"},
	trial:       {"Proefbericht: de meldingen komen aan", ""},
}

// Headline is the message in one line.
func (m Message) Headline() string {
	line := words[m.Kind].one
	if n := len(m.Alerts) + m.More; n > 1 {
		line = fmt.Sprintf(words[m.Kind].several, n)
	}
	if m.Pipeline != "" {
		line += " (" + plain(m.Pipeline) + ")"
	}
	return line
}

// Trial tells whether it only says that messages arrive.
func (m Message) Trial() bool { return m.Kind == trial }

//go:embed templates
var templates embed.FS

var (
	functions = map[string]any{"date": date, "plain": plain, "add": func(a, b int) int { return a + b }}
	mailText  = text.Must(text.New("mail.txt").Funcs(functions).ParseFS(templates, "templates/mail.txt"))
	mailHTML  = html.Must(html.New("mail.html").Funcs(functions).ParseFS(templates, "templates/mail.html"))
)

// Text is the message for people, in plain lines.
func (m Message) Text() (string, error) {
	var b bytes.Buffer
	err := mailText.Execute(&b, m)
	return b.String(), err
}

// HTML is the message for people, one page without outside parts.
func (m Message) HTML() (string, error) {
	var b bytes.Buffer
	err := mailHTML.Execute(&b, m)
	return b.String(), err
}

// plain is a text on one line, without what could steer a terminal or a header:
// names of files are given by strangers.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return '\uFFFD'
	}, s)
}

var amsterdam = mustLoad("Europe/Amsterdam")

func mustLoad(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zone data is in the program (time/tzdata)
	}
	return loc
}

var months = [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}

// date is a moment as people here write it.
func date(t time.Time) string {
	t = t.In(amsterdam)
	return fmt.Sprintf("%d %s %d, %s", t.Day(), months[t.Month()-1], t.Year(), t.Format("15:04"))
}
