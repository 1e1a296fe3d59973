package plantest

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

// conv appends a convolution of an image or a sequence.
func (n *network) conv(from node) bool {
	switch len(from.shape) {
	case 2:
		n.conv1d(from)
	case 3:
		n.conv2d(from)
	default:
		return false
	}
	return true
}

// along draws size, stride and dilation of a filter, and padding, for an axis. It returns the extent of the output.
func (n *network) along(extent int, mode string) (size, stride, dilation, out int, pads [2]int) {
	size, stride, dilation = 1+n.IntN(4), 1+n.IntN(2), 1
	if n.IntN(4) == 0 {
		dilation = 2
	}
	pads = [2]int{n.IntN(3), n.IntN(3)}
	span := func() int { return (size-1)*dilation + 1 }
	switch mode {
	case "same":
		return size, stride, dilation, (extent + stride - 1) / stride, pads
	case "causal":
		return size, stride, dilation, (extent-1)/stride + 1, pads
	case "valid":
		pads = [2]int{}
	}
	for span() > extent+pads[0]+pads[1] {
		size--
	}
	if stride > extent+pads[0]+pads[1] {
		stride = 1
	}
	return size, stride, dilation, (extent+pads[0]+pads[1]-span())/stride + 1, pads
}

func (n *network) conv1d(from node) {
	mode := pick(n.Rand, "same", "valid", "causal", "")
	k, s, d, out, pads := n.along(from.shape[0], mode)
	if mode == "" {
		mode = list(pads[:])
	}
	groups, filters := n.groups(from.shape[1])
	n.write("conv1d", from,
		fmt.Sprintf("filters: %d, kernel_size: %d, strides: %d, dilation_rate: %d, padding: %s, groups: %d%s", filters, k, s,
			d, mode, groups, n.weights("kernel")),
		ir.Shape{out, filters})
}

// groups draws groups that divide the channels, and filters.
func (n *network) groups(channels int) (groups, filters int) {
	groups = 1
	if n.IntN(3) == 0 {
		for g := 2; g <= channels; g++ {
			if channels%g == 0 {
				groups = g
				break
			}
		}
	}
	return groups, groups * (1 + n.IntN(pick(n.Rand, 3, 3, 20)))
}

// weights draws attributes of the weights, whose initializers and regularizers begin with name.
func (n *network) weights(name string) string {
	return pick(n.Rand, "", ", activation: relu", ", activation: tanh",
		", activation: {leaky_relu: 0.1}", ", use_bias: false") +
		pick(n.Rand, "", fmt.Sprintf(", %s_regularizer: {l2: 0.1}", name), fmt.Sprintf(", %s_initializer: he_normal", name))
}

func (n *network) conv2d(from node) {
	c := from.shape[2]
	mode := pick(n.Rand, "same", "valid", "")
	kh, sh, dh, oh, ph := n.along(from.shape[0], mode)
	kw, sw, dw, ow, pw := n.along(from.shape[1], mode)
	if mode == "" {
		mode = fmt.Sprintf("[%s, %s]", list(ph[:]), list(pw[:]))
	}
	window := fmt.Sprintf("kernel_size: [%d, %d], strides: [%d, %d], dilation_rate: [%d, %d]", kh, kw, sh, sw, dh, dw)
	groups, filters := n.groups(c)
	norm := pick(n.Rand, "", "", ", max_norm: 0.7")
	switch n.IntN(6) {
	case 0:
		m := 1 + n.IntN(3)
		n.write("depthwise_conv2d", from, fmt.Sprintf("%s, padding: %s, depth_multiplier: %d%s%s", window, mode, m,
			n.weights("depthwise"), norm), ir.Shape{oh, ow, c * m})
	case 1:
		n.write("separable_conv2d", from, fmt.Sprintf("filters: %d, %s, padding: %s, depth_multiplier: %d%s%s", filters,
			window, mode, 1+n.IntN(2), n.weights("pointwise"), norm), ir.Shape{oh, ow, filters})
	case 2:
		if mode != "same" {
			oh, ow, mode = (from.shape[0]-1)*sh+max((kh-1)*dh+1, sh), (from.shape[1]-1)*sw+max((kw-1)*dw+1, sw), "valid"
		} else {
			oh, ow = from.shape[0]*sh, from.shape[1]*sw
		}
		n.write("conv2d_transpose", from, fmt.Sprintf("filters: %d, %s, padding: %s, groups: %d%s", filters, window, mode,
			groups, n.weights("kernel")), ir.Shape{oh, ow, filters})
	default:
		n.write("conv2d", from, fmt.Sprintf("filters: %d, %s, padding: %s, groups: %d%s%s", filters, window, mode, groups,
			n.weights("kernel"), norm), ir.Shape{oh, ow, filters})
	}
}
