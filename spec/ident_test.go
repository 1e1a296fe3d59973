package spec

import (
	"go/token"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestIdent(t *testing.T) {
	for name, want := range map[string]string{
		"h1": "H1", "fc_1": "Fc1", "max_pool2d1": "MaxPool2d1", "h1.relu": "H1Relu", "H1": "H1", "a__b": "AB",
		"": "X", "1st": "X1st", "_": "X", "über": "Über", "日本": "X日本", "a-b c": "ABC", "\xff": "X",
	} {
		if got := Ident(name); got != want {
			t.Errorf("Ident(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestIdentIsAlwaysAnExportedIdentifier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		id := Ident(name)
		if r, _ := utf8.DecodeRuneInString(id); !token.IsIdentifier(id) || !unicode.IsUpper(r) {
			t.Fatalf("Ident(%q) = %q", name, id)
		}
	})
}

func TestMadeNamesAvoidWrittenOnes(t *testing.T) {
	s := mustParse(t,
		"version: 1\nname: m\ninput: {shape: [4]}\nlayers:\n  - flatten\n  - dense: {name: flatten_2, units: 3}\n"+
			"  - flatten\n  - output\n")
	for i, want := range []string{"flatten1", "flatten_2", "flatten3", "output1"} {
		if got := s.Layers[i].Name; got != want {
			t.Errorf("layer %d is named %q, want %q", i, got, want)
		}
	}
}

func TestPackageNames(t *testing.T) {
	for _, name := range []string{"main", "init", "internal", "vendor", "testdata", "documentation", "fit", "gemm",
		"context", "len", "any", "go", "Net", "1st", "net_test", "net_linux", "a-b", "forward", "weights", ""} {
		if code, _ := badPackageName(name); code != "package-name" {
			t.Errorf("badPackageName(%q) gives the code %q", name, code)
		}
	}
	if _, what := badPackageName("x_test"); what != "the go command takes a file x_test.go for one of tests" {
		t.Errorf("x_test: %s", what)
	}
	for _, name := range []string{"net", "train", "model", "gradient", "batch", "test", "golden", "x", "net1", "my_net"} {
		if code, what := badPackageName(name); code != "" {
			t.Errorf("badPackageName(%q) gives %q: %s", name, code, what)
		}
	}
}
