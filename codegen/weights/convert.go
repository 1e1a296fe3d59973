package weights

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// framework is where a file comes from.
type framework struct {
	name    string
	roles   []string // last pieces of the names of arrays
	ignored []string // those that no network needs
	marks   []string // roles that only this framework has
	running []string // roles of what a batch norm took from the training rows
	layout  string   // of the matrix of a dense layer
	kinds   map[string]func(c *conversion)
}

// conversion fills the parameters of a layer from a module. Its first fault ends it.
type conversion struct {
	layer  *op.Layer // of which kind it is, that within time_distributed
	owner  *op.Layer // in the network
	module *module
	orders orders
	used   map[string]bool
	filled []filled
	err    error
	// probe tells to fill parameters from arrays that are not there, named by their roles, and assumed what a row may
	// then find in the module.
	probe, assumed bool
}

// filled is a parameter with its numbers.
type filled struct {
	param *ir.Param
	from  []*Array
	data  []float64
	what  string // was done
}

// convert fills the parameters of a layer from a module; it is an error if either has what the other lacks.
func (fw *framework) convert(l *op.Layer, m *module, o orders) ([]filled, error) {
	c := &conversion{layer: l, owner: l, module: m, orders: o, used: map[string]bool{}}
	if l.Def == op.TimeDistributed {
		c.layer = op.Inner(l)
	}
	row := fw.kinds[c.layer.Def.Kind.Name]
	if row == nil {
		return nil, fmt.Errorf("no layer of %s is known that is a %s", fw.name, c.layer.Def.Kind.Name)
	}
	row(c)
	if c.err != nil {
		return nil, c.err
	}
	for role, a := range m.arrays {
		if !c.used[role] {
			return nil, fmt.Errorf("the layer has no place for %s %s", a.Name, shapeText(a.Shape))
		}
	}
	for _, p := range l.Params {
		if !slices.ContainsFunc(c.filled, func(f filled) bool { return f.param == p }) {
			return nil, fmt.Errorf("nothing gives its %s", p.Name)
		}
	}
	return c.filled, nil
}

// roleOf returns the role of the array that a parameter of a layer is filled from; "" if it is not one alone.
func (fw *framework) roleOf(l *op.Layer, p *ir.Param, o orders) string {
	for _, assumed := range []bool{false, true} {
		c := &conversion{layer: l, owner: l, module: &module{}, orders: o, used: map[string]bool{}, probe: true,
			assumed: assumed}
		if l.Def == op.TimeDistributed {
			c.layer = op.Inner(l)
		}
		if row := fw.kinds[c.layer.Def.Kind.Name]; row != nil {
			row(c)
		}
		for _, f := range c.filled {
			if f.param == p && len(f.from) == 1 {
				return f.from[0].Name
			}
		}
	}
	return ""
}

func (c *conversion) fail(format string, args ...any) {
	if c.err == nil && !c.probe {
		c.err = fmt.Errorf(format, args...)
	}
}

// param returns the parameter of a role; nil if the layer has none.
func (c *conversion) param(role string) *ir.Param {
	for _, p := range c.owner.Params {
		if strings.HasSuffix(p.Name, "."+role) {
			return p
		}
	}
	return nil
}

// has tells whether the module has an array of a role.
func (c *conversion) has(role string) bool { return c.module.arrays[role] != nil || c.assumed }

// need returns the array of a role, whose shape must be one of those given; an array of zeros after a fault.
func (c *conversion) need(role string, shapes ...[]int) *Array {
	a := c.module.arrays[role]
	if a == nil {
		c.fail("%s has no %s, but %s", c.module, role, c.module.shapes())
	} else {
		c.used[role] = true
		for _, s := range shapes {
			if slices.Equal(a.Shape, s) || len(s) == 0 && len(a.Data) == 1 {
				return a
			}
		}
		c.fail("%s is %s, want %s", a.Name, shapeText(a.Shape), shapeText(shapes[0]))
	}
	size := 1
	for _, d := range shapes[0] {
		size *= d
	}
	return &Array{Name: role, Shape: shapes[0], Data: make([]float64, size)}
}

// put gives a parameter its numbers.
func (c *conversion) put(p *ir.Param, data []float64, what string, from ...*Array) {
	if c.err == nil {
		c.filled = append(c.filled, filled{p, from, data, what})
	}
}

// vector fills a parameter with a number for each feature, if the layer has it.
func (c *conversion) vector(role, from string, order []int) {
	p := c.param(role)
	if p == nil {
		return // an array that stays is told of at the end
	}
	a := c.need(from, []int(p.Shape))
	c.put(p, ordered(a.Data, order), orderText("", order), a)
}

// same fills a parameter whose array has its layout.
func (c *conversion) same(role, from string, shapes ...[]int) {
	p := c.param(role)
	if p == nil {
		return
	}
	a := c.need(from, append([][]int{p.Shape}, shapes...)...)
	c.put(p, a.Data, "", a)
}

// moved fills a parameter whose array has its axes in another order: axis i of the parameter is axis perm[i] there.
func (c *conversion) moved(role, from string, perm ...int) {
	p := c.param(role)
	shape := make([]int, len(perm))
	for i, k := range perm {
		shape[k] = p.Shape[i]
	}
	a := c.need(from, shape)
	c.put(p, permuted(a, perm), "axes "+strings.Trim(fmt.Sprint(perm), "[]"), a)
}

// matrix fills the kernel of a dense layer, in×out, from an array of that layout or of its transpose.
func (c *conversion) matrix(from string, transposed bool) {
	p := c.param("kernel")
	in, out := p.In, p.Out
	if p.Pattern == nil {
		in, out = p.Shape[0], p.Shape[1]
	}
	shape, what := []int{in, out}, ""
	if transposed {
		shape, what = []int{out, in}, "transposed"
	}
	a := c.need(from, shape)
	rows, columns := c.orders[c.owner.In[0]], c.orders[c.owner]
	at := func(i, j int) float64 {
		if rows != nil {
			i = rows[i]
		}
		if columns != nil {
			j = columns[j]
		}
		if transposed {
			return a.Data[j*in+i]
		}
		return a.Data[i*out+j]
	}
	what = orderText(what, rows)
	if rows == nil {
		what = orderText(what, columns)
	}
	if p.Pattern != nil {
		c.sparse(p, a, at, what)
		return
	}
	data := make([]float64, 0, in*out)
	for i := range in {
		for j := range out {
			data = append(data, at(i, j))
		}
	}
	c.put(p, data, what, a)
}

// sparse takes the weights of the connections; others must be 0.
func (c *conversion) sparse(p *ir.Param, a *Array, at func(i, j int) float64, what string) {
	linked := map[[2]int]bool{}
	var data []float64
	for _, link := range p.Pattern {
		linked[link] = true
		data = append(data, at(link[0], link[1]))
	}
	for i := range p.In {
		for j := range p.Out {
			if v := at(i, j); v != 0 && !linked[[2]int{i, j}] {
				c.fail("%s has %g from input %d to unit %d, which the mask of the layer does not connect", a.Name, v, i, j)
			}
		}
	}
	c.put(p, data, strings.TrimPrefix(what+", connections of the mask", ", "), a)
}

// ordered returns v with element i taken from order[i].
func ordered(v []float64, order []int) []float64 {
	if order == nil {
		return v
	}
	out := make([]float64, len(v))
	for i, k := range order {
		out[i] = v[k]
	}
	return out
}

func orderText(what string, order []int) string {
	if order == nil {
		return what
	}
	return strings.TrimPrefix(what+", channels last", ", ")
}

// permuted returns the numbers of an array with its axes in another order: axis i is axis perm[i] of a.
func permuted(a *Array, perm []int) []float64 {
	strides := make([]int, len(perm))
	step := 1
	for i := len(perm) - 1; i >= 0; i-- {
		strides[i] = step
		step *= a.Shape[i]
	}
	out := make([]float64, 0, len(a.Data))
	at := make([]int, len(perm))
	for range a.Data {
		k := 0
		for i, p := range perm {
			k += at[i] * strides[p]
		}
		out = append(out, a.Data[k])
		for i := len(perm) - 1; i >= 0; i-- {
			if at[i]++; at[i] < a.Shape[perm[i]] {
				break
			}
			at[i] = 0
		}
	}
	return out
}
