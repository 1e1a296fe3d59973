package plan

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/nngen/nngen/asm/made"
)

// measuredText is the table of measurements by which `kernels: auto` decides, as `nngen bench kernels --table` prints
// it.
//
//go:embed measured.txt
var measuredText string

// measured is a row of the table, of a perceptron of three layers of one width: the time with kernels of the library
// divided by that with made ones, of one prediction and of a batch.
type measured struct {
	width      int
	one, batch float64
}

// linear and curved are the activations of the table: of networks whose products do all in their last step, and of
// those that have functions behind them.
const linear, curved = "relu", "tanh"

// measurements returns the table by activation, the widths of each rising.
var measurements = sync.OnceValue(func() map[string][]measured { return parseMeasurements(measuredText) })

// parseMeasurements reads a table. It panics if the table is none, or is not whole.
func parseMeasurements(text string) map[string][]measured {
	all := map[string][]measured{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var m measured
		var activation string
		_, err := fmt.Sscan(line, &activation, &m.width, &m.one, &m.batch)
		rows := all[activation]
		if err != nil || !(m.one > 0 && m.batch > 0) || len(rows) > 0 && rows[len(rows)-1].width >= m.width {
			panic(fmt.Sprintf("BUG: measured.txt: %q: %v", line, err))
		}
		all[activation] = append(all[activation], m)
	}
	for _, activation := range []string{linear, curved} {
		for _, whole := range []bool{false, true} {
			if len(alike(all[activation], whole)) == 0 {
				panic("BUG: measured.txt has too few rows of " + activation)
			}
		}
	}
	return all
}

// wholePanels tells whether a layer of a width is one of whole panels of weights, in which the library has no edges.
func wholePanels(width int) bool {
	const panel = 16 // columns, as package gemm of the runtime packs them
	return width%panel == 0
}

// alike returns the rows of layers of whole panels, or the others.
func alike(rows []measured, whole bool) []measured {
	return slices.DeleteFunc(slices.Clone(rows), func(m measured) bool { return wholePanels(m.width) != whole })
}

// at returns the row of a width, from those of widths like it: what lies between two measured ones in proportion, what
// lies beyond as the nearest.
func at(rows []measured, width int) measured {
	rows = alike(rows, wholePanels(width))
	for i, m := range rows {
		switch {
		case width == m.width || width < m.width && i == 0:
			return m
		case width < m.width:
			a := rows[i-1]
			share := float64(width-a.width) / float64(m.width-a.width)
			return measured{width, a.one + share*(m.one-a.one), a.batch + share*(m.batch-a.batch)}
		}
	}
	return rows[len(rows)-1]
}

// gains returns by what factor made kernels should be faster than those of the library, at one prediction and at a
// batch: Σ work / Σ (work / factor of the layer), each layer having the factor of a perceptron of its units, and its
// multiply-adds as work.
func gains(net *made.Net, table map[string][]measured) (one, batch float64) {
	activation := linear
	if slices.ContainsFunc(net.Ops, func(o made.Op) bool { return o.Kind == made.Map }) {
		activation = curved
	}
	work, madeOne, madeBatch := 0.0, 0.0, 0.0
	for _, o := range net.Ops {
		if o.Kind == made.Dense {
			m, w := at(table[activation], o.Size), float64(o.Size*o.Terms)
			work, madeOne, madeBatch = work+w, madeOne+w/m.one, madeBatch+w/m.batch
		}
	}
	if work == 0 { // no dense layer, of which the table has nothing: made kernels spare the calls between layers
		return 1, 1
	}
	return work / madeOne, work / madeBatch
}

// pays tells whether made kernels are the faster ones, all in all: whether the geometric mean of both factors is at
// least 1.
func pays(net *made.Net) bool {
	one, batch := gains(net, measurements())
	return one*batch >= 1
}
