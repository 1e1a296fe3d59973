package ir

import "fmt"

// The primitives of group_norm work on the last axis and the axes of the steps before it; the axes before those are
// rows. γ and β are there as scale and center say.
var (
	GroupNormPrim = row(Prim{Name: "group_norm", Stream: StreamNever,
		Doc:   "y = (x − mean)·rstd·γ + β over all steps and the channels of a group; also mean and rstd of each group",
		Args:  -1,
		Attrs: []string{"groups int", "steps int", "scale flag", "center flag", "epsilon float"}, Optional: []int{1, 2},
		Infer: func(n *Node) ([]Shape, error) {
			x, want := n.Args[0].Shape, 1
			for _, has := range []bool{n.Bool("scale"), n.Bool("center")} {
				if has {
					want++
				}
			}
			c, steps, groups := x[len(x)-1], n.Int("steps"), n.Int("groups")
			if len(n.Args) != want || steps <= 0 || groups <= 0 || c%groups != 0 || x.Size()%(steps*c) != 0 {
				return nil, fmt.Errorf("%d arguments, %d groups and %d steps of %s", len(n.Args), groups, steps, x)
			}
			stat := Shape{N, x.Size() / (steps * c) * groups}
			return []Shape{x, stat, stat}, nil
		}})

	GroupNormGrad = row(Prim{Name: "group_norm.grad", Stream: StreamNever, NoVJP: true,
		Doc: "dx, dγ, dβ of group_norm from dy, x, mean, rstd and γ, if there is one", Args: -1,
		Attrs: []string{"groups int", "steps int"}, Optional: []int{1, 2},
		Infer: func(n *Node) ([]Shape, error) {
			if len(n.Args) < 4 || len(n.Args) > 5 {
				return nil, fmt.Errorf("%d arguments, want 4 or 5", len(n.Args))
			}
			x := n.Args[1].Shape
			c := Shape{x[len(x)-1]}
			return []Shape{x, c, c}, nil
		}})
)

func init() {
	GroupNormPrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		args := []*Value{dy[0], n.Args[0], n.Results[1], n.Results[2]}
		if n.Bool("scale") {
			args = append(args, n.Args[1])
		}
		d := b.Node(GroupNormGrad, "", args, "groups", n.Int("groups"), "steps", n.Int("steps")).Results
		grads := []*Value{d[0]}
		if n.Bool("scale") {
			grads = append(grads, d[1])
		}
		if n.Bool("center") {
			grads = append(grads, d[2])
		}
		return grads
	}
}
