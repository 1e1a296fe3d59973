package verify

import (
	"math"
	"strings"
	"testing"
)

// TestElementsWithoutABoundAreCounted compares elements some or all of which have an infinite bound.
func TestElementsWithoutABoundAreCounted(t *testing.T) {
	inf := math.Inf(1)
	r := &Report{}
	r.tensor(Backward, "whole").compare(0, []float32{1}, []float64{1}, []float64{1})
	some, none := r.tensor(Backward, "some"), r.tensor(Backward, "none")
	some.compare(0, []float32{1, 5}, []float64{1, 2}, []float64{1, inf})
	none.compare(0, []float32{float32(inf)}, []float64{2}, []float64{inf})
	if some.Elements != 1 || some.Unbounded != 1 || none.Elements != 0 || none.Unbounded != 1 || some.Worst != 0 {
		t.Errorf("counted %+v and %+v", some, none)
	}
	const want = "2 tensors within their bounds; not compared, since float32 bounds nothing there: " +
		"1 of 2 elements of gradient some, 1 of 1 elements of gradient none"
	if got := r.Summary(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	some.compare(1, []float32{float32(inf)}, []float64{1}, []float64{1})
	if !strings.Contains(some.Failure, "step 1, element 0") {
		t.Errorf("an infinite number within a bound is no failure: %+v", some)
	}
}

// TestATrainingThatRunsAwayIsTold: the step whose numbers float32 cannot hold is named, and those before it are compared.
func TestATrainingThatRunsAwayIsTold(t *testing.T) {
	s := load(t, "away.yaml", []byte("version: 1\nname: m\ninput: {name: x, shape: [6]}\ntask: regression\nlayers:\n"+
		"  - dense: {name: h, units: 16, activation: relu}\n  - output\noptimizer: {sgd: {lr: 0.5}}\n"))
	reports, err := Run(t.Context(), []*Subject{{Spec: s}}, Options{Seed: 1, Steps: 40})
	if err != nil {
		t.Fatal(err)
	}
	r := reports[0]
	if remarks := strings.Join(r.Remarks, "\n"); !r.OK() || !strings.Contains(remarks, "the training runs away: step ") {
		t.Errorf("fine: %t, remarks %q", r.OK(), remarks)
	}
	if loss := r.tensor(LossKind, "loss"); loss.Elements < 10 || loss.Elements > 39 {
		t.Errorf("the losses of %d steps are compared", loss.Elements)
	}
}

// TestInfinityIsAFailureWhereFloat32HoldsTheNumber: what overflows by mistake is no training that runs away.
func TestInfinityIsAFailureWhereFloat32HoldsTheNumber(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		got         float32
		want, bound float64
		overflow    bool
	}{{inf, 1e40, 1e33, true}, {-inf, -1e40, 1e33, true}, {inf, math.MaxFloat32, 1e32, true}, {inf, 1e30, 1e23, false},
		{inf, -1e40, 1e33, false}, {float32(math.NaN()), 1e40, 1e33, false}, {1, 1e40, 1e33, false}} {
		x := &Tensor{}
		if x.compare(0, []float32{c.got}, []float64{c.want}, []float64{c.bound}); x.overflow != c.overflow || x.Failure == "" {
			t.Errorf("%v for %v: overflow %t, failure %q", c.got, c.want, x.overflow, x.Failure)
		}
	}
}
