package plantest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// WholeSpec returns the text of random spec i of a seed whose every layer is exact on whole numbers: dense layers, some
// masked or shared, rectifiers, joins, and cases of kinds that have a cell Exact, by turns.
func WholeSpec(seed uint64, i int) string {
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	n := &network{Rand: r}
	kinds := slices.DeleteFunc(op.All(), func(d *op.Def) bool {
		return d.Exact == nil || d.Far || len(d.Cases) == 0 || d == op.BatchNorm || d == op.UnitNorm ||
			strings.Contains(d.Kind.Name, "dropout") || strings.HasPrefix(d.Kind.Name, "gaussian")
	})
	// Averages, of which few are exact, stand side by side in the alphabet.
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(kinds), func(a, b int) { kinds[a], kinds[b] = kinds[b], kinds[a] })
	var turns []turn
	for k := range 3 {
		d := kinds[(3*i+k)%len(kinds)]
		turns = append(turns, turn{d, pick(r, d.Cases...)})
	}
	in := node{name: "x", shape: ir.Shape{3 + r.IntN(6)}}
	fmt.Fprintf(&n.b, "version: 1\nname: m\ninputs:\n  - {name: x, shape: %s}\n", list(in.shape))
	n.layers = append(n.layers, in)
	for k, c := range turns {
		if c.Tokens != nil {
			fmt.Fprintf(&n.b, "  - {name: tokens%d, shape: %s}\n", k, list(c.In[0]))
		}
	}
	n.b.WriteString("layers:\n")
	for range 2 {
		n.write("dense", n.flat(), fmt.Sprintf("units: %d%s", 2+r.IntN(7),
			pick(r, "", ", activation: relu", ", use_bias: false", ", sparsity: {density: {density: 0.6, seed: 3}}")),
			ir.Shape{1})
		l := &n.layers[len(n.layers)-1]
		fmt.Sscanf(n.b.String()[strings.LastIndex(n.b.String(), "units: "):], "units: %d", &l.shape[0])
	}
	n.turns(turns)
	last := n.layers[len(n.layers)-1]
	fmt.Fprintf(&n.b,
		"  - output: {name: out, from: %s, task: regression, standardize: false}\ntraining: {batch_size: 8}\n", last.name)
	return n.b.String()
}
