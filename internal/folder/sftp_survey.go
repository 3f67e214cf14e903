package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pkg/sftp"
)

// Remove takes a temporary file away; see Remove of the package.
func (s *SFTP) Remove(ctx context.Context, name string) error {
	if err := checkPart(name); err != nil {
		return err
	}
	err := s.with(ctx, func(l *link) error {
		if here, err := s.exists(l, name); err != nil || !here {
			return err
		}
		err := l.client.Remove(s.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // someone else did it at the same moment
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}

// Survey finds out the traits; see Survey of the package.
func (s *SFTP) Survey(ctx context.Context) (Traits, error) {
	t := Traits{Free: -1}
	l, err := s.begin(ctx, func(l *link) error {
		_, err := l.client.Stat(s.spec.Dir)
		return err
	})
	if err == nil {
		defer func() { s.give(l) }()
		err = s.survey(ctx, l, &t)
	}
	if err != nil {
		return t, fmt.Errorf("survey: %w", err)
	}
	return t, nil
}

func (s *SFTP) survey(ctx context.Context, l *link, t *Traits) error {
	_, t.Durable = l.client.HasExtension("fsync@openssh.com")
	if _, ok := l.client.HasExtension("statvfs@openssh.com"); ok {
		l.do(ctx, func() error {
			v, err := l.client.StatVFS(s.spec.Dir)
			if err == nil {
				t.Free = int64(v.Bavail * v.Frsize)
			}
			return err // offered and not kept: it stays unknown
		})
	}
	a, b := tempName(), tempName()
	for _, name := range []string{a, b} {
		var f *sftp.File
		err := l.do(ctx, func() (err error) {
			f, err = l.client.OpenFile(s.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
			return err
		})
		if err != nil {
			return err
		}
		defer s.remove(ctx, l, name)
		if err := l.do(ctx, f.Close); err != nil {
			return err
		}
	}
	err := l.do(ctx, func() error { return l.client.Rename(s.path(a), s.path(b)) })
	t.Replaces = err == nil
	if l.dead.Load() {
		return err
	}
	return nil
}
