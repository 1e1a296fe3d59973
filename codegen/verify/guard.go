package verify

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/ref"
)

// verdict is what a package said of one example. Its field names are those of the driver.
type verdict struct {
	Unlike          bool
	Outside         int
	Distance, Limit float32
	Features        []float32
}

// drift is what a package counted over all verdicts.
type drift struct {
	Examples, Unlike, Far uint64
	Outside               []uint64
}

// drawGuard draws the constants of a guard: ranges that about two of five examples have numbers outside of, and a limit
// that the reference finds half of them beyond.
func (s *script) drawGuard(network *net.Net, source *golden.Source) {
	g := network.Guard
	fill := func(p *ir.Param, number func() float64) {
		for i := range s.Params[p.Name] {
			s.Params[p.Name][i] = float32(number())
		}
	}
	for k, in := range network.Inputs {
		if tokens := network.Tokens(in); tokens > 0 { // the last is outside where an example begins
			last := float64(tokens - 1)
			fill(g.Low[k], func() float64 { return 0 })
			fill(g.High[k], func() float64 { return last })
			s.Params[g.High[k].Name][0] = float32(last - 0.5)
			continue
		}
		// Of n numbers from −1 to 1, 1/2n each are outside on average: half a number of an example.
		share := 1 / float64(g.Low[k].Size())
		fill(g.Low[k], func() float64 { return -1 + share*source.Next() })
		fill(g.High[k], func() float64 { return 1 - share*source.Next() })
	}
	fill(g.Mean, func() float64 { return source.Next() - 0.5 })
	fill(g.Whiten, func() float64 { return 2*source.Next() - 1 })
	n := &ref.Network{Net: network, Params: map[*ir.Param][]float64{}, Seed: s.Seed}
	for _, p := range network.Params {
		n.Params[p] = vector(s.Params[p.Name])
		net.Round(p, n.Params[p])
	}
	distances := n.Distances(n.Features(n.Forward(s.batch(), false, 0)))
	slices.Sort(distances)
	fill(g.Limit, func() float64 { return distances[len(distances)/2] })
	fill(g.Rate, func() float64 { return 0.25 })
}

// checkGuard compares the verdicts of the inference package with the reference: features and distances within the bound
// of golden vectors, and what follows from them exactly, where the reference is not so near a limit that either is
// right.
func (c *testCase) checkGuard(r *Report, res result) {
	g := c.plain.Net.Guard
	if g == nil {
		return
	}
	n := c.reference(res)
	b := c.batch()
	evaluate := func() [][]float64 {
		h := n.Features(n.Forward(b, false, 0))
		return [][]float64{h, n.Distances(h)}
	}
	want := evaluate()
	others := golden.Disturbed(n, &golden.Source{Seed: c.script.Seed + 3}, disturbances, false, evaluate)
	var features, distances []float32
	for _, v := range res.Verdicts {
		features, distances = append(features, v.Features...), append(distances, v.Distance)
	}
	r.tensor(Guard, "features").compare(0, features, want[0], golden.Tolerance(want[0], golden.Column(others, 0)))
	tolerance := golden.Tolerance(want[1], golden.Column(others, 1))
	t, limit := r.tensor(Guard, "verdicts"), n.Params[g.Limit][0]
	far := r.tensor(Guard, "distances")
	counted := drift{Outside: make([]uint64, len(res.Drift.Outside))}
	for i, v := range res.Verdicts {
		t.Elements++
		by := n.Outside(b, i)
		farthest := slices.Index(by, slices.Max(by))
		if by[farthest] == 0 {
			farthest = -1
		}
		refused := farthest >= 0 && math.IsInf(float64(v.Distance), 1) // of tokens that are in no table
		if !refused {
			far.compare(i, distances[i:i+1], want[1][i:i+1], tolerance[i:i+1])
		}
		// Which of two numbers is farther may turn on the last bit of a quotient.
		tied := farthest >= 0 && v.Outside >= 0 && v.Outside < len(by) &&
			by[v.Outside] >= by[farthest]*(1-0x1p-40)
		unlike := farthest >= 0 || want[1][i] > limit
		near := farthest < 0 && math.Abs(want[1][i]-limit) <= tolerance[i]
		switch {
		case t.Failure != "":
		case v.Outside != farthest && !tied:
			t.Failure = fmt.Sprintf("example %d: number %d is farthest outside of its range, want %d", i, v.Outside, farthest)
		case v.Unlike != unlike && !near:
			t.Failure = fmt.Sprintf("example %d: unlike %t, want %t: distance %v, limit %v", i, v.Unlike, unlike, want[1][i],
				limit)
		case float64(v.Limit) != limit:
			t.Failure = fmt.Sprintf("example %d: the limit is %v, want %v", i, v.Limit, limit)
		}
		counted.add(v)
	}
	if d := res.Drift; t.Failure == "" && (d.Examples != counted.Examples || d.Unlike != counted.Unlike ||
		d.Far != counted.Far || !slices.Equal(d.Outside, counted.Outside)) {
		t.Failure = fmt.Sprintf("Drift counts %+v of verdicts that are %+v", d, counted)
	}
	t.Worst = cmp.Or(t.Worst, map[bool]float64{true: math.Inf(1)}[t.Failure != ""])
}

// add counts a verdict.
func (d *drift) add(v verdict) {
	d.Examples++
	if v.Unlike {
		d.Unlike++
	}
	if !(v.Distance <= v.Limit) {
		d.Far++
	}
	if v.Outside >= 0 && v.Outside < len(d.Outside) {
		d.Outside[v.Outside]++
	}
}
