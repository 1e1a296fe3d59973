package train

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// TestAChangeIsNamed compares canonical forms of specs, and checksums of files.
func TestAChangeIsNamed(t *testing.T) {
	const was = "version 1\nlayer a dense{units=3}\nlayer a dense{units=3}\nlayer b relu{}\n"
	for is, want := range map[string]string{
		"version 1\nlayer a dense{units=3}\nlayer a dense{units=4}\nlayer " +
			"b relu{}\n": "«layer a dense{units=3}» is now «layer a dense{units=4}»",
		"version 1\nlayer a dense{units=3}\nlayer b relu{}\n": "«layer a dense{units=3}» is gone",
		was +
			"guard\nema decay=0.9 start=1\n": "«guard» is new, and 1 line more differ",
		"version 1\nlayer b relu{}\nlayer a dense{units=3}\nlayer a dense{units=3}\n": "layers have another order",
		strings.Replace(was, "version 1", "training epochs=0 batch=8",
			1): "«version 1» is now «training epochs=0 batch=8»",
		was + strings.Repeat("long ", 60) + "\n": "«" + strings.Repeat("long ", 32) + "…» is new",
	} {
		if got := (&note{Spec: is}).changes(&note{Spec: was}); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	adam := []string{"adam", "lr=0.001", "betas=[0.9 0.999]"}
	for _, c := range []struct {
		was, is []string
		want    string
	}{
		{adam, []string{"adam", "lr=0.01", "betas=[0.9 0.999]"},
			"«optimizer adam{lr=0.001}» is now «optimizer adam{lr=0.01}»"},
		{adam, []string{"sgd", "lr=0.01"},
			"«optimizer adam{lr=0.001, betas=[0.9 0.999]}» is now «optimizer sgd{lr=0.01}»"},
		{nil, adam, "«optimizer was» is now «optimizer is»"}, // a note of before
	} {
		past := &note{Spec: "version 1\noptimizer was\n", Nodes: map[string][]string{"optimizer": c.was}}
		now := &note{Spec: "version 1\noptimizer is\n", Nodes: map[string][]string{"optimizer": c.is}}
		if got := now.changes(past); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	was8, is4 := &note{Spec: "training epochs=0 batch=8 seed=3\n"}, &note{Spec: "training epochs=0 batch=4 seed=3\n"}
	if got := is4.changes(was8); got != "«training batch=8» is now «training batch=4»" {
		t.Errorf("got %s", got)
	}
	past := &note{Data: map[string]string{"a.csv": "1", "b.csv": "2", "c.csv": "3"}}
	other := errors.New("the progress is of a training with other data: 1, not 2")
	for _, c := range []struct {
		n    *note
		sums map[string]string
		err  error
		want string
	}{
		{past, map[string]string{"a.csv": "1", "b.csv": "5", "d.csv": "3"}, other,
			other.Error() + "; since then, b.csv has changed, d.csv is new, c.csv is gone"},
		{past, past.Data, other, other.Error() + "; no file has changed since, so it is how they are read or divided: " +
			"the section data or a flag"},
		{nil, nil, other, other.Error()},
		{past, nil, errors.New("no memory"), "no memory"},
	} {
		if got := c.n.explain(c.err, c.sums); got.Error() != c.want || !errors.Is(got, c.err) {
			t.Errorf("got  %v\nwant %s", got, c.want)
		}
	}
}

// FuzzResumable: no bytes of a progress make what looks at it before a training panic; one that is taken has a note of
// this nngen and this spec.
func FuzzResumable(f *testing.F) {
	now := &note{NNGen: "v1", Spec: "optimizer sgd{lr=1}\nb\n", Nodes: map[string][]string{"optimizer": {"sgd", "lr=1"}},
		Data: map[string]string{"x.csv": "0"}}
	for _, n := range []*note{now, {NNGen: "v2"},
		{NNGen: "v1", Spec: "a\nc\n\x1b[31m", Data: map[string]string{"y.csv": "1"}}, {}} {
		text, err := json.Marshal(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), 3, 1)
	}
	f.Add("null", -1, -1)
	f.Add(`{"nngen": "v1", "spec": "optimizer adam{}\n", "nodes": {"optimizer": []}}`, 1, 0)
	file := filepath.Join(f.TempDir(), "progress")
	fuzzing.Fuzz(f, func(t *testing.T, text string, epoch, seen int) {
		p := &fit.Progress{Epoch: epoch, Seen: seen, Note: text}
		if err := p.Save(file); err != nil {
			t.Skip(err)
		}
		past, _, err := resumable(file, "m.yaml", "", now, 5)
		if err == nil && past != nil && (past.NNGen != now.NNGen || past.Spec != now.Spec) {
			t.Errorf("%q is taken", text)
		}
		if past != nil {
			now.changes(past)
		}
	})
}

// TestWhatPackagesAreMadeOfATrainingIsNoReasonNotToResumeIt compares what a progress is kept with, of the packages that
// train, with what a later run has to compare, of the packages that are wanted.
func TestWhatPackagesAreMadeOfATrainingIsNoReasonNotToResumeIt(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/m\n\ngo 1.24\n")
	notes := map[string]bool{}
	for _, generate := range []string{"", "runtime: copy", "runtime: import", "runtime: shared", "profile: tiny",
		"train: false"} {
		write("net.yaml", "version: 1\nname: net\ninput: {name: x, shape: [1]}\ntask: regression\nlayers: [output]\n"+
			"generate: {"+generate+"}\n")
		p, err := project.Open(filepath.Join(dir, "net.yaml"), "")
		if err != nil {
			t.Fatal(err)
		}
		wanted, err := p.Generate(nil, "")
		if err != nil {
			t.Fatal(err)
		}
		trains, err := compile(p, false)
		if err != nil {
			t.Fatal(err)
		}
		notes[noteOf(wanted.Net, nil).Spec], notes[noteOf(trains.Net, nil).Spec] = true, true
	}
	if len(notes) != 1 {
		t.Errorf("one network has %d notes: %q", len(notes), slices.Sorted(maps.Keys(notes)))
	}
}

// TestANoteKnowsWeightsThatSayNothingOfColumns keeps what such weights say, which is nothing, apart from weights that
// are drawn: what a resumed training fixes is what the first one did.
func TestANoteKnowsWeightsThatSayNothingOfColumns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "w.safetensors")
	b, err := safetensors.Encode(nil, []safetensors.Tensor{{Name: "w", Shape: []int{1}, Data: []float32{1}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]bool{"": false, file: true} {
		text, err := json.Marshal(&note{From: before(&project.Project{Spec: &spec.Spec{}}, Options{From: from}, "")})
		if err != nil {
			t.Fatal(err)
		}
		past := &note{}
		if err := json.Unmarshal(text, past); err != nil || (past.From != nil) != want {
			t.Errorf("from %q: %s, %v", from, text, err)
		}
	}
}

// TestTheProgressOfAnotherTrainingIsTold damages or loses the newest progress of a training, before which there is one of
// a training that began with other weights, and goes on where the last training saved nothing.
func TestTheProgressOfAnotherTrainingIsTold(t *testing.T) {
	now := &note{NNGen: "v1", Spec: "a\n"}
	first := begunWith(3, nil)
	second := begunWith(3, &proof.Resource{Name: "w.safetensors", Digest: proof.Digest{SHA256: "1a"}})
	for _, c := range []struct {
		name          string
		older, newest string // "-" for none
		damaged       bool
		begun         string
		wrong, remark string
	}{
		{"all is well", first, first, false, first, "", ""},
		{"damaged, and the one before is of the same", first, first, true, first, "", ""},
		{"damaged, and the one before is of another", first, second, true, second,
			"is of an earlier training, with seed 3, drawn weights, not seed 3, the weights of w.safetensors, SHA-256 1a", ""},
		{"the last saved nothing", first, first, false, second, "",
			"the last training, with seed 3, the weights of w.safetensors, SHA-256 1a, saved no progress: this goes on with that " +
				"of an earlier one, with seed 3, drawn weights"},
		{"the last saved nothing, killed while it did", first, "-", false, second, "", "saved no progress"},
		{"of an older nngen", "", "", false, first, "", "with what an older nngen did not note"},
		{"of an older nngen, damaged", "", "", true, "", "", ""},
	} {
		file := filepath.Join(t.TempDir(), "progress")
		for _, of := range []string{c.older, c.newest} {
			if of == "-" {
				if err := os.Rename(file, file+".1"); err != nil {
					t.Fatal(err)
				}
				continue
			}
			n := *now
			n.Begun = of
			text, err := json.Marshal(&n)
			if err != nil {
				t.Fatal(err)
			}
			if err := (&fit.Progress{Epoch: 1, Note: string(text)}).Save(file); err != nil {
				t.Fatal(err)
			}
		}
		if c.damaged {
			if err := os.Truncate(file, 100); err != nil {
				t.Fatal(err)
			}
		}
		past, remark, err := resumable(file, "m.yaml", c.begun, now, 5)
		switch {
		case c.wrong != "":
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: %v, want %s", c.name, err, c.wrong)
			}
		case err != nil || past.Begun != c.older || (remark == "") != (c.remark == "") || !strings.Contains(remark, c.remark):
			t.Errorf("%s: %v, %q, %v, want %q", c.name, past, remark, err, c.remark)
		}
	}
}

// TestWhatATrainingEndedAtOnceGoesOnFrom ends trainings that had saved something, and such that had not, with and without
// the progress of an earlier one.
func TestWhatATrainingEndedAtOnceGoesOnFrom(t *testing.T) {
	p := &project.Project{Spec: &spec.Spec{File: "m.yaml"}}
	for _, c := range []struct {
		earlier, resume, saves bool
		want                   string
	}{
		{false, false, false, ""},
		{false, false, true, "; to go on from the progress that was saved last: nngen train --resume m.yaml"},
		{true, false, false, "; none of its progress was saved, and that which is kept is of an earlier training, with which " +
			"--resume would go on"},
		{true, false, true, "; to go on from the progress that was saved last: nngen train --resume m.yaml"},
		{true, true, false, "; no more progress was saved; to go on from where it did: nngen train --resume m.yaml"},
		{true, true, true, "; to go on from the progress that was saved last: nngen train --resume m.yaml"},
	} {
		dir := t.TempDir()
		save := func(epoch int) {
			t.Helper()
			if err := (&fit.Progress{Epoch: epoch}).Save(output.ProgressOf(dir).File); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Mkdir(filepath.Join(dir, ".nngen"), 0o777); err != nil {
			t.Fatal(err)
		}
		if c.earlier {
			save(1)
			save(2)
		}
		place, err := output.OpenProgress(dir, c.resume)
		if err != nil {
			t.Fatal(err)
		}
		if c.saves {
			save(3)
		}
		got := strings.ReplaceAll((Options{Resume: c.resume}).afterEnd(p, place), project.Command(), "nngen")
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// TestATrainingThatGoesOnTellsOtherNamesOfColumns goes on with a table whose header has changed, and no number.
func TestATrainingThatGoesOnTellsOtherNamesOfColumns(t *testing.T) {
	reading := func(names ...string) *net.Reading {
		return &net.Reading{Label: []string{"y"}, Header: &net.Names{Label: []string{"y"}, Features: names}}
	}
	text, err := json.Marshal(&note{Reading: reading("a", "b")})
	if err != nil {
		t.Fatal(err)
	}
	past := &note{}
	if err := json.Unmarshal(text, past); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		past *note
		now  *net.Reading
		want string
	}{
		{past, reading("a", "b"), ""},
		{past, reading("a", "bb"), "began with features [a, b], label [y], and the data have features [a, bb], label [y] now"},
		{past, nil, ""},
		{&note{}, reading("a", "b"), ""}, // of an older nngen
		{nil, reading("a", "b"), ""},
	} {
		if got := c.past.otherColumns(c.now); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
