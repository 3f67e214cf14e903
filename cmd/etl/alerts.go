package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"loket-etl/alerts"
	"loket-etl/config"
	"loket-etl/ledger"
	"loket-etl/pipelines"
)

// alertEvery is how often is looked whether something needs people.
const alertEvery = 30 * time.Second

// teller tells whom the configuration names; nil when it names nobody.
func (a *app) teller(c *config.Config, m alerts.Memory) *alerts.Teller {
	if c.Alerts == nil {
		return nil
	}
	t := &alerts.Teller{Memory: m, Now: a.now, After: map[alerts.Kind]time.Duration{}}
	after := map[alerts.Kind]time.Duration{alerts.Held: c.Alerts.After.Held, alerts.Late: c.Alerts.After.Late}
	for _, k := range c.Alerts.Kinds {
		t.After[alerts.Kind(k)] = after[alerts.Kind(k)]
	}
	for _, to := range alertTargets(c.Alerts) {
		t.Targets = append(t.Targets, to.Target)
	}
	return t
}

// watchAlerts tells what needs people at every tick, and at once, until ctx ends.
func watchAlerts(ctx context.Context, t *alerts.Teller, l *ledger.Ledger, tick <-chan time.Time, log zerolog.Logger) error {
	for {
		sent, err := t.Round(ctx, func(ctx context.Context) ([]alerts.Alert, error) { return alertsOf(ctx, l) })
		if sent > 0 {
			log.Info().Int("messages", sent).Msg("told what needs people")
		}
		if err != nil && ctx.Err() == nil {
			log.Error().Err(err).Msg("what needs people cannot be told to everyone; trying again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}

// alertsOf is everything that needs people now, told before or not. Of every
// kind it names all there is, also what is not old enough to be told: what is
// missing here counts as over. More causes are added here.
func alertsOf(ctx context.Context, l *ledger.Ledger) ([]alerts.Alert, error) {
	const page = 500
	var all []alerts.Alert
	for after := ledger.ID(0); ; {
		list, err := l.StandingAfter(ctx, after, page)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			all = append(all, entryAlert(s))
		}
		if len(list) < page {
			return all, nil
		}
		after = list[page-1].ID
	}
}

// entryAlert is what an entry needs people for: it is held, or will be late when
// nothing happens to it.
func entryAlert(s ledger.Standing) alerts.Alert {
	out := alerts.Alert{Entry: int64(s.ID), Pipeline: s.Pipeline, Subject: pipelines.Discreet(s.Name), Since: s.Since}
	reason := sentence(pipelines.Discreet(s.Reason))
	if s.State == ledger.Held {
		out.Kind = alerts.Held
		// Held again is another cause, also when it was let go for a moment only.
		out.Cause = fmt.Sprintf("entry %d held %d", s.ID, s.Since.UnixNano())
		out.What = "Het bestand wacht tot iemand beslist. " + reason
		out.Do = fmt.Sprintf(`"etl show %d" laat alles zien. Los de oorzaak op en laat het verder gaan met "etl release %[1]d --reason ...", of geef het op met "etl dismiss %[1]d --reason ...".`, s.ID)
		return out
	}
	out.Kind, out.Cause = alerts.Late, fmt.Sprintf("entry %d", s.ID)
	out.What = "Er is al lang niets meer met het bestand gebeurd. " + reason
	out.Do = fmt.Sprintf(`Het programma blijft het proberen. "etl show %d" laat zien wat er gebeurde, "etl doctor" of alle verbindingen werken.`, s.ID)
	return out
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

// alertTarget is one way to people.
type alertTarget struct {
	alerts.Target
	where string // for people, without secrets
	try   func(context.Context) error
}

// alertTargets are those that are configured.
func alertTargets(c *config.Alerts) []alertTarget {
	if c == nil {
		return nil
	}
	var all []alertTarget
	if c.Mail != nil {
		m := &alerts.Mail{
			Server: c.Mail.Server, Security: alerts.Security(c.Mail.TLS), Roots: c.Mail.CA.Pool(),
			From: c.Mail.From, To: c.Mail.To, User: c.Mail.User, Password: c.Mail.Password.Reveal, Name: hostname(),
		}
		all = append(all, alertTarget{alerts.Target{Name: "mail", Sender: m}, c.Mail.Server, m.Try})
	}
	if c.Webhook != nil {
		w := &alerts.Webhook{URL: c.Webhook.URL.Reveal, Token: c.Webhook.Token.Reveal, Secret: c.Webhook.Secret.Reveal, Roots: c.Webhook.CA.Pool()}
		all = append(all, alertTarget{alerts.Target{Name: "webhook", Sender: w}, c.Webhook.URL.Host(), w.Try})
	}
	return all
}

func (a *app) alertsCommand() *cobra.Command {
	var patience time.Duration
	test := &cobra.Command{
		Use: "test", Short: "Send a test message to everyone who is told", Args: cobra.NoArgs,
		Long: `Sends one message that needs nobody, by mail and to the webhook of the
configuration, and says whether the server took it. Ends with 1 when one did not.`,
		RunE: a.do(func(ctx context.Context, _ []string) error { return a.alertsTest(ctx, patience) }),
	}
	test.Flags().DurationVar(&patience, "patience", 30*time.Second, "how `long` to try each")
	return a.group("alerts", "Whom to tell when something needs people", test)
}

func (a *app) alertsTest(ctx context.Context, patience time.Duration) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	targets := alertTargets(c.Alerts)
	if len(targets) == 0 {
		return hint(errors.New("the configuration names nobody to tell"), "give alerts.mail or alerts.webhook")
	}
	var all []finding
	for _, t := range targets {
		timed, cancel := context.WithTimeout(ctx, patience)
		err := t.Sender.Send(timed, alerts.Trial(a.now()))
		cancel()
		if err := ctx.Err(); err != nil {
			return err
		}
		all = append(all, t.finding(err, "%s took the message"))
	}
	return a.printFindings(all)
}
