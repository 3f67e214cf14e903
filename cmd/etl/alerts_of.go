package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"loket-etl/alerts"
	"loket-etl/ledger"
	"loket-etl/pipelines"
	"loket-etl/pipelines/schedule"
)

// alertsOf is everything that needs people now, told before or not. Of every
// kind it names all there is, also what is not old enough to be told: what is
// missing here counts as over. More causes are added here.
func alertsOf(ctx context.Context, l *ledger.Ledger, now time.Time) ([]alerts.Alert, error) {
	const page = 500
	var all []alerts.Alert
	for after, more := ledger.ID(0), true; more; {
		list, err := l.StandingAfter(ctx, after, page)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			if !waitsForItsMoment(s.Entry, now) {
				all = append(all, entryAlert(s))
			}
		}
		if more = len(list) == page; more {
			after = list[page-1].ID
		}
	}
	files, err := l.Uncollected(ctx, now)
	if err != nil {
		return nil, err
	}
	for _, u := range files {
		all = append(all, fileAlert(u))
	}
	rows, err := l.Ticks(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.Tries > 0 && row.Reason != "" {
			all = append(all, tickAlert(row))
		}
	}
	return all, nil
}

// waitsForItsMoment reports whether an export is ready and only its time has not
// come.
func waitsForItsMoment(e ledger.Entry, now time.Time) bool {
	return e.State == ledger.Ready && e.Tries == 0 && e.Due.After(now)
}

// entryAlert is what an entry needs people for: it is held, or will be late when
// nothing happens to it.
func entryAlert(s ledger.Standing) alerts.Alert {
	what, it := "Het bestand", "het bestand"
	if s.Run != "" {
		what, it = "De export", "de export"
	}
	out := alerts.Alert{Entry: int64(s.ID), Pipeline: s.Pipeline, Subject: pipelines.Discreet(s.Name), Since: s.Since}
	reason := sentence(pipelines.Discreet(s.Reason))
	if s.Run != "" && s.State == ledger.Held { // it may say what people earn
		reason = "De reden staat bij de export."
	}
	if s.State == ledger.Held {
		out.Kind = alerts.Held
		// Held again is another cause, also when it was let go for a moment only.
		out.Cause = fmt.Sprintf("entry %d held %d", s.ID, s.Since.UnixNano())
		if pipelines.AwaitsApproval(s.Entry) {
			out.What = what + " wacht op akkoord: er gaat niets naar Loket voordat iemand het goedkeurt."
			out.Do = fmt.Sprintf(`"etl preview %d" laat zien wat er zou veranderen. Geef akkoord met "etl approve %[1]d --reason ...", of geef het op met "etl dismiss %[1]d --reason ...".`, s.ID)
			return out
		}
		out.What = what + " wacht tot iemand beslist. " + reason
		out.Do = fmt.Sprintf(`"etl show %d" laat alles zien. Los de oorzaak op en laat het verder gaan met "etl release %[1]d --reason ...", of geef het op met "etl dismiss %[1]d --reason ...".`, s.ID)
		return out
	}
	if s.Run != "" && s.Tries == 0 && s.Due.After(out.Since) {
		out.Since = s.Due // it waited for its moment until then
	}
	out.Kind, out.Cause = alerts.Late, fmt.Sprintf("entry %d", s.ID)
	out.What = "Er is al lang niets meer met " + it + " gebeurd. " + reason
	out.Do = fmt.Sprintf(`Het programma blijft het proberen. "etl show %d" laat zien wat er gebeurde, "etl doctor" of alle verbindingen werken.`, s.ID)
	return out
}

// fileAlert is about a file that its partner should have had by now.
func fileAlert(u ledger.Uncollected) alerts.Alert {
	out := alerts.Alert{Entry: int64(u.Entry), Pipeline: u.Pipeline, Subject: pipelines.Discreet(u.Of), Since: u.Deadline}
	at := u.Deadline.In(schedule.Amsterdam).Format("02-01-2006 15:04")
	if u.State == ledger.OutputPublished {
		out.Kind, out.Cause = alerts.Uncollected, fmt.Sprintf("file %d of entry %d", u.No, u.Entry)
		out.What = fmt.Sprintf("Bestand %d (%s) staat klaar in outbox %s en was op %s nog niet opgehaald.", u.No, u.Kind, u.Outbox, at)
		out.Do = "Vraag de ontvanger om het op te halen. Lever het niet ook op een andere manier af zolang het daar staat: dan kan het dubbel worden verwerkt."
		return out
	}
	out.Kind, out.Cause = alerts.Failed, fmt.Sprintf("file %d of entry %d late", u.No, u.Entry)
	out.What = fmt.Sprintf("Bestand %d (%s) moest op %s bij de ontvanger van outbox %s zijn, en is nog niet gepubliceerd.", u.No, u.Kind, at, u.Outbox)
	out.Do = fmt.Sprintf(`"etl show %d" laat zien waarom niet. Lukt het niet op tijd: houd de export tegen met "etl hold %[1]d --reason ...", haal het bestand op met "etl show %[1]d --file %d", lever het zelf af en meld dat met "etl delivered %[1]d --file %[2]d --delivered BESTAND --reason ...".`, u.Entry, u.No)
	return out
}

// tickAlert is about an export that could not be looked at on its schedule.
func tickAlert(row ledger.ScheduleRow) alerts.Alert {
	return alerts.Alert{
		Kind: alerts.Late, Cause: fmt.Sprintf("schedule %s %d", row.Name, row.Next.Unix()), Pipeline: row.Name, Subject: row.Name, Since: row.Next,
		What: "Er kon niet worden gekeken of er iets te exporteren is. " + sentence(pipelines.Discreet(row.Reason)),
		Do:   `Het programma blijft het proberen. "etl doctor" zegt of Loket te bereiken is, "etl schedule" wanneer er weer wordt gekeken.`,
	}
}

// sentence makes a reason one that can stand by itself.
func sentence(reason string) string {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return "Er is geen reden bij gezegd."
	}
	if !strings.ContainsRune(".!?", rune(reason[len(reason)-1])) {
		reason += "."
	}
	return "De reden: " + reason
}
