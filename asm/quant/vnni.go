package quant

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// dot emits VPDPBUSD, which avo lacks: sum += the four products of unsigned bytes of x and signed bytes of w in each
// lane.
func dot(w Op, x, sum reg.Register) {
	Instruction(&ir.Instruction{Opcode: "VPDPBUSD", Operands: []Op{w, x, sum}, Inputs: []Op{w, x, sum},
		Outputs: []Op{sum}, ISA: []string{"AVX512F", "AVX512VNNI"}})
}

// emitMultiplyVNNI emits the sums of panel after panel: of eight or four rows at a time, then of single rows. Numbers
// of x are unsigned, 128 more than they stand for, which the sums of the weights of each column make up for.
func emitMultiplyVNNI() {
	args := asm.ArgFunc("multiplyVNNI", "multiplyArgs", "",
		"multiplyVNNI works like multiplyGeneric for x[i] = bytes[i] - 128. It changes args.")
	asm.Positive(args, "lines", "rows", "runs", "quads", "panels")
	panels := asm.NewLabel("panel")
	Label(panels)
	s, line, lines, step := pointer(args, "s", "at", 1), GP64(), counter(args, "lines"), GP64()
	MOVQ(args.Field("bytes"), line)
	MOVQ(args.Field("xRow"), step)
	start, w, size := ZMM(), pointer(args, "w", "wAt", 1), GP64()
	VMOVDQU32(Mem{Base: pointer(args, "start", "at", 1)}, start)
	MOVQ(args.Field("panelBytes"), size)
	VPSUBD(Mem{Base: w, Index: size, Scale: 1, Disp: -sumBytes}, start, start)
	next := asm.NewLabel("line")
	Label(next)
	x, rows := GP64(), counter(args, "rows")
	MOVQ(line, x)
	done := asm.NewLabel("done")
	for _, count := range []int{8, 4, 1} {
		loop, fewer := asm.NewLabel("rows"), asm.NewLabel("fewer")
		Label(loop)
		CMPQ(rows, U32(uint32(count)))
		asm.Goto(JLT, fewer)
		dotRows(args, s, x, step, w, start, count)
		for range count {
			ADDQ(args.Field("sRow"), s)
			ADDQ(step, x)
		}
		SUBQ(U32(uint32(count)), rows)
		asm.Goto(JZ, done)
		asm.Goto(JMP, loop)
		Label(fewer)
	}
	Label(done)
	ADDQ(args.Field("xLine"), line)
	SUBQ(U32(1), lines)
	asm.Goto(JNZ, next)
	nextPanel(args)
	asm.Goto(JNZ, panels)
	VZEROUPPER()
	RET()
}

// dotChains is how many sums a single row has in each lane, for the latency of VPDPBUSD.
const dotChains = 4

// dotChained emits a loop over so many quads of a row at p as there are chains, and the label behind it, where fewer
// are left; x is for it to change.
func dotChained(p, w, quads reg.GPVirtual, x reg.VecVirtual, chains []reg.VecVirtual, left string) {
	four := asm.NewLabel("four")
	Label(four)
	CMPQ(quads, U32(dotChains))
	asm.Goto(JLT, left)
	for c, sum := range chains {
		VPBROADCASTD(Mem{Base: p, Disp: 4 * c}, x)
		dot(Mem{Base: w, Disp: quadBytes * c}, x, sum)
	}
	ADDQ(U32(4*dotChains), p)
	ADDQ(U32(quadBytes*dotChains), w)
	SUBQ(U32(dotChains), quads)
	asm.Goto(JMP, four)
	Label(left)
}

// dotRows emits the sums of rows of x for a panel.
func dotRows(args asm.Args, s, x, step, panelStart reg.GPVirtual, start reg.VecVirtual, rows int) {
	at, w, runs := GP64(), GP64(), counter(args, "runs")
	MOVQ(x, at)
	MOVQ(panelStart, w)
	places := multiplesOf(step, rows)
	sums := make([]reg.VecVirtual, rows)
	for r := range sums {
		sums[r] = ZMM()
		VMOVDQA32(start, sums[r])
	}
	chains := sums
	if rows == 1 {
		for range dotChains - 1 {
			v := ZMM()
			VPXORD(v, v, v)
			chains = append(chains, v)
		}
	}
	run, quad, left, ran := asm.NewLabel("run"), asm.NewLabel("quad"), asm.NewLabel("left"), asm.NewLabel("ran")
	Label(run)
	p, quads := GP64(), counter(args, "quads")
	MOVQ(at, p)
	v := ZMM()
	if rows == 1 {
		dotChained(p, w, quads, v, chains, left)
		TESTQ(quads, quads)
		asm.Goto(JZ, ran)
	}
	Label(quad)
	weights := ZMM()
	VMOVDQU32(Mem{Base: w}, weights)
	far := GP64()
	if rows > 4 {
		LEAQ(Mem{Base: p, Index: step, Scale: 4}, far)
	}
	for r, sum := range sums {
		if r < 4 {
			VPBROADCASTD(places.row(p, r), v)
		} else {
			VPBROADCASTD(places.row(far, r-4), v)
		}
		dot(weights, v, sum)
	}
	ADDQ(U32(4), p)
	ADDQ(U32(quadBytes), w)
	SUBQ(U32(1), quads)
	asm.Goto(JNZ, quad)
	Label(ran)
	ADDQ(args.Field("xRun"), at)
	SUBQ(U32(1), runs)
	asm.Goto(JNZ, run)
	for _, v := range chains[rows:] {
		VPADDD(v, sums[0], sums[0])
	}
	to := GP64()
	MOVQ(s, to)
	for r, v := range sums {
		VMOVDQU32(v, Mem{Base: to})
		if r < rows-1 {
			ADDQ(args.Field("sRow"), to)
		}
	}
}

// emitUnsigned emits 32 numbers at a time; the last ones may be some of those before them again.
func emitUnsigned() {
	TEXT("unsignedAVX2", 4, "func(y, x *int8, n int)")
	Pragma("noescape")
	Doc("unsignedAVX2 works like unsignedGeneric for n ≥ 16 numbers.")
	y, x, n := Load(Param("y"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	v, flip := YMM(), YMM()
	Comment("the highest bit of each byte")
	VPCMPEQD(flip, flip, flip)
	VPSLLW(Imm(15), flip, flip)
	VPACKSSWB(flip, flip, flip)
	loop, few, done := asm.NewLabel("numbers"), asm.NewLabel("few"), asm.NewLabel("done")
	CMPQ(n, U32(32))
	asm.Goto(JLT, few)
	Label(loop)
	VPXOR(Mem{Base: x}, flip, v)
	VMOVDQU(v, Mem{Base: y})
	SUBQ(U32(32), n)
	asm.Goto(JZ, done)
	ADDQ(U32(32), x)
	ADDQ(U32(32), y)
	CMPQ(n, U32(32))
	asm.Goto(JGE, loop)
	VPXOR(Mem{Base: x, Index: n, Scale: 1, Disp: -32}, flip, v)
	VMOVDQU(v, Mem{Base: y, Index: n, Scale: 1, Disp: -32})
	asm.Goto(JMP, done)
	Label(few)
	for _, m := range []Mem{{}, {Index: n, Scale: 1, Disp: -16}} {
		from, to := m, m
		from.Base, to.Base = x, y
		VPXOR(from, flip.AsX(), v.AsX())
		VMOVDQU(v.AsX(), to)
	}
	Label(done)
	VZEROUPPER()
	RET()
}
