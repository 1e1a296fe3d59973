package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// Start is what a model costs at the start of a program.
type Start struct {
	Name    string
	Weights int64         // bytes of the file that is embedded
	Default time.Duration // of Default, called once in a program
	Allocs  float64       // of that
	Hello   time.Duration // of a program that prints a line, from exec to exit
	// Whole is how much longer a program runs that predicts one example than one that prints a line, both from exec to
	// exit, and Memory how many bytes of memory more it has, its file apart; 0 where the system does not tell.
	Whole  time.Duration
	Memory int64
	// Copy is how much longer one runs, and CopyMemory how many bytes more it has, that copies the weight file to an
	// array and does nothing else: what the system takes for the pages of both.
	Copy       time.Duration
	CopyMemory int64
	// Own is how much longer the program that predicts runs than the one that copies: what is up to the model.
	Own   time.Duration
	Rates hw.Rates // of multiply-adds right beside
}

// The aims for models with weights of at most that many bytes, those of 784-128-10: what Default takes, and what a
// program takes beside one that prints a line.
const (
	aimWeights = 420_000
	aimDefault = 150 * time.Microsecond
	aimAllocs  = 5
	aimWhole   = 300 * time.Microsecond
	aimMemory  = 600_000
)

// rounds is how often each program runs, in turn with the others.
const rounds = 101

// Starts measures what models cost at the start of a program, with weights of some random numbers.
func Starts(ctx context.Context, subjects []Subject) ([]Start, error) {
	files := map[string][]byte{"hello/main.go": startProgram("", "")}
	draw := rand.New(rand.NewPCG(1, 2))
	var starts []Start
	for i, s := range subjects {
		c := *s.Spec
		c.Generate.Profile, c.Generate.Runtime = spec.Full, "copy"
		folder := fmt.Sprintf("m%d", i)
		out, problems := codegen.Compile(&c, s.Files, codegen.Options{
			ImportPath: modulePath + "/" + folder, Version: "bench", Embed: true})
		if err := problems.Err(); err != nil {
			return nil, err
		}
		for name, src := range out.Files {
			files[folder+"/"+name] = src
		}
		var tensors []safetensors.Tensor
		for _, p := range out.Net.Params {
			tensors = append(tensors, safetensors.Tensor{Name: p.Name, Shape: p.Shape, Data: madeUp(p, draw)})
		}
		weights, err := safetensors.Encode(map[string]string{"spec": out.Net.ModelSum()}, tensors)
		if err != nil {
			return nil, err
		}
		files[folder+"/weights.safetensors"] = weights
		vars, args := variables(out)
		files["start"+folder+"/main.go"] = startProgram(fmt.Sprintf("\n\tnet %q\n", modulePath+"/"+folder),
			fmt.Sprintf("%s\tnet.Default().Predict(%s)\n\tfmt.Println(v%d[0] > 0)\n", vars,
				strings.Join(args, ", "), len(args)-1))
		files["copy"+folder+"/main.go"] = startProgram("", "\tfmt.Println(len(append([]byte(nil), weights...)))\n")
		files["copy"+folder+"/weights.go"] = []byte("package main\n\nimport _ \"embed\"\n\n" +
			"//go:embed weights.safetensors\nvar weights []byte\n")
		files["copy"+folder+"/weights.safetensors"] = weights
		files["default"+folder+"/main.go"] = fmt.Appendf(nil, defaultProgram, modulePath+"/"+folder)
		starts = append(starts, Start{Name: c.Name, Weights: int64(len(weights))})
	}
	m, err := sandbox.New(modulePath, files)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	hello, err := m.Build(ctx, "hello")
	if err != nil {
		return nil, err
	}
	for i := range starts {
		if err := starts[i].measure(ctx, m, fmt.Sprintf("m%d", i), hello); err != nil {
			return nil, err
		}
	}
	return starts, nil
}

// madeUp makes a parameter up, but for one whose numbers the spec gives, which a package checks. No two are the same,
// of which a linker would keep one.
func madeUp(p *ir.Param, draw *rand.Rand) []float32 {
	x := make([]float32, p.Size())
	for i := range x {
		x[i] = draw.Float32() / 8
	}
	for i, v := range p.Values {
		x[i] = float32(v)
	}
	return x
}

// defaultProgram prints what the call of Default took in nanoseconds, and its allocations.
const defaultProgram = `package main

import (
	"fmt"
	"runtime"
	"time"

	net %q
)

func main() {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	net.Default()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	fmt.Println(took.Nanoseconds(), after.Mallocs-before.Mallocs)
}
`

// measure runs the programs of a model.
func (s *Start) measure(ctx context.Context, m *sandbox.Module, folder, hello string) error {
	exe, err := m.Build(ctx, "default"+folder)
	if err != nil {
		return err
	}
	var calls, allocs []int64
	for range rounds {
		out, err := exec.CommandContext(ctx, exe).Output()
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		var took, count int64
		if _, err := fmt.Sscan(string(out), &took, &count); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		calls, allocs = append(calls, took), append(allocs, count)
	}
	s.Default, s.Allocs = time.Duration(median(calls)), float64(median(allocs))
	programs := [3]string{hello}
	for i, kind := range []string{"start", "copy"} {
		if programs[i+1], err = m.Build(ctx, kind+folder); err != nil {
			return err
		}
	}
	var times, memory [3][]int64
	s.Rates = hw.Around(func() { times, memory, err = run(ctx, programs) })
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	s.Whole, s.Memory = time.Duration(longer(times[1], times[0])), longer(memory[1], memory[0])
	s.Copy, s.CopyMemory = time.Duration(longer(times[2], times[0])), longer(memory[2], memory[0])
	s.Own = time.Duration(longer(times[1], times[2]))
	s.Hello = time.Duration(median(times[0]))
	return nil
}

// longer returns the median of how much more the one is than the other, of runs one after the other: what slows the
// machine down slows both.
func longer(x, than []int64) int64 {
	more := make([]int64, len(x))
	for i := range x {
		more[i] = x[i] - than[i]
	}
	return median(more)
}

// run runs programs in turn, and returns how many nanoseconds and how many bytes of memory each took each time.
func run(ctx context.Context, programs [3]string) (times, memory [3][]int64, err error) {
	for range rounds {
		for i, exe := range programs {
			start := time.Now()
			if err := exec.CommandContext(ctx, exe).Run(); err != nil {
				return times, memory, err
			}
			times[i] = append(times[i], int64(time.Since(start)))
			kilobytes, err := exec.CommandContext(ctx, exe, "memory").Output()
			if err != nil {
				return times, memory, err
			}
			lines := strings.Fields(string(kilobytes))
			n, _ := strconv.ParseInt(lines[len(lines)-1], 10, 64)
			memory[i] = append(memory[i], n<<10)
		}
	}
	return times, memory, nil
}

// row is the time of a whole program, as a share of which that of one counts that prints a line.
func (s *Start) row() Row {
	whole := s.Hello + s.Whole
	return Row{Work: "start of a program that predicts " + s.Name, Unit: "ms", Value: whole.Seconds() * 1e3,
		Share: s.Hello.Seconds() / whole.Seconds(), Limit: "hello", Rates: s.Rates}
}

// startProgram returns a program that prints lines and, if it has an argument, at last the memory that it
// has, in KiB, where the system tells: without the pages of its file, which the system drops and reads again as it
// likes.
func startProgram(imports, body string) []byte {
	return fmt.Appendf(nil, `package main

import (
	"fmt"
	"os"
	"strings"
%s)

func main() {
	fmt.Println("hello", len(os.Args) > 2)
%s	if len(os.Args) > 1 {
		status, _ := os.ReadFile("/proc/self/status")
		_, own, _ := strings.Cut(string(status), "RssAnon:")
		fmt.Println(strings.Fields(own + " 0")[0])
	}
}
`, imports, body)
}

func median(x []int64) int64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// PrintStarts writes a table.
func PrintStarts(w io.Writer, all []Start) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "network\tweights KB\tDefault ms\taim\tallocations\taim\tstart ms\taim\tof a copy\tmore than it\t"+
		"memory MB\taim\tof a copy\t")
	ms := func(d time.Duration) float64 { return d.Seconds() * 1e3 }
	for _, s := range all {
		aim := func(format string, most any, missed bool) string {
			switch {
			case s.Weights > aimWeights:
				return ""
			case missed:
				format += " missed"
			}
			return fmt.Sprintf("≤ "+format, most)
		}
		fmt.Fprintf(t, "%s\t%.0f\t%.3f\t%s\t%.0f\t%s\t+ %.2f\t%s\t+ %.2f\t+ %.2f\t+ %.2f\t%s\t+ %.2f\t\n", s.Name,
			float64(s.Weights)/1e3, ms(s.Default), aim("%.2f", ms(aimDefault), s.Default > aimDefault),
			s.Allocs, aim("%d", aimAllocs, s.Allocs > aimAllocs),
			ms(s.Whole), aim("%.1f", ms(aimWhole), s.Whole > aimWhole), ms(s.Copy), ms(s.Own),
			float64(s.Memory)/1e6, aim("%.1f", aimMemory/1e6, s.Memory > aimMemory), float64(s.CopyMemory)/1e6)
	}
	return t.Flush()
}
