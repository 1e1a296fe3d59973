package net_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestNoWordOfAFileIsLost has files of words of which some could never be found in a text.
func TestNoWordOfAFileIsLost(t *testing.T) {
	const text, next = "column: t, ", ""
	for _, c := range []struct{ more, file, words, problem string }{
		{text, "\ufeffRed\r\ngreen\nübel\ndon't\n\n", "red green übel don't", ""},
		{next, "\ufeffRed\nC++\n", "Red C++", ""},
		{text, "red\nRed\n", "", `v.txt:2: "Red" is "red" in lower case, as line 1 is`},
		{text, "red\nblue\nred\n", "", `v.txt:3: "red" is in line 1 too`},
		{next, "red\nred\n", "", `v.txt:2: "red" is in line 1 too`},
		{text, "red\n\nblue\n", "", `v.txt:2: "" is not one word`},
		{text, "red \nblue\n", "", `v.txt:1: "red " is not one word`},
		{text, "red\u00a0\nblue\n", "", `v.txt:1: no text has the word "red\u00a0"`},
		{text, "[PAD]\nred\n", "", `v.txt:1: no text has the word "[PAD]"`},
		{text, "red\nwell-known\n", "", `v.txt:2: no text has the word "well-known"`},
		{text, "red\nx\ufeff\n", "", `v.txt:2: no text has the word "x\ufeff"`},
		{next, "a\rb\n", "", `v.txt:1: "a\rb" is not one word`},
	} {
		lower := ""
		if c.more == text {
			lower = ", lowercase: true"
		}
		src := "version: 1\nname: m\ninput: {name: x, shape: [4], tokens: {" + c.more + "vocabulary: v.txt" + lower + "}}\n" +
			"task: regression\nlayers:\n  - embedding: {output_dim: 2}\n  - flatten\n  - output\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		n, problems := net.Build(s, fstest.MapFS{"v.txt": {Data: []byte(c.file)}})
		switch err := problems.Err(); {
		case c.problem != "":
			if err == nil || !strings.Contains(problems.Error(), c.problem) {
				t.Errorf("%q gives %v, want %q", c.file, problems, c.problem)
			}
		case err != nil:
			t.Errorf("%q gives %v", c.file, problems)
		case strings.Join(n.Inputs[0].Vocabulary.Texts, " ") != c.words:
			t.Errorf("%q gives %q, want %q", c.file, n.Inputs[0].Vocabulary.Texts, c.words)
		}
	}
}
