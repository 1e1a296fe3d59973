package gemm

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// notEqual is the predicate of comparisons by which NaN is not 0.
const notEqual = 4

// EmitNonzero emits the kernels of products that leave out factors of 0.
func EmitNonzero() {
	masks := emit.TailMasks()
	emitNonzero(avx2, abi.NonzeroKernel, masks)
	emitNonzero(avx512, abi.WideNonzeroKernel, masks)
	emitNonzeroSums(avx2, abi.NonzeroSumsKernel)
	emitNonzeroSums(avx512, abi.WideNonzeroSumsKernel)
	emitNonzeroList(avx2, abi.NonzeroListKernel, masks)
	emitNonzeroList(avx512, abi.WideNonzeroListKernel, masks)
	emitCountNonzero()
	emitFinite()
}

// bytes returns the size of a register.
func (x isa) bytes() int {
	if x.wide {
		return 64
	}
	return 32
}

// widths emits the jump to the part for a number of registers, and those parts: for AVX2, of multiples of
// abi.NonzeroStep, so that a part may do more registers than there are.
func (x isa) widths(name string, vecs Mem, part func(vecs int, label string)) {
	step := abi.NonzeroStep
	if x.wide {
		step = 1
	}
	n := GP64()
	MOVQ(vecs, n)
	label := func(vecs int) string { return fmt.Sprintf("%s_%d", name, vecs) }
	for v := step; v < abi.NonzeroVecs; v += step {
		CMPQ(n, Imm(uint64(v)))
		emit.Goto(JLE, label(v))
	}
	emit.Goto(JMP, label(abi.NonzeroVecs))
	for v := step; v <= abi.NonzeroVecs; v += step {
		Label(label(v))
		part(v, label(v))
		VZEROUPPER()
		RET()
	}
}

// zeros emits some sums of 0.
func (x isa) zeros(n int) []reg.VecVirtual {
	sums := make([]reg.VecVirtual, n)
	for v := range sums {
		sums[v] = x.vec()
		x.zero(sums[v])
	}
	return sums
}

// notZero emits the bits that tell which elements of v are not 0; it changes v.
func (x isa) notZero(v, zero reg.VecVirtual, to reg.GPVirtual) {
	if x.wide {
		k := K()
		VCMPPS(Imm(notEqual), zero, v, k)
		KMOVW(k, to.As32())
		return
	}
	VCMPPS(Imm(notEqual), zero, v, v)
	VMOVMSKPS(v, to.As32())
}

// loadFew emits the load of the first n elements of a register at m, and of 0 behind them.
func (x isa) loadFew(masks, m Mem, n reg.GPVirtual, to reg.VecVirtual) {
	mask := x.firstMask(masks, n)
	if x.wide {
		VMOVUPS_Z(m, mask, to)
		return
	}
	VMASKMOVPS(m, mask, to)
}

// emitNonzero emits the kernel of products of rows: bits of a register tell which of 64 elements of a row are not 0.
func emitNonzero(isa isa, name string, masks Mem) {
	size := isa.bytes()
	first := emit.ArgFunc(name, "nonzeroArgs", "",
		name+" computes args.m rows of args.vecs registers of C. It changes args. It works like nonzeroGeneric.")
	emit.Positive(first, "m", "k", "vecs")
	isa.widths(name, first.Field("vecs"), func(vecs int, label string) {
		args := first.Again()
		a, b, c, k, bits, i, j := GP64(), GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
		ldb := GP64()
		MOVQ(args.Field("a"), a)
		MOVQ(args.Field("c"), c)
		MOVQ(args.Field("ldb"), ldb)
		Label(label + "_row")
		sums := isa.zeros(vecs)
		MOVQ(args.Field("b"), b)
		MOVQ(args.Field("k"), k)
		from := GP64()
		MOVQ(a, from)
		Label(label + "_chunk")
		Comment("the bits of up to 64 elements that are not 0")
		zero := isa.vec()
		isa.zero(zero)
		XORQ(bits, bits)
		XORQ(i, i)
		whole, tail, found := label+"_whole", label+"_tail", label+"_found"
		hit := func(load func(x reg.VecVirtual)) {
			x, some := isa.vec(), GP64()
			load(x)
			isa.notZero(x, zero, some)
			SHLQ(reg.CL, some)
			ORQ(some, bits)
		}
		Label(whole)
		MOVQ(k, j)
		SUBQ(i, j)
		CMPQ(j, Imm(uint64(size/4)))
		emit.Goto(JLT, tail)
		MOVQ(i, reg.RCX)
		hit(func(x reg.VecVirtual) { VMOVUPS(Mem{Base: from, Index: i, Scale: 4}, x) })
		ADDQ(Imm(uint64(size/4)), i)
		CMPQ(i, Imm(64))
		emit.Goto(JLT, whole)
		emit.Goto(JMP, found)
		Label(tail)
		TESTQ(j, j)
		emit.Goto(JLE, found)
		MOVQ(i, reg.RCX)
		hit(func(x reg.VecVirtual) { isa.loadFew(masks, Mem{Base: from, Index: i, Scale: 4}, j, x) })
		Label(found)
		none, each := label+"_none", label+"_each"
		TESTQ(bits, bits)
		emit.Goto(JZ, none)
		Label(each)
		row, less, x := GP64(), GP64(), isa.vec()
		TZCNTQ(bits, i)
		LEAQ(Mem{Base: bits, Disp: -1}, less)
		VBROADCASTSS(Mem{Base: from, Index: i, Scale: 4}, x)
		MOVQ(i, row)
		IMULQ(ldb, row)
		for v := range vecs {
			VFMADD231PS(Mem{Base: b, Index: row, Scale: 1, Disp: size * v}, x, sums[v])
		}
		ANDQ(less, bits)
		emit.Goto(JNZ, each)
		Label(none)
		Comment("the next 64 elements")
		MOVQ(ldb, j)
		SHLQ(Imm(6), j)
		ADDQ(j, b)
		ADDQ(U32(256), from)
		SUBQ(Imm(64), k)
		emit.Goto(JG, label+"_chunk")
		for v, s := range sums {
			VMOVUPS(s, Mem{Base: c, Disp: size * v})
		}
		ADDQ(args.Field("lda"), a)
		ADDQ(args.Field("ldc"), c)
		DECQ(args.Field("m"))
		emit.Goto(JNZ, label+"_row")
	})
}

// emitNonzeroSums emits the kernel of sums over lists of places.
func emitNonzeroSums(isa isa, name string) {
	size := isa.bytes()
	first := emit.ArgFunc(name, "nonzeroSumsArgs", "",
		name+" adds to args.lists rows of args.vecs registers of C. It changes args. It works like Lists.addGeneric.")
	emit.Positive(first, "lists", "vecs")
	isa.widths(name, first.Field("vecs"), func(vecs int, label string) {
		Label(label + "_list")
		args := first.Again()
		c, place, end, values, at, table := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
		skip := label + "_skip"
		MOVQ(args.Field("counts"), at)
		MOVQ(Mem{Base: at}, end)
		TESTQ(end, end)
		emit.Goto(JZ, skip)
		MOVQ(args.Field("c"), c)
		sums := make([]reg.VecVirtual, vecs)
		for v := range sums {
			sums[v] = isa.vec()
			VMOVUPS(Mem{Base: c, Disp: size * v}, sums[v])
		}
		MOVQ(args.Field("places"), place)
		MOVQ(args.Field("values"), values)
		LEAQ(Mem{Base: place, Index: end, Scale: 4}, end)
		MOVQ(args.Field("offsets"), table)
		a := GP64()
		MOVQ(args.Field("a"), a)
		base := make([]reg.GPVirtual, vecs)
		for v := range base {
			base[v] = GP64()
			MOVQ(Mem{Base: table, Disp: 8 * v}, base[v])
			ADDQ(a, base[v])
		}
		SUBQ(place, values)
		Label(label + "_step")
		to, x := GP64(), isa.vec()
		MOVLQSX(Mem{Base: place}, to)
		VBROADCASTSS(Mem{Base: place, Index: values, Scale: 1}, x)
		for v := range vecs {
			VFMADD231PS(Mem{Base: base[v], Index: to, Scale: 1}, x, sums[v])
		}
		ADDQ(Imm(4), place)
		CMPQ(place, end)
		emit.Goto(JNE, label+"_step")
		args = first.Again()
		c = GP64()
		MOVQ(args.Field("c"), c)
		for v, s := range sums {
			VMOVUPS(s, Mem{Base: c, Disp: size * v})
		}
		Label(skip)
		args = first.Again()
		step := GP64()
		MOVQ(args.Field("step"), step)
		ADDQ(step, args.Field("places"))
		ADDQ(step, args.Field("values"))
		MOVQ(args.Field("ldc"), step)
		ADDQ(step, args.Field("c"))
		ADDQ(Imm(8), args.Field("counts"))
		DECQ(args.Field("lists"))
		emit.Goto(JNZ, label+"_list")
	})
}

// emitNonzeroList emits a kernel that lists elements other than 0 of columns: of four columns and eight rows at a time, or
// sixteen with AVX-512.
func emitNonzeroList(isa isa, name string, masks Mem) {
	doc := " rows, four at a time. It changes args."
	if isa.wide {
		doc = " rows, sixteen at least, four columns at a time. It changes args."
	}
	args := emit.ArgFunc(name, "nonzeroListArgs", "", name+" lists the elements of args.n columns of args.m"+doc,
		"It works like Lists.setGeneric.")
	emit.Positive(args, "n", "m")
	columns := listColumns
	if isa.wide {
		columns = listWideColumns
	}
	n := GP64()
	Label("block")
	args = args.Again()
	MOVQ(args.Field("n"), n)
	CMPQ(n, Imm(4))
	emit.Goto(JLT, "last")
	columns(args, "four", nil)
	Comment("the next columns")
	args = args.Again()
	ADDQ(Imm(16), args.Field("x"))
	ADDQ(Imm(32), args.Field("counts"))
	step := GP64()
	MOVQ(args.Field("step"), step)
	SHLQ(Imm(2), step)
	ADDQ(step, args.Field("placesOut"))
	ADDQ(step, args.Field("values"))
	SUBQ(Imm(4), args.Field("n"))
	emit.Goto(JNZ, "block")
	emit.Goto(JMP, "end")
	Label("last")
	Comment("one to three columns, and others that are 0")
	args = args.Again()
	columns(args, "few", isa.firstMask(masks, n))
	Label("end")
	VZEROUPPER()
	RET()
}

// firstMask emits a mask of the first n elements of a register.
func (x isa) firstMask(masks Mem, n reg.GPVirtual) reg.Register {
	if !x.wide {
		mask := YMM()
		emit.LoadTailMask(masks, n, mask)
		return mask
	}
	all, mask := GP64(), K()
	MOVQ(I32(-1), all)
	BZHIQ(n, all, all)
	KMOVW(all.As32(), mask)
	return mask
}

// listColumns emits the loop over the rows of four columns, of which a mask may tell which there are. It moves the elements
// of a column to the front as the table has it for the bits that tell which are not 0.
func listColumns(args emit.Args, label string, mask reg.Register) {
	x, x4, ldx, ldx3, at, left, keep := GP64(), GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	fronts, bits, list, end, apart, counts := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	count := reg.RCX // which shifts take
	MOVQ(args.Field("x"), x)
	MOVQ(args.Field("ldx"), ldx)
	LEAQ(Mem{Base: ldx, Index: ldx, Scale: 2}, ldx3)
	MOVQ(args.Field("places"), at)
	MOVQ(args.Field("m"), left)
	MOVQ(args.Field("fronts"), fronts)
	MOVQ(args.Field("counts"), counts)
	MOVQ(args.Field("values"), apart)
	SUBQ(args.Field("placesOut"), apart)
	XORQ(count, count)
	for c := range 4 {
		MOVQ(count, Mem{Base: counts, Disp: 8 * c})
	}
	zero := YMM()
	VXORPS(zero, zero, zero)
	MOVQ(U32(255), keep)
	Label(label + "_rows")
	SUBQ(Imm(8), left)
	whole := label + "_whole"
	emit.Goto(JGE, whole)
	Comment("the last eight rows, without those that are done")
	MOVQ(left, count)
	LEAQ(Mem{Base: at, Index: left, Scale: 4}, at)
	IMULQ(ldx, count)
	ADDQ(count, x)
	MOVQ(left, count)
	NEGQ(count)
	SHLQ(reg.CL, keep)
	XORQ(left, left)
	Label(whole)
	LEAQ(Mem{Base: x, Index: ldx, Scale: 4}, x4)
	row := func(base reg.GPVirtual, r int) Mem {
		if r == 3 {
			return Mem{Base: base, Index: ldx3, Scale: 1}
		}
		return []Mem{{Base: base}, {Base: base, Index: ldx, Scale: 1}, {Base: base, Index: ldx, Scale: 2}}[r]
	}
	columns := transpose(func(r int, dst reg.VecVirtual) {
		if mask == nil {
			VMOVUPS(row(x, r), dst.AsX())
			VINSERTF128(Imm(1), row(x4, r), dst, dst)
			return
		}
		high := YMM()
		VMASKMOVPS(row(x, r), mask.(reg.VecVirtual).AsX(), dst.AsX())
		VMASKMOVPS(row(x4, r), mask.(reg.VecVirtual).AsX(), high.AsX())
		VINSERTF128(Imm(1), high.AsX(), dst, dst)
	})
	LEAQ(Mem{Base: x, Index: ldx, Scale: 8}, x)
	for c, v := range columns {
		which, front, places := YMM(), YMM(), YMM()
		VCMPPS(Imm(notEqual), zero, v, which)
		VMOVMSKPS(which, bits.As32())
		if c == 0 {
			MOVQ(args.Field("placesOut"), list)
		} else {
			ADDQ(args.Field("step"), list)
		}
		ANDQ(keep, bits)
		VPMOVZXBD(Mem{Base: fronts, Index: bits, Scale: 8}, front)
		MOVQ(Mem{Base: counts, Disp: 8 * c}, count)
		VPERMPS(v, front, v)
		VPERMD(Mem{Base: at}, front, places)
		LEAQ(Mem{Base: list, Index: count, Scale: 4}, end)
		POPCNTQ(bits, bits)
		VMOVUPS(places, Mem{Base: end})
		VMOVUPS(v, Mem{Base: end, Index: apart, Scale: 1})
		ADDQ(bits, count)
		MOVQ(count, Mem{Base: counts, Disp: 8 * c})
		if mask != nil && c < 2 {
			CMPQ(args.Field("n"), Imm(uint64(c+1)))
			emit.Goto(JE, label+"_done")
		}
	}
	if mask != nil {
		Label(label + "_done")
	}
	ADDQ(Imm(32), at)
	TESTQ(left, left)
	emit.Goto(JG, label+"_rows")
}

// listWideColumns is listColumns for AVX-512. few is a mask, or nil.
func listWideColumns(args emit.Args, label string, few reg.Register) {
	x, ldx, ldx3, at, left, keep := GP64(), GP64(), GP64(), GP64(), GP64(), K()
	list, apart, counts := GP64(), GP64(), GP64()
	MOVQ(args.Field("x"), x)
	MOVQ(args.Field("ldx"), ldx)
	LEAQ(Mem{Base: ldx, Index: ldx, Scale: 2}, ldx3)
	MOVQ(args.Field("places"), at)
	MOVQ(args.Field("m"), left)
	MOVQ(args.Field("counts"), counts)
	MOVQ(args.Field("values"), apart)
	SUBQ(args.Field("placesOut"), apart)
	none := GP64()
	XORQ(none, none)
	for c := range 4 {
		MOVQ(none, Mem{Base: counts, Disp: 8 * c})
	}
	zero := ZMM()
	avx512.zero(zero)
	all := GP64()
	MOVQ(U32(1<<16-1), all)
	KMOVW(all.As32(), keep)
	Label(label + "_rows")
	SUBQ(Imm(16), left)
	whole := label + "_whole"
	emit.Goto(JGE, whole)
	Comment("the last sixteen rows, without those that are done")
	back := GP64()
	MOVQ(left, back)
	LEAQ(Mem{Base: at, Index: left, Scale: 4}, at)
	IMULQ(ldx, back)
	ADDQ(back, x)
	MOVQ(left, reg.RCX)
	NEGQ(reg.RCX)
	MOVQ(U32(1<<16-1), all)
	SHLQ(reg.CL, all)
	KMOVW(all.As32(), keep)
	XORQ(left, left)
	Label(whole)
	fours := []reg.GPVirtual{x}
	for range 3 {
		next := GP64()
		LEAQ(Mem{Base: fours[len(fours)-1], Index: ldx, Scale: 4}, next)
		fours = append(fours, next)
	}
	row := func(base reg.GPVirtual, r int) Mem {
		if r == 3 {
			return Mem{Base: base, Index: ldx3, Scale: 1}
		}
		return []Mem{{Base: base}, {Base: base, Index: ldx, Scale: 1}, {Base: base, Index: ldx, Scale: 2}}[r]
	}
	var rows, halves, columns [4]reg.VecVirtual
	for r := range rows {
		rows[r], halves[r], columns[r] = ZMM(), ZMM(), ZMM()
		for four, base := range fours {
			switch part := XMM(); {
			case four == 0 && few == nil:
				VMOVUPS(row(base, r), rows[r].AsX())
			case four == 0:
				VMOVUPS_Z(row(base, r), few, rows[r].AsX())
			case few == nil:
				VINSERTF32X4(Imm(uint64(four)), row(base, r), rows[r], rows[r])
			default:
				VMOVUPS_Z(row(base, r), few, part)
				VINSERTF32X4(Imm(uint64(four)), part, rows[r], rows[r])
			}
		}
	}
	LEAQ(Mem{Base: fours[3], Index: ldx, Scale: 4}, x)
	unpack(rows, halves, columns)
	here := ZMM()
	VMOVUPS(Mem{Base: at}, here)
	for c, v := range columns {
		which, places := K(), ZMM()
		bits, count, end := GP64(), GP64(), GP64()
		VCMPPS(Imm(notEqual), zero, v, keep, which)
		KMOVW(which, bits.As32())
		if c == 0 {
			MOVQ(args.Field("placesOut"), list)
		} else {
			ADDQ(args.Field("step"), list)
		}
		MOVQ(Mem{Base: counts, Disp: 8 * c}, count)
		VPCOMPRESSD_Z(here, which, places)
		VCOMPRESSPS_Z(v, which, v)
		LEAQ(Mem{Base: list, Index: count, Scale: 4}, end)
		POPCNTQ(bits, bits)
		VMOVUPS(places, Mem{Base: end})
		VMOVUPS(v, Mem{Base: end, Index: apart, Scale: 1})
		ADDQ(bits, count)
		MOVQ(count, Mem{Base: counts, Disp: 8 * c})
		if few != nil && c < 2 {
			CMPQ(args.Field("n"), Imm(uint64(c+1)))
			emit.Goto(JE, label+"_done")
		}
	}
	if few != nil {
		Label(label + "_done")
	}
	ADDQ(Imm(64), at)
	TESTQ(left, left)
	emit.Goto(JG, label+"_rows")
}

// emitCountNonzero emits the kernel that counts elements other than 0.
func emitCountNonzero() {
	name := "countNonzeroAVX2"
	TEXT(name, 4, "func(eights int, x *float32) int")
	Pragma("noescape")
	Doc(name + " returns how many of eights times eight elements, at least one time, are not 0.")
	n, x := Load(Param("eights"), GP64()), Load(Param("x"), GP64())
	sum, zero, v := YMM(), YMM(), YMM()
	VXORPS(sum, sum, sum)
	VXORPS(zero, zero, zero)
	Label("count")
	VCMPPS(Imm(notEqual), Mem{Base: x}, zero, v)
	VPSUBD(v, sum, sum)
	ADDQ(Imm(32), x)
	DECQ(n)
	emit.Goto(JNZ, "count")
	half, r := XMM(), GP64()
	VEXTRACTI128(Imm(1), sum, half)
	VPADDD(half, sum.AsX(), half)
	VPHADDD(half, half, half)
	VPHADDD(half, half, half)
	VMOVD(half, r.As32())
	VZEROUPPER()
	Store(r, ReturnIndex(0))
	RET()
}

// emitFinite emits the kernel that looks for infinities and NaN: by 0 these are NaN, and so is a sum with them.
func emitFinite() {
	name := "finiteAVX2"
	TEXT(name, 4, "func(eights int, x *float32) bool")
	Pragma("noescape")
	Doc(name + " tells whether all of eights times eight elements, at least one time, are finite.")
	n, x := Load(Param("eights"), GP64()), Load(Param("x"), GP64())
	sum, zero := YMM(), YMM()
	VXORPS(sum, sum, sum)
	VXORPS(zero, zero, zero)
	Label("finite")
	VFMADD231PS(Mem{Base: x}, zero, sum)
	ADDQ(Imm(32), x)
	DECQ(n)
	emit.Goto(JNZ, "finite")
	r := GP64()
	VCMPPS(Imm(0), sum, sum, sum)
	VMOVMSKPS(sum, r.As32())
	CMPL(r.As32(), U32(255))
	SETEQ(r.As8())
	VZEROUPPER()
	Store(r.As8(), ReturnIndex(0))
	RET()
}
