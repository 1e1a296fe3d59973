// Package golden lets the self-tests of generated packages hold what they compute against vectors of
// the float64 reference. Only tests import it.
package golden

import (
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/safetensors"
)

// SampleSize is the largest number of elements that vectors hold of one array: of longer ones, every
// len/SampleSize-th element.
const SampleSize = 4096

// Vectors are golden vectors: for each name the reference's numbers, and under tol.<name> how far a
// float32 computation may be from them, +Inf for numbers that are not compared.
type Vectors struct {
	file   *safetensors.File
	path   string
	copies float32 // see Copies; 0 stands for 1 //nngen:if repeats
}

// Open reads vectors; it ends the test if it cannot.
func Open(t testing.TB, path string) *Vectors {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(b)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return &Vectors{file: f, path: path}
}

// Next returns the file of the vectors that are to replace those of a path.
func Next(path string) string { return strings.TrimSuffix(path, ".safetensors") + ".next.safetensors" }

// Get returns an array.
func (g *Vectors) Get(t testing.TB, name string) []float32 {
	t.Helper()
	x, ok := g.file.Tensor(name)
	if !ok {
		t.Fatalf("%s has no vector %q", g.path, name)
	}
	return slices.Clone(x.Data)
}

// Weights fills tensors: with numbers that are drawn, if the vectors say so, else from the file of trained weights,
// which must be for the network that spec identifies. If it has not the checksum that the vectors name, the vectors
// become those of Next, which stand beside while weights are being replaced.
func (g *Vectors) Weights(t testing.TB, spec string, tensors []safetensors.Tensor, trained string) {
	t.Helper()
	if g.file.Meta["spec"] != spec {
		t.Fatalf("%s is for another network: its spec is %q, want %q", g.path, g.file.Meta["spec"], spec)
	}
	if want := g.file.Meta["weights"]; want != Drawn {
		b, err := os.ReadFile(trained)
		if err == nil {
			err = safetensors.Load(b, "spec", spec, tensors)
		}
		if err != nil {
			t.Fatalf("%s: %v", trained, err)
		}
		sum := fmt.Sprintf("%x", sha256.Sum256(b))
		if want == sum {
			return
		}
		if _, err := os.Stat(Next(g.path)); err == nil {
			*g = *Open(t, Next(g.path))
		}
		if g.file.Meta["weights"] != sum || g.file.Meta["spec"] != spec {
			t.Fatalf("%s is for other weights than those of %[2]s, whose SHA-256 is %s, want %s: put back that %[2]s, or, if this "+
				"one is to stay, run nngen compile again", g.path, trained, sum, want)
		}
		return
	}
	seed, err := strconv.ParseUint(g.file.Meta["seed"], 10, 64)
	if err != nil {
		t.Fatalf("%s: the seed of its weights: %v", g.path, err)
	}
	for _, w := range tensors {
		if x, ok := g.file.Tensor("w." + w.Name); ok {
			copy(w.Data, x.Data)
			continue
		}
		key, rule := Key(seed, w.Name), g.Get(t, "draw."+w.Name)
		for i := range w.Data {
			w.Data[i] = Uniform(key, rule, i)
		}
	}
}

// Drawn says, in place of the checksum of a file of weights, that the weights are drawn: uniform numbers of which the
// vectors name the center and the radius, unless they hold the weights.
const Drawn = "drawn"

// Uniform returns number i of a tensor that is drawn around rule[0], no further than rule[1] from it.
func Uniform(key uint64, rule []float32, i int) float32 {
	return float32(float64(rule[0]) + float64(float64(rule[1])*(float64(bits(key, i)>>16)/(1<<23)-1)))
}

// Key returns the key of the random bits of a tensor.
func Key(seed uint64, name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64() ^ seed*0x9E3779B97F4A7C15
}

// bits returns 40 bits of counter i, mixed as in SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number
// generators, 2014).
func bits(key uint64, i int) uint64 {
	z := key + uint64(i+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return (z ^ z>>31) >> 24
}

// Int8 fills x with int8 numbers that the vectors hold from an offset on.
func (g *Vectors) Int8(t testing.TB, name string, offset int, x []int8) {
	t.Helper()
	g.skipped(t)
	for i, v := range g.Get(t, name)[offset:][:len(x)] {
		x[i] = int8(v)
	}
}

// SameInt8 compares int8 numbers with those that the vectors hold from an offset on, which are exact.
func (g *Vectors) SameInt8(t testing.TB, name string, offset int, got []int8) {
	t.Helper()
	want := make([]int8, len(got))
	g.Int8(t, name, offset, want)
	for i, v := range got {
		if v != want[i] {
			t.Errorf("%s[%d] is %d, want %d", name, offset+i, v, want[i])
		}
	}
}

// skipped ends a test whose numbers the vectors leave out, since one example takes too much work.
func (g *Vectors) skipped(t testing.TB) {
	t.Helper()
	if g.file.Meta["outputs"] == "none" {
		t.Skipf("%s holds no numbers of the reference: one example takes too much work; nngen verify compares", g.path)
	}
}

// Check compares numbers with the elements of a vector from offset on.
func (g *Vectors) Check(t testing.TB, name string, offset int, got []float32) {
	t.Helper()
	g.skipped(t)
	want, tol := g.Get(t, name), g.Get(t, "tol."+name)
	compare(t, name, offset, 1, got, want[offset:][:len(got)], tol[offset:])
}

// Rule says how the probabilities of an output become a class.
type Rule struct {
	Classes []string
	// Binary says that the output is the probability of Classes[1], which it is from Threshold on, else Classes[0]. Of
	// others the most probable class is taken.
	Binary     bool
	Threshold  float32
	Confidence float32 // the least probability that is sure; 0 where all are
}

// Names returns the names of n classes.
func Names(n int, name func(int) string) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = name(i)
	}
	return names
}

// Check returns what compares the class of an example, its probability, and whether that is sure, with what follows from
// the prediction y.
func (r Rule) Check(t testing.TB, name string, example int, y []float32) func(class string, p float32, sure ...bool) {
	return func(class string, p float32, sure ...bool) {
		t.Helper()
		best, want := 0, y[0]
		if r.Binary && y[0] >= r.Threshold {
			best = 1
		} else if r.Binary {
			want = 1 - y[0]
		}
		for i, v := range y {
			if v > want && !r.Binary {
				best, want = i, v
			}
		}
		if class != r.Classes[best] || p != want || len(sure) > 0 && sure[0] != (want >= r.Confidence) {
			t.Errorf("%s of example %d: %q with %v %v, want %q with %v", name, example, class, p, sure, r.Classes[best], want)
		}
	}
}

// Copies returns g for sums over so many copies of the examples: to a sum that is a multiple of their last place, equal
// terms are added with equal errors, so that those of the copies add up. The bounds of CheckSample grow by their number.
func (g *Vectors) Copies(n int) *Vectors { return &Vectors{g.file, g.path, float32(n)} }

// repeats says that some test takes copies of examples that all count.
const repeats = true //nngen:part Copies

// CheckSample compares numbers with a vector that may hold a sample of them.
func (g *Vectors) CheckSample(t testing.TB, name string, got []float32) {
	t.Helper()
	g.skipped(t)
	want, tol := g.Get(t, name), g.Get(t, "tol."+name)
	if len(want) != min(len(got), SampleSize) {
		t.Fatalf("%s: %d elements, but the vector holds %d", name, len(got), len(want))
	}
	if repeats {
		for i := range tol {
			tol[i] *= max(1, g.copies)
		}
	}
	compare(t, name, 0, len(got)/max(1, len(want)), got, want, tol)
}

// CheckInitial compares the initial values of tensors with those that vectors hold: a sample, evenly spread.
func (g *Vectors) CheckInitial(t testing.TB, tensors []safetensors.Tensor) {
	t.Helper()
	for _, w := range tensors {
		name := "initial." + w.Name
		x, ok := g.file.Tensor(name)
		switch want := x.Data; {
		case !ok: // a large orthogonal matrix
		case len(want) > len(w.Data):
			t.Fatalf("%s: %d elements, but the vector holds %d", name, len(w.Data), len(want))
		default:
			compare(t, name, 0, len(w.Data)/max(1, len(want)), w.Data, want, g.Get(t, "tol."+name))
		}
	}
}

// Updates is the number of updates that vectors go through: in a first one from a state of zeros, corrections of the
// start would hide how much a mean keeps.
const Updates = 4

// UpdatedSize is the largest number of elements of each array that they hold.
const UpdatedSize = 64

// CheckUpdates updates parameters by gradients that are drawn, a few times, and compares them, and the states of the
// optimizer, with what the reference makes of the same numbers: a sample, evenly spread.
func (g *Vectors) CheckUpdates(t testing.TB, update func(), w, grads []float32, states ...[]float32) {
	t.Helper()
	scales, ok := g.file.Tensor("updates")
	if !ok {
		t.Skipf("%s holds no updates: they take too much work; nngen verify compares", g.path)
	}
	DrawUpdate(scales.Data, 0, w)
	for k := range Updates {
		DrawUpdate(scales.Data, k+1, grads)
		update()
	}
	for i, x := range append(states, w) {
		name := fmt.Sprintf("updated.%d", i)
		want := g.Get(t, name)
		compare(t, name, 0, len(x)/max(1, len(want)), x, want, g.Get(t, "tol."+name))
	}
}

// DrawUpdate fills the parameters, for k = 0, or the gradients of update k, with numbers up to the scale of either,
// 2⁻³¹ of that being the least: the elements of a sample have sizes that are spread evenly, by multiples of the golden
// ratio, so that some are small enough for each constant of an optimizer to show, such as what is added to a root.
func DrawUpdate(scales []float32, k int, x []float32) {
	key, rule, step := Key(uint64(k), "updates"), []float32{0, scales[min(k, 1)]}, max(1, len(x)/UpdatedSize)
	for i := range x {
		x[i] = float32(math.Ldexp(float64(Uniform(key, rule, i)), -int(uint64(i/step)*0x9E3779B97F4A7C15>>59)))
	}
}

// compare holds every step-th number against the reference, the first being that of an offset in an array.
func compare(t testing.TB, name string, offset, step int, got, want, tol []float32) {
	t.Helper()
	unbounded := 0
	for i, w := range want {
		v, at := got[i*step], offset+i*step
		if math.IsInf(float64(tol[i]), 1) {
			unbounded++
		} else if diff := math.Abs(float64(v) - float64(w)); !(diff <= float64(tol[i])) {
			t.Errorf("%s[%d] = %v, the reference gives %v: difference %.3g, bound %.3g", name, at, v, w, diff, tol[i])
		}
	}
	if unbounded > 0 {
		t.Logf("%s: %d of %d numbers have no bound, and are not compared", name, unbounded, len(want))
	}
}

// SameBits reports the first element whose bits differ.
func SameBits(t testing.TB, name string, offset int, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", name, len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Errorf("%s[%d] = %v (%08x), want the bits of %v (%08x)", name, offset+i,
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
			return
		}
	}
}

// Repeat returns n numbers: those of x over and over.
func Repeat(x []float32, n int) []float32 {
	y := make([]float32, n)
	for i := range y {
		y[i] = x[i%len(x)]
	}
	return y
}

// AllocsPerRun is the least that package testing finds in three tries: on a busy machine a worker may have its first turn,
// and make its scratch space, late. Under the race detector, which allocates by itself, it skips the test.
func AllocsPerRun(t testing.TB, runs int, f func()) float64 {
	t.Helper()
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("the race detector allocates by itself")
	}
	least := testing.AllocsPerRun(runs, f)
	for range 2 {
		least = min(least, testing.AllocsPerRun(runs, f))
	}
	return least
}
