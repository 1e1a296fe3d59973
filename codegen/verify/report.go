package verify

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/nngen/nngen/codegen/golden"
)

// Kind tells what a compared tensor is.
type Kind string

// The kinds of tensors.
const (
	Forward   Kind = "forward"   // a layer's output
	Backward  Kind = "gradient"  // of a layer's output or an input
	Parameter Kind = "parameter" // the gradient of a parameter
	State     Kind = "state"     // a parameter or optimizer state after a step
	LossKind  Kind = "loss"
	Initial   Kind = "initial" // initial values of a parameter
	Bits      Kind = "bits"    // the shipped code against the plain one
	Fits      Kind = "fits"    // whole trainings by several workers against one by one worker
	Pieces    Kind = "pieces"  // the gradient of a batch that is worked off in several pieces
	// Chunks is the gradient of a batch that is cut into chunks, by one process and by several.
	Chunks Kind = "chunks"
	// Prediction is the output of the inference package.
	Prediction Kind = "prediction"
	// Differences compares the reference with central differences of its own objective.
	Differences Kind = "differences"
	// Directions does so along a direction in which every element of a parameter takes part.
	Directions Kind = "directions"
	// Exact is a tensor of whole numbers, which must equal exact arithmetic: see golden.Probe.
	Exact Kind = "exact"
	// Guard is what tells examples that are unlike the training data: features, distances, and verdicts on examples.
	Guard Kind = "guard"
	// Integers is an output of the package of 8-bit integers, against a reference in integers of any size.
	Integers Kind = "integers"
	// MaxError is an output with the trained weights, on inputs that are searched for large errors, against the bound
	// of these.
	MaxError Kind = "max error"
)

// Tensor is the comparison of one tensor, over all steps.
type Tensor struct {
	Kind     Kind
	Name     string
	Elements int
	// Left counts those of Differences and Directions that were left out, since the objective has a kink there.
	Left int
	// Unbounded counts the elements that were not compared, since their bound is infinite.
	Unbounded int
	MaxULP    float64 // largest difference in units of the last place of the reference
	MaxRel    float64 // largest difference relative to the reference
	MaxBound  float64 // bound at the element that comes closest to its bound
	Worst     float64 // largest difference relative to its bound: more than 1 is a failure
	Failure   string  // the first element beyond its bound; "" if there is none
	// overflow says that an element is infinite where the reference is beyond float32.
	overflow bool
}

// Report is the result for one network.
type Report struct {
	Name    string
	Tensors []*Tensor
	Exact   string // says what is compared with exact arithmetic
	// Kinds says the same of the gradients of parameters, by the kind of their layers.
	Kinds   []golden.KindCoverage
	Remarks []string
}

// OK tells whether everything was within its bound.
func (r *Report) OK() bool {
	for _, t := range r.Tensors {
		if t.Failure != "" {
			return false
		}
	}
	return true
}

// Summary says how many tensors were within their bounds, and which have elements without one.
func (r *Report) Summary() string {
	within, without := 0, []string(nil)
	for _, t := range r.Tensors {
		if t.Elements > 0 || t.Unbounded == 0 {
			within++
		}
		if t.Unbounded > 0 {
			without = append(without, fmt.Sprintf("%d of %d elements of %s %s", t.Unbounded, t.Elements+t.Unbounded, t.Kind,
				t.Name))
		}
	}
	text := fmt.Sprintf("%d tensors within their bounds", within)
	if without != nil {
		text += fmt.Sprintf("; not compared, since float32 bounds nothing there: %s", strings.Join(without, ", "))
	}
	return text
}

// tensor returns the row for a tensor, made at first use.
func (r *Report) tensor(kind Kind, name string) *Tensor {
	for _, t := range r.Tensors {
		if t.Kind == kind && t.Name == name {
			return t
		}
	}
	t := &Tensor{Kind: kind, Name: name}
	r.Tensors = append(r.Tensors, t)
	return t
}

// compare counts one computed array; bound holds the largest difference allowed for each element.
func (t *Tensor) compare(step int, got []float32, want, bound []float64) {
	if len(got) != len(want) {
		t.Failure = fmt.Sprintf("step %d: %d elements, want %d", step, len(got), len(want))
		t.Worst = math.Inf(1)
		return
	}
	for i, w := range want {
		if math.IsInf(bound[i], 1) {
			t.Unbounded++
			continue
		}
		t.Elements++
		diff := math.Abs(float64(got[i]) - w)
		t.overflow = t.overflow ||
			math.IsInf(float64(got[i]), 0) && float64(got[i])*w > 0 && math.Abs(w)+bound[i] > math.MaxFloat32
		if math.IsNaN(w) && math.IsNaN(float64(got[i])) || float64(got[i]) == w {
			diff = 0
		}
		t.MaxULP = max(t.MaxULP, diff/ulp(w))
		if w != 0 {
			t.MaxRel = max(t.MaxRel, diff/math.Abs(w))
		}
		ratio := diff / bound[i]
		if diff == 0 {
			ratio = 0
		}
		if ratio > t.Worst || math.IsNaN(ratio) {
			t.Worst, t.MaxBound = ratio, bound[i]
		}
		if !(diff <= bound[i]) && t.Failure == "" {
			t.Failure = fmt.Sprintf("step %d, element %d: got %v, want %v, difference %.3g, bound %.3g", step,
				i, got[i], w, diff, bound[i])
		}
	}
}

// join takes in the comparison of the same tensor in further steps.
func (t *Tensor) join(more *Tensor) {
	t.Elements, t.Left, t.Unbounded = t.Elements+more.Elements, t.Left+more.Left, t.Unbounded+more.Unbounded
	t.MaxULP, t.MaxRel = max(t.MaxULP, more.MaxULP), max(t.MaxRel, more.MaxRel)
	if more.Worst > t.Worst || math.IsNaN(more.Worst) {
		t.Worst, t.MaxBound = more.Worst, more.MaxBound
	}
	t.Failure = cmp.Or(t.Failure, more.Failure)
}

// sameBits counts two computed arrays that must agree in every bit.
func (t *Tensor) sameBits(step int, got, want []float32) {
	if len(got) != len(want) {
		t.Failure = fmt.Sprintf("step %d: %d elements, want %d", step, len(got), len(want))
		return
	}
	t.Elements += len(got)
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) && t.Failure == "" {
			t.Failure = fmt.Sprintf("step %d, element %d: shipped code gives %v (%08x), plain code %v (%08x)", step, i,
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

// ulp returns the distance of neighbouring float32 numbers at |x|.
func ulp(x float64) float64 {
	f := float32(math.Abs(x))
	if math.IsInf(float64(f), 0) || math.IsNaN(x) {
		return math.Inf(1)
	}
	return float64(math.Nextafter32(f, float32(math.Inf(1)))) - float64(f)
}
