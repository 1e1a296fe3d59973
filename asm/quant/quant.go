// Package quant emits the kernels of runtime/quant: sums of products of 8-bit integers, and what turns them into such,
// and float32 numbers, for AVX2; the sums for AVX-512 with VNNI, too. All but the sums are printed for NEON as well,
// which has sums of its own.
//
// Products are of numbers that were widened to 16 bits: VPMADDWD adds two of them in 32 bits, exactly, where VPMADDUBSW
// would saturate at 16. VPDPBUSD of VNNI adds four products of bytes, exactly, but those of x without a sign.
package quant

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// EmitProducts emits the kernels of products for amd64.
func EmitProducts() {
	masks := asm.TailMasks()
	emitMultiply()
	emitMultiplyVNNI()
	emitRows(masks)
	emitWiden()
	emitUnsigned()
}

// EmitElements emits the kernels of single numbers, for both machines.
func EmitElements() {
	masks := asm.TailMasks()
	emitRescale(masks)
	emitQuantize()
	emitAdd()
	emitLargest()
	emitWindows()
	emitTaps()
	emitRecurrent()
}

// A panel of packed weights has so many columns. A quad of it are its weights in four rows that follow one another,
// those of a column side by side: of rows 0, 2, 1, 3.
const (
	panel     = 16
	quadBytes = 4 * panel
	sumBytes  = 4 * panel // of the sums of a row
)

// A counter is a register that a loop counts down, from a field of the arguments.
func counter(args asm.Args, field string) reg.GPVirtual {
	n := GP64()
	MOVQ(args.Field(field), n)
	return n
}

// pointer loads a pointer of the arguments, and adds to it a field of those, some times. The arguments themselves must
// not hold pointers that a kernel moved: behind the end of an array, another begins.
func pointer(args asm.Args, name, offset string, times uint8) reg.GPVirtual {
	p, at := GP64(), GP64()
	MOVQ(args.Field(name), p)
	MOVQ(args.Field(offset), at)
	LEAQ(Mem{Base: p, Index: at, Scale: times}, p)
	return p
}

// emitMultiply emits the sums of panel after panel: of six or four rows and half a panel at a time, then of single rows
// and whole panels. A step multiplies four numbers of x by the quads of 4 columns; what becomes of a column are two
// sums of 32 bits, which are added in the end.
func emitMultiply() {
	args := asm.ArgFunc("multiplyAVX2", "multiplyArgs", "",
		"multiplyAVX2 works like multiplyGeneric. It changes args.")
	asm.Positive(args, "lines", "rows", "runs", "quads", "panels")
	panels := asm.NewLabel("panel")
	Label(panels)
	s, line, lines, step := pointer(args, "s", "at", 1), GP64(), counter(args, "lines"), GP64()
	MOVQ(args.Field("words"), line)
	MOVQ(args.Field("xRow"), step)
	next := asm.NewLabel("line")
	Label(next)
	x, rows := GP64(), counter(args, "rows")
	MOVQ(line, x)
	six, four, one, done := asm.NewLabel("six"), asm.NewLabel("four"), asm.NewLabel("one"), asm.NewLabel("done")
	block := func(count int) {
		multiplyRows(args, s, x, step, count, 0, 1)
		stored := asm.NewLabel("stored")
		CMPQ(args.Field("cols"), U32(panel/2))
		asm.Goto(JLE, stored)
		multiplyRows(args, s, x, step, count, 1, 1)
		Label(stored)
		for range count {
			ADDQ(args.Field("sRow"), s)
			ADDQ(step, x)
		}
		SUBQ(U32(uint32(count)), rows)
	}
	Comment("6 rows, if then 4 or more are left, or none")
	Label(six)
	CMPQ(rows, U32(6))
	asm.Goto(JLT, four)
	sixth := asm.NewLabel("sixth")
	asm.Goto(JEQ, sixth)
	CMPQ(rows, U32(10))
	asm.Goto(JLT, four)
	Label(sixth)
	block(6)
	asm.Goto(JMP, six)
	Label(four)
	CMPQ(rows, U32(4))
	asm.Goto(JLT, one)
	block(4)
	asm.Goto(JMP, six)
	Label(one)
	TESTQ(rows, rows)
	asm.Goto(JZ, done)
	multiplyRows(args, s, x, step, 1, 0, 2)
	ADDQ(args.Field("sRow"), s)
	ADDQ(step, x)
	SUBQ(U32(1), rows)
	asm.Goto(JMP, one)
	Label(done)
	ADDQ(args.Field("xLine"), line)
	SUBQ(U32(1), lines)
	asm.Goto(JNZ, next)
	nextPanel(args)
	asm.Goto(JNZ, panels)
	VZEROUPPER()
	RET()
}

// nextPanel emits the step to the next panel; the flags tell whether there is one.
func nextPanel(args asm.Args) {
	t := GP64()
	MOVQ(args.Field("panelBytes"), t)
	ADDQ(t, args.Field("wAt"))
	ADDQ(U32(sumBytes), args.Field("at"))
	SUBQ(U32(panel), args.Field("cols"))
	SUBQ(U32(1), args.Field("panels"))
}

// rowPlaces holds what the places of rows of x are made of, which are step bytes apart.
type rowPlaces struct{ step, three, five reg.GPVirtual }

// multiplesOf returns the places of some rows.
func multiplesOf(step reg.GPVirtual, rows int) rowPlaces {
	m := rowPlaces{step, GP64(), GP64()}
	if rows > 3 {
		LEAQ(Mem{Base: step, Index: step, Scale: 2}, m.three)
	}
	if rows > 5 {
		LEAQ(Mem{Base: step, Index: step, Scale: 4}, m.five)
	}
	return m
}

// row returns the place of row r, for the first one at p.
func (m rowPlaces) row(p reg.GPVirtual, r int) Mem {
	return []Mem{
		{Base: p},
		{Base: p, Index: m.step, Scale: 1},
		{Base: p, Index: m.step, Scale: 2},
		{Base: p, Index: m.three, Scale: 1},
		{Base: p, Index: m.step, Scale: 4},
		{Base: p, Index: m.five, Scale: 1},
	}[r]
}

// multiplyRows emits the sums of rows of x and halves of a panel, from one on.
func multiplyRows(args asm.Args, s, x, step reg.GPVirtual, rows, half, halves int) {
	at, w, runs := GP64(), pointer(args, "w", "wAt", 1), counter(args, "runs")
	MOVQ(x, at)
	places := multiplesOf(step, rows)
	sums := make([][]reg.VecVirtual, rows)
	for r := range sums {
		for range 2 * halves {
			v := YMM()
			VPXOR(v, v, v)
			sums[r] = append(sums[r], v)
		}
	}
	run, quad := asm.NewLabel("run"), asm.NewLabel("quad")
	Label(run)
	p, quads := GP64(), counter(args, "quads")
	MOVQ(at, p)
	Label(quad)
	weights := make([]reg.VecVirtual, 2*halves)
	for c := range weights {
		weights[c] = YMM()
		VPMOVSXBW(Mem{Base: w, Disp: panel*2*half + 16*c}, weights[c])
	}
	for r := range sums {
		Commentf("s[%d] += x[%d]·w", r, r)
		v := YMM()
		VPBROADCASTQ(places.row(p, r), v)
		for c, sum := range sums[r] {
			u := v
			if c < len(sums[r])-1 {
				u = YMM()
			}
			VPMADDWD(v, weights[c], u)
			VPADDD(u, sum, sum)
		}
	}
	ADDQ(U32(8), p)
	ADDQ(U32(quadBytes), w)
	SUBQ(U32(1), quads)
	asm.Goto(JNZ, quad)
	ADDQ(args.Field("xRun"), at)
	SUBQ(U32(1), runs)
	asm.Goto(JNZ, run)
	Comment("The two sums of each column, and what they start with")
	start, to := pointer(args, "start", "at", 1), GP64()
	MOVQ(s, to)
	for r := range sums {
		for h := range halves {
			v := sums[r][2*h]
			VPHADDD(sums[r][2*h+1], v, v)
			VPERMQ(Imm(0xd8), v, v)
			VPADDD(Mem{Base: start, Disp: 32 * (half + h)}, v, v)
			VMOVDQU(v, Mem{Base: to, Disp: 32 * (half + h)})
		}
		if r < rows-1 {
			ADDQ(args.Field("sRow"), to)
		}
	}
}

// emitWiden emits 16 numbers at a time; the last ones may be those before them again.
func emitWiden() {
	TEXT("widenAVX2", 4, "func(y *int16, x *int8, n int)")
	Pragma("noescape")
	Doc("widenAVX2 works like widenGeneric for n ≥ 8 numbers.")
	y, x, n := Load(Param("y"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	loop, last, few, done := asm.NewLabel("widen"), asm.NewLabel("last"), asm.NewLabel("few"), asm.NewLabel("done")
	v := YMM()
	CMPQ(n, U32(16))
	asm.Goto(JLT, few)
	Label(loop)
	VPMOVSXBW(Mem{Base: x}, v)
	VMOVDQU(v, Mem{Base: y})
	ADDQ(U32(16), x)
	ADDQ(U32(32), y)
	SUBQ(U32(16), n)
	CMPQ(n, U32(16))
	asm.Goto(JGE, loop)
	Label(last)
	TESTQ(n, n)
	asm.Goto(JZ, done)
	VPMOVSXBW(Mem{Base: x, Index: n, Scale: 1, Disp: -16}, v)
	VMOVDQU(v, Mem{Base: y, Index: n, Scale: 2, Disp: -32})
	asm.Goto(JMP, done)
	Label(few)
	for _, from := range []Mem{{Base: x}, {Base: x, Index: n, Scale: 1, Disp: -8}} {
		to := Mem{Base: y, Index: from.Index, Scale: 2 * from.Scale, Disp: 2 * from.Disp}
		VPMOVSXBW(from, v.AsX())
		VMOVDQU(v.AsX(), to)
	}
	Label(done)
	VZEROUPPER()
	RET()
}

// broadcast loads a field of args into all lanes.
func broadcast(args asm.Args, field string) reg.VecVirtual {
	v := YMM()
	VPBROADCASTD(args.Field(field), v)
	return v
}

// emitRescale emits 8 channels at a time, those of one row after another. Even and odd lanes are multiplied apart,
// since products have 64 bits.
func emitRescale(masks Mem) {
	args := asm.ArgFunc("rescaleSIMD", "rescaleArgs", "",
		"rescaleSIMD works like rescaleGeneric. It changes args.")
	asm.Positive(args, "cols", "rows")
	zero, lo, hi := broadcast(args, "zero"), broadcast(args, "lo"), broadcast(args, "hi")
	next, few := asm.NewLabel("channels"), asm.NewLabel("few")
	Label(next)
	cols := GP64()
	MOVQ(args.Field("cols"), cols)
	CMPQ(cols, U32(8))
	asm.Goto(JLE, few)
	MOVQ(U32(8), cols)
	Label(few)
	mask := YMM()
	asm.LoadTailMask(masks, cols, mask)
	scale := channelsAt(args, mask, zero)

	y, s, rows := pointer(args, "y", "at", 1), pointer(args, "s", "at", 4), counter(args, "rows")
	row, tail, stored := asm.NewLabel("row"), asm.NewLabel("tail"), asm.NewLabel("stored")
	Label(row)
	r := YMM()
	VMOVDQU(Mem{Base: s}, r)
	scale.rescale(r, lo, hi)
	CMPQ(cols, U32(8))
	asm.Goto(JLT, tail)
	VMOVQ(r.AsX(), Mem{Base: y})
	asm.Goto(JMP, stored)
	Label(tail)
	storeBytes(r, cols, y)
	Label(stored)
	ADDQ(args.Field("sRow"), s)
	ADDQ(args.Field("yRow"), y)
	SUBQ(U32(1), rows)
	asm.Goto(JNZ, row)

	ADDQ(U32(8), args.Field("at"))
	SUBQ(U32(8), args.Field("cols"))
	asm.Goto(JG, next)
	VZEROUPPER()
	RET()
}

// A lane has the numbers of the even, or of the odd channels: those that a product reads in the low half of 64 bits.
type lane struct{ multiplier, shift, add, subtract reg.VecVirtual }

// channels is what rescales the sums of 8 channels; offset is added to the results of all lanes.
type channels struct {
	even, odd lane
	offset    reg.VecVirtual
}

// channelsAt loads what rescales the channels of a mask, from channel at on.
func channelsAt(args asm.Args, mask, zero reg.VecVirtual) channels {
	var even, odd lane
	even.multiplier, even.shift = YMM(), YMM()
	VPMASKMOVD(Mem{Base: pointer(args, "m", "at", 4)}, mask, even.multiplier)
	VPMASKMOVD(Mem{Base: pointer(args, "t", "at", 4)}, mask, even.shift)
	odd.multiplier, odd.shift = YMM(), YMM()
	atMost64(even.shift)
	VPSRLQ(Imm(32), even.multiplier, odd.multiplier)
	VPSRLQ(Imm(32), even.shift, odd.shift)
	even.shift64()
	odd.constants()
	Comment("what to add to the results of all lanes: zero − 2⁶² >> t")
	VPSLLQ(Imm(32), odd.subtract, odd.subtract)
	VPBLENDD(Imm(0xaa), odd.subtract, even.subtract, even.subtract)
	offset := odd.subtract
	VPSUBD(even.subtract, zero, offset)
	return channels{even, odd, offset}
}

// atMost64 keeps shifts, without a sign, within 64, beyond which nothing is left: NEON reads eight bits of them.
func atMost64(shift reg.VecVirtual) {
	most := YMM()
	VPCMPEQD(most, most, most)
	VPSRLD(Imm(31), most, most)
	VPSLLD(Imm(6), most, most)
	VPMINUD(most, shift, shift)
}

// shift64 makes shifts of 64 bits of those of 32 in the low halves, and what is made of them.
func (l *lane) shift64() {
	VPSLLQ(Imm(32), l.shift, l.shift)
	VPSRLQ(Imm(32), l.shift, l.shift)
	l.constants()
}

// constants makes what is made of shifts.
func (l *lane) constants() {
	Comment("2⁶² + 2ᵗ⁻¹, and 2⁶² >> t")
	one := YMM()
	VPCMPEQD(one, one, one)
	VPSRLQ(Imm(63), one, one)
	l.add, l.subtract = YMM(), YMM()
	VPSLLQ(Imm(62), one, l.subtract)
	VPSUBQ(one, l.shift, l.add)
	VPSLLVQ(l.add, one, l.add)
	VPADDQ(l.subtract, l.add, l.add)
	VPSRLVQ(l.shift, l.subtract, l.subtract)
}

// rescale makes bytes of 8 sums, in the low half of the lowest lane.
func (c *channels) rescale(s, lo, hi reg.VecVirtual) {
	c.wide(s)
	VPMINSD(hi, s, s)
	VPMAXSD(lo, s, s)
	pack8(s)
}

// wide multiplies 8 sums by their factors, and adds the offset.
func (c *channels) wide(s reg.VecVirtual) {
	sums := [2]reg.VecVirtual{s, YMM()}
	VPSRLQ(Imm(32), s, sums[1])
	for i, l := range []lane{c.even, c.odd} {
		VPMULDQ(l.multiplier, sums[i], sums[i])
		VPADDQ(l.add, sums[i], sums[i])
		VPSRLVQ(l.shift, sums[i], sums[i])
	}
	VPSLLQ(Imm(32), sums[1], sums[1])
	VPBLENDD(Imm(0xaa), sums[1], s, s)
	VPADDD(c.offset, s, s)
}

// storeBytes stores the first n < 8 bytes of v.
func storeBytes(v reg.VecVirtual, n, to reg.Register) {
	bytes, p := GP64(), GP64()
	VMOVQ(v.AsX(), bytes)
	MOVQ(to, p)
	two, one, done := asm.NewLabel("bytes2"), asm.NewLabel("bytes1"), asm.NewLabel("bytes0")
	TESTQ(U32(4), n)
	asm.Goto(JZ, two)
	MOVL(bytes.As32(), Mem{Base: p})
	SHRQ(Imm(32), bytes)
	ADDQ(U32(4), p)
	Label(two)
	TESTQ(U32(2), n)
	asm.Goto(JZ, one)
	MOVW(bytes.As16(), Mem{Base: p})
	SHRQ(Imm(16), bytes)
	ADDQ(U32(2), p)
	Label(one)
	TESTQ(U32(1), n)
	asm.Goto(JZ, done)
	MOVB(bytes.As8(), Mem{Base: p})
	Label(done)
}

// pack8 makes bytes of 8 numbers of 32 bits, from −128 to 127, in the low lanes of v.
func pack8(v reg.VecVirtual) {
	high := XMM()
	VEXTRACTI128(Imm(1), v, high)
	VPACKSSDW(high, v.AsX(), v.AsX())
	VPACKSSWB(v.AsX(), v.AsX(), v.AsX())
}

// emitQuantize emits 8 numbers at a time.
func emitQuantize() {
	args := asm.ArgFunc("quantizeSIMD", "quantizeArgs", "",
		"quantizeSIMD works like quantizeGeneric for a multiple of 8 numbers above 0. It changes args.")
	y, x, n := GP64(), GP64(), GP64()
	MOVQ(args.Field("y"), y)
	MOVQ(args.Field("x"), x)
	MOVQ(args.Field("n"), n)
	scale, far, near, zero := broadcast(args, "scale"), broadcast(args, "far"),
		broadcast(args, "near"), broadcast(args, "zero")
	lo, hi := broadcast(args, "lo"), broadcast(args, "hi")
	loop, v := asm.NewLabel("numbers"), YMM()
	Label(loop)
	VMOVUPS(Mem{Base: x}, v)
	VDIVPS(scale, v, v)
	Comment("the least where x is NaN")
	VMAXPS(near, v, v)
	VMINPS(far, v, v)
	Comment("rounded to even")
	VCVTPS2DQ(v, v)
	VPADDD(zero, v, v)
	VPMINSD(hi, v, v)
	VPMAXSD(lo, v, v)
	pack8(v)
	VMOVQ(v.AsX(), Mem{Base: y})
	ADDQ(U32(8), y)
	ADDQ(U32(32), x)
	SUBQ(U32(8), n)
	asm.Goto(JNZ, loop)
	VZEROUPPER()
	RET()
}

// emitLargest emits 32 numbers at a time; the last ones may be some of those before them again.
func emitLargest() {
	args := asm.ArgFunc("largestSIMD", "largestArgs", "",
		"largestSIMD works like largestGeneric for n ≥ 32 numbers. It changes args.")
	asm.Positive(args, "rows")
	y, x, step, n := GP64(), GP64(), GP64(), GP64()
	MOVQ(args.Field("y"), y)
	MOVQ(args.Field("x"), x)
	MOVQ(args.Field("step"), step)
	MOVQ(args.Field("n"), n)
	loop, row, last := asm.NewLabel("numbers"), asm.NewLabel("row"), asm.NewLabel("last")
	stored, done := asm.NewLabel("stored"), asm.NewLabel("done")
	Label(loop)
	v, at, rows := YMM(), GP64(), counter(args, "rows")
	VMOVDQU(Mem{Base: x}, v)
	MOVQ(x, at)
	Label(row)
	SUBQ(U32(1), rows)
	asm.Goto(JZ, stored)
	ADDQ(step, at)
	VPMAXSB(Mem{Base: at}, v, v)
	asm.Goto(JMP, row)
	Label(stored)
	VMOVDQU(v, Mem{Base: y})
	SUBQ(U32(32), n)
	asm.Goto(JZ, done)
	CMPQ(n, U32(32))
	asm.Goto(JLT, last)
	ADDQ(U32(32), x)
	ADDQ(U32(32), y)
	asm.Goto(JMP, loop)
	Label(last)
	ADDQ(n, x)
	ADDQ(n, y)
	MOVQ(U32(32), n)
	asm.Goto(JMP, loop)
	Label(done)
	VZEROUPPER()
	RET()
}

// emitWindows emits 16 channels of a window at a time.
func emitWindows() {
	args := asm.ArgFunc("windowsSIMD", "windowsArgs", "",
		"windowsSIMD works like windowsGeneric. It reads up to 15 numbers behind the last, and changes args.")
	asm.Positive(args, "windows", "cols", "c")
	y, x, c := GP64(), GP64(), GP64()
	MOVQ(args.Field("y"), y)
	MOVQ(args.Field("x"), x)
	MOVQ(args.Field("c"), c)
	window, channels, col, read, tail, next := asm.NewLabel("window"), asm.NewLabel("channels"), asm.NewLabel("col"),
		asm.NewLabel("read"), asm.NewLabel("tail"), asm.NewLabel("next")
	Label(window)
	from, left := GP64(), GP64()
	MOVQ(x, from)
	MOVQ(c, left)
	Label(channels)
	v, at, cols := XMM(), GP64(), counter(args, "cols")
	VMOVDQU(Mem{Base: from}, v)
	MOVQ(from, at)
	Label(col)
	SUBQ(U32(1), cols)
	asm.Goto(JZ, read)
	ADDQ(c, at)
	VPMAXSB(Mem{Base: at}, v, v)
	asm.Goto(JMP, col)
	Label(read)
	CMPQ(left, U32(16))
	asm.Goto(JLT, tail)
	VMOVDQU(v, Mem{Base: y})
	ADDQ(U32(16), y)
	ADDQ(U32(16), from)
	SUBQ(U32(16), left)
	asm.Goto(JNZ, channels)
	asm.Goto(JMP, next)
	Label(tail)
	few := asm.NewLabel("few")
	TESTQ(U32(8), left)
	asm.Goto(JZ, few)
	VMOVQ(v, Mem{Base: y})
	VPSRLDQ(Imm(8), v, v)
	ADDQ(U32(8), y)
	Label(few)
	ANDQ(U32(7), left)
	storeBytes(v, left, y)
	ADDQ(left, y)
	Label(next)
	ADDQ(args.Field("step"), x)
	SUBQ(U32(1), args.Field("windows"))
	asm.Goto(JNZ, window)
	VZEROUPPER()
	RET()
}
