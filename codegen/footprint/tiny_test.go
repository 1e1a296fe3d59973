package footprint_test

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/footprint"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/spec"
)

// word is the program beside which the code of a tiny package is counted.
const word = "package main\n\n%svar word = \"hello\"\n\nfunc main() {\n\tprintln(word)\n%s}\n"

// TestTinyPackagesOf8BitIntegersAreForetold links programs of examples of the tiny profile that predict in 8-bit integers,
// and compares: code within 10 %.
func TestTinyPackagesOf8BitIntegersAreForetold(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("footprints are those of linux/amd64")
	}
	if testing.Short() {
		t.Skip("links programs")
	}
	files := map[string][]byte{"word/main.go": fmt.Appendf(nil, word, "", "")}
	foretold := map[string]footprint.Footprint{}
	for _, name := range []string{"digits", "lenet_digits", "names_gru"} {
		foretold[name] = addTiny(t, files, name)
	}
	m, err := sandbox.New(module, files)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	_, base := read(t, build(t, m, "word", "-ldflags=-w"))
	for name, f := range foretold {
		_, has := read(t, build(t, m, name+"/predicts", "-ldflags=-w"))
		code := -f.Weights
		for section, n := range has {
			switch section {
			case ".text", ".rodata", ".typelink", ".itablink", ".gopclntab", ".data", ".noptrdata":
				code += int64(n - base[section])
			}
		}
		if math.Abs(float64(f.Code-code)) > 0.1*float64(code) {
			t.Errorf("%s: %d bytes of code, a linked program has %d", name, f.Code, code)
		}
		if f.Model != 0 || f.Pools != 0 || f.Rooms != (footprint.Rooms{}) || f.Example == 0 {
			t.Errorf("%s: %+v", name, f)
		}
		t.Logf("%s: code %d, linked %d, without weights of %d", name, f.Code, code, f.Weights)
	}
}

// addTiny adds the tiny packages of an example and a program that predicts in 8-bit integers.
func addTiny(t *testing.T, files map[string][]byte, name string) footprint.Footprint {
	t.Helper()
	dir := "../../generated/" + name + "/"
	p, err := project.Open(dir+name+".yaml", "")
	if err != nil {
		t.Fatal(err)
	}
	weights, err := os.ReadFile(dir + "weights.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	p.Spec.Generate = spec.Generate{Profile: spec.Tiny, Runtime: "copy", Stream: "auto"}
	o := codegen.Options{ImportPath: module + "/" + name, Int8: true}
	if o.Fitted, err = project.Fitted(p.Spec, weights); err != nil {
		t.Fatal(err)
	}
	out, err := p.Compile(o)
	if err != nil {
		t.Fatal(err)
	}
	if o.Weights, err = project.Tensors(out.Net, weights); err != nil {
		t.Fatal(err)
	}
	o.Int8Weights = calibrated(t, out, weights)
	if out, err = p.Compile(o); err != nil {
		t.Fatal(err)
	}
	for file, src := range out.Files {
		files[name+"/"+file] = src
	}
	vars, args := arrays(out)
	pkg := codegen.Int8Package(name)
	files[name+"/predicts/main.go"] = fmt.Appendf(nil, word, fmt.Sprintf("import net %q\n\n", o.ImportPath+"/"+pkg),
		fmt.Sprintf("%s\tvar m net.Workspace\n\tm.Predict(%s)\n\tprintln(v%d[0] > 0)\n", strings.Join(vars, ""),
			strings.Join(args, ", "), len(args)-1))
	return out.Int8Footprint()
}
