package bench

import (
	"context"
	"debug/elf"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/spec"
)

// ProfileSize is how large a network is in programs for one machine, by the profile of its package.
type ProfileSize struct {
	Name, Target string // the target as GOOS/GOARCH
	// Full and Tiny are by how many bytes a stripped program grows that predicts one example, weights apart, above one
	// that prints a word and imports nothing. That of the full profile decodes weights too.
	Full, Tiny int64
	Weights    int64 // bytes of the weights
	// FullRAM and TinyRAM are the bytes of memory of predictions one by one: see footprint.Footprint.RAM.
	FullRAM, TinyRAM int64
	// FullStatic and TinyStatic are by how many bytes the data grows that such a program can write to, scratch memory
	// of kernels included.
	FullStatic, TinyStatic int64
}

// Targets are machines to measure profiles for: a large one, a small one of 32 bits, and a browser.
var Targets = []string{"linux/amd64", "linux/arm", "js/wasm"}

// Profiles measures networks in both profiles, with weights of some numbers, for each target.
func Profiles(ctx context.Context, subjects []Subject, targets []string) ([]ProfileSize, error) {
	files := map[string][]byte{"word/main.go": wordProgram("", "")}
	var sizes []ProfileSize
	for i, s := range subjects {
		size := ProfileSize{Name: s.Spec.Name}
		for _, profile := range []string{spec.Full, spec.Tiny} {
			out, err := compileProfile(s, profile, fmt.Sprintf("%s/%s%d", modulePath, profile, i))
			if err != nil {
				return nil, err
			}
			for name, src := range out.Files {
				files[fmt.Sprintf("%s%d/%s", profile, i, name)] = src
			}
			vars, args := variables(out)
			body := vars + "\tvar m net.Workspace\n"
			if size.TinyRAM = out.Footprint().RAM(); profile == spec.Full {
				size.FullRAM = size.TinyRAM
				body = vars + "\tm, err := net.Decode([]byte(word))\n\tif err != nil {\n\t\tpanic(err)\n\t}\n"
			} else {
				size.Weights = out.Footprint().Weights
			}
			body += fmt.Sprintf("\tm.Predict(%s)\n\tprintln(v%d[0] > 0)\n", strings.Join(args, ", "), len(args)-1)
			files[fmt.Sprintf("%sword%d/main.go", profile, i)] = wordProgram(
				fmt.Sprintf("import net %q\n\n", fmt.Sprintf("%s/%s%d", modulePath, profile, i)), body)
		}
		sizes = append(sizes, size)
	}
	m, err := sandbox.New(modulePath, files)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	var all []ProfileSize
	for i, size := range sizes {
		for _, target := range targets {
			size.Target = target
			var programs [3]linked
			for k, folder := range []string{"word", fmt.Sprintf("fullword%d", i), fmt.Sprintf("tinyword%d", i)} {
				if programs[k], err = link(ctx, m, target, folder); err != nil {
					return nil, err
				}
			}
			base, full, tiny := programs[0], programs[1], programs[2]
			size.Full, size.Tiny = full.all-base.all, tiny.all-base.all-size.Weights
			size.FullStatic, size.TinyStatic = full.writable-base.writable, tiny.writable-base.writable
			all = append(all, size)
		}
	}
	return all, nil
}

// compileProfile compiles a network in a profile, without training.
func compileProfile(s Subject, profile, importPath string) (*codegen.Output, error) {
	c := *s.Spec
	c.Generate.Profile, c.Generate.Runtime, c.Generate.Train, c.Generate.Guard = profile, "copy", false, false
	options := codegen.Options{ImportPath: importPath, Version: "bench"}
	out, problems := codegen.Compile(&c, s.Files, options)
	if problems.Err() != nil || profile == spec.Full {
		return out, problems.Err()
	}
	options.Weights = map[string][]float32{}
	draw := rand.New(rand.NewPCG(1, 2))
	for _, p := range out.Net.Params {
		options.Weights[p.Name] = madeUp(p, draw)
	}
	out, problems = codegen.Compile(&c, s.Files, options)
	return out, problems.Err()
}

// linked is what a stripped program has of what is loaded, in bytes: all of it, and what can be written to. Of a
// program in WebAssembly it is the file, and nothing is known of the rest.
type linked struct{ all, writable int64 }

// link builds a program for a target.
func link(ctx context.Context, m *sandbox.Module, target, folder string) (l linked, err error) {
	system, machine, _ := strings.Cut(target, "/")
	exe, err := m.BuildFor(ctx, system, machine, folder, "-ldflags=-s -w")
	if err != nil {
		return l, err
	}
	f, err := elf.Open(exe)
	if err != nil {
		info, err := os.Stat(exe)
		if err == nil {
			l.all = info.Size()
		}
		return l, err
	}
	defer f.Close()
	for _, s := range f.Sections { // not the file, which is padded
		if s.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		if s.Flags&elf.SHF_WRITE != 0 {
			l.writable += int64(s.Size)
		}
		if s.Type != elf.SHT_NOBITS {
			l.all += int64(s.Size)
		}
	}
	return l, nil
}

// wordProgram returns a program that prints a word, with an import and further statements.
func wordProgram(imports, body string) []byte {
	const text = "package main\n\n%svar word = \"hello\"\n\nfunc main() {\n\tprintln(word)\n%s}\n"
	return fmt.Appendf(nil, text, imports, body)
}

// PrintProfiles writes a table of sizes by profile.
func PrintProfiles(w io.Writer, sizes []ProfileSize) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "network\tfor\tweights\tfull\ttiny\tstatic, full\tstatic, tiny\tRAM, full\tRAM, tiny\t")
	for _, s := range sizes {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", s.Name, s.Target, s.Weights, s.Full, s.Tiny,
			s.FullStatic, s.TinyStatic, s.FullRAM, s.TinyRAM)
	}
	return t.Flush()
}
