package ir

// GaussianDropoutPrim draws the same numbers from the same stream and step, so it is its own gradient.
var GaussianDropoutPrim = row(Prim{Name: "gaussian_dropout", Stream: StreamNever,
	Doc: "y = x·(1 + stddev·z), z a normal number for each element", Args: 1,
	Attrs: []string{"stddev float", "stream int"}, InPlace: []int{0}, Infer: like(0)})

// GaussianDropout returns x times normal numbers of mean 1, drawn by the random numbers of a stream.
func (b *Builder) GaussianDropout(x *Value, stddev float64, stream uint32) *Value {
	return b.one(GaussianDropoutPrim, "", []*Value{x}, "stddev", stddev, "stream", int(stream))
}

func init() {
	GaussianDropoutPrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.GaussianDropout(dy[0], n.Float("stddev"), uint32(n.Int("stream")))}
	}
}
