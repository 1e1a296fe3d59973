package weights

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
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
