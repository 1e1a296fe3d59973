package verify

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan/plantest"
)

// readBy adds the parameters that a layer depends on.
func readBy(l *op.Layer, params map[*ir.Param]bool) {
	for _, q := range l.Params {
		params[q] = true
	}
	for _, in := range l.In {
		readBy(in, params)
	}
}

// TestEachParameterMatters changes one element of each block of 16 of each parameter of networks of whole numbers, and
// compares the predictions with those of exact arithmetic: a weight that is not read, or read in the place of another,
// shows. NNGEN_CASES tries more networks.
func TestEachParameterMatters(t *testing.T) {
	const block = 16
	_, cases := explored(6) // 27 are the turns of all kinds
	var all []*testCase
	r := rand.New(rand.NewPCG(1, 2))
	var subjects []*Subject
	for i := range cases {
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("whole_%d.yaml", i),
			[]byte(plantest.WholeSpec(1, i)))})
	}
	results, err := runScripts(t.Context(), subjects, Options{Seed: 1, Steps: 2}, func(c *testCase) {
		all = append(all, c)
		if c.whole == nil {
			t.Fatalf("no probe:\n%s", c.plain.Net.Spec.Source)
		}
		live := map[*ir.Param]bool{}
		readBy(c.plain.Net.Outputs[0].Layer, live)
		for _, q := range c.plain.Net.Params {
			if q.Role != ir.Trained || !live[q] {
				continue
			}
			for at := 0; at < q.Size(); at += block {
				c.whole[0].Flips = append(c.whole[0].Flips, flip{q.Name, at + r.IntN(min(block, q.Size()-at))})
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer results.close()
	exactCases, flips, changed := 0, 0, 0
	for i, c := range all {
		exact := c.plain.Net.Outputs[0].Layer
		if c.probes.Predictions.Values[exact] == nil {
			continue // an average over a number of elements that is no power of two
		}
		exactCases++
		for k, f := range c.whole[0].Flips {
			want := c.probes.Predictions.Flip(f.Param, f.At)
			if want == nil {
				continue // with the change it is not exact
			}
			r := &Report{}
			r.tensor(Exact, "out").equal(c.load(results.of[i][1].Flipped[k][0]), want)
			if !r.OK() {
				t.Errorf("case %d with another %s[%d]: %s\n%s", i, f.Param, f.At, r.Tensors[0].Failure, c.plain.Net.Spec.Source)
			}
			flips++
			if !slices.Equal(want, c.probes.Predictions.Values[exact]) {
				changed++
			}
		}
		r := c.check(results.of[i])
		for _, x := range r.Tensors {
			if x.Failure != "" {
				t.Errorf("case %d: %s %s: %s\n%s", i, x.Kind, x.Name, x.Failure, c.plain.Net.Spec.Source)
			}
		}
	}
	t.Logf("%d of %d networks are exact; %d of %d changes of a parameter change their predictions",
		exactCases, cases, changed, flips)
	if 5*exactCases < 3*cases || 5*changed < flips {
		t.Errorf("%d of %d networks are exact, want three in five; %d of %d changes of a parameter change predictions, "+
			"want a fifth",
			exactCases, cases, changed, flips)
	}
}
