package quant_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/runtime/safetensors"
)

// reread writes numbers to a file and reads it.
func reread(t *testing.T, q *quant.Network, all quant.Numbers) error {
	t.Helper()
	b, err := safetensors.Encode(map[string]string{"spec": q.Sum()}, q.Tensors(all))
	if err != nil {
		t.Fatal(err)
	}
	_, err = q.Decode(b)
	return err
}

// TestFilesHoldWhatTheArithmeticHasAPlaceFor quantises a recurrent layer whose weights of huge inputs are 0, and
// damages one number of each kind of parameter.
func TestFilesHoldWhatTheArithmeticHasAPlaceFor(t *testing.T) {
	q, n := build(t, networks["lstm"])
	b := batch(n, 16, 1)
	for i := range b.Inputs[0] {
		b.Inputs[0][i] *= 1e18
	}
	for p, x := range n.Params {
		if p == n.Net.Layers[1].Params[0] {
			clear(x)
		}
	}
	if err := reread(t, q, quantized(t, q, n, b)); err != nil {
		t.Errorf("zeros times huge numbers: %v", err)
	}

	q, n = build(t, networks["skips"])
	skips := quantized(t, q, n, batch(n, 16, 1))
	if err := reread(t, q, skips); err != nil {
		t.Fatal(err)
	}
	lq, ln := build(t, networks["lstm"])
	lstm := quantized(t, lq, ln, batch(ln, 16, 1))
	for _, c := range []struct {
		q     *quant.Network
		all   quant.Numbers
		param string
		at    int
		value int32
		want  string
	}{
		{q, skips, "a.shift", 3, 64, "factor 3 of a.multiplier is"},
		{q, skips, "a.shift", 0, 0, "factor 0 of a.multiplier is"},
		{q, skips, "a.multiplier", 1, 7, "is 7/2^"},
		{q, skips, "a.bias", 2, 1<<31 - 1, "the sums of column 2 reach"},
		{q, skips, "a.range", 2, 128, "a.range holds 128, want -128 to 127"},
		{q, skips, "add1.sum", 5, 99, "add1.sum"},
		{q, skips, "x.int8_zero", 0, -1000, "x.int8_zero holds -1000"},
		{lq, lstm, "lstm1.shift", 40, -1, "factor 40 of lstm1.multiplier is"},
		{lq, lstm, "lstm1.bias", 71, -1 << 31, "the sums of column 35 reach 2147"},
		{lq, lstm, "lstm1.state", 3, 16, "lstm1.state holds 16, want 0 to 15"},
		{lq, lstm, "lstm1.state", 2, 63, "lstm1.state"},
	} {
		i := slices.IndexFunc(c.q.Params, func(p *ir.Param) bool { return p.Name == c.param })
		if i < 0 {
			t.Fatalf("there is no %s", c.param)
		}
		p := c.q.Params[i]
		was := c.all[p].Int32[c.at]
		c.all[p].Int32[c.at] = c.value
		err := reread(t, c.q, c.all)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s[%d] = %d: %v, want %q", c.param, c.at, c.value, err, c.want)
		}
		c.all[p].Int32[c.at] = was
	}
	for p, a := range skips {
		if strings.HasSuffix(p.Name, "int8_scale") {
			a.Float[0] = 0
		}
	}
	if err := reread(t, q, skips); err == nil || !strings.Contains(err.Error(), "want a scale above 0") {
		t.Errorf("a scale of 0: %v", err)
	}
}

// FuzzDecode: no bytes of integer weights, nor of the ranges that they carry, make their reader panic; what it takes
// the arithmetic has a place for.
func FuzzDecode(f *testing.F) {
	q, n := build(f, networks["lstm"])
	all := quantized(f, q, n, batch(n, 16, 1))
	b, err := safetensors.Encode(map[string]string{"spec": q.Sum()}, q.Tensors(all))
	if err != nil {
		f.Fatal(err)
	}
	ranges, err := q.Ranges()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, ranges)
	f.Add(b[:len(b)/2], `{"a": {"scale": -1}}`)
	f.Add(b, strings.ReplaceAll(ranges, "e", "E+"))
	fuzzing.Fuzz(f, func(t *testing.T, b []byte, ranges string) {
		q, _ := build(t, networks["lstm"])
		if all, err := q.Decode(b); err == nil && len(all) != len(q.Params) {
			t.Errorf("%d arrays of %d", len(all), len(q.Params))
		}
		if q.SetRanges(ranges) != nil {
			return
		}
		for _, u := range q.Units {
			if u.Integer() && !(u.Range.Scale > 0 && u.Range.Scale <= math.MaxFloat32) {
				t.Errorf("%q: layer %q has scale %g", ranges, u.Range.Layer.Name, u.Range.Scale)
			}
		}
	})
}
