package quant

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// rowMost is how many numbers of x the frame of a kernel of a row has room for, rowLeast how many it reads at once: as
// in runtime/quant.
const (
	rowMost  = 2048
	rowLeast = 32
)

// emitRows emits products of a single row: x is brought to the form that the products read, in the frame of the kernel,
// and the sums of a panel are rescaled and stored from registers.
func emitRows(masks Mem) {
	emitRow("rowAVX2", masks, splitNibbles, nibbleSums)
	emitRow("rowVNNI", masks, splitSigns, dotSums)
}

// emitRow emits a kernel whose split prepares x below frame, and whose sums gives those of a panel, of half a panel
// each; it leaves w at the sums of the weights of the panel.
func emitRow(name string, masks Mem, split func(args asm.Args, frame Mem),
	sums func(args asm.Args, frame Mem, w reg.GPVirtual) [2]reg.VecVirtual) {
	args, frame := asm.FrameFunc(name, "rowArgs", 2*rowMost+sumBytes,
		name+" works like multiplyGeneric for a row of length ≥ 32 numbers, and rescaleGeneric or a scale. It changes args.")
	asm.Positive(args, "length", "quads", "cols")
	split(args, frame)
	panels, done := asm.NewLabel("panel"), asm.NewLabel("done")
	w, cols := GP64(), GP64()
	MOVQ(args.Field("w"), w)
	Label(panels)
	s := sums(args, frame, w)
	Comment("128 times the sums of the weights")
	for h, v := range s {
		VPSUBD(Mem{Base: w, Disp: sumBytes / 2 * h}, v, v)
	}
	ADDQ(U32(sumBytes), w)
	for h, v := range s {
		MOVQ(args.Field("cols"), cols)
		if h > 0 {
			SUBQ(U32(panel/2), cols)
			asm.Goto(JLE, done)
		}
		storeHalf(args, masks, v, cols)
		ADDQ(U32(panel/2), args.Field("at"))
	}
	SUBQ(U32(panel), args.Field("cols"))
	asm.Goto(JG, panels)
	Label(done)
	VZEROUPPER()
	RET()
}

// storeHalf stores what becomes of the sums of cols channels, 8 at most, from channel at on.
func storeHalf(args asm.Args, masks Mem, s reg.VecVirtual, cols reg.GPVirtual) {
	mask, few := YMM(), asm.NewLabel("few")
	CMPQ(cols, U32(8))
	asm.Goto(JLE, few)
	MOVQ(U32(8), cols)
	Label(few)
	asm.LoadTailMask(masks, cols, mask)
	bias := YMM()
	VPMASKMOVD(Mem{Base: pointer(args, "bias", "at", 4)}, mask, bias)
	VPADDD(bias, s, s)
	float, floats, tail, stored := GP64(), asm.NewLabel("floats"), asm.NewLabel("tail"), asm.NewLabel("stored")
	MOVQ(args.Field("float"), float)
	TESTQ(float, float)
	asm.Goto(JNZ, floats)
	r := channelsAt(args, mask, broadcast(args, "zero"))
	r.rescale(s, broadcast(args, "lo"), broadcast(args, "hi"))
	y := pointer(args, "y", "at", 1)
	CMPQ(cols, U32(8))
	asm.Goto(JLT, tail)
	VMOVQ(s.AsX(), Mem{Base: y})
	asm.Goto(JMP, stored)
	Label(tail)
	storeBytes(s, cols, y)
	asm.Goto(JMP, stored)

	Label(floats)
	at, scale, whole := GP64(), YMM(), asm.NewLabel("whole")
	MOVQ(args.Field("at"), at)
	VPMASKMOVD(Mem{Base: pointer(args, "scale", "at", 4)}, mask, scale)
	VCVTDQ2PS(s, s)
	VMULPS(scale, s, s)
	CMPQ(cols, U32(8))
	asm.Goto(JGE, whole)
	asm.StoreTail(cols, []reg.VecVirtual{s}, func(int) Mem { return Mem{Base: float, Index: at, Scale: 4} })
	asm.Goto(JMP, stored)
	Label(whole)
	VMOVUPS(s, Mem{Base: float, Index: at, Scale: 4})
	Label(stored)
}

// splitRow emits a loop over 32 numbers of x at a time, without their sign; the last ones may be some of those before
// them again.
func splitRow(args asm.Args, frame Mem, store func(v reg.VecVirtual, to Mem)) {
	x, to, n, v, flip := GP64(), GP64(), GP64(), YMM(), YMM()
	MOVQ(args.Field("x"), x)
	MOVQ(args.Field("length"), n)
	LEAQ(frame, to)
	Comment("the highest bit of each byte")
	VPCMPEQD(flip, flip, flip)
	VPSLLW(Imm(15), flip, flip)
	VPACKSSWB(flip, flip, flip)
	loop, last, done := asm.NewLabel("split"), asm.NewLabel("last"), asm.NewLabel("ready")
	Label(loop)
	VPXOR(Mem{Base: x}, flip, v)
	store(v, Mem{Base: to})
	SUBQ(U32(rowLeast), n)
	asm.Goto(JZ, done)
	CMPQ(n, U32(rowLeast))
	asm.Goto(JLT, last)
	ADDQ(U32(rowLeast), x)
	ADDQ(U32(rowLeast), to)
	asm.Goto(JMP, loop)
	Label(last)
	ADDQ(n, x)
	ADDQ(n, to)
	MOVQ(U32(rowLeast), n)
	asm.Goto(JMP, loop)
	Label(done)
}

// splitSigns stores x + 128.
func splitSigns(args asm.Args, frame Mem) {
	splitRow(args, frame, func(v reg.VecVirtual, to Mem) { VMOVDQU(v, to) })
}

// splitNibbles stores the low four bits of x + 128, and from rowMost bytes on the high ones.
func splitNibbles(args asm.Args, frame Mem) {
	nibble, high := YMM(), YMM()
	VPCMPEQD(nibble, nibble, nibble)
	VPSRLW(Imm(12), nibble, nibble)
	VPACKUSWB(nibble, nibble, nibble)
	splitRow(args, frame, func(v reg.VecVirtual, to Mem) {
		VPSRLW(Imm(4), v, high)
		VPAND(nibble, v, v)
		VPAND(nibble, high, high)
		VMOVDQU(v, to)
		to.Disp += rowMost
		VMOVDQU(high, to)
	})
}

// nibbleQuads is how many quads are added in 16 bits: 8·2·15·128 = 30720 is below 2¹⁵.
const nibbleQuads = 8

// nibbleSums emits sums as those of the low four bits of x and 16 times those of the high ones. VPMADDUBSW adds two
// products, which takes 2·15·128 of 16 bits, so that eight of its results are added before they are widened.
func nibbleSums(args asm.Args, frame Mem, w reg.GPVirtual) [2]reg.VecVirtual {
	p, quads := GP64(), counter(args, "quads")
	LEAQ(frame, p)
	ones, sixteens := YMM(), YMM()
	VPCMPEQD(ones, ones, ones)
	VPSRLW(Imm(15), ones, ones)
	VPSLLW(Imm(4), ones, sixteens)
	s := [2]reg.VecVirtual{YMM(), YMM()}
	var low, high [2]reg.VecVirtual
	for h, v := range s {
		VPXOR(v, v, v)
		low[h], high[h] = YMM(), YMM()
	}
	// A quad of the panel, at index i.
	add := func(i int, first bool) {
		xLow, xHigh := YMM(), YMM()
		VPBROADCASTD(Mem{Base: p, Disp: 4 * i}, xLow)
		VPBROADCASTD(Mem{Base: p, Disp: 4*i + rowMost}, xHigh)
		for h := range s {
			weights := YMM()
			VMOVDQU(Mem{Base: w, Disp: quadBytes*i + quadBytes/2*h}, weights)
			if first {
				VPMADDUBSW(weights, xLow, low[h])
				VPMADDUBSW(weights, xHigh, high[h])
				continue
			}
			product := YMM()
			VPMADDUBSW(weights, xLow, product)
			VPADDW(product, low[h], low[h])
			VPMADDUBSW(weights, xHigh, weights)
			VPADDW(weights, high[h], high[h])
		}
	}
	widen := func() {
		for h, v := range s {
			VPMADDWD(ones, low[h], low[h])
			VPADDD(low[h], v, v)
			VPMADDWD(sixteens, high[h], high[h])
			VPADDD(high[h], v, v)
		}
	}
	eight, few, one, done := asm.NewLabel("eight"), asm.NewLabel("few"), asm.NewLabel("one"), asm.NewLabel("summed")
	Label(eight)
	CMPQ(quads, U32(nibbleQuads))
	asm.Goto(JLT, few)
	for i := range nibbleQuads {
		add(i, i == 0)
	}
	widen()
	ADDQ(U32(4*nibbleQuads), p)
	ADDQ(U32(quadBytes*nibbleQuads), w)
	SUBQ(U32(nibbleQuads), quads)
	asm.Goto(JMP, eight)
	Label(few)
	TESTQ(quads, quads)
	asm.Goto(JZ, done)
	for h := range s {
		VPXOR(low[h], low[h], low[h])
		VPXOR(high[h], high[h], high[h])
	}
	Label(one)
	add(0, false)
	ADDQ(U32(4), p)
	ADDQ(U32(quadBytes), w)
	SUBQ(U32(1), quads)
	asm.Goto(JNZ, one)
	widen()
	Label(done)
	return s
}

// dotSums emits sums by VPDPBUSD, in some chains for its latency.
func dotSums(args asm.Args, frame Mem, w reg.GPVirtual) [2]reg.VecVirtual {
	p, quads := GP64(), counter(args, "quads")
	LEAQ(frame, p)
	var chains [dotChains]reg.VecVirtual
	for c := range chains {
		chains[c] = ZMM()
		VPXORD(chains[c], chains[c], chains[c])
	}
	x := ZMM()
	left, done := asm.NewLabel("left"), asm.NewLabel("summed")
	dotChained(p, w, quads, x, chains[:], left)
	TESTQ(quads, quads)
	asm.Goto(JZ, done)
	VPBROADCASTD(Mem{Base: p}, x)
	dot(Mem{Base: w}, x, chains[0])
	ADDQ(U32(4), p)
	ADDQ(U32(quadBytes), w)
	SUBQ(U32(1), quads)
	asm.Goto(JMP, left)
	Label(done)
	for _, v := range chains[1:] {
		VPADDD(v, chains[0], chains[0])
	}
	to, s := GP64(), [2]reg.VecVirtual{YMM(), YMM()}
	LEAQ(frame, to)
	VMOVDQU32(chains[0], Mem{Base: to, Disp: 2 * rowMost})
	for h, v := range s {
		VMOVDQU(Mem{Base: to, Disp: 2*rowMost + sumBytes/2*h}, v)
	}
	return s
}
