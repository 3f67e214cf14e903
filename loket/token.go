package loket

import (
	"context"
	"errors"
	"sync"
	"time"

	"loket-etl/loket/contract"
)

// tokens keeps the current token and lets one goroutine at a time log in.
type tokens struct {
	mu      sync.Mutex
	current string
	until   time.Time // zero: until Loket refuses it
	flight  *login
	refused *refusal
}

// login is a login that is out; err is for those who waited, once done is closed.
type login struct {
	done chan struct{}
	err  error
}

// refusal is a 1001 that is not asked for again for a while: repeated attempts
// would lock the user out.
type refusal struct {
	password string
	until    time.Time
	fault    *Fault
}

const refusalLasts = time.Minute

// drop forgets the token if it still is the current one.
func (t *tokens) drop(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current == token {
		t.current = ""
	}
}

// token is a token that is good for a while, from memory or by logging in. When
// several ask at the same time, one logs in and the others wait for it.
func (c *Client) token(ctx context.Context) (string, error) {
	t := &c.tokens
	for {
		t.mu.Lock()
		if t.current != "" && (t.until.IsZero() || c.options.Now().Before(t.until)) {
			defer t.mu.Unlock()
			return t.current, nil
		}
		if t.flight == nil {
			t.flight = &login{done: make(chan struct{})}
			t.mu.Unlock()
			return c.login(ctx)
		}
		flight := t.flight
		t.mu.Unlock()
		select {
		case <-flight.done:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		var fault *Fault
		if errors.As(flight.err, &fault) {
			return "", flight.err
		}
	}
}

// login asks Loket for a token on behalf of the flight that the caller opened.
func (c *Client) login(ctx context.Context) (string, error) {
	t := &c.tokens
	token, until, err := c.ask(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.current, t.until = token, until
	}
	t.flight.err = err
	close(t.flight.done)
	t.flight = nil
	return token, err
}

func (c *Client) ask(ctx context.Context) (string, time.Time, error) {
	now, password := c.options.Now(), c.options.Password()
	c.tokens.mu.Lock()
	refused := c.tokens.refused
	c.tokens.mu.Unlock()
	if refused != nil && refused.password == password && now.Before(refused.until) {
		return "", time.Time{}, refused.fault
	}
	f, _ := contract.Lookup("GetUserToken")
	args := map[string]any{"Gebruikersnaam": c.options.User, "Wachtwoord": password, "Omgevingscode": c.options.Omgevingscode}
	if err := f.Check(args); err != nil {
		return "", time.Time{}, err
	}
	root, err := c.exchange(ctx, f, "", args)
	var fault *Fault
	if errors.As(err, &fault) && fault.Code == contract.AanmeldingMislukt {
		c.tokens.mu.Lock()
		c.tokens.refused = &refusal{password: password, until: now.Add(refusalLasts), fault: fault}
		c.tokens.mu.Unlock()
	}
	if err != nil {
		return "", time.Time{}, err
	}
	return root.Text("UserToken"), renewAt(now, root.Time("GeldigTot")), nil
}

// renewAt is a little before the token ends: a tenth of its life, a minute at
// most. Where the clocks differ so much that the token seems to have ended
// already, Loket's refusal decides.
func renewAt(now, end time.Time) time.Time {
	life := end.Sub(now)
	if life <= 0 {
		return time.Time{}
	}
	return end.Add(-min(life/10, time.Minute))
}
