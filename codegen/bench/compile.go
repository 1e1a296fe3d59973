package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/spec"
)

// Cost is what a verb costs, beside what it may.
type Cost struct {
	CPU  time.Duration // of nngen, and of the programs that it runs
	Aim  time.Duration // for CPU; 0 for none
	Peak int64         // bytes, of that which has most of them; 0 where the system does not tell
	Most int64         // the aim for Peak; 0 for none
}

// Compilation is what compiling a network costs, for a first time, and the time that go build then takes for the
// packages, with the standard library built before.
type Compilation struct {
	Spec string
	// Cost has an aim for the time from a comment «# aim: 3 s» in the spec, and for memory that of memoryBase, and
	// memoryPerByte for each byte of the parameters.
	Cost
	Build time.Duration
	// Verify is what verifying costs after that, where a comment «# aim of verify: 8 s, 300 MB» or «# aim of verify: 8 s»
	// has aims; nil without one.
	Verify *Cost
}

// What compiling may take: the runtime of Go, the graphs and the source, and the parameters once as float32 in the
// packages and as float64, two bytes a byte, in the reference.
const (
	memoryBase    = 200_000_000
	memoryPerByte = 3
)

// Missed tells whether an aim is missed.
func (c Cost) Missed() bool { return c.slow() || c.large() }

func (c Cost) slow() bool  { return c.Aim > 0 && c.CPU > c.Aim }
func (c Cost) large() bool { return c.Most > 0 && c.Peak > c.Most }

// Missed tells whether an aim is missed.
func (c Compilation) Missed() bool { return c.Cost.Missed() || c.Verify != nil && c.Verify.Missed() }

var (
	aimComment    = regexp.MustCompile(`(?m)^# aim: ([0-9.]+) s$`)
	verifyComment = regexp.MustCompile(`(?m)^# aim of verify: ([0-9.]+) s(?:, ([0-9]+) MB)?$`)
)

// Compile compiles a spec with the program nngen in a module of its own, and builds the packages.
func Compile(ctx context.Context, nngen, file string) (Compilation, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return Compilation{}, err
	}
	c, err := aims(file, src)
	if err != nil {
		return c, err
	}
	// A name of its own keeps the packages from being in the build cache.
	name := filepath.Base(file)
	m, err := sandbox.New(fmt.Sprintf("compile%d", time.Now().UnixNano()), map[string][]byte{name: src})
	if err != nil {
		return c, err
	}
	defer m.Close()
	if err := c.Cost.measure(ctx, m.Dir, nngen, "compile", name); err != nil {
		return c, fmt.Errorf("%s: %w", file, err)
	}
	start := time.Now()
	if text, err := m.Go(ctx, "build", "./..."); err != nil {
		return c, fmt.Errorf("%s: %w\n%s", file, err, text)
	}
	c.Build = time.Since(start)
	if c.Verify != nil {
		if err := c.Verify.measure(ctx, m.Dir, nngen, "verify", name); err != nil {
			return c, fmt.Errorf("%s: %w", file, err)
		}
	}
	return c, nil
}

// measure runs a program in a folder.
func (c *Cost) measure(ctx context.Context, dir, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	c.CPU, c.Peak = cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), peak(cmd.ProcessState)
	return nil
}

// aims returns what compiling and verifying a spec may cost.
func aims(file string, src []byte) (c Compilation, err error) {
	c.Spec = file
	seconds := func(text []byte) time.Duration {
		s, problem := strconv.ParseFloat(string(text), 64)
		if err == nil && problem != nil {
			err = fmt.Errorf("%s: the aim of %s s: %w", file, text, problem)
		}
		return time.Duration(s * float64(time.Second))
	}
	if m := aimComment.FindSubmatch(src); m != nil {
		c.Aim = seconds(m[1])
	}
	if m := verifyComment.FindSubmatch(src); m != nil {
		megabytes, _ := strconv.ParseInt(string(m[2]), 10, 32) // "" is 0
		c.Verify = &Cost{Aim: seconds(m[1]), Most: megabytes * 1e6}
	}
	if err == nil {
		c.Most, err = mostMemory(file, src)
	}
	return c, err
}

// mostMemory returns the aim for the memory of a spec.
func mostMemory(file string, src []byte) (int64, error) {
	s, problems := spec.Parse(file, src, op.Schema())
	if s == nil {
		return 0, problems
	}
	network, problems := net.Build(s, nil)
	if err := problems.Err(); err != nil {
		return 0, err
	}
	most := int64(memoryBase)
	for _, p := range network.Params {
		most += memoryPerByte * 4 * int64(p.Size())
	}
	return most, nil
}

// PrintCompilations writes a table.
func PrintCompilations(w io.Writer, all []Compilation) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "spec\tCPU s\taim\tpeak MB\taim\tgo build s\tverify CPU s\taim\tpeak MB\taim\t\n")
	for _, c := range all {
		verify := "\t\t\t"
		if c.Verify != nil {
			verify = c.Verify.cells()
		}
		fmt.Fprintf(t, "%s\t%s\t%.1f\t%s\t\n", c.Spec, c.cells(), c.Build.Seconds(), verify)
	}
	return t.Flush()
}

// cells returns those of a row of a table.
func (c Cost) cells() string {
	missed := map[bool]string{true: " missed"}
	aim, peak, most := "", "", ""
	if c.Aim > 0 {
		aim = fmt.Sprintf("≤ %.1f", c.Aim.Seconds()) + missed[c.slow()]
	}
	if c.Peak > 0 {
		peak = fmt.Sprint(c.Peak / 1e6)
	}
	if c.Most > 0 {
		most = fmt.Sprintf("≤ %d", c.Most/1e6) + missed[c.large()]
	}
	return fmt.Sprintf("%.2f\t%s\t%s\t%s", c.CPU.Seconds(), aim, peak, most)
}
