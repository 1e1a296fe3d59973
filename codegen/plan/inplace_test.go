package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/spec"
)

// TestWeightsOfOneReaderStayInPlace says which do: large ones of dense layers that one example reads as a row, and
// nothing else but batches.
func TestWeightsOfOneReaderStayInPlace(t *testing.T) {
	const head = "version: 1\nname: m\ntask: regression\ngenerate: {runtime: import}\n"
	const flat = "input: {shape: [784]}\n"
	const series = "input: {shape: [4, 784]}\n"
	for _, c := range []struct{ spec, want string }{
		{flat + "layers: [dense: {name: a, units: 128}, dense: {name: b, units: 512}, output]\n", "a.kernel"},
		{flat + "layers: [dense: {name: a, units: 128, activation: relu}, dense: {name: b, units: 400}, " +
			"dense: {name: c, units: 100}, output]\n", "a.kernel c.kernel"},
		{flat + "layers: [dense: {name: a, units: 64}, output]\n", ""},                      // few columns
		{flat + "layers: [dense: {name: a, units: 128}, batch_norm, output]\n", ""},         // folded
		{flat + "weights: float16\nlayers: [dense: {name: a, units: 128}, output]\n", ""},   // widened
		{series + "layers: [dense: {name: a, units: 128}, flatten, output]\n", ""},          // several rows of an example
		{series + "layers: [dense: {name: a, units: 128}, lstm: {units: 4}, output]\n", ""}, // a step is another reader
	} {
		s, problems := spec.Parse("m.yaml", []byte(head+c.spec), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		out, problems := codegen.Compile(s, fstest.MapFS{}, codegen.Options{ImportPath: "example.com/m", Embed: true})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range out.Plan.Params {
			if p.InPlace {
				got = append(got, p.Name)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s%v stay in place, want %s", c.spec, got, c.want)
		}
		main, forward := string(out.Files["m.go"]), string(out.Files["forward.go"])
		if n := len(got); strings.Count(main, "Rows.Set(") != n || strings.Count(main, "Rows.Layer(") != n ||
			strings.Count(forward, "Rows.Pack(") != n || strings.Contains(string(out.Files["weights.go"]), "true") != (n > 0) {
			t.Errorf("%s%d weights stay in place, but the package differs", c.spec, n)
		}
		if foretold := out.Footprint(); (foretold.InPlace > 0) != (len(got) > 0) || foretold.InPlace > foretold.Model {
			t.Errorf("%sa first batch adds %d bytes of a model of %d", c.spec, foretold.InPlace, foretold.Model)
		}
	}
}

// TestCopiesHaveTheKernelsOfWeightsInPlace has the least such weights in a package without training, whose batches are
// worked off in the least pieces: its copy of the runtime has the kernels that read them where they are.
func TestCopiesHaveTheKernelsOfWeightsInPlace(t *testing.T) {
	const columns, least = 65, 8
	for rows, want := range map[int]bool{1<<15/columns + 1: true, 1 << 15 / columns: false} {
		s, problems := spec.Parse("m.yaml", fmt.Appendf(nil, "version: 1\nname: m\ntask: regression\n"+
			"input: {shape: [%d]}\nlayers: [dense: {units: %d}, output]\ngenerate: {train: false}\n",
			rows, columns), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		out, problems := codegen.Compile(s, fstest.MapFS{}, codegen.Options{ImportPath: "example.com/m", Embed: true})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(out.Files["m.go"]), "gemm.InPlace"); got != want {
			t.Errorf("%d rows of weights: in place: %t", rows, got)
		}
		if got := out.Footprint().InPlace; (got > 0) != want {
			t.Errorf("%d rows of weights: a first batch adds %d bytes", rows, got)
		}
		out.Plan.BatchRows = least
		if want && !plan.Wide(0, 0, out.Plan) {
			t.Errorf("%d rows of weights: the copy lacks the kernels", rows)
		}
	}
}
