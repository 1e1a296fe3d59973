package emit

import (
	"math/bits"

	"github.com/dave/jennifer/jen"
)

// What of a training package cuts batches into chunks, whose gradients are added in a balanced tree: so that several
// processes share a training with the bits of one. Losses, and the running statistics that norms over the batch move,
// go the same way.

// chunked tells whether batches are cut into chunks.
func (net *Network) chunked() bool { return net.Train.Chunks > 0 }

// forMoved yields a statement for each statistic that a gradient moves, of its array and of its range in one of all:
//
//	copy(m[0:6], s.Norm1Mean[:])
func (net *Network) forMoved(s string, statement func(array, in *jen.Statement) jen.Code) (all []jen.Code) {
	at := 0
	for _, p := range net.Plan.Gradient.Moved() {
		array := jen.Id(s).Dot(p.Ident).Index(jen.Op(":"))
		all = append(all, statement(array, jen.Index(jen.Lit(at).Op(":").Lit(at+p.Size()))))
		at += p.Size()
	}
	return all
}

// movedNumbers returns how many running statistics a gradient moves.
func (net *Network) movedNumbers() (n int) {
	for _, p := range net.Plan.Gradient.Moved() {
		n += p.Size()
	}
	return n
}

// emitChunks writes Gradient for batches that are cut into chunks, and what it is made of.
func (net *Network) emitChunks(f *file) {
	f.constant("Chunks is the number of pieces that a batch of n examples is cut into: chunk i has those from "+
		"i*n/Chunks up to\n"+
		"(i+1)*n/Chunks. Their gradients, losses and statistics are added in a balanced tree, so that 1, 2, 4, … up "+
		"to Chunks\n"+
		"processes share a training with the same bits: see Join.", "Chunks", jen.Lit(net.Train.Chunks))
	members := []member{{name: "grads", typ: f.qual("model", "Params")}}
	if n := net.movedNumbers(); n > 0 {
		members = append(members, member{name: "statistics", typ: jen.Index(jen.Lit(n)).Float32(), note: "see leave"})
	}
	f.structure("chunkSums are what is added over chunks.", "chunkSums", members...)
	net.emitChunkedGradient(f)
	net.emitGradientChunks(f)
	net.emitChunk(f)
	if net.movedNumbers() > 0 {
		net.emitLeave(f)
	}
	f.fixed("Reduce", "Trainer.Join")
}

// sumsAt yields t.sums[at].
func sumsAt(at jen.Code) *jen.Statement { return jen.Id("t").Dot("sums").Index(at) }

// batchWeight yields fit.Weight(n, weights).
func (net *Network) batchWeight(f *file) *jen.Statement {
	return f.qual("fit", "Weight").Call(net.weighted(f.local("n")), jen.Id("weights"))
}

// emitChunkedGradient yields
//
//	func (t *Trainer) Gradient(x, y, weights []float32) float64 {
//		…
//		lo, hi := t.group.Share(Chunks)
//		sums, loss := t.GradientChunks(lo, hi, x, y, weights)
//		t.totals[0] = loss
//		t.group.All(sums, t.totals[:])
//		copy(t.Gradients(), sums)
//		loss = t.totals[0] / total
//		…
//		return loss
//	}
//
// with, where the gradient moves statistics, their means over the chunks:
//
//	s, m := &t.Weights.Stats, t.sums[0].statistics[:]
//	share := 1 / float32(min(n, Chunks))
//	vec.Scale(s.Norm1Mean[:], m[0:6], share)
func (net *Network) emitChunkedGradient(f *file) {
	body := append(net.checkLengths(f, "Gradient"),
		jen.Line(),
		f.local("total").Op(":=").Add(net.batchWeight(f)),
		jen.If(jen.Id("total").Op("==").Lit(0)).Block(
			jen.Clear(jen.Id("t").Dot("Gradients").Call()),
			jen.Return(jen.Lit(0)),
		),
		jen.List(f.local("lo"), f.local("hi")).Op(":=").Id("t").Dot("group").Dot("Share").Call(jen.Id("Chunks")),
		jen.List(f.local("sums"), f.local("loss")).Op(":=").Add(
			f.call(1, "sums, loss := ", jen.Id("t").Dot("GradientChunks"),
				append(one(jen.Id("lo"), jen.Id("hi")), ids(net.batch().names...)...)...)),
		jen.Id("t").Dot("totals").Index(jen.Lit(0)).Op("=").Id("loss"),
		jen.Id("t").Dot("group").Dot("All").Call(jen.Id("sums"), jen.Id("t").Dot("totals").Index(jen.Op(":"))),
		jen.Copy(jen.Id("t").Dot("Gradients").Call(), jen.Id("sums")))
	if net.movedNumbers() > 0 {
		body = append(body,
			jen.List(f.local("s"), f.local("m")).Op(":=").List(
				jen.Op("&").Id("t").Dot("Weights").Dot("Stats"), sumsAt(jen.Lit(0)).Dot("statistics").Index(jen.Op(":"))),
			f.local("share").Op(":=").Lit(1).Op("/").Float32().Call(jen.Min(jen.Id("n"), jen.Id("Chunks"))))
		body = append(body, net.forMoved("s", func(array, in *jen.Statement) jen.Code {
			return f.qual("vec", "Scale").Call(array, jen.Id("m").Add(in), jen.Id("share"))
		})...)
	}
	body = append(body, jen.Id("loss").Op("=").Id("t").Dot("totals").Index(jen.Lit(0)).Op("/").Id("total"))
	body = append(append(body, net.penalties(f)...), jen.Return(jen.Id("loss")))
	f.function("Gradient computes the objective of a batch, which it returns, and its gradients, which Gradients shows "+
		"and Apply\n"+
		"uses. The objective is the mean loss of the examples,\n"+net.weightsDoc()+
		", plus the penalties of the parameters. All processes of a\n"+
		"group give the whole batch, and each works off its own chunks. "+
		net.allocatesDoc()+" It panics if the lengths do\nnot agree"+net.orUnready()+".",
		function{recv: "t", of: "Trainer", name: "Gradient", params: []field{net.batch()},
			results: []field{vars(jen.Float64())}}, body...)
}

// emitGradientChunks yields
//
//	func (t *Trainer) GradientChunks(lo, hi int, x, y, weights []float32) (sums []float32, loss float64) {
//		…
//		of := hi - lo
//		if lo < 0 || of <= 0 || hi > Chunks || of&(of-1) != 0 || lo%of != 0 {
//			panic("digitstrain: GradientChunks: no such chunks")
//		}
//
//		total := fit.Weight(n, weights)
//		scale := float32(1 / total)
//		var losses [4]float64
//		depth := 0
//		for c := lo; c < hi; c++ {
//			losses[depth] = t.chunk(c*n/Chunks, (c+1)*n/Chunks, x, y, weights, scale, &t.sums[depth].grads)
//			…
//		}
//		return mem.Flat(&t.sums[0]), losses[0]
//	}
func (net *Network) emitGradientChunks(f *file) {
	body := append(append(net.checkLengths(f, "GradientChunks"),
		net.checkTokens(f, net.Name+"train: GradientChunks", false)...),
		f.local("of").Op(":=").Id("hi").Op("-").Id("lo"),
		jen.If(jen.Id("lo").Op("<").Lit(0).Op("||").Id("of").Op("<=").Lit(0).Op("||").Id("hi").Op(">").Id("Chunks").Op("||").
			Id("of").Op("&").Parens(jen.Id("of").Op("-").Lit(1)).Op("!=").Lit(0).Op("||").Id("lo").Op("%").Id("of").Op("!=").
			Lit(0)).Block(
			jen.Panic(quoted(net.Name+"train: GradientChunks: no such chunks"))),
		jen.Line(),
		f.local("total").Op(":=").Add(net.batchWeight(f)),
		f.local("scale").Op(":=").Float32().Call(jen.Lit(1).Op("/").Id("total")))
	body = append(body, net.classShares(f)...)
	if net.movedNumbers() > 0 {
		body = append(body, f.local("s").Op(":=").Op("&").Id("t").Dot("Weights").Dot("Stats"))
		body = append(body, net.forMoved("s", func(array, in *jen.Statement) jen.Code {
			return jen.Copy(jen.Id("t").Dot("before").Add(in), array)
		})...)
	}
	body = append(body,
		jen.Var().Add(f.local("losses")).Index(jen.Lit(net.sumLevels())).Float64(),
		f.local("depth").Op(":=").Lit(0),
		jen.For(f.local("c").Op(":=").Id("lo"), jen.Id("c").Op("<").Id("hi"), jen.Id("c").Op("++")).Block(
			net.addChunk(f)...),
		jen.Return(f.flatSums(jen.Lit(0)), jen.Id("losses").Index(jen.Lit(0))))
	what := "their gradients, in the order of Params"
	if net.movedNumbers() > 0 {
		what += ", and behind those the\nstatistics that they leave"
	}
	f.function("GradientChunks computes what a batch has of chunks lo up to hi, as many as a power of two that "+
		"divides lo: "+what+
		",\nand the sum of their losses. The slice is a view, which the next call overwrites. It panics if there are no "+
		"such\nchunks"+
		net.orUnready()+".",
		function{recv: "t", of: "Trainer", name: "GradientChunks", params: []field{vars(jen.Int(), "lo", "hi"), net.batch()},
			results: []field{vars(floats(), "sums"), vars(jen.Float64(), "loss")}}, body...)
}

// sumLevels returns the levels of the tree in which chunks are added, with its leaves.
func (net *Network) sumLevels() int { return bits.Len(uint(net.Train.Chunks)) }

// flatSums yields mem.Flat(&t.sums[at]).
func (f *file) flatSums(at jen.Code) *jen.Statement {
	return f.flat(jen.Op("&").Add(sumsAt(at)))
}

// addChunk yields what computes chunk c, and adds it to the sums of those before that are of as many chunks:
//
//	losses[depth] = t.chunk(c*n/Chunks, (c+1)*n/Chunks, x, y, weights, scale, &t.sums[depth].grads)
//	t.leave(&t.sums[depth], c*n/Chunks == (c+1)*n/Chunks)
//	depth++
//	for k := c - lo + 1; k%2 == 0; k /= 2 {
//		depth--
//		vec.Add(mem.Flat(&t.sums[depth-1]), mem.Flat(&t.sums[depth-1]), mem.Flat(&t.sums[depth]))
//		losses[depth-1] += losses[depth]
//	}
func (net *Network) addChunk(f *file) []jen.Code {
	from := func() *jen.Statement { return jen.Id("c").Op("*").Id("n").Op("/").Id("Chunks") }
	to := func() *jen.Statement {
		return jen.Parens(jen.Id("c").Op("+").Lit(1)).Op("*").Id("n").Op("/").Id("Chunks")
	}
	args := append(append(one(from(), to()), ids(net.batch().names...)...), jen.Id("scale"))
	args = append(append(args, ids(net.shareNames()...)...), jen.Op("&").Add(sumsAt(jen.Id("depth"))).Dot("grads"))
	lower := func() *jen.Statement { return f.flatSums(jen.Id("depth").Op("-").Lit(1)) }
	body := one(jen.Id("losses").Index(jen.Id("depth")).Op("=").
		Add(f.call(2, "losses[depth] = ", jen.Id("t").Dot("chunk"), args...)))
	if net.movedNumbers() > 0 {
		body = append(body, jen.Id("t").Dot("leave").Call(
			jen.Op("&").Add(sumsAt(jen.Id("depth"))), from().Op("==").Add(to())))
	}
	return append(body, jen.Id("depth").Op("++"),
		jen.For(f.local("k").Op(":=").Id("c").Op("-").Id("lo").Op("+").Lit(1), jen.Id("k").Op("%").Lit(2).Op("==").Lit(0),
			jen.Id("k").Op("/=").Lit(2)).Block(
			jen.Id("depth").Op("--"),
			f.qual("vec", "Add").Call(lower(), lower(), f.flatSums(jen.Id("depth"))),
			jen.Id("losses").Index(jen.Id("depth").Op("-").Lit(1)).Op("+=").Id("losses").Index(jen.Id("depth"))))
}

// emitChunk yields
//
//	func (t *Trainer) chunk(from, to int, x, y, weights []float32, scale float32, g *digits.Params) float64 {
//		if from == to {
//			clear(mem.Flat(g))
//			return 0
//		}
//		…
//		return loss
//	}
func (net *Network) emitChunk(f *file) {
	g, part := jen.Id("g"), jen.Op("&").Id("t").Dot("part")
	body := one(jen.If(jen.Id("from").Op("==").Id("to")).Block(
		jen.Clear(f.flat(g)),
		jen.Return(jen.Lit(0))))
	body = append(body, net.sumOfPieces(f, jen.Id("from"), jen.Id("to"), g,
		one(f.qual("vec", "Add").Call(f.flat(g), f.flat(g), f.flat(part))))...)
	body = append(body, jen.Return(jen.Id("loss")))
	params := []field{vars(jen.Int(), "from", "to"), net.batch(), vars(jen.Float32(), "scale")}
	if names := net.shareNames(); names != nil {
		params = append(params, vars(jen.Float64(), names...))
	}
	params = append(params, vars(jen.Op("*").Add(f.qual("model", "Params")), "g"))
	f.function("chunk computes the summed loss of examples from up to to of a batch, and writes to g the gradients of "+
		"scale times it.",
		function{recv: "t", of: "Trainer", name: "chunk", params: params, results: []field{vars(jen.Float64())}}, body...)
}

// emitLeave yields
//
//	func (t *Trainer) leave(sum *chunkSums, empty bool) {
//		s := &t.Weights.Stats
//		copy(sum.statistics[0:6], s.Norm1Mean[:])
//		copy(s.Norm1Mean[:], t.before[0:6])
//		if empty {
//			clear(sum.statistics[:])
//		}
//	}
func (net *Network) emitLeave(f *file) {
	body := []jen.Code{f.local("s").Op(":=").Op("&").Id("t").Dot("Weights").Dot("Stats")}
	body = append(body, net.forMoved("s", func(array, in *jen.Statement) jen.Code {
		return jen.Copy(jen.Id("sum").Dot("statistics").Add(in), array)
	})...)
	body = append(body, net.forMoved("s", func(array, in *jen.Statement) jen.Code {
		return jen.Copy(array, jen.Id("t").Dot("before").Add(in))
	})...)
	body = append(body, jen.If(jen.Id("empty")).Block(jen.Clear(jen.Id("sum").Dot("statistics").Index(jen.Op(":")))))
	f.function("leave keeps the running statistics that a chunk leaves, none if it is empty, and brings back those "+
		"from before it.",
		function{recv: "t", of: "Trainer", name: "leave", params: []field{vars(jen.Op("*").Id("chunkSums"), "sum"),
			vars(jen.Bool(), "empty")}}, body...)
}

// chunkMembers are the fields of a Trainer for chunks.
func (net *Network) chunkMembers(f *file) []member {
	all := []member{
		{name: "group", typ: f.qual("fit", "Group")},
		{name: "totals", typ: jen.Index(jen.Lit(1)).Float64(), note: "the summed loss, for Reduce"},
		{name: "sums", typ: jen.Index(jen.Lit(net.sumLevels())).Id("chunkSums"),
			note: "one for each level of the tree"},
	}
	if n := net.movedNumbers(); n > 0 {
		all = append(all, member{name: "before", typ: jen.Index(jen.Lit(n)).Float32(),
			note: "running statistics before a batch"})
	}
	return all
}
