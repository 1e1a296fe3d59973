package plantest

import (
	"fmt"
)

// normed appends a linear layer with a batch norm behind it, which predictions fold into it, and mostly an activation.
func (n *network) normed(from node) bool {
	if len(from.shape) == 1 {
		units := 1 + n.IntN(20)
		from = n.write("dense", from, fmt.Sprintf("units: %d, use_bias: %t", units, n.IntN(2) == 0),
			append(from.shape[:0:0], units))
	} else {
		n.conv(from)
		from = n.layers[len(n.layers)-1]
	}
	from = n.write("batch_norm", from, "epsilon: 0.01", from.shape)
	if act := pick(n.Rand, "relu", "tanh", ""); act != "" {
		n.write(act, from, "", from.shape)
	}
	return true
}
