package ir

// The primitives of quantisation-aware training.
var (
	// FakeQuantTrain also moves the range, its last argument.
	FakeQuantTrain = row(Prim{Name: "fake_quant.train", Stream: StreamNever, Args: 2,
		Doc:   "y = x rounded to the 256 steps of a range, which moves to that of the batch",
		Attrs: []string{"momentum float", "steps int"}, Effect: true, AcrossRows: true, Infer: like(0)})

	FakeQuantGrad = row(Prim{Name: "fake_quant.grad", Stream: StreamNever, NoVJP: true,
		Doc: "dx = dy where x is within the range, from dy, x, range", Args: 3, InPlace: []int{0}, Infer: like(0)})

	FakeQuantWeights = row(Prim{Name: "fake_quant.weights", Stream: StreamNever, Args: 1,
		Doc:   "weights rounded to 255 steps of each channel, the gradient passing straight through",
		Attrs: []string{"channels int"},
		Infer: like(0)})
)

func init() {
	FakeQuantTrain.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.one(FakeQuantGrad, "", []*Value{dy[0], n.Args[0], n.Args[1]}), nil}
	}
	FakeQuantWeights.VJP = func(_ *Builder, _ *Node, dy []*Value) []*Value { return dy[:1] }
}
