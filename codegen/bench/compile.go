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

	"github.com/nngen/nngen/codegen/sandbox"
)

// Compilation is what compiling a network costs: processor time and memory of nngen, for a first time, and the time that
// go build then takes for the packages, with the standard library built before.
type Compilation struct {
	Spec  string
	CPU   time.Duration
	Peak  int64 // bytes; 0 where the system does not tell
	Build time.Duration
	Aim   time.Duration // for CPU, from a comment «# aim: 3 s» in the spec; 0 for none
}

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

// PrintCompilations writes a table.
func PrintCompilations(w io.Writer, all []Compilation) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "spec\tCPU s\taim\tpeak MB\tgo build s\t\n")
	for _, c := range all {
		aim, peak := "", ""
		if c.Aim > 0 {
			aim = fmt.Sprintf("≤ %.1f", c.Aim.Seconds())
			if c.CPU > c.Aim {
				aim += " missed"
			}
		}
		if c.Peak > 0 {
			peak = fmt.Sprint(c.Peak >> 20)
		}
		fmt.Fprintf(t, "%s\t%.2f\t%s\t%s\t%.1f\t\n", c.Spec, c.CPU.Seconds(), aim, peak, c.Build.Seconds())
	}
	return t.Flush()
}
