package audit

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestWeightsInPlaceAreRead takes layers of other weights than those that Set packs, or leaves, for them.
func TestWeightsInPlaceAreRead(t *testing.T) {
	s, problems := spec.Parse("m.yaml", []byte("version: 1\nname: m\ntask: regression\ninput: {shape: [400]}\n"+
		"layers: [dense: {name: a, units: 100}, dense: {name: b, units: 400}, dense: {name: c, units: 100}, "+
		"output: {units: 1}]\ngenerate: {train: false}\n"), op.Schema())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	out, problems := codegen.Compile(s, os.DirFS("."), codegen.Options{ImportPath: "example.com/m", Version: "v0",
		Runtime: codegen.RuntimePath, Embed: true})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	const a = "m.aWRows.Set(400, 100, w[0].Data, m.aW[:], stay)"
	for _, c := range []struct{ from, to, want string }{
		{"", "", ""},
		{"m.aWRows.Layer(100, 400, m.aW[:]", "m.aWRows.Layer(100, 400, m.cW[:]", `says where "m.aW[:]" is`},
		{"m.aLayer = m.aWRows", "m.aLayer = m.cWRows", `says where "m.cW[:]" is`},
		{a, strings.Replace(a, "400, 100", "100, 400", 1), "a matrix of 100×400 is packed"},
		{a, strings.Replace(a, "w[0]", "w[4]", 1), "a.kernel"},
		{a, strings.Replace(a, "stay", "true", 1), "is no call that is known here"},
		{a, strings.Replace(a, "aWRows", "xRows", 1), "is not known here"},
	} {
		files := maps.Clone(out.Files)
		changed := strings.Replace(string(files["m.go"]), c.from, c.to, 1)
		if c.from != c.to && changed == string(files["m.go"]) {
			t.Fatalf("there is no %s in\n%s", c.from, changed)
		}
		files["m.go"] = []byte(changed)
		r, err := Run(out.Net, files)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, f := range r.Findings {
			text += fmt.Sprintln(f)
		}
		if !strings.Contains(text, c.want) || c.want == "" && text != "" {
			t.Errorf("%s: %q, want %q", c.to, text, c.want)
		}
	}
}
