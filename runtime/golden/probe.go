package golden

import (
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/nngen/nngen/runtime/safetensors"
)

// Probe is an example of whole numbers: weights, inputs and targets are drawn by the rules of a file, so small that no
// partial sum leaves the 24 bits of a float32. What only adds, multiplies, chooses and moves them makes no error then,
// in whatever order, and must give the numbers of exact arithmetic, of which the file holds checksums.
type Probe struct {
	vectors *Vectors
	part    string // before the names of its rules
	seed    uint64
	// Rows is the number of examples.
	Rows int
}

// Gradients is the part of a file with the rules of the probe of gradients; that of predictions has those without a part.
const Gradients = "d."

// OpenProbe reads a part of the probe of a network; it ends the test if it cannot, or if it is that of another network.
// It skips it where the file holds none, since one example takes too much work.
func OpenProbe(t testing.TB, path, spec, part string) *Probe {
	t.Helper()
	p := &Probe{vectors: Open(t, path), part: part}
	meta := p.vectors.file.Meta
	if meta["spec"] != spec {
		t.Fatalf("%s is for another network: its spec is %q, want %q", path, meta["spec"], spec)
	}
	var err error
	if p.seed, err = strconv.ParseUint(meta["seed"], 10, 64); err == nil {
		p.Rows, err = strconv.Atoi(meta[part+"rows"])
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if p.Rows == 0 {
		t.Skipf("%s holds no numbers: one example takes too much work", path)
	}
	t.Logf("exact are %s", meta["exact"])
	return p
}

// Fill draws the weights.
func (p *Probe) Fill(t testing.TB, tensors []safetensors.Tensor) {
	t.Helper()
	for _, w := range tensors {
		DrawWhole(p.seed, w.Name, p.rule(t, w.Name), w.Data)
	}
}

// Get draws an array: x.<input> or t.<output>, each of all examples.
func (p *Probe) Get(t testing.TB, name string) []float32 {
	t.Helper()
	rule := p.rule(t, name)
	x := make([]float32, p.Rows*int(rule.Size))
	DrawWhole(p.seed, name, rule, x)
	return x
}

// rule reads the rule of an array.
func (p *Probe) rule(t testing.TB, name string) WholeRule {
	t.Helper()
	r := p.vectors.Get(t, p.part+"rule."+name)
	if len(r) != 9 {
		t.Fatalf("the rule of %s has %d numbers, want 9", name, len(r))
	}
	return WholeRule{r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]}
}

// Exact compares the checksum of numbers with that of exact arithmetic. What the network's functions, such as exp, make
// inexact has none: it is left to the vectors.
func (p *Probe) Exact(t testing.TB, name string, got []float32) {
	t.Helper()
	want, ok := p.vectors.file.Tensor("sum." + name)
	if sum := ChecksumExact(got); ok && !slices.Equal(sum[:], want.Data) {
		t.Errorf("%s of whole numbers differs from exact arithmetic: checksum %v, want %v; nngen verify says which layer",
			name, sum, want.Data)
	}
}

// ChecksumExact returns the checksum of numbers, -0 being 0: FNV-1a of 64 bits, 16 in each element.
func ChecksumExact(x []float32) (sum [4]float32) {
	h := fnv.New64a()
	for _, v := range x {
		u := math.Float32bits(v + 0) // -0 + 0 is 0
		h.Write([]byte{byte(u), byte(u >> 8), byte(u >> 16), byte(u >> 24)})
	}
	for i := range sum {
		sum[i] = float32(h.Sum64() >> (16 * i) & 0xffff)
	}
	return sum
}

// WholeRule says how the whole numbers of an array are drawn: multiples of Unit, from Center − Radius to Center + Radius of
// them, of which a share is kept and the others are 0. With a Group above 0 they are instead one Unit in each group of so
// many elements, and 0 at the others. Size is the number of elements of an example; 0 for weights.
// In the columns [From, To) of rows of Columns elements all are 0.
type WholeRule struct{ Unit, Center, Radius, Share, Group, Size, Columns, From, To float32 }

// DrawWhole fills x by a rule.
func DrawWhole(seed uint64, name string, r WholeRule, x []float32) {
	key := Key(seed, name)
	group := max(1, int(r.Group))
	clear(x)
	for at := 0; at+group <= len(x); at += group {
		z := bits(key, at)
		if group > 1 {
			x[at+int(z%uint64(group))] = r.Unit
		} else if float32(z>>16&0xff) < 256*r.Share {
			x[at] = r.Unit * float32(int(r.Center-r.Radius)+int(z&0xffff)%int(2*r.Radius+1))
		}
	}
	for at := int(r.From); r.Columns > 0 && at < len(x); at += int(r.Columns) {
		clear(x[at:min(len(x), at+int(r.To-r.From))])
	}
}
