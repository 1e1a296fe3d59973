package codegen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestBatchNormSeesTheWholeBatch has batches of all sizes: a norm over the batch takes one of any written size whole,
// and a remark says where it can't.
func TestBatchNormSeesTheWholeBatch(t *testing.T) {
	const norm, plain = "batch_norm", "relu"
	for _, c := range []struct {
		layer, batch string
		piece        int
		remark       string
	}{
		{norm, "32", 32, ""},
		{norm, "512", 512, ""},
		{norm, "513", 513, ""},
		{norm, "5000", 5000, ""},
		{norm, "full", 256, "the full training set is worked off in pieces of 256 examples"},
		{norm, "100000000", 256, "takes too much memory at once"},
		{"batch_norm: {trainable: false}", "5000", 256, ""}, // uses no statistics of the batch
		{"batch_norm: {trainable: false}", "full", 256, ""},
		{plain, "512", 512, ""},
		{plain, "5000", 256, ""},
		{plain, "full", 256, ""},
	} {
		src := fmt.Sprintf("version: 1\nname: m\ninput: {shape: [3]}\ntask: regression\nlayers:\n  - dense: 4\n  - %s\n"+
			"  - output\ntraining: {batch_size: %s}\n", c.layer, c.batch)
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		out, problems := Compile(s, nil, Options{ImportPath: "example.com/m", Runtime: "example.com/r"})
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		if got := string(out.Files["mtrain/mtrain.go"]); !strings.Contains(got,
			fmt.Sprintf("\nconst Batch = %d\n", c.piece)) {
			t.Errorf("%s, batch_size %s: pieces are not of %d examples", c.layer, c.batch, c.piece)
		}
		if remarks := fmt.Sprint(problems); (c.remark == "") != (len(problems) == 0) || !strings.Contains(remarks, c.remark) {
			t.Errorf("%s, batch_size %s: remarks %v, want %q", c.layer, c.batch, remarks, c.remark)
		}
	}
}
