package plantest

import (
	"github.com/nngen/nngen/codegen/ir"
)

// pool appends a layer that reduces, pads or enlarges what it reads, if that is an image or a sequence.
func (n *network) pool(from node) bool {
	s := from.shape
	switch {
	case len(s) == 3 && s.Size() < 400:
		return n.poolImage(from)
	case len(s) == 2 && s.Size() < 200:
		return n.poolSequence(from)
	}
	return false
}

func (n *network) poolImage(from node) bool {
	h, w, c := from.shape[0], from.shape[1], from.shape[2]
	switch n.IntN(8) {
	case 0, 1, 2:
		kind := pick(n.Rand, "max_pool2d", "average_pool2d")
		n.write(kind, from, "pool_size: 2, strides: [1, 2], padding: same", ir.Shape{h, (w + 1) / 2, c})
	case 3:
		n.write(pick(n.Rand, "global_max_pool2d", "global_average_pool2d"), from, "", ir.Shape{c})
	case 4:
		n.write("zero_padding2d", from, "padding: [[1, 0], [2, 1]]", ir.Shape{h + 1, w + 3, c})
	case 5:
		if h < 2 || w < 3 {
			return false
		}
		n.write("cropping2d", from, "cropping: [[1, 0], [1, 1]]", ir.Shape{h - 1, w - 2, c})
	default:
		n.write("up_sampling2d", from, "size: [2, 1], interpolation: "+
			pick(n.Rand, "nearest", "bilinear"), ir.Shape{2 * h, w, c})
	}
	return true
}

func (n *network) poolSequence(from node) bool {
	t, c := from.shape[0], from.shape[1]
	switch n.IntN(5) {
	case 0, 1:
		n.write(pick(n.Rand, "max_pool1d", "average_pool1d"), from,
			"pool_size: 3, strides: 2, padding: same", ir.Shape{(t + 1) / 2, c})
	case 2:
		n.write(pick(n.Rand, "global_max_pool1d", "global_average_pool1d"), from, "", ir.Shape{c})
	case 3:
		n.write("zero_padding1d", from, "padding: [0, 2]", ir.Shape{t + 2, c})
	default:
		n.write("up_sampling1d", from, "size: 2, interpolation: "+pick(n.Rand, "nearest", "bilinear"), ir.Shape{2 * t, c})
	}
	return true
}
