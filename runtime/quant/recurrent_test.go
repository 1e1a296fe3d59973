package quant

import (
	"fmt"
	"math"
	"math/big"
	"math/rand"
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestTablesAreTheirFunctions computes the entries of the tables anew, and how far functions between them are off.
func TestTablesAreTheirFunctions(t *testing.T) {
	for name, table := range map[string]struct {
		w    *[513]int16
		f    func(float64) float64
		most float64 // that interpolation is off: h²/8·max |f″|, and a rounding
	}{
		"sigmoid": {&sigmoidTable, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 0.0963 / 8192 * (1 << 15)},
		"tanh":    {&tanhTable, math.Tanh, 0.7699 / 8192 * (1 << 15)},
	} {
		for i, got := range table.w {
			want := min(math.Floor(table.f(float64(i-256)/32)*(1<<15)+0.5), math.MaxInt16)
			if float64(got) != want {
				t.Errorf("%s: entry %d is %d, want %v", name, i, got, want)
			}
		}
		for p := int32(-1 << 15); p < 1<<15; p++ {
			got, want := interpolate(table.w, p), table.f(float64(p)/4096)*(1<<15)
			if d := math.Abs(float64(got) - want); d > table.most+1 {
				t.Fatalf("%s of %d is %d, want %.2f", name, p, got, want)
			}
		}
	}
}

// number is one of unlimited size.
func number(v int64) *big.Int { return big.NewInt(v) }

// nearest returns ⌊v/2^bits + ½⌋, and v·2^-bits for bits below 0.
func nearest(v *big.Int, bits int) *big.Int {
	if bits <= 0 {
		return new(big.Int).Lsh(v, uint(-bits))
	}
	half := new(big.Int).Lsh(number(1), uint(bits-1))
	return new(big.Int).Rsh(half.Add(half, v), uint(bits))
}

// within returns v within the range of a signed number of some bits.
func within(v *big.Int, bits uint) *big.Int {
	low := new(big.Int).Neg(new(big.Int).Lsh(number(1), bits-1))
	high := new(big.Int).Not(low)
	switch {
	case v.Cmp(low) < 0:
		return low
	case v.Cmp(high) > 0:
		return high
	}
	return v
}

// plainCell computes recurrent layers in numbers of unlimited size, as the package says.
type plainCell struct {
	kind cell
	s    Steps
	k    int
	w, v []int8 // rows
	g    Gates
}

// function returns the value of a table between its entries, from the entries that their formula gives.
func function(f func(float64) float64, p *big.Int) *big.Int {
	at := new(big.Int).Rsh(p, 7) // towards -∞
	entry := func(i *big.Int) *big.Int {
		v, _ := new(big.Float).SetFloat64(math.Floor(f(float64(i.Int64())/32)*(1<<15) + 0.5)).Int(nil)
		return within(v, 16)
	}
	a, b := entry(at), entry(new(big.Int).Add(at, number(1)))
	rest := new(big.Int).Sub(p, new(big.Int).Lsh(at, 7))
	return new(big.Int).Add(a, nearest(rest.Mul(rest, b.Sub(b, a)), 7))
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// part returns a part of the gate of a column.
func (c *plainCell) part(which, column int, x []*big.Int) *big.Int {
	cols := c.k * c.s.U
	w, at := [][]int8{c.w, c.v}[which], which*cols+column
	sum := number(int64(c.g.Bias[at]))
	for i, v := range x {
		sum.Add(sum, new(big.Int).Mul(v, number(int64(w[i*cols+column]))))
	}
	return nearest(sum.Mul(sum, number(int64(c.g.Multiplier[at]))), int(c.g.Shift[at]))
}

// output returns an output.
func (c *plainCell) output(v *big.Int) *big.Int {
	p := c.g.State
	y := nearest(new(big.Int).Mul(v, number(int64(p[stateMultiplier]))), int(p[stateShift]))
	return within(y.Add(y, number(int64(p[stateZero]))), 8)
}

// step returns outputs and state after a step.
func (c *plainCell) step(x, h, s []*big.Int) (nextH, nextS []*big.Int) {
	u := c.s.U
	gate := func(f func(float64) float64, k, j int) *big.Int {
		sum := c.part(0, k*u+j, x)
		return function(f, within(sum.Add(sum, c.part(1, k*u+j, h)), 16))
	}
	times := func(a, b *big.Int, bits int) *big.Int { return nearest(new(big.Int).Mul(a, b), bits) }
	nextH, nextS = make([]*big.Int, u), make([]*big.Int, u)
	reset := make([]*big.Int, u)
	for j := range u {
		if c.kind == gruBeforeCell {
			reset[j] = c.output(times(gate(logistic, 1, j), s[j], 15))
		}
	}
	for j := range u {
		switch nextS[j] = number(0); c.kind {
		case simpleCell:
			nextH[j] = c.output(gate(math.Tanh, 0, j))
		case lstmCell:
			bits := int(c.g.State[stateBits])
			n := times(gate(logistic, 1, j), s[j], 15)
			nextS[j] = within(n.Add(n, times(gate(logistic, 0, j), gate(math.Tanh, 2, j), 30-bits)), 16)
			th := function(math.Tanh, within(nearest(nextS[j], bits-12), 16))
			nextH[j] = c.output(th.Mul(th, gate(logistic, 3, j)))
		default:
			var q *big.Int
			if c.kind == gruCell {
				q = c.part(1, 2*u+j, h)
				if most := number(1<<16 - 1); q.CmpAbs(most) > 0 {
					q = most.Mul(most, number(int64(q.Sign())))
				}
				q = times(gate(logistic, 1, j), q, 15)
			} else {
				q = c.part(1, 2*u+j, reset)
			}
			n := function(math.Tanh, within(q.Add(q, c.part(0, 2*u+j, x)), 16))
			d := new(big.Int).Sub(s[j], n)
			nextS[j] = n.Add(n, times(gate(logistic, 0, j), d, 15))
			nextH[j] = c.output(nextS[j])
		}
	}
	return nextH, nextS
}

// run returns the outputs of n sequences.
func (c *plainCell) run(n int, x []int8, mask []float32) []int8 {
	t, u := c.s.T, c.s.U
	var y []int8
	for i := range n {
		h, s, all := make([]*big.Int, u), make([]*big.Int, u), make([]int8, t*u)
		for j := range h {
			h[j], s[j] = number(int64(c.g.State[stateZero])), number(0)
		}
		for k := range t {
			at := k
			if c.s.Reverse {
				at = t - 1 - k
			}
			if mask == nil || mask[i*t+at] > 0.5 {
				var row []*big.Int
				for _, v := range x[(i*t+at)*c.s.F:][:c.s.F] {
					row = append(row, number(int64(v)))
				}
				h, s = c.step(row, h, s)
			}
			for j, v := range h {
				all[at*u+j] = int8(v.Int64())
			}
		}
		if !c.s.All {
			for j, v := range h {
				all[j] = int8(v.Int64())
			}
			all = all[:u]
		}
		y = append(y, all...)
	}
	return y
}

// layers are the recurrent layers by their cells, with the number of gates.
var layers = []struct {
	gates int
	run   func(n int, s Steps, y, x []int8, mask []float32, w, v []int8, g Gates)
}{simpleCell: {1, Simple}, lstmCell: {4, LSTM}, gruCell: {3, GRU}, gruBeforeCell: {3, GRUBefore}}

// drawn is a recurrent layer with made-up numbers.
type drawn struct {
	plainCell
	packedW, packedV []int8
	n                int
	x                []int8
	mask             []float32
}

// draw makes a layer up: its gates are from far below to far beyond what their functions tell apart.
func draw(r *rand.Rand, kind cell, s Steps, n int) *drawn {
	d := &drawn{n: n}
	d.kind, d.s, d.k = kind, s, layers[kind].gates
	cols := d.k * s.U
	d.w, d.v, d.x = int8s(r, s.F*cols), int8s(r, s.U*cols), int8s(r, n*s.T*s.F)
	d.packedW, d.packedV = make([]int8, PackedLen(1, s.F, cols)), make([]int8, PackedLen(1, s.U, cols))
	Pack(1, s.F, cols, d.w, d.packedW)
	Pack(1, s.U, cols, d.v, d.packedV)
	for i := range 2 * cols {
		terms := []int{s.F, s.U}[i/cols]
		d.g.Bias = append(d.g.Bias, int32(r.Intn(1<<16)-1<<15))
		d.g.Multiplier = append(d.g.Multiplier, 1<<30+int32(r.Intn(1<<30)))
		// Sums are some 2¹²·√terms; gates then reach from 2¹² to 2¹⁸.
		d.g.Shift = append(d.g.Shift, int32(28+r.Intn(6)+int(math.Log2(float64(terms))/2)))
	}
	d.g.State = []int32{int32(r.Intn(256) - 128), 1<<30 + int32(r.Intn(1<<30)), int32(38 + r.Intn(3)), int32(r.Intn(16))}
	if kind == lstmCell {
		d.g.State[stateShift] += 15
	}
	if r.Intn(2) == 0 {
		for range n * s.T {
			d.mask = append(d.mask, float32(r.Intn(4))/2)
		}
	}
	return d
}

// check runs the layer and compares.
func (d *drawn) check(t *testing.T) {
	t.Helper()
	want := d.plainCell.run(d.n, d.x, d.mask)
	got, ok := guarded(t, len(want))
	layers[d.kind].run(d.n, d.s, got, d.x, d.mask, d.packedW, d.packedV, d.g)
	ok()
	for i, w := range want {
		if got[i] != w {
			t.Fatalf("cell %d, %d sequences %+v, mask %v: output %d is %d, want %d", d.kind, d.n, d.s, d.mask != nil, i, got[i], w)
		}
	}
}

// TestRecurrentLayersAreExact compares with arithmetic of unlimited precision: sizes around those of panels, quads and
// vectors, sequences around a block, and whole layers whose steps do not fit into memory at once.
func TestRecurrentLayersAreExact(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(4))
		for kind := range layers {
			for _, u := range []int{1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 23, 24, 31, 32, 33, 40} {
				for range 2 {
					s := Steps{T: 1 + r.Intn(5), F: 1 + r.Intn(19), U: u, Reverse: r.Intn(2) == 0, All: r.Intn(2) == 0}
					draw(r, cell(kind), s, 1+r.Intn(3)).check(t)
				}
			}
			draw(r, cell(kind), Steps{T: 2, F: 3, U: 5, All: true}, 2*block+1).check(t)
			draw(r, cell(kind), Steps{T: 150, F: 2, U: 20, All: true}, 2).check(t)
			draw(r, cell(kind), Steps{T: 3, F: 517, U: 6}, 2).check(t)
			draw(r, cell(kind), Steps{T: 1, F: 2*chunk + 5, U: 5}, 2).check(t)
		}
	})
}

// FuzzRecurrent does the same for shapes and numbers of a fuzzer, among them such as no quantisation writes: these only
// must not panic, and give the same alone as beside others, and by the Go twins.
func FuzzRecurrent(f *testing.F) {
	f.Add(int64(1), uint8(0), uint8(3), uint8(4), uint8(5), uint8(1), false)
	f.Add(int64(2), uint8(1), uint8(5), uint8(17), uint8(33), uint8(9), true)
	fuzzing.Fuzz(f, func(t *testing.T, seed int64, kind, steps, inputs, units, n uint8, damaged bool) {
		r := rand.New(rand.NewSource(seed))
		s := Steps{T: 1 + int(steps)%9, F: 1 + int(inputs)%70, U: 1 + int(units)%70, Reverse: seed%2 == 0, All: seed%3 == 0}
		d := draw(r, cell(int(kind)%len(layers)), s, 1+int(n)%10)
		if !damaged {
			d.check(t)
			return
		}
		for _, x := range [][]int32{d.g.Bias, d.g.Multiplier, d.g.Shift, d.g.State} {
			for i := range x {
				x[i] = int32(r.Uint32())
			}
		}
		checkTwins(t, d)
		each, in := s.U, s.T*s.F
		if s.All {
			each *= s.T
		}
		all, alone := make([]int8, d.n*each), make([]int8, each)
		run := layers[d.kind].run
		run(d.n, s, all, d.x, d.mask, d.packedW, d.packedV, d.g)
		for i := range d.n {
			var mask []float32
			if d.mask != nil {
				mask = d.mask[i*s.T:][:s.T]
			}
			run(1, s, alone, d.x[i*in:][:in], mask, d.packedW, d.packedV, d.g)
			if !slices.Equal(alone, all[i*each:][:each]) {
				t.Fatalf("sequence %d differs alone", i)
			}
		}
	})
}

// checkTwins compares steps by kernels with those by their twins.
func checkTwins(t *testing.T, d *drawn) {
	t.Helper()
	r, u := rand.New(rand.NewSource(7)), d.s.U
	a, b := make([]int32, d.k*u), make([]int32, d.k*u)
	h, twinH := make([]int8, u), make([]int8, u)
	s, twinS := make([]int16, u), make([]int16, u)
	for i := range a {
		a[i], b[i] = int32(r.Uint32())>>r.Intn(32), int32(r.Uint32())>>r.Intn(32)
	}
	for j := range s {
		s[j] = int16(r.Uint32())
	}
	copy(twinS, s)
	d.g.step(d.kind, h, s, a, b)
	switch d.kind {
	case simpleCell:
		d.g.simpleGeneric(0, twinH, a, b)
	case lstmCell:
		d.g.lstmGeneric(0, twinH, twinS, a, b)
	default:
		d.g.gruGeneric(d.kind == gruCell, 0, twinH, twinS, a, b)
	}
	if !slices.Equal(h, twinH) || !slices.Equal(s, twinS) {
		t.Fatalf("cell %d: outputs %v and states %v, the twin has %v and %v", d.kind, h, s, twinH, twinS)
	}
	_, scale := d.g.rows(d.k * u)
	y, twinY := make([]int32, d.k*u), make([]int32, d.k*u)
	scale.gates(y, a, 0, d.k*u, 1, 0, 0)
	scale.gatesGeneric(twinY, a, 0, d.k*u, 1, 0, 0)
	if !slices.Equal(y, twinY) {
		t.Fatalf("gates %v, the twin has %v", y, twinY)
	}
}

// TestDamagedRecurrentLayersAreAlike gives all that a file of weights may hold to kernels and twins.
func TestDamagedRecurrentLayersAreAlike(t *testing.T) {
	r := rand.New(rand.NewSource(8))
	for i := range 400 {
		d := draw(r, cell(i%len(layers)), Steps{T: 1, F: 1, U: 1 + r.Intn(40)}, 1)
		for _, x := range [][]int32{d.g.Bias, d.g.Multiplier, d.g.Shift, d.g.State} {
			for i := range x {
				x[i] = int32(r.Uint32()) >> r.Intn(32)
			}
		}
		checkTwins(t, d)
	}
}

// TestRecurrentLayersDoNotAllocate runs layers again and again.
func TestRecurrentLayersDoNotAllocate(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	for kind, l := range layers {
		d := draw(r, cell(kind), Steps{T: 5, F: 7, U: 9, All: true}, 3)
		y := make([]int8, 3*5*9)
		if n := testing.AllocsPerRun(100, func() { l.run(3, d.s, y, d.x, d.mask, d.packedW, d.packedV, d.g) }); n >= 1 {
			t.Errorf("cell %d allocates %v times", kind, n)
		}
	}
}

// TestRecurrentLayersCheckTheirArguments gives slices that are too short by one.
func TestRecurrentLayersCheckTheirArguments(t *testing.T) {
	r := rand.New(rand.NewSource(6))
	for kind, l := range layers {
		for short := range 9 {
			d := draw(r, cell(kind), Steps{T: 3, F: 4, U: 5, All: true}, 2)
			y, mask := make([]int8, 2*3*5), make([]float32, 6)
			cut := func(i int, x *[]int8) {
				if i == short {
					*x = (*x)[:len(*x)-1]
				}
			}
			for i, x := range []*[]int8{&y, &d.x, &d.packedW, &d.packedV} {
				cut(i, x)
			}
			for i, x := range []*[]int32{&d.g.Bias, &d.g.Multiplier, &d.g.Shift, &d.g.State} {
				if i+4 == short {
					*x = (*x)[:len(*x)-1]
				}
			}
			if short == 8 {
				mask = mask[:5]
			}
			func() {
				defer func() {
					if e := recover(); e != badShape {
						t.Errorf("cell %d, argument %d: %v, want %s", kind, short, fmt.Sprint(e), badShape)
					}
				}()
				l.run(2, d.s, y, d.x, mask, d.packedW, d.packedV, d.g)
			}()
		}
	}
}

// TestRows compares a look-up with the table, and takes no token that is none.
func TestRows(t *testing.T) {
	w := []int8{1, 2, 3, 4, 5, 6}
	y := make([]int8, 6)
	Rows(3, 3, 2, y, []float32{2, 0, 1}, w)
	if want := []int8{5, 6, 1, 2, 3, 4}; !slices.Equal(y, want) {
		t.Errorf("%v, want %v", y, want)
	}
	for _, v := range []float32{-1, 3, 0.5, float32(math.NaN()), float32(math.Inf(1))} {
		func() {
			defer func() {
				if recover() != badToken {
					t.Errorf("token %v: no panic", v)
				}
			}()
			Rows(1, 3, 2, y, []float32{v}, w)
		}()
	}
}
