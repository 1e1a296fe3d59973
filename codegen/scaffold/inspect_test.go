package scaffold

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestDataSaysTheTaskOfEachOutput inspects a table for a number and for classes.
func TestDataSaysTheTaskOfEachOutput(t *testing.T) {
	dir := t.TempDir()
	text := "x,price,kind\n"
	for i := range 60 {
		text += fmt.Sprintf("%d,%d.5,%s\n", i*37%11, i*i, []string{"cat", "dog", "emu"}[i%3])
	}
	if err := os.WriteFile(filepath.Join(dir, "t.csv"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	src := "version: 1\nname: m\ninput: {name: x, shape: [1], columns: [x]}\nlayers:\n  - dense: {name: h, units: 4}\n" +
		"  - output: {name: price, from: h, task: regression}\n" +
		"  - output: {name: kind, from: h, task: multiclass, units: 3}\n" +
		"classes: [cat, dog, emu]\ndata: {train: {csv: t.csv, label: [price, kind]}}\n"
	s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, os.DirFS(dir))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	var log strings.Builder
	if _, err := Inspect(s, dir, network, &log); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"task of price, regression: the label is a number\n",
		"task of kind, multiclass: 3 classes, cat 33 %, dog 33 %, emu 33 %\n"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not in\n%s", want, log.String())
		}
	}
}
