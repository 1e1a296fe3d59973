package weights

import (
	"maps"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// told pairs what Map says.
func (m *matcher) told() {
	for _, from := range slices.Sorted(maps.Keys(m.Map)) {
		to := m.Map[from]
		i := slices.IndexFunc(m.modules, func(x *module) bool { return x.String() == strings.Join(pieces(from), ".") })
		k := slices.IndexFunc(m.layers, func(l *op.Layer) bool { return l.Name == to })
		if i < 0 || k < 0 && m.isParam(to) && m.modules[i].arrays[""] != nil {
			m.toldArray(from, to)
			continue
		}
		x := m.modules[i]
		m.modules = slices.Delete(m.modules, i, i+1)
		if to == "" && m.normalizes(x) {
			m.fail("--map %s=: %s", from, m.lost(x))
			continue
		}
		if to == "" {
			for _, role := range slices.Sorted(maps.Keys(x.arrays)) {
				m.left = append(m.left, x.arrays[role])
			}
			continue
		}
		if k < 0 {
			m.fail("--map %s=%s: the network has no layer %q with parameters; it has %s", from, to, to, names(m.layers))
			continue
		}
		m.pair(m.layers[k], x, "as told")
	}
	m.toldLayers()
}

// isParam tells whether the network has a parameter of a name.
func (m *matcher) isParam(name string) bool {
	return slices.ContainsFunc(m.net.Params, func(p *ir.Param) bool { return p.Name == name })
}

// toldArray notes the parameter of a single array, or leaves it out.
func (m *matcher) toldArray(from, to string) {
	for i, x := range m.modules {
		for role, a := range x.arrays {
			if a.Name != from {
				continue
			}
			if to == "" && slices.Contains(m.fw.running, role) {
				m.fail("--map %s=: %s", from, m.lost(x))
				return
			}
			delete(x.arrays, role)
			if len(x.arrays) == 0 {
				m.modules = slices.Delete(m.modules, i, i+1)
			}
			if to == "" {
				m.left = append(m.left, a)
				return
			}
			k := slices.IndexFunc(m.net.Params, func(p *ir.Param) bool { return p.Name == to })
			if k < 0 {
				m.fail("--map %s=%s: the network has no parameter %q", from, to, to)
				return
			}
			m.single = append(m.single, single{role, a, m.net.Params[k]})
			return
		}
	}
	m.fail("--map %s=%s: the file has no array or module %q; it has %s", from, to, from, strings.Join(m.has, ", "))
}

// single is an array that Map pairs with a parameter.
type single struct {
	role  string // "" if the name of the array says none
	array *Array
	param *ir.Param
}

// toldLayers fills the parameters of single arrays. If a layer's arrays are all that the framework has for it, they are
// changed as those of a module; others have the layout of the parameter, and what the framework keeps in
// another one is refused, since a square matrix does not tell.
func (m *matcher) toldLayers() {
	for len(m.single) > 0 {
		at := slices.IndexFunc(m.net.Layers, func(l *op.Layer) bool { return slices.Contains(l.Params, m.single[0].param) })
		if at < 0 { // beside the layers, as the limits of a guard
			m.toldAsIs(m.single[0])
			m.single = m.single[1:]
			continue
		}
		l := m.net.Layers[at]
		x := &module{path: []string{l.Name}, arrays: map[string]*Array{}}
		to := map[*Array]*ir.Param{}
		var own []single
		m.single = slices.DeleteFunc(m.single, func(s single) bool {
			if !slices.Contains(l.Params, s.param) {
				return false
			}
			if s.role == "" {
				s.role = m.fw.roleOf(l, s.param, m.orders)
			}
			own = append(own, s)
			x.arrays[s.role], to[s.array] = s.array, s.param
			return true
		})
		whole, err := m.fw.convert(l, x, m.orders)
		asTold := func(f filled) bool { return len(f.from) == 1 && to[f.from[0]] == f.param }
		if err == nil && len(x.arrays) == len(own) && !slices.ContainsFunc(whole, func(f filled) bool { return !asTold(f) }) {
			for _, f := range whole {
				f.what = strings.TrimPrefix(f.what+"; as told", "; ")
				m.done[f.param] = f
			}
			continue
		}
		if err != nil && len(x.arrays) == len(own) && !slices.ContainsFunc(l.Params, func(p *ir.Param) bool {
			return p.Role != ir.Constant && !slices.ContainsFunc(own, func(s single) bool { return s.param == p })
		}) {
			m.fail("layer %q and the arrays that --map pairs with it: %v; %s", l.Name, err, m.fw.layout)
			continue
		}
		for _, s := range own {
			a, p := s.array, s.param
			last := s.role[strings.LastIndexByte(s.role, '.')+1:]
			if len(withoutOnes(p.Shape)) > 1 && slices.Contains(m.fw.roles, last) {
				m.fail("--map %s=%s: a %s may have another layout than %s; pair the module with layer %q, or all arrays of "+
					"the layer",
					a.Name, p.Name, last, p.Name, l.Name)
				continue
			}
			m.toldAsIs(s)
		}
	}
}

// toldAsIs fills a parameter with an array that has its shape.
func (m *matcher) toldAsIs(s single) {
	a, p := s.array, s.param
	if len(a.Data) != p.Size() || !slices.Equal(withoutOnes(a.Shape), withoutOnes(p.Shape)) {
		m.fail("--map %s=%s: %s is %s, want %s", a.Name, p.Name, a.Name, shapeText(a.Shape), shapeText(p.Shape))
		return
	}
	m.done[p] = filled{p, []*Array{a}, a.Data, "as told"}
}
