package plantest

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

// arrange appends a layer that puts numbers elsewhere, or multiplies rows, as the shape allows.
func (n *network) arrange(from node) bool {
	s := from.shape
	switch {
	case len(s) == 1 && s[0] < 12:
		steps := 1 + n.IntN(4)
		n.write("repeat_vector", from, fmt.Sprintf("n: %d", steps), ir.Shape{steps, s[0]})
	case len(s) == 2 && n.IntN(2) == 0:
		return n.dot(from)
	case len(s) == 2:
		n.write("permute", from, "dims: [2, 1]", ir.Shape{s[1], s[0]})
	case len(s) == 3 && s[0]%2 == 0 && s[1]%2 == 0:
		n.write("space_to_depth", from, "block_size: 2", ir.Shape{s[0] / 2, s[1] / 2, 4 * s[2]})
	case len(s) == 3 && s[2]%4 == 0:
		n.write("depth_to_space", from, "block_size: 2", ir.Shape{2 * s[0], 2 * s[1], s[2] / 4})
	case len(s) == 3:
		n.write("permute", from, "dims: [3, 1, 2]", ir.Shape{s[2], s[0], s[1]})
	default:
		return false
	}
	return true
}

// dot appends the products of a sequence with another that has an axis as long.
func (n *network) dot(from node) bool {
	for _, other := range n.layers {
		if len(other.shape) != 2 {
			continue
		}
		a, b := n.IntN(2), n.IntN(2)
		if from.shape[a] != other.shape[b] {
			continue
		}
		n.write("dot", node{name: fmt.Sprintf("[%s, %s]", from.name, other.name)}, fmt.Sprintf("axes: [%d, %d]", a+1, b+1),
			ir.Shape{from.shape[1-a], other.shape[1-b]})
		return true
	}
	return false
}
