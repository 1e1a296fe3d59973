// Package kerneltest holds every kernel to the same promises: the bits of its Go twin at all
// sizes, alignments and kinds of value, nothing written outside the output, inputs left
// as they are, the documented aliasing, no allocation.
//
// Two NaN count as equal whatever their payload, which IEEE 754 leaves open.
package kerneltest

import (
	"fmt"
	"math"
	"math/rand"
	"testing"
)

// A Dir tells what a kernel does with a buffer.
type Dir uint8

const (
	In    Dir = iota // read, left as it is
	Out              // written in full, its old content without effect
	InOut            // read and written
)

// An Arg is one buffer of a kernel.
type Arg struct {
	Dir Dir
	Len int
}

// A Kernel is one row of a table: a function under test and its twin.
type Kernel struct {
	Name string

	// Sizes are the tuples of sizes to try, as from Range, Pairs or Triples.
	Sizes [][]int

	// Args gives the buffers for a tuple of sizes.
	Args func(size []int) []Arg

	// Got is the function under test, with its dispatch; Want is its twin. Both get buffers
	// of the lengths that Args gave.
	Got, Want func(size []int, buf [][]float32)

	// Alias lists pairs of buffers, output first, that may be one and the same slice. Each is
	// tried where both lengths agree.
	Alias [][2]int

	// Fill, if not nil, makes an element of an argument for kernels whose inputs are
	// limited; x is what would be there otherwise.
	Fill func(arg int, x float32) float32

	// Skip, if not nil, names the kinds of value that the kernel says nothing about.
	Skip map[string]bool

	// Rotate draws one kind of value for each size, in turn, instead of all: for long Sizes. So do short tests.
	Rotate bool

	// MayAlloc turns off the check for allocations.
	MayAlloc bool
}

// Range gives the sizes from 0 to past two tiles, where tile is the number of elements that
// the widest loop of the kernel takes at once, and a few larger ones.
func Range(tile int) [][]int {
	var sizes [][]int
	for n := 0; n <= 2*tile+3; n++ {
		sizes = append(sizes, []int{n})
	}
	return append(sizes, []int{5*tile - 1}, []int{1000}, []int{1027})
}

// Grid gives all tuples whose i-th size is one of axes[i].
func Grid(axes ...[]int) [][]int {
	sizes := [][]int{nil}
	for _, axis := range axes {
		var next [][]int
		for _, s := range sizes {
			for _, n := range axis {
				next = append(next, append(append([]int(nil), s...), n))
			}
		}
		sizes = next
	}
	return sizes
}

// Upto gives 0, 1, … n.
func Upto(n int) []int {
	s := make([]int, n+1)
	for i := range s {
		s[i] = i
	}
	return s
}

// Run checks each kernel of a table in each mode of this build. Where the kernels are
// switched off, so that the twin is compared with itself, a seventh of the sizes suffices
// to check the dispatch. Where they are emulated, fewer do.
func Run(t *testing.T, table []Kernel) {
	Modes(t, func(t *testing.T) {
		step := 1
		switch {
		case Emulated && !everything():
			step = 29
		case Emulated || !haveKernels():
			step = 7
		}
		for i := range table {
			t.Run(table[i].Name, func(t *testing.T) { table[i].run(t, step) })
		}
	})
}

func (k *Kernel) run(t *testing.T, step int) {
	r := rand.New(rand.NewSource(int64(len(k.Name))))
	rotate := k.Rotate || testing.Short() // so that emulators get through
	for i, size := range k.Sizes {
		if i%step != 0 && !(Emulated && atEdge(size)) {
			continue
		}
		for x, v := range values {
			if k.Skip[v.name] || rotate && x != i%len(values) {
				continue
			}
			// Each start is tried with each kind of value over any eight sizes in a row.
			k.compare(t, size, v.name, v.draw, i%8, nil, r)
		}
		if i%4 == 0 || !rotate {
			k.compareFenced(t, size, Edge(i/4%2 == 1), r)
		}
		for _, pair := range k.Alias {
			if args := k.Args(size); args[pair[0]].Len == args[pair[1]].Len {
				k.compare(t, size, "normal", normal, i%8, &pair, r)
			}
		}
		if t.Failed() {
			return
		}
	}
	if !k.MayAlloc && !Emulated && len(k.Sizes) > 0 {
		size := k.Sizes[len(k.Sizes)-1]
		bufs := slices(k.draw(size, normal, 0, r))
		call := func() { k.Got(size, bufs) }
		n := testing.AllocsPerRun(1, call) // after a first call, in which pools fill up
		if n != 0 {
			n = testing.AllocsPerRun(10, call) // of which the garbage collector may have emptied a pool for one
		}
		if n != 0 {
			t.Errorf("%v: %g allocations a call, want 0", size, n)
		}
	}
}

// atEdge tells whether sizes are a single one by an edge of the masks of AVX-512, whose registers have 16 elements.
func atEdge(size []int) bool {
	return len(size) == 1 && size[0] < 6*16 && (size[0]+1)%16 <= 2
}

// Compare checks one size with values that draw gives: for fuzz targets.
func (k *Kernel) Compare(t *testing.T, size []int, draw func(r *rand.Rand) float32, seed int64) {
	t.Helper()
	k.compare(t, size, "fuzz", draw, int(uint64(seed)%8), nil, rand.New(rand.NewSource(seed)))
}

// Long checks kernels at sizes that are too long for Run, in each mode, with buffers that are others too, with normal
// numbers and with some among them that are none.
func Long(t *testing.T, table []Kernel, sizes [][]int) {
	normal := func(r *rand.Rand) float32 { return float32(r.NormFloat64()) }
	odd := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1))}
	mixed := func(r *rand.Rand) float32 {
		if r.Intn(1<<16) == 0 {
			return odd[r.Intn(len(odd))]
		}
		return normal(r)
	}
	Modes(t, func(t *testing.T) {
		for i := range table {
			k := &table[i]
			t.Run(k.Name, func(t *testing.T) {
				for _, size := range sizes {
					r := rand.New(rand.NewSource(int64(size[0])))
					k.compare(t, size, "normal", normal, 0, nil, r)
					k.compare(t, size, "mixed", mixed, 3, nil, r)
					for _, a := range k.Alias {
						k.compare(t, size, "normal", normal, 1, &a, r)
					}
				}
			})
		}
	})
}

func (k *Kernel) compare(t *testing.T, size []int, name string, draw func(*rand.Rand) float32, start int,
	alias *[2]int, r *rand.Rand) {
	t.Helper()
	in := k.draw(size, draw, start, r)
	got, want := clone(in), clone(in)
	gotBufs, wantBufs := slices(got), slices(want)
	what := name
	if alias != nil {
		what = fmt.Sprintf("%s, buffer %d is buffer %d", name, alias[0], alias[1])
		gotBufs[alias[0]], wantBufs[alias[0]] = gotBufs[alias[1]], wantBufs[alias[1]]
	}
	k.Want(size, wantBufs)
	k.Got(size, gotBufs)
	for i, a := range k.Args(size) {
		if at := got[i].broken(); at != 0 {
			t.Errorf("%v, %s values: buffer %d was written %d elements %s", size, what, i, abs(at), side(at))
		}
		if alias != nil && (i == alias[0] || i == alias[1]) {
			if i == alias[0] {
				reportDiff(t, size, what, i, gotBufs[i], wantBufs[i])
			}
			continue
		}
		if a.Dir == In {
			if at := Diff(got[i].s, in[i].s); at >= 0 {
				t.Errorf("%v, %s values: input buffer %d was changed at %d", size, what, i, at)
			}
			continue
		}
		reportDiff(t, size, what, i, got[i].s, want[i].s)
	}
}

// compareFenced checks one size with buffers beyond which, on one side, nothing may be touched.
func (k *Kernel) compareFenced(t *testing.T, size []int, edge Edge, r *rand.Rand) {
	t.Helper()
	in := k.draw(size, normal, 0, r)
	want := clone(in)
	var got [][]float32
	for i := range in {
		s := Fenced(i, len(in[i].s), edge)
		if s == nil {
			return
		}
		copy(s, in[i].s)
		got = append(got, s)
	}
	wantBufs := slices(want)
	k.Want(size, wantBufs)
	k.Got(size, got)
	for i := range got {
		reportDiff(t, size, "fenced", i, got[i], wantBufs[i])
	}
}

// Fence returns a function that copies slices to fenced memory of their own, each of a number of its own; the slices
// themselves where there is no such memory.
func Fence(edge Edge) func(x []float32) []float32 {
	number := 100
	return func(x []float32) []float32 {
		number++
		s := Fenced(number, len(x), edge)
		if x == nil || s == nil {
			return x
		}
		copy(s, x)
		return s
	}
}

func reportDiff(t *testing.T, size []int, what string, i int, got, want []float32) {
	t.Helper()
	if at := Diff(got, want); at >= 0 {
		t.Errorf("%v, %s values: buffer %d at %d of %d: got %x (%g), twin has %x (%g)", size, what, i, at, len(got),
			math.Float32bits(got[at]), got[at], math.Float32bits(want[at]), want[at])
	}
}

// Diff returns the first index at which a and b differ in bits, or −1. All NaN are equal.
func Diff(a, b []float32) int {
	for i := range a {
		if !Same(a[i], b[i]) {
			return i
		}
	}
	return -1
}

// Same tells whether x and y are the same bits or both NaN.
func Same(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}

// draw makes the buffers for a size, filled, each starting `start` elements after a
// multiple of 32 bytes (one more for each further buffer).
func (k *Kernel) draw(size []int, draw func(*rand.Rand) float32, start int, r *rand.Rand) []buffer {
	args := k.Args(size)
	bufs := make([]buffer, len(args))
	for i, a := range args {
		bufs[i] = newBuffer(a.Len, (start+i)%8)
		for j := range bufs[i].s {
			bufs[i].s[j] = draw(r)
			if k.Fill != nil {
				bufs[i].s[j] = k.Fill(i, bufs[i].s[j])
			}
		}
	}
	return bufs
}

func abs(x int) int { return max(x, -x) }

func side(at int) string {
	if at < 0 {
		return "before its start"
	}
	return "past its end"
}
