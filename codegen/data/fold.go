package data

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/rng"
	"github.com/nngen/nngen/spec"
)

// Fold is one of K parts of the training examples, held out to measure what the others are trained to. What is held out
// for testing is in none; what is held out for validation is taken from the others.
//
// Of a series, fold I of K is part I + 2 of K + 1 neighbouring ones, and only those before it are trained on: forward
// chaining, without windows whose labels reach into its own. Else examples are drawn, by class where an output has one
// class for each example, and examples of a group are in one fold.
type Fold struct {
	K, I int // I from 0
}

// foldStep is the step of the stream of splits that folds are drawn by: 0 and 1 are those of the test and the
// validation set.
const foldStep = 2

// split returns the examples of the other folds with their groups, and those of the fold.
func (f Fold) split(s fit.Set, groups []int32, src *spec.Source, network *net.Net, seed uint64) (rest,
	held fit.Set, left []int32, err error) {
	fold := make([]int, s.N)
	few := func(what string, n int) error {
		return fmt.Errorf("%s: %d folds of %s: there are no more than %d; take at most --folds %d", src.Path, f.K, what, n, n)
	}
	switch {
	case src.Series != nil:
		if s.N < f.K+1 {
			return rest, held, nil, few("a series, each behind others", max(0, s.N-1))
		}
		for i := range fold {
			fold[i] = i*(f.K+1)/s.N - 1
		}
	case groups != nil:
		names := slices.Compact(slices.Sorted(slices.Values(groups)))
		if len(names) < f.K {
			return rest, held, nil, few("groups", len(names))
		}
		rng.Perm(names, seed, net.SplitStream, foldStep)
		of := map[int32]int{}
		for i, g := range names {
			of[g] = i % f.K
		}
		for i, g := range groups {
			fold[i] = of[g]
		}
	default:
		if s.N < f.K {
			return rest, held, nil, few("examples", s.N)
		}
		f.draw(fold, s, network, seed)
	}
	var a, b []int32
	for i, k := range fold {
		switch {
		case k == f.I:
			b = append(b, int32(i))
		case src.Series == nil || k < f.I:
			a = append(a, int32(i))
			if groups != nil {
				left = append(left, groups[i])
			}
		}
	}
	if src.Series != nil {
		a = before(a, b, sharing(src.Series))
	}
	return Pick(s, a), Pick(s, b), left, nil
}

// draw gives each example a fold: the examples of a class, in random order, one after another to the folds in turn.
func (f Fold) draw(fold []int, s fit.Set, network *net.Net, seed uint64) {
	order := make([]int32, s.N)
	for i := range order {
		order[i] = int32(i)
	}
	rng.Perm(order, seed, net.SplitStream, foldStep)
	if at := slices.IndexFunc(network.Outputs, (*net.Output).Stratified); at >= 0 {
		class := func(i int32) int { return classOf(network.Outputs[at], s.Y[at], int(i)) }
		slices.SortStableFunc(order, func(i, j int32) int { return class(i) - class(j) })
	}
	for k, i := range order {
		fold[i] = k % f.K
	}
}
