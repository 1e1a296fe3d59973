package train

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// TestRowsThatWereLearnedAreNoTest has test sets of the split of the training, and of others.
func TestRowsThatWereLearnedAreNoTest(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.csv")
	data := func(text string) string {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		sums, err := (&project.Project{Spec: &spec.Spec{Data: &spec.Data{Train: &spec.Source{Path: "a.csv"}}},
			Base: dir}).DataSums()
		if err != nil {
			t.Fatal(err)
		}
		return dataSum(sums)
	}
	rows := func(x ...float32) fit.Set { return fit.Set{N: len(x), X: [][]float32{x}, Y: [][]float32{x}} }
	specOf := func(seed uint64, share float64) *spec.Spec {
		return &spec.Spec{File: "m.yaml", Training: spec.Training{Seed: seed}, Data: &spec.Data{TestSplit: share,
			Train: &spec.Source{Path: "a.csv"}}}
	}
	own := specOf(1, 0.2)
	own.Data.Test = &spec.Source{Path: "a.csv"}
	for _, c := range []struct {
		name     string
		was, is  *spec.Spec
		old      bool // the weights are of an nngen that did not write which rows were left out
		now      string
		test     fit.Set
		complain string
	}{
		{"the same", specOf(1, 0.2), specOf(1, 0.2), false, "a", rows(1, 2), ""},
		{"the same rows of another file", specOf(1, 0.2), specOf(1, 0.2), false, "b", rows(1, 2), ""},
		{"the same rows, encoded otherwise", specOf(1, 0.2), specOf(1, 0.2), false, "a", rows(1, 3), ""},
		{"other rows", specOf(1, 0.2), specOf(1, 0.2), false, "b", rows(1, 3), "has changed: a.csv; name a file"},
		{"more rows", specOf(1, 0.2), specOf(1, 0.2), false, "a", rows(1, 2, 3), "has changed: what the spec says of rows;"},
		{"another seed", specOf(1, 0.2), specOf(2, 0.2), false, "a", rows(1, 3),
			"has changed: the split, which was by seed: 1, test_split: 0.2 and is by seed: 2, test_split: 0.2;"},
		{"none was left out", specOf(1, 0), specOf(1, 0.2), false, "a", rows(1, 2),
			"the split, which was by no test_split and is"},
		{"a file of their own", specOf(1, 0), own, false, "b", rows(1, 2), ""},
		{"old weights", specOf(1, 0.2), specOf(1, 0.2), true, "a", rows(1, 2), ""},
		{"old weights, other data", specOf(1, 0.2), specOf(1, 0.2), true, "b", rows(1, 2), "has changed: a.csv;"},
	} {
		meta := heldOut(&net.Net{Spec: c.was}, rows(1, 2), fit.Set{})
		if c.old {
			clear(meta)
		}
		meta[dataKey] = data("a")
		data(c.now)
		err := (&trained{meta: meta}).checkTest(&project.Project{Spec: c.is, Base: dir}, c.test, "name a file of other rows by --data")
		if (err == nil) != (c.complain == "") || err != nil && !strings.Contains(err.Error(), c.complain) {
			t.Errorf("%s: %v, want %q", c.name, err, c.complain)
		}
	}
	if err := (&trained{}).checkTest(&project.Project{Spec: own, Base: dir}, rows(1), ""); err != nil {
		t.Error(err)
	}
}

// TestTheFileOfTheTrainingIsTold names files by --data: the one that was learned from, wherever it lies, and others.
func TestTheFileOfTheTrainingIsTold(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	was, copied, other := write("a.csv", "x,y\n1,2\n"), write("copy.csv", "x,y\n1,2\n"), write("b.csv", "x,y\n1,3\n")
	p := &project.Project{Base: dir,
		Spec: &spec.Spec{File: "m.yaml", Data: &spec.Data{Train: &spec.Source{Path: "a.csv"}, TestSplit: 0.2}}}
	sums, err := p.DataSums()
	if err != nil {
		t.Fatal(err)
	}
	known, old := &trained{meta: map[string]string{dataKey: dataSum(sums)}}, &trained{}
	check := func(what string, tr *trained, file, want string) {
		t.Helper()
		got, err := tr.learnedFrom(p, file)
		if err != nil || (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, %v, want %q", what, got, err, want)
		}
	}
	const told = "is what the network was trained on"
	check("itself", known, was, told)
	check("a copy", known, copied, "without --data it is measured on the rows that test_split: 0.2 holds out")
	check("another", known, other, "")
	check("itself, of weights that do not say what they learned from", old, was, "is what the spec trains on")
	check("another, of such weights", old, other, "")
	write("a.csv", "x,y\n7,7\n")
	check("a copy of what has changed since", known, copied, told)
	check("what stands in its place", known, was, "")
	p.Spec.Data.Test = &spec.Source{Path: "b.csv"}
	p.Spec.Data.TestSplit = 0
	check("beside a test set", known, was, "without --data it is measured on b.csv")
	check("the test set", known, other, "")
}

// TestAResumedTrainingStillSaysWhatItBeganWith: --from is not given again where a training goes on.
func TestAResumedTrainingStillSaysWhatItBeganWith(t *testing.T) {
	p := &project.Project{Spec: &spec.Spec{Data: &spec.Data{TestSplit: 0.2, Train: &spec.Source{Path: "a.csv"}}}}
	test := fit.Set{N: 1, X: [][]float32{{1}}, Y: [][]float32{{1}}}
	for _, c := range []struct {
		o    Options
		past *note
		want string
	}{
		{Options{Resume: true}, &note{Seen: "why"}, "why"},
		{Options{Resume: true}, &note{}, ""},
		{Options{}, nil, ""},
	} {
		if got, err := c.o.mayBeSeen(p, test, c.past); got != c.want || err != nil {
			t.Errorf("%+v: %q, %v, want %q", c.o, got, err, c.want)
		}
	}
}

// TestWeightsThatDoNotSayTheirSplitAreNotCleared begins a training with weights of the same data.
func TestWeightsThatDoNotSayTheirSplitAreNotCleared(t *testing.T) {
	dir := t.TempDir()
	p := &project.Project{Base: dir, Spec: &spec.Spec{File: "m.yaml", Training: spec.Training{Seed: 1},
		Data: &spec.Data{TestSplit: 0.2, Train: &spec.Source{Path: "a.csv"}}}}
	if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte("1,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sums, err := p.DataSums()
	if err != nil {
		t.Fatal(err)
	}
	test := fit.Set{N: 1, X: [][]float32{{1}}, Y: [][]float32{{1}}}
	whole := heldOut(&net.Net{Spec: p.Spec}, test, fit.Set{})
	whole[dataKey] = dataSum(sums)
	for _, c := range []struct {
		meta map[string]string
		want string
	}{
		{whole, ""},
		{map[string]string{dataKey: dataSum(sums)}, "their file does not say what they learned from"},
		{map[string]string{"spec": "0"}, "their file does not say what they learned from"},
		{map[string]string{dataKey: "0", splitKey: whole[splitKey], testKey: "0"}, "this has changed: a.csv"},
	} {
		b, err := safetensors.Encode(c.meta, nil)
		if err != nil {
			t.Fatal(err)
		}
		from := filepath.Join(dir, "w.safetensors")
		if err := os.WriteFile(from, b, 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := Options{From: from}.mayBeSeen(p, test, nil)
		if err != nil || (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, %v, want %q", c.meta, got, err, c.want)
		}
	}
}

// TestATestFileMayHaveBeenLearnedFrom begins a training with weights that learned, or began with weights that learned,
// from what is the test file now, under whatever name.
func TestATestFileMayHaveBeenLearnedFrom(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.csv", "1,2\n")
	write("b.csv", "3,4\n")
	write("copy.csv", "3,4\n")
	write("c.csv", "5,6\n")
	write("d.csv", "7,8\n")
	of := func(train, test string) *project.Project {
		p := &project.Project{Base: dir, Spec: &spec.Spec{File: "m.yaml",
			Data: &spec.Data{Train: &spec.Source{Path: train}}}}
		if test != "" {
			p.Spec.Data.Test = &spec.Source{Path: test}
		}
		return p
	}
	from := filepath.Join(dir, "w.safetensors")
	trainedOn := func(p *project.Project, o Options) map[string]string {
		t.Helper()
		sums, err := p.DataSums()
		if err != nil {
			t.Fatal(err)
		}
		n := &note{Data: sums}
		if err := n.learn(p, o); err != nil {
			t.Fatal(err)
		}
		if n.Seen, err = o.mayBeSeen(p, fit.Set{N: 1}, nil); err != nil {
			t.Fatal(err)
		}
		meta := n.origin()
		maps.Copy(meta, heldOut(&net.Net{Spec: p.Spec}, fit.Set{}, fit.Set{}))
		return meta
	}
	save := func(meta map[string]string) {
		t.Helper()
		b, err := safetensors.Encode(meta, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(from, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	on := trainedOn(of("b.csv", ""), Options{})
	save(on)
	second := trainedOn(of("c.csv", ""), Options{From: from})
	old := maps.Clone(on)
	delete(old, learnedKey)
	for _, c := range []struct {
		name string
		meta map[string]string
		test string
		want string
	}{
		{"from it", on, "b.csv", "they learned from b.csv"},
		{"from a copy", on, "copy.csv", "they learned from copy.csv"},
		{"from another", on, "c.csv", ""},
		{"by weights before", second, "copy.csv", "they learned from copy.csv"},
		{"after weights before", second, "c.csv", "they learned from c.csv"},
		{"of an older nngen", old, "b.csv", "they learned from b.csv"},
		{"whose own test file it was", trainedOn(of("c.csv", "b.csv"), Options{}), "b.csv", ""},
		{"made elsewhere", map[string]string{"spec": "0"}, "b.csv", ""},
	} {
		save(c.meta)
		p := of("a.csv", c.test)
		meta := trainedOn(p, Options{From: from})
		if got := meta[seenKey]; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if c.want == "" || c.meta[learnedKey] == "" {
			continue
		}
		w := &trained{meta: meta}
		if got, err := w.testSeen(p); got != c.want || err != nil {
			t.Errorf("%s, evaluated: %q, %v", c.name, got, err)
		}
		if got, err := w.testSeen(of("a.csv", "d.csv")); got != "" || err != nil {
			t.Errorf("%s, evaluated on another file: %q, %v", c.name, got, err)
		}
		split := of("a.csv", "")
		split.Spec.Data.TestSplit = 0.5
		if got, err := w.testSeen(split); got != "" || err != nil {
			t.Errorf("%s, evaluated on a split: %q, %v", c.name, got, err)
		}
		if got, err := w.learnedFrom(p, filepath.Join(dir, c.test)); err != nil || !strings.Contains(got, "trained on") {
			t.Errorf("%s, evaluated by --data: %q, %v", c.name, got, err)
		}
	}
}

// TestValidationRowsThatWereLearnedAreTold has validation sets of the split of the training, of others, and weights that
// do not say theirs.
func TestValidationRowsThatWereLearnedAreTold(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte("1,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	rows := func(x ...float32) fit.Set { return fit.Set{N: len(x), X: [][]float32{x}, Y: [][]float32{x}} }
	projectOf := func(seed uint64, share float64) *project.Project {
		return &project.Project{Base: dir, Dir: dir, Spec: &spec.Spec{File: "m.yaml",
			Training: spec.Training{Seed: seed, ValidationSplit: share},
			Data:     &spec.Data{Train: &spec.Source{Path: "a.csv"}}}}
	}
	was := projectOf(1, 0.2)
	sums, err := was.DataSums()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name           string
		is             *project.Project
		old            bool
		set            fit.Set
		wrong, unknown string
	}{
		{"the same", projectOf(1, 0.2), false, rows(1, 2), "", ""},
		{"another share", projectOf(1, 0.5), false, rows(1), "was by seed: 1, validation_split: 0.2 and is by seed: 1, " +
			"validation_split: 0.5; put that back, or train again", ""},
		{"another seed", projectOf(2, 0.2), false, rows(2, 1), "was by seed: 1, validation_split: 0.2 and is by seed: 2", ""},
		{"another share, of weights that do not say it", projectOf(1, 0.5), true, rows(1), "",
			"do not say which rows their training left out for validation"},
		{"no share", projectOf(1, 0), true, rows(1), "", ""},
	} {
		meta := heldOut(&net.Net{Spec: was.Spec}, fit.Set{}, rows(1, 2))
		if c.old {
			clear(meta)
		}
		meta[dataKey] = dataSum(sums)
		tr := &trained{meta: meta, weights: filepath.Join(dir, "weights.safetensors")}
		err := tr.checkValidation(c.is, c.set, "put that back")
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v, want %q", c.name, err, c.wrong)
		}
		if got := tr.unknownValidation(c.is); (got == "") != (c.unknown == "") || !strings.Contains(got, c.unknown) {
			t.Errorf("%s: %q, want %q", c.name, got, c.unknown)
		}
	}
	if meta := heldOut(&net.Net{Spec: was.Spec}, rows(1), rows(1, 2)); meta[validationKey] != "" {
		t.Errorf("a test set is measured on, and the weights have more than is asked for: %v", meta)
	}
}
