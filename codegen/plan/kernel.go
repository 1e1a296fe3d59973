package plan

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// Kernel is one row of the table of kernels: one way to do a primitive.
type Kernel struct {
	Name string // of the row, such as gemm.nn/packed
	Prim *ir.Prim
	// Fits tells whether it can do a node of the primitive; nil: any.
	Fits func(b *builder, n *ir.Node) bool
	// Cost ranks the rows that fit a node; see the type.
	Cost Cost
	// Wants is the layout of the argument Weights, and of the argument More if that is not 0; nil for rows that read
	// parameters as weight files have them.
	Wants         func(n *ir.Node, arg int) Layout
	Weights, More int
	// Stores are the types of memory in which it reads the argument Weights; nil: float32 alone. All other arguments
	// are float32.
	Stores []ir.DType
	// Share gives the statements by which workers share out what a node sums over examples, without a change of any
	// bit; nil where one worker does it. Nodes that treat examples apart are shared out by examples: see
	// ir.Graph.Phases.
	Share func(b *builder, n *ir.Node) Divide
	// Scratch gives the bytes that the call for a node keeps on the heap for later ones, when its function has some rows:
	// of each part of the memory that the calls of a package share, as the function in the runtime beside it says; nil for
	// calls that keep nothing, and for those of the training package.
	Scratch func(b *builder, n *ir.Node, rows int) []int
	// Calls lists the functions of the runtime that it may call; one without a name stands for all of its package.
	Calls []Callee
	// Call gives the statements; nil for a primitive that only names memory.
	Call func(b *builder, n *ir.Node) []Stmt
}

// Cost ranks kernels that do the same node, the cheaper one being picked. The numbers are an order of preference and no
// measurements: a call of a prepared layer comes before one that packs, and that before one that reads rows.
type Cost int

// packs tells whether the row wants the layout of an argument.
func (k *Kernel) packs(arg int) bool {
	return k.Wants != nil && arg > 0 && (arg == k.Weights || arg == k.More)
}

// reads tells whether the row reads the argument Weights in a type of memory.
func (k *Kernel) reads(t ir.DType) bool {
	return k.Stores == nil && t == ir.Float32 || slices.Contains(k.Stores, t)
}

// halves are the types of 16 bits.
var halves = []ir.DType{ir.Float16, ir.BFloat16}

// format returns the name that package half of the runtime has for the type of a parameter.
func format(p *Param) Name {
	return Name{"half", map[ir.DType]string{ir.Float16: "Float16", ir.BFloat16: "BFloat16"}[p.Storage]}
}

// Kernels returns the table.
func Kernels() []*Kernel { return table }

var (
	table  []*Kernel
	byPrim = map[*ir.Prim][]*Kernel{}
)

// kernels adds rows to the table; it panics if one lacks a cell.
func kernels(rows ...Kernel) bool {
	for i := range rows {
		k := &rows[i]
		switch {
		case k.Prim == nil || k.Name == "":
			panic(fmt.Sprintf("BUG: kernel row %q has no name or no primitive", k.Name))
		case (k.Call == nil) != (len(k.Calls) == 0):
			panic(fmt.Sprintf("BUG: kernel row %s: a call, and what it calls, go together", k.Name))
		case (k.Wants != nil || k.Stores != nil) && k.Weights == 0:
			panic(fmt.Sprintf("BUG: kernel row %s wants a layout or type of no argument", k.Name))
		}
		table = append(table, k)
		byPrim[k.Prim] = append(byPrim[k.Prim], k)
	}
	return true
}

// A primitive without a row is found before anything is compiled.
func init() {
	for _, p := range ir.Prims() {
		if byPrim[p] == nil {
			panic(fmt.Sprintf("BUG: no kernel row does %s", p.Name))
		}
	}
}

// memory returns the row of a primitive that only names memory.
func memory(prim *ir.Prim) Kernel { return Kernel{Name: prim.Name, Prim: prim} }

// pick returns the cheapest row that fits a node; of equal ones the first. It panics if there is none: a primitive
// without a row is a bug, not work to leave out.
func pick(b *builder, n *ir.Node) *Kernel {
	var best *Kernel
	for _, k := range byPrim[n.Prim] {
		if (k.Fits == nil || k.Fits(b, n)) && b.stores(k, n) && (best == nil || k.Cost < best.Cost) {
			best = k
		}
	}
	if best == nil {
		panic(fmt.Sprintf("BUG: no kernel does %s of layer %q", n, n.Layer))
	}
	return best
}

// check panics if a statement calls what its row does not list.
func (k *Kernel) check(s Stmt) {
	Visit(s, func(a Arg) {
		c, ok := a.(Call)
		if !ok {
			return
		}
		listed := c.Callee
		listed.Field = ""
		if !slices.Contains(k.Calls, listed) && !slices.Contains(k.Calls, Callee{Pkg: c.Pkg}) {
			panic(fmt.Sprintf("BUG: kernel row %s calls %s.%s, which it does not list", k.Name, c.Pkg, c.Name))
		}
	})
	switch s.(type) {
	case Clear, Copy:
		if !slices.Contains(k.Calls, builtin) {
			panic(fmt.Sprintf("BUG: kernel row %s moves numbers, which it does not list", k.Name))
		}
	}
}

// builtin stands for clear and copy of the language in Kernel.Calls.
var builtin = Callee{}

// of returns functions of a package of the runtime.
func of(pkg string, names ...string) []Callee {
	var all []Callee
	for _, name := range names {
		all = append(all, Callee{Pkg: pkg, Name: name})
	}
	return all
}

// suffixed lists the functions of a package that end in the names of some functions.
func suffixed(pkg, name string, spell func(string) string, functions []string) []Callee {
	var all []Callee
	for _, f := range functions {
		all = append(all, Callee{Pkg: pkg, Name: name + spell(f)})
	}
	return all
}
