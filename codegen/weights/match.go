package weights

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// Options steer Match.
type Options struct {
	From string // torch or keras; "" for what the names of the arrays tell
	// Map pairs modules or arrays of the file, by name, with layers or parameters; "" leaves what it is of out.
	Map map[string]string
	// Current are parameters that the network has already: those that the file lacks and no training changes, constants
	// of preprocessing, are taken from there.
	Current map[string][]float32
}

// Row is a line of the table: what became of an array of the file, or where a parameter comes from.
type Row struct {
	Arrays string // with shapes; "" for a parameter that comes from elsewhere
	Param  string // with its shape; "" for an array that is left out
	What   string // was done
}

// Result is what Match gives.
type Result struct {
	From   string // torch, keras, scikit-learn, or nngen for a file with the names of the network
	Params map[string][]float32
	Table  []Row
}

// Errors lists all that hinders a match.
type Errors []string

func (e Errors) Error() string { return strings.Join(e, "\n") }

// Match fills the parameters of a network from the arrays of a file. Modules of the file and layers are paired as Map
// tells, then by name, then where just one pair is possible by shape, then in order, where the names of the modules
// differ by numbers alone or the file keeps the order of its program. Everything in the file is used and every
// parameter filled, or all that is left over is an error, with the pairs that were possible.
func Match(network *net.Net, f *File, o Options) (*Result, error) {
	m := &matcher{net: network, file: f, Options: o, pairs: map[*op.Layer]*module{}, how: map[*op.Layer]string{},
		done: map[*ir.Param]filled{}}
	if r, ok := m.byParameters(); ok {
		if m.errs != nil {
			return nil, m.errs
		}
		return r, nil
	}
	if err := m.framework(); err != nil {
		return nil, err
	}
	m.ownConstants()
	m.orders = orders{}
	if m.fw == torch {
		m.orders = ordersOf(network)
	}
	m.modules, m.left = modulesOf(f, m.fw)
	for _, x := range m.modules {
		m.has = append(m.has, x.String())
	}
	m.layers = layersOf(network)
	m.told()
	if m.fw == sklearn {
		m.byChain()
	} else {
		m.byName()
		m.byShape()
		m.byOrder()
	}
	m.unpaired()
	m.fill()
	if len(m.errs) > 0 {
		return nil, m.errs
	}
	return m.result()
}

type matcher struct {
	Options
	net     *net.Net
	file    *File
	fw      *framework
	orders  orders
	modules []*module
	layers  []*op.Layer
	left    []*Array
	pairs   map[*op.Layer]*module
	how     map[*op.Layer]string
	done    map[*ir.Param]filled
	has     []string // modules of the file
	single  []single // arrays that Map pairs with parameters
	errs    Errors
}

func (m *matcher) fail(format string, args ...any) {
	m.errs = append(m.errs, fmt.Sprintf(format, args...))
}

// layersOf returns the layers with parameters of their own that a training changes: of layers that share them the
// first.
func layersOf(network *net.Net) []*op.Layer {
	var all []*op.Layer
	seen := map[*ir.Param]bool{}
	for _, l := range network.Layers {
		own := false
		for _, p := range l.Params {
			own = own || !seen[p] && p.Role != ir.Constant
			seen[p] = true
		}
		if own && l.StateOf == nil {
			all = append(all, l)
		}
	}
	return all
}

// byParameters reads a file that has the names and shapes of the network itself.
func (m *matcher) byParameters() (*Result, bool) {
	byName := map[string]*Array{}
	for _, a := range m.file.Arrays {
		byName[a.Name] = a
	}
	r := &Result{From: "nngen", Params: map[string][]float32{}}
	for _, p := range m.net.Params {
		a := byName[p.Name]
		switch {
		case a == nil && p.Role == ir.Constant:
			continue
		case a == nil || !slices.Equal(a.Shape, []int(p.Shape)) || len(m.Map) > 0 || m.From != "":
			return nil, false
		}
		r.Params[p.Name] = m.narrowed(p, a.Data, a)
		r.Table = append(r.Table, Row{arrayText(a), paramText(p), ""})
		delete(byName, p.Name)
	}
	for _, a := range m.file.Arrays {
		if byName[a.Name] == nil {
			continue
		}
		if !m.isBesides(a) {
			return nil, false
		}
		r.Table = append(r.Table, Row{arrayText(a), "", "left out: the spec does not ask for it"})
	}
	m.constants(r)
	return r, true
}

// isBesides tells whether an array of nngen's own is of what a training fits beside the layers, and the spec does not
// ask for.
func (m *matcher) isBesides(a *Array) bool {
	if strings.HasPrefix(a.Name, "guard.") {
		return m.net.Guard == nil
	}
	dot := strings.LastIndexByte(a.Name, '.')
	if dot < 0 {
		return false
	}
	of, role := a.Name[:dot], a.Name[dot+1:]
	return (role == "threshold" || role == "interval" || role == "interval_factor") &&
		slices.ContainsFunc(m.net.Outputs, func(o *net.Output) bool { return o.Name == of })
}

// ownConstants takes from the file the constants that it has by the names of the network, unless Map says otherwise,
// and leaves them out of its modules.
func (m *matcher) ownConstants() {
	rest := &File{Ordered: m.file.Ordered}
	for _, a := range m.file.Arrays {
		i := slices.IndexFunc(m.net.Params, func(p *ir.Param) bool {
			return p.Name == a.Name && p.Role == ir.Constant && p.Values == nil && slices.Equal(a.Shape, []int(p.Shape))
		})
		if _, told := m.Map[a.Name]; i < 0 || told {
			rest.Arrays = append(rest.Arrays, a)
			continue
		}
		m.done[m.net.Params[i]] = filled{param: m.net.Params[i], from: []*Array{a}, data: a.Data}
	}
	m.file = rest
}

// framework settles where the file comes from.
func (m *matcher) framework() error {
	all := []*framework{torch, keras}
	if (m.From == "" || m.From == keras.name) && sklearnNames(m.file) {
		m.fw = sklearn // whose layout is that of Keras
		return nil
	}
	for _, fw := range all {
		if m.From == fw.name {
			m.fw = fw
			return nil
		}
	}
	if m.From != "" {
		return fmt.Errorf("--from %s: want torch or keras", m.From)
	}
	var found []*framework
	for _, fw := range all {
		if slices.ContainsFunc(m.file.Arrays, func(a *Array) bool {
			p := pieces(a.Name)
			return len(p) > 0 && (slices.Contains(fw.marks, p[len(p)-1]) || fw == torch && cellArray.MatchString(p[len(p)-1]))
		}) {
			found = append(found, fw)
		}
	}
	if len(found) != 1 {
		return errors.New("the names of the arrays do not tell which framework they come from: add --from torch or " +
			"--from keras")
	}
	m.fw = found[0]
	return nil
}

func withoutOnes(shape []int) []int {
	return slices.DeleteFunc(slices.Clone(shape), func(d int) bool { return d == 1 })
}

func (m *matcher) pair(l *op.Layer, x *module, how string) {
	m.pairs[l], m.how[l] = x, how
}

// free returns the layers and modules that have no partner.
func (m *matcher) free() (layers []*op.Layer, modules []*module) {
	taken := map[*module]bool{}
	for _, x := range m.pairs {
		taken[x] = true
	}
	for _, l := range m.layers {
		whole := true
		for _, p := range l.Params {
			_, ok := m.done[p]
			whole = whole && ok
		}
		if m.pairs[l] == nil && !whole {
			layers = append(layers, l)
		}
	}
	for _, x := range m.modules {
		if !taken[x] {
			modules = append(modules, x)
		}
	}
	return layers, modules
}

// byName pairs a layer with the module that has its name, or whose path ends with it.
func (m *matcher) byName() {
	layers, modules := m.free()
	byAlias := map[string][]*module{}
	for _, x := range modules {
		for i, a := range x.aliases() {
			if i == 0 && a != "" { // the whole path counts before its ends
				byAlias[a] = append([]*module{x}, byAlias[a]...)
				continue
			}
			byAlias[a] = append(byAlias[a], x)
		}
	}
	taken := map[*module]bool{}
	for _, l := range layers {
		name := plainName(l.Name)
		found := slices.DeleteFunc(slices.Clone(byAlias[name]), func(x *module) bool { return taken[x] })
		if len(found) == 0 {
			continue
		}
		if whole := found[0].aliases()[0] == name; whole || len(found) == 1 {
			taken[found[0]] = true
			m.pair(l, found[0], "by name")
		}
	}
}

// fits tells whether a module can be a layer.
func (m *matcher) fits(l *op.Layer, x *module) bool {
	_, err := m.fw.convert(l, x, m.orders)
	return err == nil
}

// byShape pairs layers and modules that have just one possible partner.
func (m *matcher) byShape() {
	for again := true; again; {
		again = false
		layers, modules := m.free()
		for _, l := range layers {
			if c := slices.DeleteFunc(slices.Clone(modules), func(x *module) bool { return !m.fits(l, x) }); len(c) == 1 {
				rivals := 0
				for _, r := range layers {
					if m.fits(r, c[0]) {
						rivals++
					}
				}
				if rivals == 1 {
					m.pair(l, c[0], "by shape")
					again = true
					break
				}
			}
		}
	}
}

// byOrder pairs layers and modules that could be exchanged for one another, in their order, where there are as many of
// both and the order of the modules means something.
func (m *matcher) byOrder() {
	layers, modules := m.free()
	for len(layers) > 0 {
		first := layers[0]
		same := slices.DeleteFunc(slices.Clone(modules), func(x *module) bool { return !m.fits(first, x) })
		rivals := slices.DeleteFunc(slices.Clone(layers), func(l *op.Layer) bool {
			return len(same) == 0 || slices.ContainsFunc(modules,
				func(x *module) bool { return m.fits(l, x) != slices.Contains(same, x) })
		})
		layers = slices.DeleteFunc(layers, func(l *op.Layer) bool { return l == first || slices.Contains(rivals, l) })
		if len(same) != len(rivals) || len(same) == 0 {
			continue
		}
		how := "by order of numbers"
		if slices.ContainsFunc(same,
			func(x *module) bool { return withoutDigits(x.String()) != withoutDigits(same[0].String()) }) {
			if !m.file.Ordered {
				continue
			}
			how = "by order in the file"
		} else {
			slices.SortFunc(same, func(a, b *module) int { return compareNatural(a.String(), b.String()) })
		}
		for i, l := range rivals {
			m.pair(l, same[i], how)
		}
	}
}
