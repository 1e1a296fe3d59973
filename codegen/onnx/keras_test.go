package onnx

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nngen/nngen/codegen/fuzzing"
)

const kerasFixtures = "../../testdata/keras"

// TestKerasConfigurationsBecomeSpecs compares with testdata/keras/NAME.yaml, which NNGEN_UPDATE=1 writes; the
// configurations are written by hand in the form that Keras 2 and 3 document. Each has a network of the right shapes,
// or it is refused.
func TestKerasConfigurationsBecomeSpecs(t *testing.T) {
	for _, name := range []string{"cnn_2", "channels_first_3", "functional_2", "transformer_3", "states_3"} {
		b, err := os.ReadFile(filepath.Join(kerasFixtures, name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Keras(b, "model", "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		golden := filepath.Join(kerasFixtures, name+".yaml")
		if os.Getenv("NNGEN_UPDATE") != "" {
			if err := os.WriteFile(golden, r.Spec, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(r.Spec)); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
}

// TestAKerasFileHasItsConfiguration: a .keras file is an archive.
func TestAKerasFileHasItsConfiguration(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(kerasFixtures, "cnn_2.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	for name, content := range map[string][]byte{"metadata.json": []byte("{}"), "config.json": b,
		"model.weights.h5": []byte("\x89HDF")} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	plain, err := Keras(b, "model", "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Keras(file.Bytes(), "model", "")
	if err != nil || string(r.Spec) != string(plain.Spec) {
		t.Errorf("error %v", err)
	}
}

// TestKerasRefusalsAreListed: all at once, with the layer and what it says.
func TestKerasRefusalsAreListed(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(kerasFixtures, "refused.json"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Keras(b, "model", "")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`layer "lstm" (LSTM): activation "relu": a lstm has tanh`,
		`layer "lstm" (LSTM): recurrent_activation is hard_sigmoid: Keras 3 has that of this compiler`,
		`layer "lstm" (LSTM): stateful`,
		`layer "string_lookup" (StringLookup): no kind of layer is known for it`,
		`layer "dense" (Dense): activation custom>wave is not known`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
	for _, text := range []string{"", "{}", "[]", `{"class_name": "Sequential", "config": {}}`,
		`{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {"units": 2}}]}}`,
		`{"class_name": "Functional", "config": {"layers": [{"class_name": "Dense", "name": "d", "config": {"units": 2}, "inbound_nodes": [[["d", 0, 0, {}]]]}], "output_layers": [["d", 0, 0]]}}`} {
		if _, err := Keras([]byte(text), "model", ""); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

// FuzzKeras: no configuration makes the importer panic.
func FuzzKeras(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(kerasFixtures, "*.json"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) { Keras(b, "model", "") })
}
