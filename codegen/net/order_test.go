package net

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestNamesInAnotherOrderAreFound has weights of a spec whose names stand in other orders, or are others.
func TestNamesInAnotherOrderAreFound(t *testing.T) {
	const columns = "{name: level, words: [low, mid, high]}, {name: size}, {name: age}, {name: on, flag: [off, on]}"
	build := func(classes, columns, more string) *Net {
		s, errs := spec.Parse("a.yaml", []byte("version: 1\nname: a\ninput: {name: x, shape: [6], columns: ["+columns+"]}\n"+
			"task: multiclass\nclasses: ["+classes+"]\nlayers:\n  - dense: {units: 4}\n  - output"+more+"\n"), op.Schema())
		if errs.Err() != nil {
			t.Fatal(errs.Err())
		}
		n, errs := Build(s, nil)
		if errs.Err() != nil {
			t.Fatal(errs.Err())
		}
		return n
	}
	now := build("low, medium, high", columns, "")
	for _, c := range []struct{ name, classes, columns, more, want string }{
		{"the same", "low, medium, high", columns, "", ""},
		{"classes", "high, low, medium", columns, "",
			"was trained with the classes high, low, medium, where the spec has low, medium, high: outputs begin with other"},
		{"columns", "low, medium, high", strings.NewReplacer("size", "age", "age", "size").Replace(columns), "",
			"with the columns level, age, size, on, where the spec has level, size, age, on: its kernels begin"},
		{"words", "low, medium, high", strings.Replace(columns, "low, mid, high", "mid, high, low", 1), "",
			`with the words of column "level" mid, high, low, where the spec has low, mid, high: its`},
		{"a flag", "low, medium, high", strings.Replace(columns, "off, on", "on, off", 1), "",
			`with the flag of column "on" on, off, where the spec has off, on: its`},
		{"other classes", "low, medium, top", columns, "", ""},
		{"another layer", "high, low, medium", columns, ": {name: y}", ""},
	} {
		got := now.Reordered(map[string]string{"spec": build(c.classes, c.columns, c.more).ModelSum()})
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	many := "k0, k1, k2, k3, k4, k5, k6, k7"
	was := build(strings.NewReplacer("k1", "k6", "k6", "k1").Replace(many), columns, "")
	const want = "was trained with the classes k6, k1, where the spec has k1, k6: outputs begin with other meanings"
	if got := build(many, columns, "").Reordered(map[string]string{"spec": was.ModelSum()}); got != want {
		t.Errorf("of many: %q, want %q", got, want)
	}
}

// TestWordsOfOtherRowsAreTold has words of training rows in another order, and those of before.
func TestWordsOfOtherRowsAreTold(t *testing.T) {
	s := &spec.Spec{Inputs: []spec.Input{{Name: "x", Columns: []spec.Column{{Name: "size"}, {Name: "code", MaxWords: 3}}}}}
	fitted := func(words ...string) Fitted { return Fitted{"x": {{}, {Words: words}}} }
	if said := fitted("a", "b").OtherWords(s, fitted("a", "b")); said != nil {
		t.Errorf("of the same: %q", said)
	}
	const want = `was trained with the words of column "code" b, a, where the training rows have a, b: its kernels`
	if said := fitted("a", "b").OtherWords(s, fitted("b", "a")); len(said) != 1 || !strings.HasPrefix(said[0], want) {
		t.Errorf("%q, want %q", said, want)
	}
	texts := &spec.Spec{Inputs: []spec.Input{{Name: "x", Columns: []spec.Column{{Name: "review"}},
		Tokens: &spec.Tokens{Column: "review", Words: 3}}}}
	of := func(words ...string) Fitted { return Fitted{"x": {{Words: words}}} }
	for _, c := range []struct {
		now, before Fitted
		want        string
	}{
		{of("the", "a"), of("the", "a"), ""},
		{of("the", "a", "b"), of("the", "b", "a"), `was trained with the words of column "review" …, b, a, where the ` +
			`training rows have …, a, b: what it learned of words begins with other meanings`},
		{of("the", "a"), of("the"),
			`was trained with the words of column "review" no more, where the training rows have …, a: `},
		{of("a"), of("b"), `was trained with the words of column "review" b, where the training rows have a: `},
	} {
		said := strings.Join(c.now.OtherWords(texts, c.before), "; ")
		if (said == "") != (c.want == "") || !strings.HasPrefix(said, c.want) {
			t.Errorf("%v after %v: %q, want %q", c.now, c.before, said, c.want)
		}
	}
}
