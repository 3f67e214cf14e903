package folder_test

import (
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"loket-etl/internal/folder"
	"loket-etl/internal/folder/foldertest"
)

func TestOpenSSH(t *testing.T) {
	host := foldertest.StartOpenSSH(t)
	foldertest.Run(t, func(t *testing.T) (folder.Folder, string) {
		sp := host
		sp.Dir = t.TempDir()
		return open(t, sp), sp.Dir
	})
}

func TestOpenSSHByAgent(t *testing.T) {
	sp := foldertest.StartOpenSSH(t)
	key, err := ssh.ParseRawPrivateKey([]byte(sp.Key))
	if err != nil {
		t.Fatal(err)
	}
	sp.Key, sp.Agent, sp.Dir = "", serveAgent(t, key), t.TempDir()
	if _, err := open(t, sp).List(t.Context()); err != nil {
		t.Error(err)
	}
}

// serveAgent is an SSH agent that holds one key.
func serveAgent(t *testing.T, key any) (socket string) {
	t.Helper()
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "agent") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				agent.ServeAgent(ring, c)
				c.Close()
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
		os.RemoveAll(dir)
	})
	return l.Addr().String()
}
