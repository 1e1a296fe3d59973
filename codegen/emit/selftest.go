package emit

import (
	"fmt"
	"strings"
)

// Golden is the file, below the folder of a package, that its self-test reads: inputs, what the
// reference computes from them, and how far float32 may be from that.
const Golden = "testdata/golden.safetensors"

// emitModelTest writes the self-test of the inference package.
func (net *Network) emitModelTest(f *file) {
	f.decl(`
// TestPredictAgreesWithTheReference holds the outputs against those of the float64 reference, each within the
// bound that was computed for it.
func TestPredictAgreesWithTheReference(t *@testing.T) {
	m, g, n := vectors(t)
	for i := range n {
		` + net.exampleVars("g", "i") + `
		m.Predict(` + net.exampleRefs() + `)
		` + net.perOutput(`g.Check(t, %[1]q, i*%[2]s, %[3]s[:])`) + `
	}
}
`)
	f.decl(`
// TestPredictBatchHasTheBitsOfPredict compares a batch with its examples one by one.
func TestPredictBatchHasTheBitsOfPredict(t *@testing.T) {
	m, g, n := vectors(t)
	` + net.batchVars("g", "n") + `
	m.PredictBatch(` + net.batchRefs() + `)
	for i := range n {
		` + net.exampleVars("g", "i") + `
		m.Predict(` + net.exampleRefs() + `)
		` + net.perOutput(`@golden.SameBits(t, %[1]q, i*%[2]s, %[3]s[:], batch%[4]s[i*%[2]s:][:%[2]s])`) + `
	}
}
`)
	f.decl(`
// TestPredictionDoesNotAllocate counts allocations in the steady state.
func TestPredictionDoesNotAllocate(t *@testing.T) {
	m, g, n := vectors(t)
	` + net.batchVars("g", "n") + `
	` + net.exampleVars("g", "0") + `
	if a := @golden.AllocsPerRun(t, 100, func() { m.Predict(` + net.exampleRefs() + `) }); a != 0 {
		t.Errorf("Predict allocates %v times, want 0", a)
	}
	if a := @golden.AllocsPerRun(t, 100, func() { m.PredictBatch(` + net.batchRefs() + `) }); a >= 1 {
		t.Errorf("PredictBatch allocates %v times, want 0", a)
	}
}
`)
	f.decl(`
// BenchmarkPredict times one prediction.
func BenchmarkPredict(b *@testing.B) {
	m, g, _ := vectors(b)
	` + strings.ReplaceAll(net.exampleVars("g", "0"), "g.Get(t,", "g.Get(b,") + `
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		m.Predict(` + net.exampleRefs() + `)
	}
}
`)
	f.decl(`
// BenchmarkPredictBatch times a batch.
func BenchmarkPredictBatch(b *@testing.B) {
	m, g, n := vectors(b)
	` + strings.ReplaceAll(net.batchVars("g", "n"), "g.Get(t,", "g.Get(b,") + `
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		m.PredictBatch(` + net.batchRefs() + `)
	}
	b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "examples/s")
}
`)
	if net.Stream != nil {
		net.emitStreamTest(f)
	}
	f.decl(`
// vectors returns the model that the golden vectors belong to, the vectors, and the number of their examples.
func vectors(t @testing.TB) (*Model, *@golden.Vectors, int) {
	t.Helper()
	g := @golden.Open(t, %q)
	w := new(Weights)
	g.Weights(t, SpecSum, w.Tensors(), %q)
	return New(w), g, g.Rows(t, %q, %s)
}
`, Golden, "weights.safetensors", "x."+net.Inputs[0].Name, net.inSize(0))
}

// exampleVars declares x and y of example i: arrays read from the golden vectors g.
func (net *Network) exampleVars(g, i string) string {
	var b strings.Builder
	for j, p := range net.Inputs {
		size := net.inSize(j)
		fmt.Fprintf(&b, "%s := [%s]float32(%s.Get(t, %q)[%s*%s:])\n\t", arg(net.Inputs, j, "x"), size, g, "x."+p.Name, i, size)
	}
	for j := range net.Outputs {
		fmt.Fprintf(&b, "var %s [%s]float32\n\t", arg(net.Outputs, j, "y"), net.outSize(j))
	}
	return strings.TrimRight(b.String(), "\n\t")
}

func (net *Network) exampleRefs() string {
	var refs []string
	for j := range net.Inputs {
		refs = append(refs, "&"+arg(net.Inputs, j, "x"))
	}
	for j := range net.Outputs {
		refs = append(refs, "&"+arg(net.Outputs, j, "y"))
	}
	return strings.Join(refs, ", ")
}

func (net *Network) batchVars(g, n string) string {
	var b strings.Builder
	for j, p := range net.Inputs {
		fmt.Fprintf(&b, "batch%s := %s.Get(t, %q)\n\t", upper(arg(net.Inputs, j, "x")), g, "x."+p.Name)
	}
	for j := range net.Outputs {
		fmt.Fprintf(&b, "batch%s := make([]float32, %s*%s)\n\t", upper(arg(net.Outputs, j, "y")), n, net.outSize(j))
	}
	return strings.TrimRight(b.String(), "\n\t")
}

func (net *Network) batchRefs() string {
	var refs []string
	for j := range net.Inputs {
		refs = append(refs, "batch"+upper(arg(net.Inputs, j, "x")))
	}
	for j := range net.Outputs {
		refs = append(refs, "batch"+upper(arg(net.Outputs, j, "y")))
	}
	return strings.Join(refs, ", ")
}

// perOutput writes a line for each output: its tensor, size, variable, and that with a capital.
func (net *Network) perOutput(format string) string {
	var lines []string
	for j, p := range net.Outputs {
		y := arg(net.Outputs, j, "y")
		lines = append(lines, fmt.Sprintf(format, "y."+p.Name, net.outSize(j), y, upper(y)))
	}
	return strings.Join(lines, "\n\t\t")
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// emitTrainTest writes the self-test of the training package.
func (net *Network) emitTrainTest(f *file) {
	var gets, args []string
	for i, p := range net.Inputs {
		gets = append(gets, fmt.Sprintf("%s := g.Get(t, %q)", arg(net.Inputs, i, "x"), "x."+p.Name))
		args = append(args, arg(net.Inputs, i, "x"))
	}
	for i, p := range net.Outputs {
		gets = append(gets, fmt.Sprintf("%s := g.Get(t, %q)", arg(net.Outputs, i, "y"), "t."+p.Name))
		args = append(args, arg(net.Outputs, i, "y"))
	}
	batch := strings.Join(args, ", ") + ", nil"
	params, _ := net.trained()
	var checks []string
	for _, p := range params {
		checks = append(checks, fmt.Sprintf("g.CheckSample(t, %q, tr.grads.%s[:])", "d."+p.Name, p.Ident))
	}
	load := strings.Join(gets, "\n\t")
	f.decl(`
// TestGradientAgreesWithTheReference holds the loss and the gradient of every parameter against the float64
// reference, each within the bound that was computed for it. Of large arrays the vectors hold a sample.
func TestGradientAgreesWithTheReference(t *@testing.T) {
	g := @golden.Open(t, %q)
	%s
	tr := New(Seed)
	g.Weights(t, @model.SpecSum, tr.Weights.Tensors(), "")
	loss := tr.Gradient(%s)
	g.Check(t, "loss", 0, []float32{float32(loss)})
	%s
}
`, Golden, load, batch, strings.Join(checks, "\n\t"))
	f.decl(`
// TestInitialValuesAgreeWithTheReference holds samples of the initial values against those of the reference.
func TestInitialValuesAgreeWithTheReference(t *@testing.T) {
	tr := New(Seed)
	@golden.Open(t, %q).CheckInitial(t, tr.Weights.Tensors())
}
`, Golden)
	f.decl(`
// TestStepDoesNotAllocate counts allocations in the steady state.
func TestStepDoesNotAllocate(t *@testing.T) {
	g := @golden.Open(t, %q)
	%s
	tr := New(Seed)
	if a := @golden.AllocsPerRun(t, 20, func() { tr.Step(%s) }); a != 0 {
		t.Errorf("Step allocates %%v times, want 0", a)
	}
}
`, Golden, load, batch)
	var repeats []string
	for i, p := range net.Inputs {
		repeats = append(repeats, fmt.Sprintf("%s := @golden.Repeat(g.Get(b, %q), Batch*@model.%s)", arg(net.Inputs, i, "x"), "x."+p.Name, net.inSize(i)))
	}
	for i, p := range net.Outputs {
		repeats = append(repeats, fmt.Sprintf("%s := @golden.Repeat(g.Get(b, %q), Batch*@model.%s)", arg(net.Outputs, i, "y"), "t."+p.Name, net.outSize(i)))
	}
	repeated := strings.Join(repeats, "\n\t")
	f.decl(`
// BenchmarkStep times training steps of the batch of the vectors, repeated to Batch examples.
func BenchmarkStep(b *@testing.B) {
	g := @golden.Open(b, %q)
	%s
	tr := New(Seed)
	n := Batch
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		tr.Step(%s)
	}
	b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "examples/s")
}
`, Golden, repeated, batch)
	f.decl(`
// TestTheSameSeedGivesTheSameBits trains twice from one seed.
func TestTheSameSeedGivesTheSameBits(t *@testing.T) {
	g := @golden.Open(t, %q)
	%s
	a, b := New(Seed), New(Seed)
	for range 3 {
		a.Step(%s)
		b.Step(%s)
	}
	@golden.SameBits(t, "parameters", 0, @mem.Flat(&a.Weights.Params), @mem.Flat(&b.Weights.Params))
}
`, Golden, load, batch, batch)
}
