package verify

import (
	"fmt"

	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/ref"
)

// checkChunks compares the gradient over all examples, cut into chunks, and the running statistics that it leaves, with
// those of the reference; and what each number of processes that may share the chunks comes to with the bits of one.
func (c *testCase) checkChunks(r *Report, res result) {
	if res.Chunked == nil {
		return
	}
	last := res.Plain.Steps[len(res.Plain.Steps)-1].After
	n := &ref.Network{Net: c.plain.Net, Params: map[*ir.Param][]float64{}, Seed: c.script.Seed, DisturbLosses: true}
	b := c.batch()
	values := func() [][]float64 {
		for _, p := range c.plain.Net.Params {
			if p.Role == ir.Running { // a gradient moves them
				n.Params[p] = vector(c.load(last[p.Name]))
			}
		}
		loss, grads := n.Chunks(b, c.plain.Net.Spec.Training.Chunks, pieceOf(c.plain.Net), 0)
		var flat, running []float64
		for _, p := range c.plain.Net.Params {
			switch p.Role {
			case ir.Trained:
				flat = append(flat, grads[p]...)
			case ir.Running:
				running = append(running, n.Params[p]...)
			}
		}
		return [][]float64{{loss}, flat, running}
	}
	for _, p := range c.plain.Net.Params {
		n.Params[p] = vector(c.load(last[p.Name]))
	}
	want := values()
	others := golden.Disturbed(n, &golden.Source{Seed: c.script.Seed + 3}, disturbances, false, values)
	alone := res.Chunked[0]
	for i, part := range []struct {
		name string
		got  []float32
	}{{"loss", []float32{float32(alone.Loss)}}, {"gradient", c.load(alone.Sums)}, {"statistics", c.running(alone.Stats)}} {
		r.tensor(Chunks, part.name).compare(0, part.got, want[i],
			golden.Tolerance(want[i], golden.Column(others, i)))
	}
	for i, several := range res.Chunked[1:] {
		name := fmt.Sprintf("%d processes", 1<<i)
		r.tensor(Bits, name+": gradient").sameBits(0, c.load(several.Sums), c.load(alone.Sums))
		r.tensor(Bits, name+": loss").sameBits(0, []float32{float32(several.Loss)}, []float32{float32(alone.Loss)})
		r.tensor(Bits, name+": statistics").sameBits(0, c.running(several.Stats), c.running(alone.Stats))
	}
}

// running returns the running statistics among arrays, one after another.
func (c *testCase) running(arrays map[string]array) (all []float32) {
	for _, p := range c.plain.Net.Params {
		if p.Role == ir.Running {
			all = append(all, c.load(arrays[p.Name])...)
		}
	}
	return all
}
