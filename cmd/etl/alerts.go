package main

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"loket-etl/alerts"
	"loket-etl/config"
	"loket-etl/ledger"
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
		sent, err := t.Round(ctx, func(ctx context.Context) ([]alerts.Alert, error) { return alertsOf(ctx, l, t.Now()) })
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
