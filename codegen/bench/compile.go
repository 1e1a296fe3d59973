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

// Compilation is what compiling a network costs: processor time and memory of nngen, for a first time, and the time
// that go build then takes for the packages, with the standard library built before.
type Compilation struct {
	Spec  string
	CPU   time.Duration
	Peak  int64 // bytes; 0 where the system does not tell
	Build time.Duration
	Aim   time.Duration // for CPU, from a comment «# aim: 3 s» in the spec; 0 for none
	// Most is the aim for Peak: memoryBase, and memoryPerByte for each byte of the parameters.
	Most int64
}

// What compiling may take: the runtime of Go, the graphs and the source, and the parameters once as float32 in the
// packages and as float64, two bytes a byte, in the reference.
const (
	memoryBase    = 200_000_000
	memoryPerByte = 3
)

// Missed tells whether an aim is missed.
func (c Compilation) Missed() bool { return c.Aim > 0 && c.CPU > c.Aim || c.Peak > c.Most }

var aimComment = regexp.MustCompile(`(?m)^# aim: ([0-9.]+) s$`)

// Compile compiles a spec with the program nngen in a module of its own, and builds the packages.
func Compile(ctx context.Context, nngen, file string) (Compilation, error) {
	c := Compilation{Spec: file}
	src, err := os.ReadFile(file)
	if err != nil {
		return c, err
	}
	if m := aimComment.FindSubmatch(src); m != nil {
		seconds, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			return c, fmt.Errorf("%s: %w", file, err)
		}
		c.Aim = time.Duration(seconds * float64(time.Second))
	}
	if c.Most, err = mostMemory(file, src); err != nil {
		return c, err
	}
	// A name of its own keeps the packages from being in the build cache.
	name := filepath.Base(file)
	m, err := sandbox.New(fmt.Sprintf("compile%d", time.Now().UnixNano()), map[string][]byte{name: src})
	if err != nil {
		return c, err
	}
	defer m.Close()
	cmd := exec.CommandContext(ctx, nngen, "compile", name)
	cmd.Dir = m.Dir
	if text, err := cmd.CombinedOutput(); err != nil {
		return c, fmt.Errorf("%s: %w\n%s", file, err, text)
	}
	c.CPU, c.Peak = cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), peak(cmd.ProcessState)
	start := time.Now()
	if text, err := m.Go(ctx, "build", "./..."); err != nil {
		return c, fmt.Errorf("%s: %w\n%s", file, err, text)
	}
	c.Build = time.Since(start)
	return c, nil
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
	fmt.Fprintf(t, "spec\tCPU s\taim\tpeak MB\taim\tgo build s\t\n")
	for _, c := range all {
		aim, peak := "", ""
		if c.Aim > 0 {
			aim = fmt.Sprintf("≤ %.1f", c.Aim.Seconds())
			if c.CPU > c.Aim {
				aim += " missed"
			}
		}
		most := fmt.Sprintf("≤ %d", c.Most/1e6)
		if c.Peak > 0 {
			peak = fmt.Sprint(c.Peak / 1e6)
		}
		if c.Peak > c.Most {
			most += " missed"
		}
		fmt.Fprintf(t, "%s\t%.2f\t%s\t%s\t%s\t%.1f\t\n", c.Spec, c.CPU.Seconds(), aim, peak, most, c.Build.Seconds())
	}
	return t.Flush()
}
