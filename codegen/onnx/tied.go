package onnx

import (
	"fmt"
	"slices"
	"strings"
)

// A model may have one number where the spec has one for each feature: a scale for each group of channels. Training
// would move those apart, and then they had no place in the model's file; so such layers are not trained, which is
// said. Where the numbers are those that change nothing, there are none.

// tied is why the numbers of a layer stay together: "" where each has a place of its own.
type tied string

const eachOfMany tied = "the model has a scale for each group of channels, the layer one for each channel"

const nowhere tied = "the model has no factors and summands there"

// settleTied freezes the layers whose numbers are tied still, once what stands behind them has gone into them.
func (im *importer) settleTied() {
	for _, l := range im.layers {
		// What stands behind them may have gone into them.
		l.made = slices.DeleteFunc(l.made, func(role string) bool {
			p := l.param(role)
			return p == nil || !uniform(p.data) && !strings.HasSuffix(role, "kernel") ||
				role == "gamma" && !l.does(role, 1) || role == "beta" && !l.does(role, 0)
		})
		switch {
		case l.tied == "" && len(l.made) > 0 && len(l.made) == len(l.params):
			l.tied = nowhere
			l.set("trainable", false)
		case l.tied == "":
		case len(l.origin) > 1: // a scale for each channel went into it
			l.tied = ""
		case l.kind == "group_norm" && l.does("gamma", 1) && l.does("beta", 0):
			l.tied, l.params = "", nil
			l.set("center", false)
			l.set("scale", false)
		default:
			l.set("trainable", false)
		}
	}
}

// does tells whether all numbers of a parameter are v.
func (l *layer) does(role string, v float64) bool {
	p := l.param(role)
	return p != nil && uniform(p.data) && p.data[0] == v
}

// remarkTied says which layers are not trained, once they have names.
func (im *importer) remarkTied() {
	for _, l := range im.layers {
		if l.tied != "" {
			im.remark(fmt.Sprintf("layer %q is not trained: %s; without trainable: false it is, "+
				"and export --into has no place for its numbers",
				l.name, l.tied))
		} else if len(l.made) > 0 {
			im.remark(fmt.Sprintf("layer %q has %s, which the model has not: once a training changes that, export --into has "+
				"no place for it; trainable: false keeps the layer as it is", l.name, strings.Join(l.made, " and ")))
		}
	}
}
