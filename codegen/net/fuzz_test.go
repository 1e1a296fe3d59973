package net_test

import (
	"testing"
	"testing/fstest"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// FuzzFiles: no bytes of a mask or of a vocabulary make a build panic; one that takes them knows what they hold.
func FuzzFiles(f *testing.F) {
	masked, problems := spec.Parse("net.yaml", []byte("version: 1\nname: net\ninput: {name: x, shape: [3]}\nlayers:\n"+
		"  - dense: {name: h, units: 2, sparsity: {mask: {file: file}}}\n  - output: {task: regression}\n"), op.Schema())
	if problems.Err() != nil {
		f.Fatal(problems)
	}
	words, problems := spec.Parse("net.yaml", []byte("version: 1\nname: net\n"+
		"input: {name: x, shape: [3], tokens: {vocabulary: file}}\nlayers:\n"+
		"  - embedding: {output_dim: 2}\n  - flatten\n  - output: {task: regression}\n"), op.Schema())
	if problems.Err() != nil {
		f.Fatal(problems)
	}
	for _, seed := range []string{"0,1\n1,0\n1,1\n", "0,1\n1\n", "\"0\",1\n1,0\r\n1,1", "the\na\nof\n", "the\nthe\n",
		"a b\n", "\xff\n",
		"\"\n\x00", ""} {
		f.Add([]byte(seed))
	}
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		files := fstest.MapFS{"file": {Data: b}}
		for _, s := range []*spec.Spec{masked, words} {
			network, problems := net.Build(s, files)
			if problems.Err() != nil {
				continue
			}
			if network.Contents["file"] == "" {
				t.Errorf("%q is taken, and its contents are not noted", b)
			}
			for _, in := range network.Inputs {
				if v := in.Vocabulary; v != nil && v.Size() < 2 {
					t.Errorf("%q is a vocabulary of %d", b, v.Size())
				}
			}
		}
	})
}
