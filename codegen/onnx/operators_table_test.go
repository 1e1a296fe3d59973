package onnx

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/codegen/op"
)

// TestTheTableOfOperatorsHolds makes operators.md from the tables of import and export and from what tests them.
// NNGEN_UPDATE=1 writes the file.
func TestTheTableOfOperatorsHolds(t *testing.T) {
	passed, all := map[string]int{}, map[string]int{}
	tsv, err := os.ReadFile(filepath.Join(fixtures, "nodes.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(tsv)), "\n") {
		if f := strings.Split(line, "\t"); len(f) > 3 {
			all[f[1]]++
			if f[3] == "pass" {
				passed[f[1]]++
			}
		}
	}
	patterns, files := map[string]int{}, map[string]int{}
	for _, n := range nodeTests(t, "patterns.tar.gz") {
		count(t, n.model, patterns)
	}
	names, _ := filepath.Glob(filepath.Join(fixtures, "*.onnx"))
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		count(t, b, files)
	}
	exports := map[string][]string{}
	for _, w := range networks(t) {
		i := strings.LastIndex(w.name, "_")
		if i < 0 || exporters[w.name[:i]] == nil {
			continue
		}
		for _, n := range nodesOf(t, w, ExportOptions{}) {
			if kind := w.name[:i]; strings.HasPrefix(n.Name, "/l/") && !slices.Contains(exports[n.Op], kind) {
				exports[n.Op] = append(exports[n.Op], kind)
			}
		}
	}
	special(t, exports)
	var b strings.Builder
	b.WriteString(`# Operators of ONNX

Import: a layer is made of the operator, or it is computed where all that it reads is constant, or it is a part of a pattern alone. Export: the kinds
that are written with it, and what else is: columns of tables that feed an input, and packages of 8-bit integers. Tested by: ONNX's own node tests ([which](../../testdata/onnx/nodes.tsv), with the reason of each that does not pass), models of
[patterns](../../testdata/onnx/make_patterns.py), [files](../../testdata/onnx/README.md) of PyTorch and scikit-learn; and what is exported, in ONNX Runtime.

| operator | import | export | tested by |
|---|---|---|---|
`)
	rows := map[string]bool{}
	for _, m := range []map[string]int{patterns, files, all} {
		for op := range m {
			rows[op] = true
		}
	}
	for op := range exports {
		rows[op] = true
	}
	for op := range operators {
		rows[op] = rows[op] || !slices.Contains(made, op)
	}
	maps.DeleteFunc(rows, func(_ string, holds bool) bool { return !holds })
	for _, op := range slices.Sorted(maps.Keys(rows)) {
		how := importOf(op)
		if how == "" && len(exports[op]) == 0 && patterns[op] == 0 && files[op] == 0 {
			if slices.Contains([]string{"Loop", "Scan"}, op) || all[op] > 0 && passed[op] == 0 {
				continue
			}
		}
		var tests []string
		add := func(n int, one, many string) {
			switch {
			case n == 1:
				tests = append(tests, "1 "+one)
			case n > 1:
				tests = append(tests, fmt.Sprintf("%d %s", n, many))
			}
		}
		if all[op] > 0 {
			tests = append(tests, fmt.Sprintf("%d of %d node tests", passed[op], all[op]))
		}
		add(patterns[op], "pattern", "patterns")
		add(files[op], "file", "files")
		if len(exports[op]) > 0 {
			tests = append(tests, "ONNX Runtime")
		}
		if len(tests) == 0 {
			t.Errorf("operator %s is tested by nothing", op)
		}
		slices.Sort(exports[op])
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", strings.Replace(op, "ml.", "ai.onnx.ml.", 1), how,
			strings.Join(exports[op], ", "), strings.Join(tests, ", "))
	}
	if os.Getenv("NNGEN_UPDATE") != "" {
		if err := os.WriteFile("operators.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(Table, b.String()); d != "" {
		t.Errorf("operators.md is stale; run: NNGEN_UPDATE=1 go test ./codegen/onnx -run TestTheTableOfOperatorsHolds\n%s", d)
	}
}

// nodesOf returns the nodes that a network is written as.
func nodesOf(t *testing.T, w network, o ExportOptions) []*Node {
	o.Opset = 23
	b, err := Export(w.net, w.ref.Params, o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return m.Graph.Nodes
}

// special adds the operators that columns of tables and packages of 8-bit integers are written with.
func special(t *testing.T, exports map[string][]string) {
	add := func(w network, o ExportOptions, what string, wanted func(n *Node) bool) {
		for _, n := range nodesOf(t, w, o) {
			if op := operatorOf(n); wanted(n) && !slices.Contains(exports[op], what) {
				exports[op] = append(exports[op], what)
			}
		}
	}
	table, _, _ := tableNetwork(t)
	add(table, ExportOptions{Fitted: tableFitted}, "columns of tables",
		func(n *Node) bool { return strings.HasPrefix(n.Name, "/"+table.net.Inputs[0].Name+"/") })
	w := build(t, "int8", "version: 1\nname: try\ninput: {name: x, shape: [4]}\ntask: regression\nlayers:\n"+
		"  - dense: {name: a, units: 3}\n  - output: {dense: false}\n")
	x, a := w.net.Layers[0], w.net.Layers[1]
	add(w, ExportOptions{Int8: &Int8{
		Products: map[*op.Layer]Product{a: {Kernel: make([]int8, 12), Scales: []float32{1, 1, 1}, Bias: make([]int32, 3),
			In: 1}},
		Rounded: map[*op.Layer]Rounding{a: {Scale: 1}}, Entering: map[*op.Layer]Rounding{x: {Scale: 1}},
	}}, "8-bit integers",
		func(n *Node) bool { return strings.HasSuffix(n.Op, "QuantizeLinear") || n.Op == "DequantizeLinear" })
}

// importOf says how an operator is read.
func importOf(op string) string {
	var how []string
	if operators[op] != nil {
		how = append(how, "layer")
	}
	if computed(op) || op == "Constant" {
		how = append(how, "constant")
	}
	return strings.Join(how, ", ")
}

// count adds one to each operator that a model has.
func count(t *testing.T, b []byte, into map[string]int) {
	t.Helper()
	m, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	nodes := m.Graph.Nodes
	for _, f := range m.Functions {
		nodes = append(nodes, f.Nodes...)
	}
	for _, n := range nodes {
		if op := operatorOf(n); n.Domain != "local" && !seen[op] {
			seen[op] = true
			into[op]++
		}
	}
}
