package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/spec"
)

// Size is how large a network's packages are, as source and linked.
type Size struct {
	Name string
	// Files and Lines are those of Go and assembly, copies of the runtime and self-tests included; Assembly are the
	// lines of assembly among them.
	Files, Lines, Assembly int
	// PredictFiles and PredictLines are those of the packages without training.
	PredictFiles, PredictLines int
	// Linked is by how many bytes a stripped program grows that also decodes weights and predicts, weights apart: above
	// one that prints a line by package fmt.
	Linked int64
}

// Sizes measures networks with copies of the runtime, for the machine that it runs on.
func Sizes(ctx context.Context, subjects []Subject) ([]Size, error) {
	files := map[string][]byte{"hello/main.go": program("", "")}
	var sizes []Size
	for i, s := range subjects {
		c := *s.Spec
		c.Generate.Profile, c.Generate.Runtime = spec.Full, "copy"
		folder := fmt.Sprintf("m%d", i)
		options := codegen.Options{ImportPath: modulePath + "/" + folder, Version: "bench"}
		out, problems := codegen.Compile(&c, s.Files, options)
		if err := problems.Err(); err != nil {
			return nil, err
		}
		size := Size{Name: c.Name}
		for name, src := range out.Files {
			files[folder+"/"+name] = src
		}
		size.Files, size.Lines, size.Assembly = count(out.Files)
		c.Generate.Train = false
		predict, problems := codegen.Compile(&c, s.Files, options)
		if err := problems.Err(); err != nil {
			return nil, err
		}
		size.PredictFiles, size.PredictLines, _ = count(predict.Files)
		vars, args := variables(out)
		body := fmt.Sprintf("\n\tif m, err := net.Decode([]byte(os.Args[0])); err == nil {\n"+
			"%s\n\t\tm.Predict(%s)\n\t\tfmt.Println(v%d[0] > 0)\n\t}",
			vars, strings.Join(args, ", "), len(args)-1)
		files["hello"+folder+"/main.go"] = program(fmt.Sprintf("\n\tnet %q", modulePath+"/"+folder), body)
		sizes = append(sizes, size)
	}
	m, err := sandbox.New(modulePath, files)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	linked := func(folder string) (int64, error) {
		exe, err := m.Build(ctx, folder, "-ldflags=-s -w")
		if err != nil {
			return 0, err
		}
		info, err := os.Stat(exe)
		if err != nil {
			return 0, err
		}
		return info.Size(), nil
	}
	base, err := linked("hello")
	if err != nil {
		return nil, err
	}
	for i := range sizes {
		n, err := linked(fmt.Sprintf("hellom%d", i))
		if err != nil {
			return nil, err
		}
		sizes[i].Linked = n - base
	}
	return sizes, nil
}

// count returns how many files of Go and assembly there are, their lines, and the lines of assembly among them.
func count(all map[string][]byte) (files, lines, assembly int) {
	for name, src := range all {
		isAssembly := strings.HasSuffix(name, ".s")
		if !isAssembly && !strings.HasSuffix(name, ".go") {
			continue
		}
		n := bytes.Count(src, []byte("\n"))
		files++
		lines += n
		if isAssembly {
			assembly += n
		}
	}
	return files, lines, assembly
}

// variables returns the declarations of variables for one example, its inputs and then its outputs, and their
// addresses.
func variables(out *codegen.Output) (vars string, args []string) {
	variable := func(size int) {
		vars += fmt.Sprintf("\tvar v%d [%d]float32\n", len(args), size)
		args = append(args, fmt.Sprintf("&v%d", len(args)))
	}
	for _, l := range out.Net.Inputs {
		variable(l.Shape.Size())
	}
	for _, o := range out.Net.Outputs {
		variable(o.Layer.Shape.Size())
	}
	return vars, args
}

// program returns a program that prints a line, with further imports and statements.
func program(imports, body string) []byte {
	return fmt.Appendf(nil, "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n%s\n)\n\n"+
		"func main() {\n\tfmt.Println(\"hello\", len(os.Args))%s\n}\n", imports, body)
}

// PrintSizes writes a table of sizes.
func PrintSizes(w io.Writer, sizes []Size) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "network\tfiles\tlines\tof assembly\tto predict\tlines\tlinked\t")
	for _, s := range sizes {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%.0f KB\t\n", s.Name, s.Files, s.Lines, s.Assembly,
			s.PredictFiles, s.PredictLines, float64(s.Linked)/1000)
	}
	return t.Flush()
}
