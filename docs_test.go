package arch

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"loket-etl/config"
	"loket-etl/loket/contract"
	"loket-etl/mappings"
	"loket-etl/pipelines"
)

// block is a fenced block of a page: what stands behind the fence, and its text.
type block struct {
	page, info, text string
	line             int
}

// file is the path that the block is said to be, "" when it is none: the first
// line of YAML, or the second word behind the fence, but for commands.
func (b block) file() string {
	if first, _, _ := strings.Cut(b.text, "\n"); b.info == "yaml" {
		return strings.TrimPrefix(first, "# ")
	}
	kind, rest, _ := strings.Cut(b.info, " ")
	if name, _, _ := strings.Cut(rest, " "); kind != "sh" {
		return name
	}
	return ""
}

func pages(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("docs/*.md")
	if err != nil || len(names) == 0 {
		t.Fatal("no docs", err)
	}
	return append([]string{"README.md", "CHANGELOG.md"}, names...)
}

// read is a page; on a checkout with other line ends, too.
func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n")
}

func blocks(t *testing.T, page string) []block {
	t.Helper()
	var all []block
	open := false
	number := 0
	for line := range strings.Lines(read(t, page)) {
		number++
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open:
			open = false
		case fence:
			open = true
			all = append(all, block{page: page, info: strings.TrimSpace(info), line: number})
		case open:
			all[len(all)-1].text += line
		}
	}
	return all
}

// write puts the files of the blocks in a directory.
func write(t *testing.T, dir string, all []block) {
	t.Helper()
	for _, b := range all {
		name := b.file()
		if name == "" || strings.HasPrefix(name, "part of ") || strings.HasPrefix(name, "/") {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestYAMLOfThePagesLoads(t *testing.T) {
	kinds := regexp.MustCompile(`^(etl\.yaml|part of etl\.yaml|(mappings|pipelines)/[a-z-]+\.yaml|mappings/samples/[a-z0-9./_-]+\.yaml|books/[0-9]+\.yaml)$`)
	for _, page := range pages(t) {
		all := blocks(t, page)
		dir := t.TempDir()
		for _, sub := range []string{"mappings", "pipelines"} {
			if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		write(t, dir, all)
		for _, m := range regexp.MustCompile(`: file:([a-z.]+)`).FindAllStringSubmatch(read(t, page), -1) { // what a command of the page makes
			if err := os.WriteFile(filepath.Join(dir, m[1]), []byte("secret\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		load(t, page, filepath.Join(dir, "etl.yaml"))
		for _, b := range all {
			if b.info != "yaml" {
				continue
			}
			if !kinds.MatchString(b.file()) {
				t.Errorf("%s:%d: the first line of a YAML block says which file it is; it says %q", page, b.line, b.file())
			}
			if b.file() == "part of etl.yaml" {
				if !strings.Contains(b.text, "\nloket:") {
					b.text += "loket: {url: sandbox}\n"
				}
				part := filepath.Join(dir, "part.yaml")
				if err := os.WriteFile(part, []byte(b.text), 0o600); err != nil {
					t.Fatal(err)
				}
				load(t, fmt.Sprintf("%s:%d", page, b.line), part)
			}
		}
	}
}

// load reads a configuration with the mappings and pipelines beside it; one that
// is not there is no error, but they are read.
func load(t *testing.T, where, path string) {
	t.Helper()
	dir := os.DirFS(filepath.Dir(path))
	known := config.Known{Pipelines: map[string]config.PipelineKind{}}
	sub := func(name string) fs.FS {
		d, err := fs.Sub(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	m, err := mappings.Load(sub("mappings"))
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	all, exports, err := pipelines.Load(sub("pipelines"), m.Get)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	for name, p := range all {
		used, ok := m.Get(p.Mapping)
		known.Pipelines[name] = config.PipelineKind{Files: p.Files, Clientnummer: ok && used.NeedsClientnummer()}
	}
	known.Exports = slices.Sorted(maps.Keys(exports))
	known.Export = func(use, _ string) (config.ExportKind, bool) {
		x, ok := exports[use]
		return config.ExportKind{Pays: ok && x.Pays()}, ok
	}
	if _, err := pipelines.LoadBooks(sub("books")); err != nil {
		t.Errorf("%s: %v", where, err)
	}
	if _, err := os.Stat(path); err != nil {
		return
	}
	var services []string
	for _, s := range contract.Services() {
		services = append(services, s.Name)
	}
	_, warnings, err := config.Load(path, config.Options{
		Getenv:    func(string) (string, bool) { return "postgres://etl@db.example/etl?sslmode=verify-full", true },
		Pipelines: func(config.Files) (config.Known, error) { return known, nil },
		Services:  services,
	})
	if filepath.Base(path) == "part.yaml" { // its pipelines may be in another part
		warnings = slices.DeleteFunc(warnings, func(p config.Problem) bool { return strings.Contains(p.Message, "no pipeline takes the files") })
	}
	if err != nil || len(warnings) > 0 {
		t.Errorf("%s: %v %v", where, err, warnings)
	}
}

func TestSamplesOfThePagesComeOutAsTheySay(t *testing.T) {
	ran := 0
	for _, page := range pages(t) {
		dir := t.TempDir()
		write(t, dir, blocks(t, page))
		if _, err := os.Stat(filepath.Join(dir, "mappings", "samples")); err != nil {
			continue
		}
		own := os.DirFS(filepath.Join(dir, "mappings"))
		set, err := mappings.Load(own)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range set.Names() {
			m, _ := set.Get(name)
			samples, err := mappings.Samples(own, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range samples {
				if s.Shipped {
					continue
				}
				ran++
				got, err := s.Run(t.Context(), m)
				if err != nil {
					t.Fatal(err)
				}
				for _, wrong := range s.Verdict(&got) {
					t.Errorf("%s: %s: %s", page, s.Path, wrong)
				}
			}
		}
	}
	if ran == 0 {
		t.Error("no page has samples")
	}
}

func TestExamplesUsePipelinesThatShip(t *testing.T) {
	m, err := mappings.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	ships, exports, err := pipelines.Load(nil, m.Get)
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob("config/examples/*.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	use := regexp.MustCompile(`(?m)^\s*- use: (\S+)$`)
	for _, name := range examples {
		found := use.FindAllStringSubmatch(read(t, name), -1)
		if len(found) == 0 {
			t.Errorf("%s uses no pipeline", name)
		}
		for _, f := range found {
			if ships[f[1]] == nil && exports[f[1]] == nil {
				t.Errorf("%s: no pipeline %s ships; there are %v and %v", name, f[1], slices.Sorted(maps.Keys(ships)), slices.Sorted(maps.Keys(exports)))
			}
		}
	}
}

// program builds etl once and gives its path.
func program(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var built = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binDir, "etl")
	build := exec.Command("go", "build", "-o", path, "./cmd/etl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build etl: %w\n%s", err, out)
	}
	return path, nil
})

var binDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "etl-docs")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binDir = dir
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// help is what --help says of every command, by its name with spaces.
func help(t *testing.T) map[string]string {
	t.Helper()
	etl := program(t)
	all := map[string]string{}
	listed := regexp.MustCompile(`(?m)^  ([a-z0-9]+) +[A-Z]`)
	var walk func(words ...string)
	walk = func(words ...string) {
		out, err := exec.Command(etl, append(words, "--help")...).CombinedOutput()
		if err != nil {
			t.Fatalf("etl %v --help: %v\n%s", words, err, out)
		}
		all[strings.Join(words, " ")] = string(out)
		_, list, _ := bytes.Cut(out, []byte("Available Commands:\n"))
		list, _, _ = bytes.Cut(list, []byte("\n\n"))
		for _, m := range listed.FindAllSubmatch(list, -1) {
			walk(append(slices.Clone(words), string(m[1]))...)
		}
	}
	walk()
	return all
}

func TestCommandsOfThePagesExist(t *testing.T) {
	known := help(t)
	inline := regexp.MustCompile("`(etl [^`]+)`")
	flag := regexp.MustCompile(`(^|\s)(--[a-z-]+|-[a-z]\b)`)
	mentioned := map[string]bool{}
	look := func(where, command string) {
		command, _, _ = strings.Cut(command, " > ")
		name := ""
		for _, word := range strings.Fields(command)[1:] {
			next := strings.TrimSpace(name + " " + word)
			if _, ok := known[next]; !ok {
				break
			}
			name = next
		}
		word := ""
		if words := strings.Fields(command)[1:]; len(words) > 0 {
			word = words[0]
		}
		if name == "" && !strings.HasPrefix(word, "-") || strings.Contains(known[name], "Available Commands:") && name != "sandbox" && name != "" && command != "etl "+name && !strings.HasSuffix(command, " --help") {
			t.Errorf("%s: there is no command %q", where, command)
			return
		}
		mentioned[name] = true
		for _, f := range flag.FindAllStringSubmatch(command, -1) {
			if !regexp.MustCompile(`(^|\s|, )` + f[2] + `[ ,\n]`).MatchString(known[name]) {
				t.Errorf("%s: %q: etl %s has no %s", where, command, name, f[2])
			}
		}
	}
	for _, page := range pages(t) {
		for _, m := range inline.FindAllStringSubmatch(read(t, page), -1) {
			look(page, m[1])
		}
		for _, b := range blocks(t, page) {
			for line := range strings.Lines(b.text) {
				if line = strings.TrimSpace(line); b.info == "sh" && strings.HasPrefix(line, "etl ") {
					look(fmt.Sprintf("%s:%d", page, b.line), line)
				}
			}
		}
	}
	for name := range known {
		if top, _, nested := strings.Cut(name, " "); name != "" && top != "help" && !nested && !mentioned[name] && name != "config" && name != "alerts" {
			t.Errorf("etl %s stands in no page", name)
		}
	}
}

func TestLinksOfThePagesLead(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: the link %s leads nowhere", page, m[1])
			}
		}
	}
}
