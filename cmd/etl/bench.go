package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"loket-etl/internal/benchfile"
	"loket-etl/mappings"
)

func (a *app) benchCommand() *cobra.Command {
	var rows, employees, workers, repeat int
	c := &cobra.Command{
		Use: "bench", Short: "Measure how fast this machine turns an export into import files", Args: cobra.NoArgs,
		Long: `Writes an invented export to the temporary directory and measures, each in a
process of its own:

  job   decode, check every row, look up, add up exactly, pivot, write the import file
  read  a program that only reads the same file with encoding/csv and ReuseRecord

Of each the fastest of some runs counts. The job should take no longer than only
reading, and its peak memory should not grow with the number of rows.`,
		RunE: a.do(func(ctx context.Context, _ []string) error { return a.bench(ctx, rows, employees, workers, repeat) }),
	}
	c.Flags().IntVar(&rows, "rows", 1_000_000, "`number` of rows")
	c.Flags().IntVar(&employees, "employees", 5000, "`number` of employees")
	c.Flags().IntVar(&workers, "workers", 0, "goroutines of the job (default: one per processor)")
	c.Flags().IntVar(&repeat, "repeat", 5, "`number` of runs of each")
	child := &cobra.Command{
		Use: "measure job|read FILE", Hidden: true, Args: cobra.ExactArgs(2),
		RunE: a.do(func(ctx context.Context, args []string) error {
			return a.measure(ctx, args[0], args[1], workers, repeat)
		}),
	}
	child.Flags().IntVar(&workers, "workers", 0, "")
	child.Flags().IntVar(&repeat, "repeat", 5, "")
	c.AddCommand(child)
	return c
}

// measured is what a process of its own found out.
type measured struct {
	Rows       int     `json:"rows"`
	Nanosecond int64   `json:"ns"`              // of the fastest run
	PerSecond  int64   `json:"rows_per_second"` // in that run
	PeakKiB    int64   `json:"peak_kib"`        // VmHWM of the process, 0 where the system does not tell
	PerRow     float64 `json:"allocations_per_row"`
}

type benchReport struct {
	Rows      int      `json:"rows"`
	Employees int      `json:"employees"`
	Bytes     int64    `json:"bytes"`
	Cores     int      `json:"cores"`
	Job       measured `json:"job"`
	Read      measured `json:"read"`
	Ratio     float64  `json:"ratio"` // time of the job against only reading; below 1 it is faster
}

func (a *app) bench(ctx context.Context, rows, employees, workers, repeat int) (err error) {
	if rows < 1 || employees < 1 || repeat < 1 || workers < 0 {
		return exitWith(exitUsage, errors.New("--rows, --employees and --repeat must be at least 1"))
	}
	dir, err := os.MkdirTemp("", "etl-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bar := a.newProgress("measuring", 3, false)
	defer bar.end()
	path := filepath.Join(dir, "uren.csv")
	r := benchReport{Rows: rows, Employees: employees, Cores: runtime.GOMAXPROCS(0)}
	if r.Bytes, err = writeExport(path, rows, employees); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	bar.step()
	for _, m := range []struct {
		what string
		into *measured
	}{{"job", &r.Job}, {"read", &r.Read}} {
		if *m.into, err = remeasure(ctx, m.what, path, workers, repeat); err != nil {
			return fmt.Errorf("measure %s: %w", m.what, err)
		}
		if m.into.Rows != rows {
			return fmt.Errorf("measure %s: it found %d rows, there are %d", m.what, m.into.Rows, rows)
		}
		bar.step()
	}
	bar.end()
	r.Ratio = float64(r.Job.Nanosecond) / float64(r.Read.Nanosecond)
	return a.print(r, r.write)
}

func writeExport(path string, rows, employees int) (size int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	_, err = benchfile.Write(f, rows, benchfile.Options{Employees: employees})
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// remeasure runs this program again, so that the peak memory of one job does not
// count for the other.
func remeasure(ctx context.Context, what, path string, workers, repeat int) (m measured, err error) {
	self, err := os.Executable()
	if err != nil {
		return m, err
	}
	cmd := exec.CommandContext(ctx, self, "bench", "measure", what, path, "--workers", strconv.Itoa(workers), "--repeat", strconv.Itoa(repeat))
	cmd.Args[0] = "etl"
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(out, &m)
}

// measure does one job a number of times and prints what it found, as JSON.
func (a *app) measure(ctx context.Context, what, path string, workers, repeat int) error {
	job := readOnly
	switch what {
	case "job":
		job = func(ctx context.Context, path string) (int, error) { return wholeJob(ctx, path, workers) }
	case "read":
	default:
		return exitWith(exitUsage, fmt.Errorf("there is nothing called %q to measure", what))
	}
	var m measured
	for range repeat {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		rows, err := job(ctx, path)
		took := time.Since(start)
		if err != nil {
			return err
		}
		runtime.ReadMemStats(&after)
		if m.Nanosecond == 0 || took.Nanoseconds() < m.Nanosecond {
			m.Rows, m.Nanosecond = rows, took.Nanoseconds()
			m.PerSecond = int64(float64(rows) / took.Seconds())
			m.PerRow = float64(after.Mallocs-before.Mallocs) / float64(max(rows, 1))
		}
	}
	m.PeakKiB = peakKiB()
	return printJSON(a.stdout, false, m)
}

func wholeJob(ctx context.Context, path string, workers int) (int, error) {
	r, err := mappings.Bench(ctx, func() (io.ReadCloser, error) { return os.Open(path) }, io.Discard, workers)
	if err == nil && r.Refused > 0 {
		err = fmt.Errorf("%d rows were refused, none should be", r.Refused)
	}
	return r.Rows, err
}

func readOnly(_ context.Context, path string) (rows int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.ReuseRecord = ';', true
	for rows = -1; ; rows++ { // the header is no row
		if _, err := r.Read(); err == io.EOF {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
	}
}

// peakKiB is the most memory that this process held so far.
func peakKiB() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			return n
		}
	}
	return 0
}

func (r benchReport) write(w io.Writer) error {
	fmt.Fprintf(w, "%d rows of %d employees, %.1f MiB, %d cores\n\n", r.Rows, r.Employees, float64(r.Bytes)/(1<<20), r.Cores)
	row := func(name string, m measured) []string {
		return []string{
			name, fmt.Sprint(m.PerSecond), fmt.Sprintf("%.0f", float64(m.Nanosecond)/float64(max(m.Rows, 1))),
			fmt.Sprintf("%.1f", float64(m.PeakKiB)/1024), fmt.Sprintf("%.4f", m.PerRow),
		}
	}
	err := table(w, []string{"", "ROWS/S", "NS/ROW", "PEAK MIB", "ALLOCS/ROW"}, [][]string{
		row("whole job", r.Job), row("only reading (encoding/csv)", r.Read),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nthe job takes %.2f times as long as only reading\n", r.Ratio)
	return err
}
