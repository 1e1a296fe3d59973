package quant

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// emitRecurrent emits what recurrent layers do beside their products, 8 units at a time.
func emitRecurrent() {
	emitGates()
	c := constants()
	emitLSTM(c)
	emitGRU(c)
	emitSimple(c)
}

// emitGates emits the rescaling of sums to 32 bits, of rows of whole vectors.
func emitGates() {
	args := asm.ArgFunc("gatesSIMD", "gatesArgs", "",
		"gatesSIMD works like gatesGeneric for a multiple of 8 channels. It changes args.")
	asm.Positive(args, "cols", "rows")
	next, row, mask, zero := asm.NewLabel("channels"), asm.NewLabel("row"), YMM(), YMM()
	Label(next)
	VPCMPEQD(mask, mask, mask)
	VPXOR(zero, zero, zero)
	scale := channelsAt(args, mask, zero)
	y, s, rows := pointer(args, "y", "at", 4), pointer(args, "s", "at", 4), counter(args, "rows")
	Label(row)
	r := YMM()
	VMOVDQU(Mem{Base: s}, r)
	scale.wide(r)
	VMOVDQU(r, Mem{Base: y})
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

// numbersOf are vectors of one number in memory.
type numbersOf struct{ table Mem }

// The numbers, in order.
var cellNumbers = [...]int32{1 << 15, 127, 64, 1 << 14, -1 << 15, 1<<15 - 1, -128, 127, -(1<<16 - 1), 1<<16 - 1}

const (
	numBias = iota
	numRest
	numHalf7
	numHalf15
	numLow16
	numHigh16
	numLow8
	numHigh8
	numLowReset
	numHighReset
)

func constants() numbersOf {
	table := GLOBL("cellNumbers", 8|16) // RODATA|NOPTR
	for i, v := range cellNumbers {
		for j := range 8 {
			DATA(32*i+4*j, U32(uint32(v)))
		}
	}
	return numbersOf{table}
}

// at returns the place of a vector.
func (c numbersOf) at(i int) Mem { return c.table.Offset(32 * i) }

// saturate keeps v in 16 bits.
func (c numbersOf) saturate(v reg.VecVirtual) {
	VPMINSD(c.at(numHigh16), v, v)
	VPMAXSD(c.at(numLow16), v, v)
}

// sum loads the gate of 8 units, from a gate on, as the sum of both parts.
func (c numbersOf) sum(a, b Mem, v reg.VecVirtual) {
	VMOVDQU(a, v)
	VPADDD(b, v, v)
}

// function replaces v, which it keeps in 16 bits first, by a function of a table. One gather reads both entries.
func (c numbersOf) function(table reg.GPVirtual, v reg.VecVirtual) {
	at, mask, entries := YMM(), YMM(), YMM()
	c.saturate(v)
	VPADDD(c.at(numBias), v, at)
	VPSRLD(Imm(7), at, at)
	VPCMPEQD(mask, mask, mask)
	VPXOR(entries, entries, entries)
	VPGATHERDD(mask, Mem{Base: table, Index: at, Scale: 2}, entries)
	VPAND(c.at(numRest), v, v)
	VPSRAD(Imm(16), entries, at)
	VPSLLD(Imm(16), entries, entries)
	VPSRAD(Imm(16), entries, entries)
	VPSUBD(entries, at, at)
	Comment("differences and rests have 16 bits, and the high half of a rest is 0")
	VPMADDWD(v, at, at)
	VPADDD(c.at(numHalf7), at, at)
	VPSRAD(Imm(7), at, at)
	VPADDD(at, entries, v)
}

// halved shifts v right by 15 bits, rounded.
func (c numbersOf) halved(v reg.VecVirtual) {
	VPADDD(c.at(numHalf15), v, v)
	VPSRAD(Imm(15), v, v)
}

// outputs is what makes outputs of all units alike.
type outputs struct {
	lane
	offset reg.VecVirtual
}

// outputsOf loads it.
func outputsOf(args asm.Args) outputs {
	o := outputs{*factorOf(args, "multiplier", "shift"), broadcast(args, "zero")}
	Comment("zero − 2⁶² >> t")
	VPSUBD(o.lowSubtract(), o.offset, o.offset)
	return o
}

// store stores the outputs of 8 units. It destroys v.
func (o *outputs) store(c numbersOf, v reg.VecVirtual, y Mem) {
	o.apply(v, YMM())
	VPADDD(o.offset, v, v)
	VPMINSD(c.at(numHigh8), v, v)
	VPMAXSD(c.at(numLow8), v, v)
	pack8(v)
	VMOVQ(v.AsX(), y)
}

// cellLoop holds the pointers of a loop over units: at y and s those of unit i, and the gates of i at a and b.
type cellLoop struct {
	y, s, a, b, gate, sigmoid, tanh reg.GPVirtual
	args                            asm.Args
	label                           string
}

// beginCell begins a loop, for what stands between.
func beginCell(args asm.Args) *cellLoop {
	l := &cellLoop{args: args, label: asm.NewLabel("units")}
	load := func(field string) reg.GPVirtual {
		p := GP64()
		MOVQ(args.Field(field), p)
		return p
	}
	l.y, l.s, l.a, l.b, l.gate = load("y"), load("s"), load("a"), load("b"), load("gate")
	l.sigmoid, l.tanh = load("sigmoid"), load("tanh")
	return l
}

// part returns the places of the parts of a gate.
func (l *cellLoop) part(gate int) (a, b Mem) {
	switch gate {
	case 0:
		return Mem{Base: l.a}, Mem{Base: l.b}
	case 1:
		return Mem{Base: l.a, Index: l.gate, Scale: 1}, Mem{Base: l.b, Index: l.gate, Scale: 1}
	case 2:
		return Mem{Base: l.a, Index: l.gate, Scale: 2}, Mem{Base: l.b, Index: l.gate, Scale: 2}
	}
	three := GP64()
	LEAQ(Mem{Base: l.gate, Index: l.gate, Scale: 2}, three)
	return Mem{Base: l.a, Index: three, Scale: 1}, Mem{Base: l.b, Index: three, Scale: 1}
}

// of returns the function of a gate.
func (l *cellLoop) of(c numbersOf, table reg.GPVirtual, gate int) reg.VecVirtual {
	v := YMM()
	a, b := l.part(gate)
	c.sum(a, b, v)
	c.function(table, v)
	return v
}

// end ends the loop.
func (l *cellLoop) end() {
	ADDQ(U32(8), l.y)
	ADDQ(U32(16), l.s)
	ADDQ(U32(32), l.a)
	ADDQ(U32(32), l.b)
	SUBQ(U32(8), l.args.Field("units"))
	asm.Goto(JNZ, l.label)
	VZEROUPPER()
	RET()
}

// storeState stores 8 numbers of 16 bits.
func storeState(v reg.VecVirtual, to Mem) {
	low, high := XMM(), XMM()
	VEXTRACTI128(Imm(1), v, high)
	VPACKSSDW(high, v.AsX(), low)
	VMOVDQU(low, to)
}

// emitLSTM emits steps of an LSTM.
func emitLSTM(c numbersOf) {
	args := asm.ArgFunc("lstmSIMD", "cellArgs", "",
		"lstmSIMD works like lstmGeneric for a multiple of 8 units. It changes args.")
	asm.Positive(args, "units")
	out, l := outputsOf(args), beginCell(args)
	half, bits := broadcast(args, "half"), broadcast(args, "bits")
	left, right, rightHalf := broadcast(args, "left"), broadcast(args, "right"), broadcast(args, "rightHalf")
	Label(l.label)
	s := YMM()
	VPMOVSXWD(Mem{Base: l.s}, s)
	Comment("f∘c")
	f := l.of(c, l.sigmoid, 1)
	VPMADDWD(f, s, s)
	c.halved(s)
	Comment("i∘g")
	i := l.of(c, l.sigmoid, 0)
	g := l.of(c, l.tanh, 2)
	VPMADDWD(i, g, g)
	VPADDD(half, g, g)
	VPSRAVD(bits, g, g)
	VPADDD(g, s, s)
	c.saturate(s)
	storeState(s, Mem{Base: l.s})
	Comment("o∘tanh(c)")
	VPSLLVD(left, s, s)
	VPADDD(rightHalf, s, s)
	VPSRAVD(right, s, s)
	c.function(l.tanh, s)
	o := l.of(c, l.sigmoid, 3)
	VPMADDWD(o, s, s)
	out.store(c, s, Mem{Base: l.y})
	l.end()
}

// emitGRU emits steps of a GRU whose reset gate acts behind the product.
func emitGRU(c numbersOf) {
	args := asm.ArgFunc("gruSIMD", "cellArgs", "",
		"gruSIMD works like gruGeneric with after for a multiple of 8 units. It changes args.")
	asm.Positive(args, "units")
	out, l := outputsOf(args), beginCell(args)
	Label(l.label)
	Comment("r∘q")
	r := l.of(c, l.sigmoid, 1)
	a, b := l.part(2)
	q := YMM()
	VMOVDQU(b, q)
	VPMINSD(c.at(numHighReset), q, q)
	VPMAXSD(c.at(numLowReset), q, q)
	VPMULLD(r, q, q)
	c.halved(q)
	VPADDD(a, q, q)
	c.function(l.tanh, q)
	Comment("g + z∘(h − g)")
	z, s := l.of(c, l.sigmoid, 0), YMM()
	VPMOVSXWD(Mem{Base: l.s}, s)
	VPSUBD(q, s, s)
	VPMULLD(z, s, s)
	c.halved(s)
	VPADDD(q, s, s)
	storeState(s, Mem{Base: l.s})
	out.store(c, s, Mem{Base: l.y})
	l.end()
}

// emitSimple emits steps of a simple recurrent layer.
func emitSimple(c numbersOf) {
	args := asm.ArgFunc("simpleSIMD", "cellArgs", "",
		"simpleSIMD works like simpleGeneric for a multiple of 8 units. It changes args.")
	asm.Positive(args, "units")
	out, l := outputsOf(args), beginCell(args)
	Label(l.label)
	v := l.of(c, l.tanh, 0)
	out.store(c, v, Mem{Base: l.y})
	l.end()
}
