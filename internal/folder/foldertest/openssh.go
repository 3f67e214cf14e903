package foldertest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"loket-etl/internal/folder"
)

// NewKey makes a private key in OpenSSH form, locked when there is a passphrase.
func NewKey(t testing.TB, passphrase string) (private string, public ssh.PublicKey) {
	t.Helper()
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(k)
	if err != nil {
		t.Fatal(err)
	}
	var b *pem.Block
	if passphrase == "" {
		b, err = ssh.MarshalPrivateKey(k, "")
	} else {
		b, err = ssh.MarshalPrivateKeyWithPassphrase(k, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(b)), s.PublicKey()
}

// StartOpenSSH serves the whole machine to the present user over the real sshd
// and sftp-server, on loopback, with keys of its own. Each connection is a process
// of its own, as under inetd, so there is no port to guess and nothing to wait for.
func StartOpenSSH(t testing.TB) folder.Spec {
	t.Helper()
	const sshd, server = "/usr/sbin/sshd", "/usr/lib/openssh/sftp-server"
	for _, tool := range []string{sshd, server} {
		if _, err := os.Stat(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing; install openssh-server and openssh-sftp-server", tool)
			}
			t.Skipf("%s is missing; install openssh-server and openssh-sftp-server", tool)
		}
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	hostKey, hostPublic := NewKey(t, "")
	private, public := NewKey(t, "")
	config := fmt.Sprintf(`HostKey %[1]s/host
AuthorizedKeysFile %[1]s/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
PidFile none
LogLevel ERROR
Subsystem sftp %[2]s
`, dir, server)
	for name, text := range map[string]string{
		"host": hostKey, "authorized": string(ssh.MarshalAuthorizedKey(public)), "config": config,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
			f, err := c.(*net.TCPConn).File()
			c.Close()
			if err != nil {
				continue
			}
			var said bytes.Buffer
			cmd := exec.Command(sshd, "-i", "-e", "-f", filepath.Join(dir, "config"))
			cmd.Stdin, cmd.Stdout, cmd.Stderr = f, f, &said
			cmd.WaitDelay = 10 * time.Second
			if err := cmd.Start(); err != nil {
				t.Error(err)
			}
			f.Close()
			wg.Go(func() {
				cmd.Wait()
				if said.Len() > 0 {
					t.Log(said.String())
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return folder.Spec{
		Kind: "sftp", Host: l.Addr().String(), User: me.Username, Key: folder.Secret(private), Timeout: 20 * time.Second,
		HostKeys: []string{string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(hostPublic)))},
	}
}
