// Package pass rewrites graphs: it derives the backward pass, fuses what can be done in one sweep
// over memory, removes what nothing needs, and places values in memory.
//
// The floor exists so that lowering can stay naive and emission mechanical. A pass is a function on
// a graph; the lists below are the whole order, with the reason for each place in it. After every
// pass the graph must satisfy ir.Verify.
//
// A new pass is a file here and a place in Inference or Training, over which dump and the tests of goldens go, not over
// Forward, with testdata/pass/<name>_<case>.txtar: its part before is written by hand, NNGEN_UPDATE=1 writes the other.
// One that is only for speed does nothing if Options.Plain is set. stream.go and until.go stand outside the lists: package
// codegen calls them in between.
package pass

import (
	"fmt"
	"io"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// Pass is one rewrite.
type Pass struct {
	Name string
	Doc  string // what it does, and why it stands where it does
	Run  func(g *ir.Graph, o *Options)
}

// Options steer the passes.
type Options struct {
	// Plain leaves out the passes that are only for speed and gives each value memory of its own.
	// The result has the same bits; verification reads every value of it.
	Plain bool
	// Trace asks for the gradient of each input too.
	Trace bool
	// Workers asks for an order in which several workers may share the graph.
	Workers bool
	// Joins, if not nil, tells whether one call may compute a node and another that alone reads its result. What the node
	// reads then stays until the other is through.
	Joins func(n, reader *ir.Node) bool
	// Dump, if not nil, receives the graph after the passes that DumpPass names ("all" for each).
	Dump     io.Writer
	DumpPass string
}

// Inference is the order of passes for graphs of predictions, before a step of a stream is made of one, and before
// Forward.
var Inference = []Pass{
	foldNorm,
}

// Forward is the order of passes for graphs without gradients.
var Forward = []Pass{
	eliminate,
	fuseBias,
	fuseAct,
	phases,
	planBuffers,
}

// Training is the order of passes for graphs of a training step.
var Training = []Pass{
	autodiff,
	eliminate,
	fuseBias,
	fuseAct,
	maskPooled,
	fuseGrad,
	phases,
	planBuffers,
}

// All returns every pass once: those of Inference, then those of Training.
func All() []Pass { return slices.Concat(Inference, Training) }

// Run applies the passes in order. It panics, naming pass and place, if one leaves a graph that is
// not well-formed: that is a bug of the pass, not of the spec.
func Run(g *ir.Graph, list []Pass, o Options) {
	for _, p := range list {
		p.Run(g, &o)
		g.Renumber()
		if err := ir.Verify(g); err != nil {
			panic(fmt.Sprintf("BUG: graph %s after pass %s: %v\n%s", g.Name, p.Name, err, g))
		}
		if o.Dump != nil && (o.DumpPass == p.Name || o.DumpPass == "all") {
			fmt.Fprintf(o.Dump, "; after %s\n%s", p.Name, g)
		}
	}
}
