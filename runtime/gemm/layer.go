package gemm

import "github.com/nngen/nngen/runtime/cpu"

// A Layer is the product of one row with packed weights, prepared: NNPacked with m = 1, as
// prediction for a single example calls it over and over. It has the same bits and spares
// the checks and the setting up of arguments, which for a layer of a few units take longer
// than the product.
//
// A Layer holds on to its weights and to the slice of its epilogue, and sees changes of
// their elements. It may be used by any number of goroutines at once.
type Layer struct {
	args rowArgs
	n, k int
	p    []float32
	ep   Epilogue
}

// NewLayer prepares x·B for a row x of length k and the k×n matrix B that Pack wrote
// to p. It panics as NNPacked does.
func NewLayer(n, k int, p []float32, ep Epilogue) Layer {
	return prepare(n, k, p, ep, splits(n, k, ep))
}

// prepare is NewLayer with sums of some chains.
func prepare(n, k int, p []float32, ep Epilogue, chains int) Layer {
	checkSizes(0, n, k, 0)
	checkPacked(k, n, len(p))
	if ep.bias() && n > len(ep.v) {
		panic(badBias)
	}
	if ep.grad() && n > len(ep.v) {
		panic(badSaved)
	}
	l := Layer{n: n, k: k, p: p, ep: ep}
	if n > 0 && k > 0 && int64(n)*int64(k) <= int64(rowWork) {
		r := &l.args
		r.xs, r.b, r.ldb, r.ps = 4, &p[0], 4*nr, 4*nr*k
		r.v, r.n, r.k = first(ep.v), n, k
		r.flags, r.alpha, r.padded = ep.flags(), ep.alpha(), 1
		r.split(chains)
	}
	return l
}

// Apply computes y = x·B and applies the epilogue. y must not overlap x, B or the slice of
// the epilogue. It panics if x is shorter than k or y shorter than n.
func (l *Layer) Apply(x, y []float32) {
	if len(x) < l.k || len(y) < l.n || !cpu.HasSIMD() || !alone || l.args.panels == 0 {
		l.slow(x, y)
		return
	}
	l.args.run(&x[0], &y[0])
}

// slow is Apply without kernels, for products of several calls, and for slices that are too short. It stays
// out of line, so that Apply is little more than the call of a kernel. NNPacked would do the same, but a program that
// predicts single examples would then hold the kernels for several rows.
//
//go:noinline
func (l *Layer) slow(x, y []float32) {
	if len(x) < l.k {
		panic(badA)
	}
	checkC(1, l.n, y, l.n, l.ep)
	s := splits(l.n, l.k, l.ep)
	switch {
	case l.n == 0:
	case !cpu.HasSIMD() || !alone || l.k == 0:
		gemmGeneric(1, l.n, l.k, s, factor{x, l.k, 1}, panels{factor: factor{l.p, nr, 1}, ps: nr * l.k}, y, l.n, l.ep)
	default:
		packedRows(1, l.n, l.k, s, x, l.k, l.p, y, l.n, l.ep)
	}
}
