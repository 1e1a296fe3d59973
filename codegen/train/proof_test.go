package train

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/proof"
)

const proofSpec = `version: 1
name: net
input: {name: x, shape: [4]}
task: multiclass
classes: [setosa, versicolor, virginica]
layers: [dense: {units: 3, sparsity: {mask: {file: mask.csv}}}, tanh, output]
training: {epochs: 3, batch_size: 16, seed: 3, validation_split: 0.2}
data: {train: {csv: iris.csv, label: last}, test_split: 0.2}
generate: {runtime: import}
`

// trainedProject trains a small network in a module of its own.
func trainedProject(t *testing.T) (open func() *project.Project, path func(string) string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("NNGENCACHE", t.TempDir())
	path = func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	table, err := os.ReadFile("../../testdata/data/iris.csv")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"go.mod": "module example.com/m\n\ngo 1.24\n",
		"net.yaml": proofSpec, "iris.csv": string(table),
		"mask.csv": "1,1,0\n1,0,1\n0,1,1\n1,1,1\n"} {
		if err := os.WriteFile(path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	open = func() *project.Project {
		p, err := project.Open(path("net.yaml"), "")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	var words []string // that were to be the last ones
	o := Options{Verify: true, Log: io.Discard, OnEnd: func(say func() string) { words = append(words, say()) }}
	if _, err := Run(t.Context(), open(), o); err != nil {
		t.Fatal(err)
	}
	const asTheyWere, inPlace = "the packages are as they were", "the weights after 3 epochs are in place, in "
	for i, want := range []string{"interrupted before the first step; nothing was trained, and " + asTheyWere,
		"ended at once; " + asTheyWere,
		"interrupted after 3 epochs; " + asTheyWere + ", and the progress is kept; to go on: ",
		"interrupted after the training; " + inPlace, "interrupted before the end of the verification; " + inPlace,
		"interrupted after the training; " + inPlace} {
		if i >= len(words) || !strings.HasPrefix(words[i], want) {
			t.Errorf("part %d of a training ends with the words %q, want %s…", i, words, want)
		}
	}
	return open, path
}

// TestEveryClaimOfAProofIsChecked changes each file that a statement names, and each claim of it, and wants the part of
// the check that finds it.
func TestEveryClaimOfAProofIsChecked(t *testing.T) {
	open, path := trainedProject(t)
	found := func(measure bool) string {
		t.Helper()
		p := open()
		s, err := openProof(p)
		if err != nil {
			return err.Error()
		}
		var f proof.Checks
		if err := checkInputs(p, s, &f); err != nil {
			return err.Error()
		}
		checkFiles(p, s, &f)
		checkWeights(p, s, &f)
		checkHistory(p, s, &f)
		if measure {
			if _, err := checkEvaluation(t.Context(), p, s, &f, false); err != nil {
				f.Add(proof.Fails, "metrics", "%v", err)
			}
		}
		var b bytes.Buffer
		if err := f.Format(&b); err != nil {
			t.Fatal(err)
		}
		if f.OK() {
			return ""
		}
		return b.String()
	}
	if text := found(true); text != "" {
		t.Fatalf("untouched:\n%s", text)
	}
	file := path("net/PROOF.json")
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(kept, []byte(path(""))) {
		t.Error("the statement holds a path of the machine")
	}
	s, err := proof.Parse(kept)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what, want string) {
		t.Helper()
		if text := found(strings.Contains(want, "metrics  ")); !regexp.MustCompile("(?m)^" + want).MatchString(text) {
			t.Errorf("%s changed: want %s in\n%s", what, want, text)
		}
	}
	for _, r := range s.Subject {
		name := path("net/" + r.Name)
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(b)
		changed[len(b)/2] ^= 1
		write(t, name, changed)
		part := "file          "
		if r.Name == "weights.safetensors" {
			part = "weights       "
		}
		try(r.Name, "FAIL  "+part+regexp.QuoteMeta(r.Name)+" has SHA-256")
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		try(r.Name, "FAIL  "+part+regexp.QuoteMeta(r.Name)+": ")
		write(t, name, bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")))
		if text := found(false); !strings.HasSuffix(r.Name, ".safetensors") && text != "" {
			t.Errorf("%s with line ends of CR and LF:\n%s", r.Name, text)
		}
		write(t, name, b)
	}
	for name, old := range map[string]string{"iris.csv": "5.1", "mask.csv": "0"} {
		b, err := os.ReadFile(path(name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, path(name), bytes.Replace(b, []byte(old), []byte("1"), 1))
		try(name, "FAIL  data          "+name+" has SHA-256")
		write(t, path(name), b)
	}
	write(t, path("net.yaml"), []byte(strings.Replace(proofSpec, "epochs: 3", "epochs: 4", 1)))
	try("the spec", "FAIL  spec          net.yaml is not the spec of the training")
	write(t, path("net.yaml"), []byte(proofSpec))
	const other = "${1}0000000$2"
	for _, c := range []struct{ claim, changed, want string }{
		{`("spec": [^}]*sha256": ").{7}(.)`, other, "FAIL  spec"},
		{`("spec_meaning": ").{7}(.)`, other, "FAIL  spec"},
		{`("name": "iris.csv",[^}]*": ").{7}(.)`, other, "FAIL  data          iris.csv has"},
		{`"iris.csv"`, `"other.csv"`, "FAIL  data          other.csv is named by the statement, but not by the spec"},
		{`("name": "net.go",[^}]*": ").{7}(.)`, other, "FAIL  file          net.go has"},
		{`"net.go"`, `"none.go"`, "FAIL  compile       net.go is generated, but the statement does not name it"},
		{`"net.go"`, `"../net.go"`, "FAIL  file          ../net.go is outside the package"},
		{`("seed": )3(,\s*"epoch)`, "${1}4$2", "FAIL  weights       their seed is 3, but the statement says 4"},
		{`("training": \{\s*"nngen": )"v`, `$1"w`, "FAIL  weights       their nngen is"},
		{`("numbers": ").{7}(.)`, other, "FAIL  weights       their checksum of numbers"},
		{`("metrics": \{\s*"loss": )[\d.]+`, "${1}0.125", "FAIL  weights       their metrics is"},
		{`("epochs": )3`, "${1}2", "FAIL  history       history.jsonl has 3 epochs, but the statement says 2"},
		{`("examples": )30`, "${1}31", "FAIL  metrics       30 examples, but the statement says 31"},
		{`("on": )"test"`, `$1"validation"`, "FAIL  metrics       the statement"},
		{`("examples": 30,\s*"loss": )[\d.]+`, "${1}0.125", "FAIL  metrics       loss is"},
		{`("name": "accuracy",\s*"value": )[\d.]+`, "${1}0.125", "FAIL  metrics       .* accuracy is 0"},
		{`("low": )[\d.]+`, "${1}0.125", "FAIL  metrics       .*, low is 0"},
		{`("high": )[\d.]+`, "${1}0.125", "FAIL  metrics       .*, high is 0"},
		{`("name": )"accuracy"`, `$1"precision"`, "FAIL  metrics       metric 1"},
		{`("predicate": \{)`, `$1 "more": 1,`, `.*unknown field "more"`},
		{`proof/v1`, "proof/v2", ".*predicateType is"},
		{`Statement/v1`, "Statement/v2", ".*_type is"},
		{`("sha256": )"`, `$1"x`, ".*has no SHA-256"},
		{`"subject"`, `"SUBJECT"`, ".*line 3 is not as nngen writes it"},
		{`"predicateType"`, `"predicateType": "x", "predicateType"`, ".*line [0-9]+ is not as nngen writes it"},
		{`\z`, "{}", ".*there is something behind the statement"},
		{`(?s).{9}\z`, "", ".*not a statement"},
	} {
		at := regexp.MustCompile(c.claim).FindSubmatchIndex(kept)
		if at == nil {
			t.Errorf("the statement has no %s:\n%s", c.claim, kept)
			continue
		}
		changed := regexp.MustCompile(c.claim).Expand(nil, []byte(c.changed), kept, at)
		write(t, file, append(append(bytes.Clone(kept[:at[0]]), changed...), kept[at[1]:]...))
		try(c.claim, c.want)
	}
	write(t, file, kept)
	claimed := s.Predicate.Verification
	for _, change := range []func(v *proof.Verification){
		func(v *proof.Verification) { v.Worst *= 1.02 }, func(v *proof.Verification) { v.Tensors++ },
		func(v *proof.Verification) { v.Elements-- },
	} {
		v, f := *claimed, proof.Checks{}
		change(&v)
		if compareVerification(claimed, &v, &f); f.OK() {
			t.Errorf("%+v passes for %+v", v, *claimed)
		}
	}
	var f proof.Checks
	if compareVerification(claimed, claimed, &f); !f.OK() || claimed.Worst <= 0 || claimed.Worst > 1 {
		t.Errorf("%+v does not pass for itself", *claimed)
	}
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
