// Package golden computes the golden vectors that the self-tests of generated packages read: examples, what the float64
// reference makes of them, and how far float32 may be from that; and rows of tables, with the numbers that they are.
//
// It exists beside verify so that compiling builds and runs nothing. What vectors cost is bounded, whatever the
// network: see Plan. They are computed only when something that they depend on has changed: each file names the
// checksum of that, and of what it holds.
package golden

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/golden"
	"github.com/nngen/nngen/runtime/safetensors"
)

// File is the path of vectors below the folder of a package.
const File = "testdata/golden.safetensors"

// Request says what vectors are wanted of a network.
type Request struct {
	Net *net.Net
	// Weights are trained ones by name of the tensor, and Checksum is that of their file; nil and "" for a network
	// without. The inference vectors are then for weights that are drawn: see Draw.
	Weights  map[string][]float32
	Checksum string
	// Old returns the file that stands at a path below the folder of the inference package; nil if there is none.
	Old func(path string) []byte
}

// Files returns the vectors by path below the folder of the inference package, with remarks on what they leave out.
func Files(r Request) (files map[string][]byte, remarks []string, err error) {
	files = map[string][]byte{}
	seed := r.Net.Spec.Training.Seed
	c := &computation{r, &ref.Network{Net: r.Net, Seed: seed, Params: map[*ir.Param][]float64{}}, map[*ir.Param]bool{}}
	parts := []part{{path: File, units: 1, most: mostInference, compute: c.inference}}
	if r.Net.Spec.Generate.Train { // first, since the weights of the other then take the place of the initial ones
		parts = []part{{path: r.Net.Spec.Name + "train/" + File, units: trainingUnits, most: mostTraining,
			compute: c.training}, parts[0]}
	}
	for _, p := range parts {
		effort, ok := Plan(r.Net, p.units, p.most)
		if !ok {
			remarks = append(remarks,
				fmt.Sprintf("%s: one example takes %.2g multiply-adds, too many for golden vectors: this self-test compares "+
					"nothing with the reference, but verify does",
					p.path, p.units*Work(r.Net)))
		}
		key := c.key(p.path, effort)
		if r.Old != nil {
			if b := r.Old(p.path); fresh(b, key) {
				files[p.path] = b
				continue
			}
		}
		v := vectors{meta: map[string]string{"spec": r.Net.ModelSum(), "of": key}}
		if !ok {
			v.meta["outputs"] = "none"
		}
		p.compute(&v, effort)
		if ok && v.meta["outputs"] == "none" {
			remarks = append(remarks,
				fmt.Sprintf("%s: training rounds, and of each of the batches that were drawn, float32 may round a "+
					"number otherwise than the reference, so that few gradients have bounds: this self-test compares nothing "+
					"with the "+
					"reference, but verify does, layer by layer", p.path))
		}
		if v.unbounded > 0 {
			remarks = append(remarks, fmt.Sprintf("%s: of %d of %d numbers, errors of float32 may grow without bound: "+
				"this self-test leaves them out", p.path, v.unbounded, v.of))
		}
		if files[p.path], err = v.encode(); err != nil {
			return nil, nil, err
		}
	}
	key := c.key(ProbeFile, Effort{})
	if r.Old != nil {
		if b := r.Old(ProbeFile); fresh(b, key) {
			files[ProbeFile] = b
			return files, remarks, nil
		}
	}
	files[ProbeFile], err = probe(r.Net, key)
	return files, remarks, err
}

// part is one file of vectors.
type part struct {
	path    string
	units   float64 // evaluations of the network that one of the vectors takes
	most    float64 // multiply-adds of the least effort
	compute func(v *vectors, e Effort)
}

// computation holds the reference network, whose parameters both files share unless there are trained weights.
type computation struct {
	Request
	n *ref.Network
	// drawn holds the parameters that have the numbers of their rules: those of both files are the same.
	drawn map[*ir.Param]bool
}

// vectors gathers tensors.
type vectors struct {
	meta    map[string]string
	tensors []safetensors.Tensor
	// of counts the numbers that are wanted, and unbounded those of them whose bound is not finite in float32.
	of, unbounded int
}

func (v *vectors) add(name string, rows int, x []float64) {
	shape := []int{len(x)}
	if rows > 0 {
		shape = []int{rows, len(x) / rows}
	}
	data := make([]float32, len(x))
	for i := range x {
		data[i] = float32(x[i])
	}
	v.tensors = append(v.tensors, safetensors.Tensor{Name: name, Shape: shape, Data: data})
}

// expect adds what is wanted, and how far float32 may be from it.
func (v *vectors) expect(name string, rows int, want []float64, others [][]float64) {
	want, tol := coarse(want, Tolerance(want, others))
	v.add(name, rows, want)
	v.add("tol."+name, rows, tol)
	for _, t := range v.tensors[len(v.tensors)-1].Data {
		v.of++
		if math.IsInf(float64(t), 0) {
			v.unbounded++
		}
	}
}

// encode returns the file, which names the checksum of its tensors.
func (v *vectors) encode() ([]byte, error) {
	slices.SortFunc(v.tensors, func(a, b safetensors.Tensor) int { return cmp.Compare(a.Name, b.Name) })
	b, err := safetensors.Encode(nil, v.tensors)
	if err != nil {
		return nil, err
	}
	v.meta["sum"] = digest(b)
	return safetensors.Encode(v.meta, v.tensors)
}

// weights adds what gives the weights, and sets those of the reference: trained ones if there are some, else such as
// are drawn. The reference needs none if nothing is evaluated.
func (c *computation) weights(v *vectors, trained map[string][]float32, e Effort) {
	n := c.n
	v.meta["weights"] = c.Checksum
	if trained == nil {
		v.meta["weights"], v.meta["seed"] = golden.Drawn, fmt.Sprint(n.Seed)
	}
	for _, p := range c.Net.Params {
		switch w := trained[p.Name]; {
		case w != nil:
			n.Params[p] = widen(n.Params[p], w)
		case p.Role == ir.Constant && p.Values != nil:
			v.add("w."+p.Name, 0, p.Values)
			n.Params[p] = widen(n.Params[p], v.tensors[len(v.tensors)-1].Data)
		default:
			rule := Draw(p)
			if c.follows(p) {
				rule = [2]float64{}
			}
			v.add("draw."+p.Name, 0, rule[:])
			if e.Disturbances > 0 && !c.drawn[p] {
				c.drawn[p] = true
				n.Params[p] = drawn(n.Params[p], p, n.Seed, v.tensors[len(v.tensors)-1].Data)
			}
		}
	}
}

// inference computes predictions.
func (c *computation) inference(v *vectors, e Effort) {
	network, n := c.Net, c.n
	draw := &Source{Seed: n.Seed}
	c.weights(v, c.Weights, e)
	for p, x := range n.Params { // the last that is computed: training is of numbers that are not rounded
		net.Round(p, x)
	}
	b := examples(n, e.Rows, draw)
	for i, in := range network.Inputs {
		v.add("x."+in.Name, b.N, b.Inputs[i])
	}
	if e.Disturbances == 0 {
		return
	}
	outputs := func() [][]float64 { return Predictions(n, b) }
	if network.Guard != nil {
		outputs = func() [][]float64 {
			pass := n.Forward(b, false, 0)
			h := n.Features(pass)
			return append(predicted(n, pass), h, n.Distances(h))
		}
	}
	want := outputs()
	others := Disturbed(n, draw, e.Disturbances, true, outputs)
	for i, o := range network.Outputs {
		v.expect("y."+o.Name, b.N, want[i], Column(others, i))
	}
	if i := len(network.Outputs); network.Guard != nil {
		v.expect("guard.features", b.N, want[i], Column(others, i))
		v.expect("guard.distance", b.N, want[i+1], Column(others, i+1))
	}
}

// Predictions returns the outputs of the reference.
func Predictions(n *ref.Network, b ref.Batch) [][]float64 {
	return predicted(n, n.Forward(b, false, 0))
}

// predicted returns the outputs of a pass.
func predicted(n *ref.Network, pass *ref.Pass) (ys [][]float64) {
	for _, o := range n.Net.Outputs {
		ys = append(ys, pass.Values[o.Layer].Data)
	}
	return ys
}

// initialSample is the number of initial values of a parameter that vectors hold, and wholeLimit the number of elements
// of the largest matrix of which all are computed for them, as orthogonal ones have to be.
const (
	initialSample = 64
	wholeLimit    = 1 << 16
)

// initial adds some of the initial values that the spec's seed gives. They are computed by other algorithms on both
// sides, and rounded once each, since vectors hold float32: quantiles and QR agree to 1e-9 of their scale.
func (c *computation) initial(v *vectors) {
	for _, p := range c.Net.Params {
		if op.InitializerByName(p.Init.Kind).Whole && p.Size() > wholeLimit {
			continue
		}
		want := ref.InitialSample(p, c.n.Seed, ref.SampleOf(p.Size(), initialSample))
		tol := make([]float64, len(want))
		for i, w := range want {
			tol[i] = 2.02*u*math.Abs(w) + 1e-9
		}
		want, tol = coarse(want, tol)
		v.add("initial."+p.Name, 0, want)
		v.add("tol.initial."+p.Name, 0, tol)
	}
}

// training computes the loss and the gradient of a first step.
func (c *computation) training(v *vectors, e Effort) {
	network, n := c.Net, c.n
	rows := e.Rows
	if size := network.Spec.Training.BatchSize; size > 0 {
		rows = min(rows, size)
	}
	if network.Spec.Training.Chunks > 0 {
		rows = min(rows, network.Piece())
	}
	draw := &Source{Seed: n.Seed + 1}
	c.initial(v)
	c.updates(v)
	c.weights(v, nil, e)
	restore := c.keepRunning()
	b := examples(n, rows, draw)
	if network.Spec.Quantize.Aware && e.Disturbances > 0 {
		var ok bool
		if b, ok = c.decided(rows, draw, restore); !ok {
			v.meta["outputs"], e.Disturbances = "none", 0
		}
		rows = b.N
	}
	for i, in := range network.Inputs {
		v.add("x."+in.Name, rows, b.Inputs[i])
	}
	for _, o := range network.Outputs {
		t := widen(nil, Targets(o, rows, draw))
		b.Targets = append(b.Targets, t)
		v.add("t."+o.Name, rows, t)
	}
	if e.Disturbances == 0 {
		return
	}
	n.Sample = golden.SampleSize
	defer func() { n.Sample = 0 }()
	values := func() [][]float64 {
		defer restore()
		pass := n.Forward(b, true, 0)
		out := [][]float64{{n.Loss(b, pass)}}
		grads := n.Backward(b, pass)
		for _, p := range network.Params {
			if s := grads.Samples[p]; s != nil {
				out = append(out, s)
			} else if p.Role == ir.Trained {
				out = append(out, sample(grads.Params[p]))
			}
		}
		return out
	}
	want := values()
	others := Disturbed(n, draw, e.Disturbances, true, values)
	v.expect("loss", 0, want[0], Column(others, 0))
	i := 0
	for _, p := range network.Params {
		if p.Role == ir.Trained {
			i++
			v.expect("d."+p.Name, 0, want[i], Column(others, i))
		}
	}
	c.evaluation(v, b, draw, e)
}

// evaluation computes the outputs and the mean loss of a batch as in inference, but of weights that are not rounded.
// Where training rounds there is none: its ranges are those that nothing has moved yet.
func (c *computation) evaluation(v *vectors, b ref.Batch, draw *Source, e Effort) {
	if c.Net.Spec.Quantize.Aware {
		return
	}
	values := func() [][]float64 {
		pass := c.n.Forward(b, false, 0)
		return append(predicted(c.n, pass), []float64{c.n.MeanLoss(b, pass)})
	}
	want := values()
	others := Disturbed(c.n, draw, e.Disturbances, true, values)
	for i, o := range c.Net.Outputs {
		v.expect("y."+o.Name, b.N, want[i], Column(others, i))
	}
	i := len(want) - 1
	v.expect("evaluation", 0, want[i], Column(others, i))
}

// follows tells whether a parameter is the range of numbers that training rounds. It begins at 0, so that a first
// batch, and pieces of one that are alike, set it to what they hold.
func (c *computation) follows(p *ir.Param) bool {
	return slices.ContainsFunc(c.Net.Layers, func(l *op.Layer) bool {
		return l.Def == op.FakeQuant && slices.Contains(l.Params, p)
	})
}

// keepRunning returns what gives running statistics, which a step moves, the numbers that they have now.
func (c *computation) keepRunning() (restore func()) {
	running := map[*ir.Param][]float64{}
	for p, x := range c.n.Params {
		if p.Role == ir.Running {
			running[p] = append([]float64(nil), x...)
		}
	}
	return func() {
		for p, x := range running {
			copy(c.n.Params[p], x)
		}
	}
}

// decidedWork bounds the multiply-adds of the search for a batch whose roundings are decided; tests change it.
var decidedWork = 4 * usual

// decidedNumbers is of how many rounded numbers a batch is looked for first: float32 may round one of some thousand
// otherwise.
const decidedNumbers = 500

// decided draws batches of at most some rows until it finds one whose numbers float32 rounds as the reference does:
// each is farther from the middle between two steps than the tolerance of its quotient by the step. The fewer rows, the
// more likely that is. It returns the last batch and false where none is such.
func (c *computation) decided(rows int, draw *Source, restore func()) (b ref.Batch, ok bool) {
	const tries, disturbances = 32, 3
	rounded := 0
	for _, l := range c.Net.Layers {
		if l.Def == op.FakeQuant {
			rounded += l.Shape.Size()
		}
	}
	rows = clamp(decidedNumbers/float64(rounded), min(2, rows), rows)
	defer func() { c.n.Each = nil }()
	for work := 0.0; ; rows = (rows + 1) / 2 {
		for c.Net.Piece()%rows != 0 { // so that all pieces of the self-test hold all examples, and so have the range of all
			rows--
		}
		for range tries {
			b = examples(c.n, rows, draw)
			if work += (disturbances + 1) * float64(rows) * Work(c.Net); work > decidedWork {
				return b, false
			}
			tied := false
			quotients := func() [][]float64 {
				defer restore()
				var all [][]float64
				c.n.Each = func(l *op.Layer, call *op.Call, _ bool) {
					if l.Def == op.FakeQuant {
						t, undecided := op.Quotients(call)
						all, tied = append(all, t), tied || undecided
					}
				}
				c.n.Forward(b, true, 0)
				return all
			}
			want := quotients()
			if tied {
				continue
			}
			others := Disturbed(c.n, draw, disturbances, true, quotients)
			for i, t := range want {
				for j, tol := range Tolerance(t, Column(others, i)) {
					tied = tied || !(math.Abs(t[j]-math.Floor(t[j])-0.5) > tol)
				}
			}
			if !tied {
				return b, true
			}
		}
		if rows == 1 {
			return b, false
		}
	}
}

// sample returns at most golden.SampleSize elements, evenly spread.
func sample(x []float64) []float64 {
	if len(x) <= golden.SampleSize {
		return x
	}
	var out []float64
	for _, i := range ref.SampleOf(len(x), golden.SampleSize) {
		out = append(out, x[i])
	}
	return out
}

// widen returns numbers as float64, in the memory of to if that has their length.
func widen(to []float64, x []float32) []float64 {
	if len(to) != len(x) {
		to = make([]float64, len(x))
	}
	for i, v := range x {
		to[i] = float64(v)
	}
	return to
}
