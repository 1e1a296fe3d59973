package emit

import (
	"fmt"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// streamEmitters holds those of the primitives in ir/stream.go.
var streamEmitters = map[*ir.Prim]emitter{
	ir.WindowPrim:    (*body).emitWindow,
	ir.LSTMStep:      (*body).emitCellStep,
	ir.GRUStep:       (*body).emitCellStep,
	ir.GRUBeforeStep: (*body).emitCellStep,
	ir.SimpleStep:    (*body).emitCellStep,
}

// emitWindow moves the steps of a window and appends the current one.
func (b *body) emitWindow(n *ir.Node) string {
	state, width := b.ref(n.Args[0]), n.Args[0].Shape[1]
	return fmt.Sprintf("copy(%s, %s)\ncopy(%s, %s)", state, from(state, width), from(state, n.Args[0].Shape.Size()-width), b.ref(n.Args[1]))
}

// emitCellStep yields one call, of the cell that the model prepared:
//
//	m.lstmCell.Step(s.steps == 0, s.lstmH[:], s.lstmC[:], x[:])
func (b *body) emitCellStep(n *ir.Node) string {
	states := len(ir.StepOf[wholeOf(n.Prim)].State)
	call := fmt.Sprintf("m.%sCell.Step(s.steps == 0, %s)", fieldName(n.Layer), b.list(n.Args[:states+1]))
	if mask := ir.CellOf(n).Mask; mask != nil {
		return fmt.Sprintf("if %s[0] > 0.5 {\n\t%s\n}", strings.TrimSuffix(b.ref(mask), "[:]"), call)
	}
	return call
}

// wholeOf returns the primitive of which one is a step.
func wholeOf(step *ir.Prim) *ir.Prim {
	for whole, s := range ir.StepOf {
		if s.Prim == step {
			return whole
		}
	}
	panic("BUG: " + step.Name + " is no step of a cell")
}

// current returns the numbers that a parameter has for the current step.
func (b *body) current(n *ir.Node) string {
	array, size := strings.TrimSuffix(b.ref(n.Args[0]), "[:]"), n.Results[0].Shape.Size()
	if n.Bool("alike") {
		return fmt.Sprintf("%s[:%d]", array, size)
	}
	return fmt.Sprintf("%s[int(s.steps)*%d:][:%d]", array, size, size)
}

// bounded tells whether the network has numbers for each of its steps, so that no step can follow the last.
func (net *Network) bounded() bool {
	for _, n := range net.Stream.Nodes {
		if n.Prim == ir.AtPrim && !n.Bool("alike") {
			return true
		}
	}
	return false
}

// stepSizes returns the elements that a step has of each input and output: the axis of steps is the first.
func (net *Network) stepSizes() (in, out []int) {
	for i, p := range net.Inputs {
		in = append(in, p.Shape.Size())
		for _, n := range net.Stream.Nodes {
			if n.Prim == ir.InputPrim && n.Text("name") == p.Name {
				in[i] = n.Results[0].Shape.Size()
			}
		}
	}
	for _, o := range net.Stream.Outputs {
		out = append(out, o.Value.Shape.Size())
	}
	return in, out
}

// emitStream writes what runs the network step by step.
func (net *Network) emitStream(f *file) {
	steps := net.Stream.Stream
	in, out := net.stepSizes()
	var b strings.Builder
	b.WriteString("// Sizes, in elements of one step.\nconst (\n")
	for i, size := range in {
		fmt.Fprintf(&b, "\tStep%s = %d\n", net.inSize(i), size)
	}
	for i, size := range out {
		fmt.Fprintf(&b, "\tStep%s = %d\n", net.outSize(i), size)
	}
	f.decl(b.String() + ")")

	counted := 1
	what := "1 once one has been taken"
	if net.bounded() {
		counted, what = steps, fmt.Sprintf("taken so far, at most %d", steps)
	}
	b.Reset()
	fmt.Fprintf(&b, "type State struct {\n\tsteps int32 // %s\n", what)
	for _, p := range net.carried() {
		fmt.Fprintf(&b, "\t%s [%s]float32\n", lower(p.Ident), product(p.Shape))
	}
	f.decl(`
// State is what the network remembers between the steps of a sequence: a plain value, which may be copied, compared
// and saved. The zero State is the start of a sequence.
%s}
`, b.String())
	f.decl("// Reset goes back to the start of a sequence.\nfunc (s *State) Reset() { *s = State{} }")
	net.emitStep(f, counted)
	net.emitSaveState(f)
	emitGeometries(f, net.Stream)
	f.decl("%s", workspace("stepspace", "of one step", net.Stream, "1"))
}

// carried returns the arrays of the state.
func (net *Network) carried() []*ir.Param {
	var all []*ir.Param
	for _, p := range net.Stream.Params {
		if p.Role == ir.Carried {
			all = append(all, p)
		}
	}
	return all
}

// emitStep writes Step, which counts steps up to a number.
func (net *Network) emitStep(f *file, counted int) {
	var decls []string
	for i := range net.Inputs {
		decls = append(decls, fmt.Sprintf("%s *[Step%s]float32", arg(net.Inputs, i, "x"), net.inSize(i)))
	}
	for i := range net.Outputs {
		decls = append(decls, fmt.Sprintf("%s *[Step%s]float32", arg(net.Outputs, i, "y"), net.outSize(i)))
	}
	var b strings.Builder
	b.WriteString("// Step takes one more step of a sequence and computes the outputs after it, with the bits of Predict on all steps up\n// to it. It does not allocate in the steady state.")
	check := ""
	if net.bounded() {
		fmt.Fprintf(&b, " It panics after step %d, the last for which the network\n// has numbers.", counted)
		check = fmt.Sprintf("\tif s.steps == %d {\n\t\tpanic(%q)\n\t}\n", counted, net.Name+": State.Step: no step is left; see Reset")
	}
	fmt.Fprintf(&b, "\nfunc (s *State) Step(m *Model, %s) {\n%s", strings.Join(decls, ", "), check)
	all, row := slotSizes(net.Stream)
	done := ""
	switch {
	case all+row == 0:
	case 4*(all+row) <= localLimit:
		b.WriteString("\tvar a stepspace\n\n")
	default:
		f.decl("var stepspaces = @sync.Pool{New: func() any { return new(stepspace) }}")
		b.WriteString("\ta := stepspaces.Get().(*stepspace)\n\n")
		done = "\tstepspaces.Put(a)\n"
	}
	body := net.newBody(net.Stream, "1", "m", true)
	count := "\ts.steps = 1\n" + done
	if net.bounded() {
		count = "\ts.steps++\n" + done
	}
	fmt.Fprintf(&b, "\t%s\n\n%s}", strings.Join(body.nodes(), "\n\t"), count)
	f.decl("%s", b.String())
}

// emitSaveState writes what turns a state into bytes and back.
func (net *Network) emitSaveState(f *file) {
	limit := 1
	if net.bounded() {
		limit = net.Stream.Stream
	}
	var b strings.Builder
	for _, p := range net.carried() {
		fmt.Fprintf(&b, "\t\t{Name: %q, Shape: []int{%s}, Data: s.%s[:]},\n", p.Name, strings.ReplaceAll(p.Shape.String(), "×", ", "), lower(p.Ident))
	}
	f.decl(`
// MarshalBinary returns the state as the contents of a safetensors file.
func (s *State) MarshalBinary() ([]byte, error) {
	return @safetensors.Encode(map[string]string{"state": SpecSum}, s.tensors(&[1]float32{float32(s.steps)}))
}
`)
	f.decl(`
// UnmarshalBinary sets the state to what MarshalBinary returned. It is an error if that belongs to another network or
// was cut short; the state is then left as it was.
func (s *State) UnmarshalBinary(b []byte) error {
	var read State
	var steps [1]float32
	if err := @safetensors.Load(b, "state", SpecSum, read.tensors(&steps)); err != nil {
		return err
	}
	if !(steps[0] >= 0 && steps[0] <= %d) {
		return @errors.New(%q)
	}
	read.steps = int32(steps[0])
	*s = read
	return nil
}
`, limit, fmt.Sprintf("%s: a state whose number of steps is not from 0 to %d", net.Name, limit))
	f.decl(`
// tensors lists the arrays of a state, with the number of its steps.
func (s *State) tensors(steps *[1]float32) []Tensor {
	return []Tensor{
		{Name: "steps", Shape: []int{1}, Data: steps[:]},
%s	}
}
`, b.String())
}

// emitStreamTest writes the self-test of steps.
func (net *Network) emitStreamTest(f *file) {
	in, out := net.stepSizes()
	steps := net.Stream.Stream
	var vars, args, checks []string
	for i, p := range net.Outputs {
		y := arg(net.Outputs, i, "y")
		vars = append(vars, fmt.Sprintf("var step%s [Step%s]float32", upper(y), net.outSize(i)))
		check := fmt.Sprintf("@golden.SameBits(t, %q, k*Step%[2]s, step%[3]s[:], %[4]s[k*Step%[2]s:][:Step%[2]s])", "y."+p.Name, net.outSize(i), upper(y), y)
		if p.Shape.Size() != steps*out[i] {
			check = fmt.Sprintf("if k == %d {\n\t\t\t\t@golden.SameBits(t, %q, 0, step%s[:], %s[:])\n\t\t\t}", steps-1, "y."+p.Name, upper(y), y)
		}
		checks = append(checks, check)
	}
	for i, p := range net.Inputs {
		x := arg(net.Inputs, i, "x")
		if p.Shape.Size() == in[i] {
			args = append(args, "&"+x)
			continue
		}
		args = append(args, fmt.Sprintf("(*[Step%[1]s]float32)(%[2]s[k*Step%[1]s:])", net.inSize(i), x))
	}
	for i := range net.Outputs {
		args = append(args, "&step"+upper(arg(net.Outputs, i, "y")))
	}
	call := "s.Step(m, " + strings.Join(args, ", ") + ")"
	f.decl(`
// TestStepsHaveTheBitsOfPredict feeds each example step by step, and saves and restores the state on the way.
func TestStepsHaveTheBitsOfPredict(t *@testing.T) {
	m, g, n := vectors(t)
	for i := range n {
		` + net.exampleVars("g", "i") + `
		m.Predict(` + net.exampleRefs() + `)
		var s State
		for k := range ` + fmt.Sprint(steps) + ` {
			` + strings.Join(vars, "\n\t\t\t") + `
			` + call + `
			` + strings.Join(checks, "\n\t\t\t") + `
			b, err := s.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			before := s
			s.Reset()
			if err := s.UnmarshalBinary(b); err != nil || s != before {
				t.Fatalf("step %d: the state does not come back: %v", k, err)
			}
			if err := s.UnmarshalBinary(b[:len(b)-1]); err == nil || s != before {
				t.Fatalf("step %d: a state that is cut short is taken", k)
			}
		}
	}
}
`)
	f.decl(`
// TestAStepDoesNotAllocate counts allocations in the steady state.
func TestAStepDoesNotAllocate(t *@testing.T) {
	m, g, _ := vectors(t)
	` + net.exampleVars("g", "0") + `
	m.Predict(` + net.exampleRefs() + `)
	` + strings.Join(vars, "\n\t") + `
	var s State
	const k = 0
	if a := @golden.AllocsPerRun(t, 100, func() { s.Reset(); ` + call + ` }); a != 0 {
		t.Errorf("Step allocates %v times, want 0", a)
	}
}
`)
	f.decl(`
// BenchmarkStep times one step.
func BenchmarkStep(b *@testing.B) {
	m, g, _ := vectors(b)
	` + strings.ReplaceAll(net.exampleVars("g", "0"), "g.Get(t,", "g.Get(b,") + `
	m.Predict(` + net.exampleRefs() + `)
	` + strings.Join(vars, "\n\t") + `
	var s State
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		k := i % ` + fmt.Sprint(steps) + `
		if k == 0 {
			s.Reset()
		}
		` + call + `
	}
}
`)
}
