package weights

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// unpaired tells of layers and modules without a partner, with those that fit.
func (m *matcher) unpaired() {
	layers, modules := m.free()
	taken := map[*module]bool{} // by examples
	for _, l := range layers {
		var able []*module
		var near []string
		for _, x := range modules {
			_, err := m.fw.convert(l, x, m.orders)
			if err == nil {
				able = append(able, x)
			} else if len(x.arrays) > 0 {
				near = append(near, fmt.Sprintf("%s does not fit: %v", x, err))
			}
		}
		about := fmt.Sprintf("layer %q (%s, %s)", l.Name, l.Def.Kind.Name, paramsText(l))
		switch {
		case len(able) > 1:
			m.fail("%s: %d modules of the file fit, and neither names nor order tell which: %s; say by --map %s=%s", about,
				len(able), list(able), able[0], l.Name)
		case len(able) == 1:
			m.fail("%s: %s fits, but other layers too; say by --map %s=%s", about, able[0], able[0], l.Name)
		case len(modules) == 0:
			m.fail("%s: nothing of the file is left for it", about)
		default:
			slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
			m.fail("%s: no module of the file fits; %s%s", about, strings.Join(near[:min(3, len(near))], "; "),
				example(l, modules, taken))
		}
	}
	if len(layers) == 0 {
		for _, x := range modules {
			if m.twin(x) {
				for _, role := range slices.Sorted(maps.Keys(x.arrays)) {
					m.left = append(m.left, x.arrays[role])
				}
				continue
			}
			if m.normalizes(x) {
				m.fail("%s", m.lost(x))
				continue
			}
			m.fail("%s (%s) of the file has no layer that is without weights; leave it out by --map %s=", x, x.shapes(), x)
		}
	}
}

// example says how --map pairs arrays whose names tell no role with the parameters of a layer, by those of as many
// numbers, but for those that are taken by others; "" if there are none.
func example(l *op.Layer, modules []*module, taken map[*module]bool) string {
	var pairs []string
	for _, p := range l.Params {
		i := slices.IndexFunc(modules, func(x *module) bool {
			a := x.arrays[""]
			return !taken[x] && a != nil && len(a.Data) == p.Size() && len(a.Shape) == len(p.Shape)
		})
		if i >= 0 && p.Role != ir.Constant {
			taken[modules[i]] = true
			pairs = append(pairs, modules[i].arrays[""].Name+"="+p.Name)
		}
	}
	if pairs == nil {
		return ""
	}
	return "; where names of arrays do not tell, --map ARRAY=PARAMETER does, as --map " + strings.Join(pairs, ",")
}

// normalizes tells whether a module holds the statistics of a batch norm, whose loss changes what the network gives.
func (m *matcher) normalizes(x *module) bool {
	return slices.ContainsFunc(m.fw.running, func(role string) bool { return x.arrays[role] != nil })
}

// lost says what becomes of a batch norm that no layer is for.
func (m *matcher) lost(x *module) string {
	return fmt.Sprintf("%s (%s) of the file is a batch norm, and the spec has none for it: "+
		"without its statistics the network gives other numbers; where an exporter folded it into the layer before, "+
		"take the weights from nngen import of that model, or else put batch_norm into the spec", x, x.shapes())
}

// twin tells whether each array of a module is there a second time under a name that has a layer: frameworks write
// shared weights once for each of their names.
func (m *matcher) twin(x *module) bool {
	for _, a := range x.arrays {
		if !slices.ContainsFunc(slices.Collect(maps.Values(m.pairs)), func(y *module) bool {
			return slices.ContainsFunc(slices.Collect(maps.Values(y.arrays)), func(b *Array) bool {
				return slices.Equal(a.Shape, b.Shape) && slices.Equal(a.Data, b.Data)
			})
		}) {
			return false
		}
	}
	return true
}

func arrayText(a *Array) string { return a.Name + " " + shapeText(a.Shape) }

func paramText(p *ir.Param) string { return p.Name + " " + shapeText(p.Shape) }

func paramsText(l *op.Layer) string {
	var all []string
	for _, p := range l.Params {
		all = append(all, p.Name[strings.LastIndexByte(p.Name, '.')+1:]+" "+shapeText(p.Shape))
	}
	return strings.Join(all, ", ")
}

func names(layers []*op.Layer) string {
	var all []string
	for _, l := range layers {
		all = append(all, l.Name)
	}
	return strings.Join(all, ", ")
}

func list(modules []*module) string {
	var all []string
	for i, x := range modules {
		if i == 12 {
			all = append(all, fmt.Sprintf("and %d more", len(modules)-i))
			break
		}
		all = append(all, fmt.Sprintf("%s (%s)", x, x.shapes()))
	}
	return strings.Join(all, ", ")
}
