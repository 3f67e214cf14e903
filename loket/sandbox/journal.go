package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"loket-etl/loket/contract"
)

// command is one accepted change, as the journal keeps it.
type command struct {
	At       time.Time       `json:"at"`
	By       string          `json:"by"`
	All      bool            `json:"all,omitempty"`  // the user saw the whole office
	Sees     []int           `json:"sees,omitempty"` // else: indexes of the employers it saw
	Function string          `json:"function"`
	Args     json.RawMessage `json:"args"`
}

// journal is the append-only file of commands: one line each, a checksum and
// JSON. A command is on disk before its answer goes out; what a crash leaves is a
// whole line or a torn last one, which was never answered and is cut off.
type journal struct {
	file   *os.File
	dir    *os.File // holds the lock
	broken error    // after a failed write nothing more is accepted
}

type journalHead struct {
	Format int    `json:"sandbox"`
	Office Office `json:"office"`
}

// openJournal locks the directory, hands every command to replay in order, and
// leaves the file ready for more.
func openJournal(path string, office Office, replay func(command) error) (opened *journal, err error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	j := &journal{dir: dir}
	defer func() {
		if err != nil {
			_ = j.close()
		}
	}()
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, fmt.Errorf("%s is in use by another sandbox; stop that first, such as an etl run in another terminal", path)
	}
	j.file, err = os.OpenFile(filepath.Join(path, "sandbox.journal"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	good, err := j.read(office, replay)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.file.Name(), err)
	}
	if err := j.file.Truncate(good); err != nil {
		return nil, err
	}
	if _, err := j.file.Seek(good, io.SeekStart); err != nil {
		return nil, err
	}
	if good == 0 {
		if err := j.append(journalHead{1, office}); err != nil {
			return nil, err
		}
		return j, dir.Sync()
	}
	return j, nil
}

// read replays the file and gives the length of its good part.
func (j *journal) read(office Office, replay func(command) error) (good int64, err error) {
	r := bufio.NewReaderSize(j.file, 1<<20)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return good, nil // nothing, or a torn line
		}
		if err != nil {
			return 0, err
		}
		data, ok := unseal(line)
		if !ok {
			if _, err := r.ReadByte(); err == io.EOF {
				return good, nil // torn, with its end on disk before its middle
			}
			return 0, fmt.Errorf("line %d is damaged", n)
		}
		if err := take(n, data, office, replay); err != nil {
			return 0, fmt.Errorf("line %d: %w", n, err)
		}
		good += int64(len(line))
	}
}

func take(n int, data []byte, office Office, replay func(command) error) error {
	if n == 1 {
		var head journalHead
		if err := json.Unmarshal(data, &head); err != nil {
			return err
		}
		if head.Format != 1 || head.Office != office {
			return fmt.Errorf("made for another office (%d employers, %d employees) or by another release", head.Office.Employers, head.Office.Employees)
		}
		return nil
	}
	var c command
	if err := json.Unmarshal(data, &c); err != nil {
		return err
	}
	return replay(c)
}

func unseal(line []byte) ([]byte, bool) {
	if len(line) < 10 || line[8] != ' ' {
		return nil, false
	}
	data := line[9 : len(line)-1]
	return data, string(line[:8]) == fmt.Sprintf("%08x", crc32.ChecksumIEEE(data))
}

// append writes one line and waits for the disk.
func (j *journal) append(v any) error {
	if j.broken != nil {
		return j.broken
	}
	var b bytes.Buffer
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	fmt.Fprintf(&b, "%08x %s\n", crc32.ChecksumIEEE(data), data)
	if _, err = j.file.Write(b.Bytes()); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		// The line may be on disk or not: what we know and what we keep differ.
		j.broken = fmt.Errorf("the journal cannot be written: %w", err)
	}
	return j.broken
}

func (j *journal) close() error {
	if j.dir == nil {
		return nil
	}
	j.broken = errors.New("the sandbox is closed")
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	err = errors.Join(err, j.dir.Close())
	j.dir = nil
	return err
}

// scope are the employers that a caller sees.
type scope struct {
	all       bool // the generated ones
	employers map[int]bool
}

func (sc scope) sees(e *employer) bool {
	return sc.all && e.generated || sc.employers[e.index]
}

func (s *Server) scopeOf(a *account) scope {
	if a.Werkgevers == nil {
		return scope{all: true}
	}
	sc := scope{employers: map[int]bool{}}
	for _, nr := range a.Werkgevers {
		sc.employers[s.state.byClient[nr].index] = true
	}
	return sc
}

// call is one request at work. Under replay out goes nowhere.
type call struct {
	state *state
	who   *account // nil under replay and from the control side
	by    string
	sees  scope
	args  map[string]any
	now   time.Time
	out   writer
	notes []melding
	done  *run          // of a control command
	later func() *fault // of a read: the rest of the work, without the lock
}

// handler is what carries out a function: a read renders its answer under the
// read lock; a write checks everything and gives the step that changes the state
// and renders, which cannot fail.
type handler struct {
	read  func(*call) *fault
	write func(*call) (commit func(), f *fault)
}

func (s *Server) read(run func(*call) *fault, c *call) *fault {
	f := func() *fault {
		s.state.mu.RLock()
		defer s.state.mu.RUnlock()
		return run(c)
	}()
	if f == nil && c.later != nil {
		f = c.later()
	}
	return f
}

func (s *Server) write(function string, run func(*call) (func(), *fault), c *call) *fault {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	commit, f := run(c)
	if f != nil {
		return f
	}
	if err := s.keep(function, c); err != nil {
		s.log.Error().Err(err).Str("function", function).Msg("journal")
		return refuse(contract.InterneFout, "", "De sandbox kan zijn gegevens niet bewaren.")
	}
	commit()
	return nil
}

// keep puts the command on disk. A crash before it leaves nothing of the call, a
// crash after it leaves all of it, though nobody was told.
func (s *Server) keep(function string, c *call) error {
	if s.journal == nil {
		return nil
	}
	cmd := command{At: c.now, By: c.by, All: c.sees.all, Function: function}
	for i := range c.sees.employers {
		cmd.Sees = append(cmd.Sees, i)
	}
	var err error
	if _, isControl := controls[function]; isControl {
		cmd.Args, err = json.Marshal(c.args)
	} else {
		cmd.Args, err = contract.MarshalArgs(contract.Call{Function: function, Args: c.args})
	}
	if err != nil {
		return err
	}
	return s.journal.append(cmd)
}

func (s *Server) replay(cmd command) error {
	c := &call{state: s.state, by: cmd.By, sees: scope{all: cmd.All, employers: map[int]bool{}}, now: cmd.At}
	for _, i := range cmd.Sees {
		c.sees.employers[i] = true
	}
	run, isControl := controls[cmd.Function]
	if isControl {
		if err := json.Unmarshal(cmd.Args, &c.args); err != nil {
			return err
		}
	} else {
		args, err := contract.UnmarshalArgs(cmd.Function, cmd.Args)
		if err != nil {
			return err
		}
		c.args, run = args.Args, handlers[cmd.Function].write
	}
	if run == nil {
		return fmt.Errorf("unknown command %q", cmd.Function)
	}
	commit, f := run(c)
	if f != nil {
		return fmt.Errorf("%s, accepted before, is refused: %w", cmd.Function, f)
	}
	commit()
	return nil
}
