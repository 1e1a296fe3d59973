package weights

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// fill converts the pairs.
func (m *matcher) fill() {
	for _, l := range m.layers {
		x := m.pairs[l]
		if x == nil {
			continue
		}
		all, err := m.fw.convert(l, x, m.orders)
		if err != nil {
			m.fail("layer %q and %s, paired %s: %v", l.Name, x, m.how[l], err)
			continue
		}
		for _, f := range all {
			if old, ok := m.done[f.param]; ok {
				if !slices.Equal(old.data, f.data) {
					m.fail("%s is shared, but %s and %s differ", f.param.Name, old.from[0].Name, f.from[0].Name)
				}
				continue
			}
			if how := m.how[l]; how != "by name" {
				f.what = strings.TrimPrefix(f.what+"; "+how, "; ")
			}
			m.done[f.param] = f
		}
	}
}

// result makes the table, with the constants.
func (m *matcher) result() (*Result, error) {
	r := &Result{From: m.fw.name, Params: map[string][]float32{}}
	for _, p := range m.net.Params {
		f, ok := m.done[p]
		if !ok {
			continue
		}
		if len(f.data) != p.Size() {
			return nil, fmt.Errorf("BUG: %d numbers for %s", len(f.data), p.Name)
		}
		var from []string
		for _, a := range f.from {
			from = append(from, arrayText(a))
		}
		r.Params[p.Name] = m.narrowed(p, f.data, f.from...)
		r.Table = append(r.Table, Row{strings.Join(from, ", "), paramText(p), f.what})
	}
	m.constants(r)
	for _, a := range m.left {
		r.Table = append(r.Table, Row{arrayText(a), "", "left out"})
	}
	if len(m.errs) > 0 {
		return nil, m.errs
	}
	return r, nil
}

// constants fills what no training changes and the file does not have: numbers of the spec, and those that the network
// has already.
func (m *matcher) constants(r *Result) {
	var lacking []string
	for _, p := range m.net.Params {
		current := m.Current[p.Name]
		switch _, ok := r.Params[p.Name]; {
		case ok:
		case p.Values != nil:
			r.Params[p.Name] = narrow(p.Values)
		case p.Role == ir.Constant && len(current) == p.Size():
			r.Params[p.Name] = current
			r.Table = append(r.Table, Row{"", paramText(p), "as the package has it"})
		default:
			lacking = append(lacking, p.Name)
		}
	}
	if lacking != nil {
		m.fail("nothing gives %s: the file lacks it, and the package has no weights with it; %s", strings.Join(lacking, ", "),
			"write the constants of preprocessing as rescale, add arrays of these names to the file, or fit them by nngen "+
				"train SPEC, "+
				"which begins with weights of nngen by --from FILE")
	}
}

// narrowed returns the numbers of a parameter as float32. One of the file that is finite, and infinite there, is an
// error.
func (m *matcher) narrowed(p *ir.Param, v []float64, from ...*Array) []float32 {
	out := narrow(v)
	for i, x := range v {
		if !math.IsInf(float64(out[i]), 0) || math.IsInf(x, 0) {
			continue
		}
		where := fmt.Sprintf("%s gets %v at element %s", paramText(p), x, place(i, p.Shape))
		for _, a := range from {
			j := slices.IndexFunc(a.Data, func(y float64) bool {
				return math.IsInf(float64(float32(y)), 0) && !math.IsInf(y, 0)
			})
			if j >= 0 {
				where = fmt.Sprintf("%s holds %v at element %s", arrayText(a), a.Data[j], place(j, a.Shape))
				break
			}
		}
		m.fail("%s: weights are float32, of which the largest is %.3g; train, or scale, the model so that its weights are "+
			"within that", where, math.MaxFloat32)
		break
	}
	return out
}

// place says which element of an array one is.
func place(at int, shape []int) string {
	index := make([]string, len(shape))
	for i := len(shape) - 1; i >= 0; i-- {
		index[i] = strconv.Itoa(at % shape[i])
		at /= shape[i]
	}
	return "[" + strings.Join(index, ", ") + "]"
}

func narrow(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}
