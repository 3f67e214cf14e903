package sandbox

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"

	"loket-etl/loket/contract"
)

// User is a webservice user: what it may call and whom it may see.
type User struct {
	Name          string
	Password      string // hashed at once and forgotten; or give PasswordHash
	PasswordHash  string // bcrypt
	Omgevingscode string
	Werkgevers    []int               // Clientnummers it sees; nil: the whole generated office
	Functions     []string            // full names it may call ("LoketWebservice.List"); nil: all
	Nodes         map[string][]string // per EntityName the node functions it has; an absent entity has all
}

// The user of the default data set. A sandbox with these credentials belongs on
// loopback.
const (
	DemoUser          = "ws-demo"
	DemoPassword      = "demo-wachtwoord"
	DemoOmgevingscode = "DEMO"
)

// Everyone knows this password, so its hash need not be slow.
const demoHash = "$2a$04$83bZfV7jPajWfIwX3qffGeh5DJ86wTh66cgsDzj/U5VEJXoMgvWom"

// nobodyHash is compared with when there is no such user, so that the answer
// takes as long as for one that was given a password.
const nobodyHash = "$2a$10$8z03gcNWbDYV9rcD0h4WeuDGjLewfOXN5HmvtfyUvfyVNtSbEkN2W"

func demoUsers() []User {
	return []User{{Name: DemoUser, PasswordHash: demoHash, Omgevingscode: DemoOmgevingscode}}
}

const (
	maxFailures   = 5                // before a user is locked out
	lockTime      = 15 * time.Minute // that a lock-out lasts
	maxTokens     = 10_000           // alive at once; the oldest go first
	forgetExpired = 24 * time.Hour   // after which an expired token is unknown
)

type account struct {
	User
	functions map[string]bool
	failures  int
	lockedTil time.Time
	quick     []byte // keyed digest of the password that last passed
}

// users holds accounts and tokens.
type users struct {
	mu     sync.Mutex
	byName map[string]*account
	tokens map[[32]byte]*grant
	issued [][32]byte // oldest first
	key    [32]byte   // of the quick digests, of this process
	hashes chan struct{}
	life   time.Duration
}

type grant struct {
	account *account
	expires time.Time
}

func newUsers(list []User, life time.Duration) (*users, error) {
	u := &users{byName: map[string]*account{}, tokens: map[[32]byte]*grant{}, hashes: make(chan struct{}, 2), life: life}
	if _, err := rand.Read(u.key[:]); err != nil {
		return nil, err
	}
	for _, user := range list {
		if user.Name == "" || user.Omgevingscode == "" || u.byName[user.Name] != nil {
			return nil, fmt.Errorf("webservice user %q: a unique name and an omgevingscode are needed", user.Name)
		}
		a := &account{User: user}
		switch {
		case user.Password != "":
			hash, err := bcrypt.GenerateFromPassword([]byte(user.Password), bcrypt.DefaultCost)
			if err != nil {
				return nil, fmt.Errorf("webservice user %q: %w", user.Name, err)
			}
			a.PasswordHash, a.Password = string(hash), ""
		case user.PasswordHash == "":
			return nil, fmt.Errorf("webservice user %q has no password", user.Name)
		}
		if user.Functions != nil {
			a.functions = map[string]bool{}
			for _, name := range user.Functions {
				fn, ok := contract.Lookup(name)
				if !ok {
					return nil, fmt.Errorf("webservice user %q: there is no function %q", user.Name, name)
				}
				a.functions[fn.FullName()] = true
			}
		}
		u.byName[user.Name] = a
	}
	return u, nil
}

func (a *account) mayCall(fn *contract.Function) bool {
	return a.functions == nil || a.functions[fn.FullName()]
}

// offers reports whether the entity has the node function for this user.
func (a *account) offers(entity, function string) bool {
	list, narrowed := a.Nodes[entity]
	return !narrowed || slices.Contains(list, function)
}

var errLogin = errors.New("login refused")

// login gives a new token. Whatever is wrong, the answer is the same, and takes
// as long.
func (u *users) login(name, password, environment string, now time.Time) (string, time.Time, error) {
	a, locked, passed := u.look(name, password, now)
	if !passed {
		u.hashes <- struct{}{}
		hash := nobodyHash
		if a != nil {
			hash = a.PasswordHash
		}
		passed = bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil && a != nil
		<-u.hashes
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if a == nil || locked {
		return "", time.Time{}, errLogin
	}
	if !passed || a.Omgevingscode != environment {
		if a.failures++; a.failures >= maxFailures {
			a.failures, a.lockedTil = 0, now.Add(lockTime)
		}
		return "", time.Time{}, errLogin
	}
	a.failures, a.quick = 0, u.digest(name, password)
	return u.issue(a, now)
}

func (u *users) look(name, password string, now time.Time) (a *account, locked, passed bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	a = u.byName[name]
	if a == nil {
		return nil, false, false
	}
	locked = now.Before(a.lockedTil)
	return a, locked, a.quick != nil && hmac.Equal(a.quick, u.digest(name, password))
}

func (u *users) digest(name, password string) []byte {
	m := hmac.New(sha256.New, u.key[:])
	fmt.Fprintf(m, "%d:%s%s", len(name), name, password)
	return m.Sum(nil)
}

func (u *users) issue(a *account, now time.Time) (string, time.Time, error) {
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", time.Time{}, err
	}
	text := base64.RawURLEncoding.EncodeToString(raw[:])
	expires := now.Add(u.life).Truncate(time.Second)
	id := sha256.Sum256([]byte(text))
	u.tokens[id] = &grant{a, expires}
	u.issued = append(u.issued, id)
	for len(u.issued) > 0 {
		oldest := u.tokens[u.issued[0]]
		if len(u.issued) <= maxTokens && now.Before(oldest.expires.Add(forgetExpired)) {
			break
		}
		delete(u.tokens, u.issued[0])
		u.issued = u.issued[1:]
	}
	return text, expires, nil
}

// check is the account of a token, or fault 1002 or 1003.
func (u *users) check(text string, now time.Time) (*account, *fault) {
	u.mu.Lock()
	defer u.mu.Unlock()
	g := u.tokens[sha256.Sum256([]byte(text))]
	switch {
	case g == nil || !now.Before(g.expires.Add(forgetExpired)):
		return nil, refuse(contract.OngeldigUserToken, "UserToken", "Het UserToken is onbekend.")
	case !now.Before(g.expires):
		return nil, refuse(contract.VerlopenUserToken, "UserToken", "Het UserToken is verlopen; vraag een nieuw aan.")
	}
	return g.account, nil
}
