package onnx

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestMasksOfAttentionsKeepTheirSense has conditions on a mask of numbers that forbid keys, or keep them, by each form of
// a mask: a sum with what is −∞ or a large number below 0 for some, a choice between scores and that, and sizes that are
// written out.
func TestMasksOfAttentionsKeepTheirSense(t *testing.T) {
	const rows, steps, size = 5, 4, 3
	const low = float32(-1e9)
	inf := float32(math.Inf(-1))
	asNumber := apply("Cast", "c2", "stretched", "numbers", intAttr("to", typeFloat))
	sum := apply("Add", "s", "scaled mask", "masked")
	for name, c := range map[string]struct {
		nodes []*Node // from the condition stretched, of the keys in question, to the scores masked
		keeps bool    // whether the keys in question are kept
	}{
		"sum of infinity":        {[]*Node{apply("Where", "w", "stretched inf zero", "mask"), sum}, false},
		"sum of a large number":  {[]*Node{apply("Where", "w", "stretched low zero", "mask"), sum}, false},
		"sum of infinity others": {[]*Node{apply("Where", "w", "stretched zero inf", "mask"), sum}, true},
		"product":                {[]*Node{asNumber, apply("Mul", "p", "numbers low", "mask"), sum}, false},
		"product of the rest": {[]*Node{asNumber, apply("Sub", "r", "one numbers", "rest"),
			apply("Mul", "p", "rest low", "mask"), sum}, true},
		"not": {[]*Node{apply("Not", "o", "stretched", "others"),
			apply("Where", "w", "others inf zero", "mask"), sum}, true},
		"choice":           {[]*Node{apply("Where", "w", "stretched inf scaled", "masked")}, false},
		"choice of others": {[]*Node{apply("Where", "w", "stretched scaled inf", "masked")}, true},
	} {
		for _, by := range []struct {
			op, in string
			is     func(m float64) bool
		}{
			{"Greater", "m half", func(m float64) bool { return m > 0.5 }},
			{"Less", "half m", func(m float64) bool { return m > 0.5 }},
			{"GreaterOrEqual", "m half", func(m float64) bool { return m >= 0.5 }},
			{"Less", "m half", func(m float64) bool { return m < 0.5 }},
			{"Greater", "m part", func(m float64) bool { return m > 0.25 }},
		} {
			for _, expanded := range []bool{false, true} {
				stretch := []*Node{apply("Unsqueeze", "u", "is axis", "stretched")}
				if expanded {
					stretch = []*Node{apply("Unsqueeze", "u", "is axis", "one_row"),
						apply("Expand", "e", "one_row shape", "stretched")}
				}
				nodes := append([]*Node{
					apply("MatMul", "q", "x wq", "query"), apply("MatMul", "k", "x wk", "key"), apply("MatMul", "v", "x wv", "value"),
					apply("Transpose", "t", "key", "turned", intsAttr("perm", 0, 2, 1)),
					apply("MatMul", "qk", "query turned", "scores"), apply("Mul", "f", "scores factor", "scaled"),
					apply(by.op, "c", by.in, "is"),
				}, append(stretch, c.nodes...)...)
				nodes = append(nodes, apply("Softmax", "sm", "masked", "shares", intAttr("axis", -1)),
					apply("MatMul", "pv", "shares value", "mixed"), apply("MatMul", "o", "mixed wo", "y"))
				r := rand.New(rand.NewPCG(7, 0))
				draw := func(n int) []float32 {
					x := make([]float32, n)
					for i := range x {
						x[i] = float32(r.NormFloat64())
					}
					return x
				}
				wq, wk, wv, wo := draw(size*size), draw(size*size), draw(size*size), draw(size*size)
				square, scalar := []int64{size, size}, []int64{}
				m := tiny(nodes, floats("wq", square, wq...), floats("wk", square, wk...), floats("wv", square, wv...),
					floats("wo", square, wo...),
					floats("factor", scalar, 0.5), floats("half", scalar, 0.5), floats("part", scalar, 0.25),
					floats("inf", scalar, inf), floats("low", scalar, low), floats("zero", scalar, 0), floats("one", scalar, 1),
					int64s("axis", 1), int64s("shape", 1, steps, 1))
				port := func(name string, dims ...int64) *Port {
					p := &Port{Name: name, Type: 1, Kind: "tensor", Has: true, Dims: []Dim{{Name: "n"}}}
					for _, d := range dims {
						p.Dims = append(p.Dims, Dim{Size: d, Fixed: true})
					}
					return p
				}
				m.Graph.Inputs = []*Port{port("x", steps, size), port("m", steps)}
				got, err := m.imported(Options{Name: "m", Task: "regression"})
				if err != nil {
					t.Errorf("%s of %s %s: %v", name, by.op, by.in, err)
					continue
				}
				x, mask := Array{Shape: []int{rows, steps, size}}, Array{Shape: []int{rows, steps}}
				want := Array{Shape: []int{rows, steps, size}}
				for range rows * steps * size {
					x.Data = append(x.Data, r.NormFloat64())
				}
				for i := range rows * steps {
					mask.Data = append(mask.Data, truth(r.IntN(2) == 1))
					if i%steps < 2 { // one key of each kind at least
						mask.Data[i] = float64(i % steps)
					}
				}
				for n := range rows {
					keep := func(j int) bool { return by.is(mask.Data[n*steps+j]) == c.keeps }
					want.Data = append(want.Data, attention64(x.Data[n*steps*size:][:steps*size], wq, wk, wv, wo, steps, size,
						keep)...)
				}
				d, _, err := got.Check([]Array{x, mask}, []Array{want})
				if err != nil {
					t.Fatal(err)
				}
				if d[0] > 1e-6 {
					t.Errorf("%s of %s %s, expanded %v: off by %g\n%s", name, by.op, by.in, expanded, d[0], got.Spec)
				}
			}
		}
	}
}

// attention64 returns what attention gives for one example, to those keys that are kept.
func attention64(x []float64, wq, wk, wv, wo []float32, steps, size int, keep func(j int) bool) []float64 {
	projected := func(x []float64, w []float32) []float64 {
		y := make([]float64, steps*size)
		for i := range steps {
			for k := range size {
				for j := range size {
					y[i*size+j] += x[i*size+k] * float64(w[k*size+j])
				}
			}
		}
		return y
	}
	q, k, v := projected(x, wq), projected(x, wk), projected(x, wv)
	y := make([]float64, steps*size)
	for i := range steps {
		shares, sum := make([]float64, steps), 0.0
		for j := range steps {
			if !keep(j) {
				continue
			}
			score := 0.0
			for f := range size {
				score += 0.5 * q[i*size+f] * k[j*size+f]
			}
			shares[j] = math.Exp(score)
			sum += shares[j]
		}
		for j, p := range shares {
			for f := range size {
				y[i*size+f] += p / sum * v[j*size+f]
			}
		}
	}
	return projected(y, wo)
}

// TestBiasesOfAttentionsStayTrainable: a mask that forbids keys is none that training moves, but a bias of each head is,
// also one of zeros.
func TestBiasesOfAttentionsStayTrainable(t *testing.T) {
	low := float32(math.Inf(-1))
	for _, c := range []struct {
		name   string
		second []float32 // of the second head; that of the first is 0 0 0 0
		frozen int       // heads
	}{
		{"a bias", []float32{0, 0.5, 0, 0}, 0},
		{"a mask", []float32{0, low, 0, 0}, 1},
	} {
		w := floats("w", []int64{4, 4}, 1, 2, 0, 1, 0, 1, 1, 0, 1, 0, 2, 1, 0, 0, 1, 1)
		m := tiny([]*Node{
			apply("MatMul", "a", "x w", "q"),
			apply("Attention", "b", "q q q m", "y", intAttr("q_num_heads", 2), intAttr("kv_num_heads", 2)),
		}, w, floats("m", []int64{2, 2, 2}, slices.Concat(make([]float32, 4), c.second)...))
		m.Opsets[""] = 23
		m.Graph.Inputs[0].Dims = []Dim{{Name: "n"}, {Size: 2, Fixed: true}, {Size: 4, Fixed: true}}
		r, err := m.imported(Options{Name: "m", Task: "regression"})
		if err != nil {
			t.Fatal(err)
		}
		s := string(r.Spec)
		if strings.Count(s, "encoding: learned") != 2 || strings.Count(s, "trainable: false") != c.frozen {
			t.Errorf("%s, want %d of 2 frozen:\n%s", c.name, c.frozen, s)
		}
	}
}

// TestWholeNumbersAsBitsAreThoseThatAreNot0 counts the tokens of a text that are not 0.
func TestWholeNumbersAsBitsAreThoseThatAreNot0(t *testing.T) {
	m := tiny([]*Node{
		apply("Cast", "a", "x", "bits", intAttr("to", typeBool)),
		apply("Cast", "b", "bits", "numbers", intAttr("to", typeFloat)),
		apply("ReduceSum", "c", "numbers one", "y"),
	}, int64s("one", 1))
	m.Graph.Inputs[0].Type = typeInt64
	r, err := m.imported(Options{Name: "m", Task: "regression"})
	if err != nil {
		t.Fatal(err)
	}
	x := Array{Shape: []int{3, 4}, Data: []float64{0, 3, 0, 1, 2, 2, 7, 5, 0, 0, 0, 0}}
	d, _, err := r.Check([]Array{x}, []Array{{Shape: []int{3, 1}, Data: []float64{2, 4, 0}}})
	if err != nil {
		t.Fatal(err)
	}
	if d[0] > 1e-6 {
		t.Errorf("off by %g\n%s", d[0], r.Spec)
	}
}
