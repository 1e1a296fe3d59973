package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nngen/nngen/codegen/fuzzing"
	"golang.org/x/tools/txtar"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"layout", "version:   1\nlayers:\n- dense:  {units: 4,name: 'a'}\n-   flatten\n\n\n\n- output\n",
			"version: 1\nlayers:\n  - dense: {units: 4, name: \"a\"}\n  - flatten\n\n  - output\n"},
		{"comments",
			"# top\n\nversion: 1 # one\nname: m   # two\n# of layers\nlayers: # here\n    # first\n    - flatten # x\n" +
				"    # last\n\n# opt\noptimizer: adam\n# end\n",
			"# top\n\nversion: 1  # one\nname: m     # two\n# of layers\nlayers:  # here\n  # first\n  - flatten  # x\n" +
				"  # last\n\n# opt\noptimizer: adam\n# end\n"},
		{"zero-indented list", "layers:\n- a\n# of b\nb: 1\n", "layers:\n  - a\n# of b\nb: 1\n"},
		{"version first", "# schema\nname: m\n# the version\nversion: 1 # v\nlayers: [output]\n",
			"# schema\n# the version\nversion: 1  # v\nname: m\nlayers: [output]\n"},
		{"long flow",
			"version: 1\nlayers:\n" +
				"  - dense: {name: a_rather_long_name, units: 1000, activation: relu, kernel_regularizer: {l2: 0.0001}, " +
				"use_bias: true}\n",
			"version: 1\nlayers:\n  - dense:\n      name: a_rather_long_name\n      units: 1000\n      activation: relu\n" +
				"      kernel_regularizer: {l2: 0.0001}\n      use_bias: true\n"},
		{"long list",
			"classes: [alpha, beta, gamma, delta, epsilon, zeta, eta, theta, iota, kappa, lambda, mu, nu, xi, omicron, " +
				"pi, rho]\n",
			"classes: [alpha, beta, gamma, delta, epsilon, zeta, eta, theta, iota, kappa, lambda, mu, nu, xi,\n" +
				"    omicron, pi, rho]\n"},
		{"comment in flow", "a: {b: 1, # one\n  c: 2}\n", "a:\n  b: 1  # one\n  c: 2\n"},
		{"hash in text", "a: \"x # y\"\nb: 'it''s # z' # c\nc: x#y\n", "a: \"x # y\"\nb: \"it's # z\"  # c\nc: x#y\n"},
		{"anchors", "a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\nf: &y\n  g: 1\n",
			"a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\nf: &y\n  g: 1\n"},
		{"block text", "a: |\n  one\n  # two\nb: 1\n", "a: \"one\\n# two\\n\"\nb: 1\n"},
		{"nested lists", "a:\n- - 1\n  - 2\n- - 3\n", "a:\n  - - 1\n    - 2\n  - - 3\n"},
		{"empty values", "a:\nb: {}\nc: []\nd:\n  -\n  - {e: }\n", "a:\nb: {}\nc: []\nd:\n  -\n  - {e: null}\n"},
		{"ends of lines", "a: 1\u2028c: 1\rversion: 1\nb: 2\u0085", "version: 1\na: 1\nc: 1\nb: 2\n"},
		{"windows", "a: 1\r\n# c\r\nb: 2\r\n", "a: 1\n# c\nb: 2\n"},
		{"flow all through", "{name: m, version: 1}", "version: 1\nname: m\n"},
		{"json", "{\"name\": \"m\",\n \"version\":1, \"layers\": [\"output\"]}",
			"{\n  \"version\": 1,\n  \"name\": \"m\",\n  \"layers\": [\n    \"output\"\n  ]\n}\n"},
		{"aliases",
			"weights: {dtype: f16} # half\nblocks: {b: [{dense: {weights: \"bf16\"}}, {dense: {weights: {dtype: 'half'}}}]}\n" +
				"layers: [{dense: {units: 1, weights: f32}}, {b: {weights: fp16}}]\n",
			"weights: {dtype: float16}  # half\n" +
				"blocks: {b: [{dense: {weights: \"bfloat16\"}}, {dense: {weights: {dtype: \"float16\"}}}]}\n" +
				"layers: [{dense: {units: 1, weights: float32}}, {b: {weights: float16}}]\n"},
		{"aliases in JSON", "{\"layers\": [{\"dense\": {\"weights\": \"f16\"}}], \"weights\": \"bf16\"}",
			"{\n  \"layers\": [\n    {\n      \"dense\": {\n        \"weights\": \"float16\"\n      }\n    }\n  ],\n" +
				"  \"weights\": \"bfloat16\"\n}\n"},
		{"what is no alias", "weights: f17\nf16: bf16\nlayers: f16\nblocks: [f16]\n",
			"weights: f17\nf16: bf16\nlayers: f16\nblocks: [f16]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Format("spec.yaml", []byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, string(got)); d != "" {
				t.Errorf("formatted (-want +got):\n%s", d)
			}
			again, err := Format("spec.yaml", got)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(got), string(again)); d != "" {
				t.Errorf("formatted twice (-once +twice):\n%s", d)
			}
		})
	}
}

func TestFormatKeepsTheMeaning(t *testing.T) {
	messy := strings.NewReplacer("{", "{  ", "}", " }", ", ", " ,   ").Replace(digits)
	for _, src := range []string{digits, messy} {
		want := mustParse(t, src)
		out, err := Format("test.yaml", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if got := mustParse(t, string(out)); got.Sum(nil) != want.Sum(nil) {
			t.Errorf("another sum after formatting:\n%s", out)
		}
	}
}

func FuzzFormat(f *testing.F) {
	for _, path := range examplePaths(f) {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(a.Files[0].Data)
	}
	f.Add([]byte(digits))
	fuzzing.Fuzz(f, func(t *testing.T, src []byte) {
		once, err := Format("spec.yaml", src)
		if err != nil {
			return
		}
		twice, err := Format("spec.yaml", once)
		if err != nil {
			t.Fatalf("formatted text has an error: %v\n%s", err, once)
		}
		if d := cmp.Diff(string(once), string(twice)); d != "" {
			t.Fatalf("formatted twice (-once +twice):\n%s", d)
		}
	})
}
