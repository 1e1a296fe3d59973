package emit

import (
	"fmt"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// localLimit is the largest workspace of one example, in bytes, that is a local variable; larger
// ones come from a pool. Locals are zeroed at each call.
const localLimit = 16 << 10

// batchBytes bounds the workspace of PredictBatch, which works off a batch in pieces that stay in
// the second-level cache.
const batchBytes = 256 << 10

// emitForward writes the forward pass for one example and for a batch.
func (net *Network) emitForward(f *file) {
	one, row := slotSizes(net.Infer)
	local := 4*(one+row) <= localLimit
	rows := 256
	for rows > 8 && 4*(one+rows*row) > batchBytes {
		rows /= 2
	}
	f.decl("// batchRows is the number of examples that PredictBatch works off at a time.\nconst batchRows = %d", rows)
	net.emitPredict(f, local, len(net.Infer.Slots) > 0)
	net.emitPredictBatch(f, len(net.Infer.Slots) > 0)
	net.emitClassify(f)
	f.decl("%s", workspace("workspace1", "of one example", net.Infer, "1"))
	f.decl("%s", workspace("workspace", "of a batch", net.Infer, "batchRows"))
	if len(net.Infer.Slots) > 0 {
		if !local {
			f.decl("var spaces1 = @sync.Pool{New: func() any { return new(workspace1) }}")
		}
		f.decl("var spaces = @sync.Pool{New: func() any { return new(workspace) }}")
	}
	net.emitForwardFunc(f, "forward1", "computes the outputs of one example.", "1", "workspace1")
	net.emitForwardFunc(f, "forward", "computes the outputs of n ≤ batchRows examples.", "n", "workspace")
}

// slotSizes returns the elements of the workspace: in all, and for each row.
func slotSizes(g *ir.Graph) (all, row int) {
	for _, s := range g.Slots {
		if s.PerRow {
			row += s.Size
		} else {
			all += s.Size
		}
	}
	return all, row
}

// workspace returns the type that holds the slots of a graph; a comment tells what lives in each.
func workspace(name, doc string, g *ir.Graph, rows string) string {
	if len(g.Slots) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "// %s holds the activations %s.\ntype %s struct {\n", name, doc, name)
	for _, s := range g.Slots {
		size := fmt.Sprint(s.Size)
		switch {
		case s.PerRow && rows != "1" && s.Size == 1:
			size = rows
		case s.PerRow && rows != "1":
			size = rows + " * " + size
		}
		fmt.Fprintf(&b, "\ts%d [%s]float32 // %s\n", s.ID, size, tenants(s))
	}
	b.WriteString("}")
	return b.String()
}

// tenants lists the labels of the values of a slot, shortened if they are many.
func tenants(s *ir.Slot) string {
	var names []string
	length := 0
	for i, v := range s.Values {
		name := v.Label
		if name == "" {
			name = v.Def.Layer + " (" + v.Def.Prim.Name + ")"
		}
		if length += len(name) + 2; length > 70 {
			names = append(names, fmt.Sprintf("and %d more", len(s.Values)-i))
			break
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// ports returns the text of the arguments for inputs and outputs: of arrays for one example, of
// slices for a batch.
func (net *Network) ports(single bool) (decl, call string) {
	var decls, calls []string
	for i := range net.Inputs {
		calls = append(calls, arg(net.Inputs, i, "x"))
		decls = append(decls, fmt.Sprintf("%s *[%s]float32", arg(net.Inputs, i, "x"), net.inSize(i)))
	}
	for i := range net.Outputs {
		calls = append(calls, arg(net.Outputs, i, "y"))
		decls = append(decls, fmt.Sprintf("%s *[%s]float32", arg(net.Outputs, i, "y"), net.outSize(i)))
	}
	call = strings.Join(calls, ", ")
	if single {
		return strings.Join(decls, ", "), call
	}
	return call + " []float32", call
}

func (net *Network) emitPredict(f *file, local, slots bool) {
	decl, call := net.ports(true)
	doc := "// Predict computes the outputs of one example. It does not allocate in the steady state.\n"
	switch {
	case !slots:
		f.decl("%sfunc (m *Model) Predict(%s) {\n\tm.forward1(%s)\n}", doc, decl, call)
	case local:
		f.decl("%sfunc (m *Model) Predict(%s) {\n\tvar a workspace1\n\tm.forward1(%s, &a)\n}", doc, decl, call)
	default:
		f.decl("%sfunc (m *Model) Predict(%s) {\n\ta := spaces1.Get().(*workspace1)\n\tm.forward1(%s, a)\n\tspaces1.Put(a)\n}", doc, decl, call)
	}
}

func (net *Network) emitPredictBatch(f *file, slots bool) {
	decl, _ := net.ports(false)
	var b strings.Builder
	first := arg(net.Inputs, 0, "x")
	b.WriteString("// PredictBatch computes the outputs of len(" + first + ")/" + net.inSize(0) + " examples, stored one after another. The bits are those\n// of Predict. It does not allocate in the steady state. It panics if the lengths do not agree.\n")
	fmt.Fprintf(&b, "func (m *Model) PredictBatch(%s) {\n", decl)
	fmt.Fprintf(&b, "\tn := len(%s) / %s\n\tif ", first, net.inSize(0))
	var conds []string
	for i := range net.Inputs {
		conds = append(conds, fmt.Sprintf("len(%s) != n*%s", arg(net.Inputs, i, "x"), net.inSize(i)))
	}
	for i := range net.Outputs {
		conds = append(conds, fmt.Sprintf("len(%s) != n*%s", arg(net.Outputs, i, "y"), net.outSize(i)))
	}
	fmt.Fprintf(&b, "%s {\n\t\tpanic(%q)\n\t}\n", strings.Join(conds, " || "), net.Name+": PredictBatch: lengths of inputs and outputs disagree")
	if slots {
		b.WriteString("\ta := spaces.Get().(*workspace)\n")
	}
	b.WriteString("\tfor n > 0 {\n\t\tr := min(n, batchRows)\n")
	var pass, step []string
	for i := range net.Inputs {
		x := arg(net.Inputs, i, "x")
		pass = append(pass, fmt.Sprintf("%s[:r*%s]", x, net.inSize(i)))
		step = append(step, fmt.Sprintf("\t\t%s = %s[r*%s:]\n", x, x, net.inSize(i)))
	}
	for i := range net.Outputs {
		y := arg(net.Outputs, i, "y")
		pass = append(pass, fmt.Sprintf("%s[:r*%s]", y, net.outSize(i)))
		step = append(step, fmt.Sprintf("\t\t%s = %s[r*%s:]\n", y, y, net.outSize(i)))
	}
	if slots {
		pass = append(pass, "a")
	}
	fmt.Fprintf(&b, "\t\tm.forward(r, %s)\n%s\t\tn -= r\n\t}\n", strings.Join(pass, ", "), strings.Join(step, ""))
	if slots {
		b.WriteString("\tspaces.Put(a)\n")
	}
	b.WriteString("}")
	f.decl("%s", b.String())
}

func (net *Network) emitClassify(f *file) {
	for i, p := range net.Outputs {
		if len(p.Classes) == 0 || net.Steps > 1 || p.NextToken {
			continue
		}
		name, classes := "Classify", net.classesName(i)
		if len(net.Outputs) > 1 {
			name += p.Ident
		}
		var decls, calls, vars []string
		for j := range net.Inputs {
			x := arg(net.Inputs, j, "x")
			decls = append(decls, fmt.Sprintf("%s *[%s]float32", x, net.inSize(j)))
			calls = append(calls, x)
		}
		for j := range net.Outputs {
			y := arg(net.Outputs, j, "y")
			vars = append(vars, fmt.Sprintf("\tvar %s [%s]float32\n", y, net.outSize(j)))
			calls = append(calls, "&"+y)
		}
		y := arg(net.Outputs, i, "y")
		pick := fmt.Sprintf("\tbest := @vec.ArgMax(%s[:])\n\treturn %s[best], %s[best]\n", y, classes, y)
		doc := "the most probable class of one example and its probability."
		if p.Task == "binary" {
			pick = fmt.Sprintf("\tif %s[0] >= 0.5 {\n\t\treturn %s[1], %s[0]\n\t}\n\treturn %s[0], 1 - %s[0]\n", y, classes, y, classes, y)
			doc = "the more probable class of one example and its probability."
		}
		f.decl("// %s returns %s\nfunc (m *Model) %s(%s) (label string, probability float32) {\n%s\tm.Predict(%s)\n%s}",
			name, doc, name, strings.Join(decls, ", "), strings.Join(vars, ""), strings.Join(calls, ", "), pick)
	}
}

func (net *Network) emitForwardFunc(f *file, name, doc, rows, work string) {
	decl, _ := net.ports(rows == "1")
	if rows != "1" {
		decl = rows + " int, " + decl
	}
	if len(net.Infer.Slots) > 0 {
		decl += ", a *" + work
	}
	b := net.newBody(net.Infer, rows, "m", true)
	f.decl("// %s %s\nfunc (m *Model) %s(%s) {\n\t%s\n}", name, doc, name, decl, strings.Join(b.nodes(), "\n\t"))
}

func (net *Network) newBody(g *ir.Graph, rows, params string, packed bool) *body {
	b := &body{net: net, g: g, rows: rows, params: params, packed: packed,
		inputs: map[string]string{}, targets: map[string]string{}, outputs: map[string]string{}}
	suffix := ""
	if rows == "1" {
		suffix = "[:]"
	}
	for i, p := range net.Inputs {
		b.inputs[p.Name] = arg(net.Inputs, i, "x") + suffix
	}
	for i, p := range net.Outputs {
		b.outputs[p.Name] = arg(net.Outputs, i, "y") + suffix
		b.targets[p.Name] = arg(net.Outputs, i, "t") + suffix
	}
	return b
}
