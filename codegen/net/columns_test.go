package net_test

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestColumnsFillTheShape has inputs whose columns give another number of numbers than their shape has: an error, of
// plain numbers too, unless something else than rows of a table may feed them.
func TestColumnsFillTheShape(t *testing.T) {
	const table = "data: {train: {csv: a.csv}}\n"
	for _, c := range []struct{ input, more, want string }{
		{"{name: x, shape: [5], columns: [a, b, c, d, e, f]}", "",
			`m.yaml:3:25: input "x": its shape 5 has 5, but its columns give 6: "a" 1, "b" 1,`},
		{"{name: x, shape: [5], columns: [a, b, c, d, e, f]}", table, "write shape: [6]"},
		{"{name: x, shape: [7], columns: [a, b, c, d, e, f]}", table, "write shape: [6]"},
		{"{name: x, shape: [6], columns: [a, b, c, d, e, f]}", table, ""},
		{"{name: x, shape: [2, 3], columns: [a, b, c, d, e, f]}", table, ""},
		{"{name: x, shape: [2], columns: [a, {name: b, flag: [n, y]}, {name: c, words: [u, v]}]}", table,
			`give 4: "a" 1, "b" 1, "c" 2`},
		{"{name: x, shape: [5], tokens: {characters: abc, column: t, steps: 5}}", table, ""},
		{"{name: x, shape: [5], columns: [a]}", "", ""}, // windows of a series, as far as is told
		{"{name: x, shape: [6, 2], columns: [a, b]}", "", ""},
		{"{name: x, shape: [12], columns: [a, b]}", "", ""},
		{"{name: x, shape: [2, 6], columns: [a, b]}", "", "write shape: [2]"},
		{"{name: x, shape: [6, 2], columns: [a, b]}", table, "write shape: [2]"},
		{"{name: x, shape: [5], columns: [a]}", "data: {train: {csv: a.csv, label: b, series: {columns: [a]}}}\n", ""},
		{"{name: x, shape: [5], columns: [a]}", "data: {train: {npy: a.npy, labels: b.npy}}\n", ""},
	} {
		src := "version: 1\nname: m\ninput: " + c.input + "\ntask: regression\nlayers:\n  - flatten\n  - output\n" + c.more
		if strings.Contains(src, "tokens") {
			src = strings.Replace(src, "- flatten\n", "- embedding: {output_dim: 2}\n  - flatten\n", 1)
		}
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Errorf("%v\n%s", problems, src)
			continue
		}
		_, problems = net.Build(s, nil)
		if err := problems.Err(); (err == nil) != (c.want == "") || err != nil &&
			!strings.Contains(problems.Error()+"; "+problems[0].Hint, c.want) {
			t.Errorf("%s\ngives %v, want %q", src, problems, c.want)
		}
	}
}

// TestInputsThatAreScaledTwiceAreTold names an input twice, with what is fitted to it anew, and otherwise. It is no
// error: imported networks have such steps, with numbers of their own.
func TestInputsThatAreScaledTwiceAreTold(t *testing.T) {
	for _, c := range []struct{ steps, want string }{
		{"[standardize: {input: body}, standardize: {input: body}]",
			"m.yaml:6:42: warning: standardize: input \"body\" has standardize already, at line 6:14: fitted to a training " +
				"set, the last of two alone counts"},
		{"[min_max: {input: body}, standardize: {input: head}, min_max: {input: body, max: 2}]",
			`input "body" has min_max already`},
		{"[standardize: {input: body}, standardize: {input: head}]", ""},
		{"[standardize: {input: body}, min_max: {input: body}]", ""},
		{"[rescale: {input: body, scale: 2}, rescale: {input: body, scale: 3}]", ""},
	} {
		src := "version: 1\nname: m\ninputs:\n  - {name: body, shape: [2]}\n  - {name: head, shape: [3]}\npreprocess: " +
			c.steps +
			"\ntask: regression\nlayers:\n  - concatenate: {from: [body, head]}\n  - output\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatalf("%v\n%s", problems, src)
		}
		_, problems = net.Build(s, nil)
		if got := problems.Error(); problems.Err() != nil || (got == "") != (c.want == "") ||
			!strings.Contains(got, c.want) {
			t.Errorf("%s gives %q, want the warning %q", c.steps, got, c.want)
		}
	}
}
