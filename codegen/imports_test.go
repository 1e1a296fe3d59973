package codegen

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors lists for each package, or tree of packages (…/), what it may import: of ours, and of others
// by prefix. Tests may import more.
var floors = []struct {
	pkg    string
	ours   string
	others string
}{
	{"spec", "", "go.yaml.in/yaml github.com/agnivade/levenshtein"},
	{"codegen/ir", "spec", ""},
	{"codegen/op", "spec codegen/ir runtime/fit", "gonum.org/v1/gonum"},
	{"codegen/net", "spec codegen/ir codegen/op codegen/regular runtime/encode runtime/fit runtime/half " +
		"runtime/safetensors runtime/token", ""},
	{"codegen/ref", "spec codegen/ir codegen/op codegen/net runtime/encode", "gonum.org/v1/gonum"},
	{"codegen/onnx",
		"spec codegen/ir codegen/op codegen/net codegen/ref codegen/regular runtime/safetensors runtime/norm " +
			"runtime/encode runtime/half",
		"google.golang.org/protobuf/encoding/protowire"},
	{"codegen/pytorch", "spec codegen/ir codegen/op codegen/net", ""},
	{"codegen/pass", "codegen/ir", ""},
	{"codegen/plan", "codegen/ir asm/made runtime/abi runtime/attention runtime/conv runtime/cpu runtime/gemm runtime/half " +
		"runtime/norm runtime/quant runtime/rnn runtime/sparse",
		""},
	{"codegen/plan/plantest",
		"spec codegen codegen/golden codegen/ir codegen/net codegen/op codegen/plan codegen/quant codegen/ref " +
			"runtime/...", ""},
	{"codegen/quant", "spec codegen/ir codegen/op codegen/net runtime/quant runtime/safetensors runtime/vec", ""},
	{"codegen/emit", "spec codegen/ir codegen/plan", "github.com/dave/jennifer"},
	{"codegen/emit/fixed/...", "runtime/...", ""},
	{"codegen/c99", "codegen/ir codegen/net codegen/plan codegen/quant", ""},
	{"codegen/bundle", "runtime/abi", ""},
	{"codegen/footprint", "", ""},
	{"codegen",
		"spec codegen/ir codegen/op codegen/net codegen/pass codegen/plan codegen/quant codegen/golden " +
			"codegen/emit codegen/bundle codegen/footprint runtime runtime/abi runtime/encode", ""},
	{"codegen/scratch", "", "golang.org/x/sys"},
	{"codegen/regular", "", ""},
	{"codegen/mapped", "runtime/mem", ""},
	{"codegen/golden",
		"spec codegen/ir codegen/op codegen/net codegen/quant codegen/ref runtime/encode runtime/golden " +
			"runtime/safetensors", ""},
	{"codegen/bounds", "codegen/ir codegen/op codegen/net codegen/ref", ""},
	{"codegen/sandbox", "codegen/scratch", ""},
	{"codegen/proof", "spec", ""},
	{"codegen/output", "spec codegen/chart codegen/proof codegen/regular codegen/scratch",
		"github.com/rogpeppe/go-internal/diff"},
	{"codegen/table", "runtime/encode", "golang.org/x/text github.com/klauspost/compress/zstd"},
	{"codegen/data",
		"spec codegen/ir codegen/op codegen/net codegen/mapped codegen/regular codegen/table runtime/encode runtime/fit " +
			"runtime/picture runtime/rng runtime/safetensors runtime/token", "github.com/agnivade/levenshtein"},
	{"codegen/weights", "spec codegen/ir codegen/op codegen/net codegen/data codegen/regular runtime/safetensors", ""},
	{"codegen/verify",
		"spec codegen codegen/bounds codegen/ir codegen/op codegen/net codegen/pass codegen/emit codegen/bundle " +
			"codegen/golden codegen/ref codegen/sandbox runtime/...", ""},
	{"codegen/bench",
		"spec codegen codegen/data codegen/ir codegen/mapped codegen/op codegen/net codegen/bundle codegen/ref " +
			"codegen/plan codegen/sandbox codegen/scratch runtime/...", ""},
	{"codegen/project",
		"spec codegen codegen/bounds codegen/bundle codegen/data codegen/emit codegen/c99 codegen/golden codegen/ir " +
			"codegen/onnx codegen/op codegen/net codegen/output codegen/proof codegen/pytorch codegen/quant codegen/regular codegen/weights " +
			"runtime/abi runtime/safetensors", "golang.org/x/mod"},
	{"codegen/describe", "spec codegen codegen/footprint codegen/ir codegen/op", ""},
	{"codegen/scaffold",
		"spec codegen codegen/op codegen/net codegen/data codegen/onnx codegen/output codegen/project codegen/regular " +
			"codegen/stats codegen/table runtime/encode", ""},
	{"codegen/stats", "", "gonum.org/v1/gonum"},
	{"codegen/audit", "spec codegen/ir codegen/net", ""},
	{"codegen/train",
		"spec codegen codegen/bounds codegen/chart codegen/ir codegen/golden codegen/net codegen/op codegen/ref " +
			"codegen/data codegen/describe codegen/output codegen/project codegen/proof codegen/quant codegen/regular " +
			"codegen/report codegen/runs codegen/sandbox codegen/stats codegen/verify runtime/...",
		"golang.org/x/term"},
	{"codegen/chart", "", ""},
	{"codegen/runs", "codegen/regular codegen/scratch", ""},
	{"codegen/report", "codegen/chart codegen/runs", ""},
	{"codegen/sweep",
		"spec codegen/chart codegen/data codegen/net codegen/op codegen/output codegen/project codegen/regular " +
			"codegen/train runtime/fit", ""},
	{"cmd/nngen", "spec codegen/...", "github.com/spf13/cobra github.com/spf13/pflag golang.org/x/term"},
	{"runtime/...", "runtime/...", ""},
	{"asm/...", "asm/... runtime/abi", "github.com/mmcloughlin/avo"},
	{"codegen/fuzzing", "", ""}, // for tests
}

// tops are the folders of the top level that hold packages.
var tops = []string{"asm", "cmd", "codegen", "generated", "runtime", "spec"}

func TestImportsRunOnlyDownwards(t *testing.T) {
	const module = "github.com/nngen/nngen/"
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		pkg := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(p)), "../")
		if d.IsDir() && (d.Name() == "testdata" || len(d.Name()) > 2 && d.Name()[0] == '.') {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		if top, _, _ := strings.Cut(pkg, "/"); !slices.Contains(tops, top) {
			t.Errorf("package %s: the top level has %v alone", pkg, tops)
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var ours, others []string
		if strings.HasPrefix(pkg, "generated") {
			model := strings.SplitN(strings.TrimPrefix(pkg, "generated/"), "/", 2)[0]
			ours = []string{"generated/" + model + "/..."}
			if _, err := os.Stat("../generated/" + model + "/internal"); err != nil { // no copy of the runtime
				ours = append(ours, "runtime/...")
			}
		} else if i := slices.IndexFunc(floors,
			func(f struct{ pkg, ours, others string }) bool { return within(pkg, f.pkg) }); i >= 0 {
			ours, others = strings.Fields(floors[i].ours), strings.Fields(floors[i].others)
		} else {
			t.Errorf("package %s is on no floor", pkg)
			return nil
		}
		for _, s := range f.Imports {
			name, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				return err
			}
			if mine, ok := strings.CutPrefix(name, module); ok {
				if !slices.ContainsFunc(ours, func(allowed string) bool { return within(mine, allowed) }) {
					t.Errorf("%s imports %s; it may import %v", path.Clean(filepath.ToSlash(p)), mine, ours)
				}
				continue
			}
			if strings.Contains(strings.SplitN(name, "/", 2)[0], ".") &&
				!slices.ContainsFunc(others, func(allowed string) bool { return strings.HasPrefix(name, allowed) }) {
				t.Errorf("%s imports %s; it may import %v", path.Clean(filepath.ToSlash(p)), name, others)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// within tells whether a package is that named, or in the tree that …/... names.
func within(pkg, named string) bool {
	tree, ok := strings.CutSuffix(named, "/...")
	return pkg == tree || ok && strings.HasPrefix(pkg, tree+"/")
}
