package gemm

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// A smallTile emits a tile of the kernel for small products. It has two halves of rows, which overlap where there are
// less rows than both have; and a row has two parts, which overlap where it has less columns than both have. What lies in
// both is computed twice, as the same chain, and stored twice. So neither masks nor loops over what is left are needed.
type smallTile struct {
	name string
	half int // rows of a half: of the tile there are half to 2·half
	vecs int // registers in a row: one, of which each part is a half, or one for each part

	one     Mem
	rest    string        // where the rows behind the tile are done
	m, rows reg.GPVirtual // rows to do, and those of this tile
	part    reg.GPVirtual // from a row to its second part
	a, c    reg.GPVirtual // A and C at the first row of the tile
}

// EmitSmall emits the kernels for small products, of B and of its transpose, and that for cubes.
func EmitSmall() {
	one := oneData()
	for _, name := range [...]string{abi.SmallKernel, abi.SmallKernelT} {
		turned := name == abi.SmallKernelT
		flags, factor := attr.NOSPLIT, "B, k×n"
		if turned {
			flags, factor = 0, "the transpose of B, n×k"
		}
		TEXT(name, flags, "func(m, n, k int, a *float32, rsa, csa int, b *float32, ldb int, c *float32, ldc int, "+
			"v *float32, flags int, alpha float32)")
		Pragma("noescape")
		Doc(name+" computes m rows, at least 2, and n columns, 4 to 16, of C, whose sums have k terms, 1 to 16, for "+factor+".",
			"The strides are in elements; v, flags and alpha are those of the epilogue. It works like gemmGeneric.")
		if turned {
			turnSmall(AllocLocal(4 * abi.NR * abi.NR))
		}
		emitSmallTiles(one)
	}
	emitCubes()
	emitWhole4()
	emitWhole8()
	emitWholeWide(abi.Whole16Kernel, 16)
	emitWholeWide(abi.Whole32Kernel, 32)
	emitFull8()
	emitFull16()
	emitFull32()
}

// emitSmallTiles emits the choice of tiles, and these. Tiles of 6 or 8 rows have 8 sums or more, which hides a latency of 4
// cycles at two multiply-adds a cycle; rows are cut into tiles such that none is left alone.
func emitSmallTiles(one Mem) {
	m, rows, part, a, c := GP64(), GP64(), GP64(), GP64(), GP64()
	Load(Param("m"), m)
	Load(Param("n"), part)
	Load(Param("a"), a)
	Load(Param("c"), c)
	tile := func(name string, half, vecs int, rest string) {
		t := &smallTile{name: name, half: half, vecs: vecs, one: one, rest: rest, m: m, rows: rows, part: part, a: a, c: c}
		t.emit()
	}
	SUBQ(Imm(8), part)
	emit.Goto(JG, "broad_columns")

	Comment("4 to 8 columns: a row is two halves of a register")
	ADDQ(Imm(4), part)
	Label("narrow_rows")
	MOVQ(m, rows)
	CMPQ(m, Imm(4))
	emit.Goto(JLE, "narrow_few")
	CMPQ(m, Imm(8))
	emit.Goto(JLE, "narrow")
	MOVQ(U32(8), rows)
	CMPQ(m, Imm(16))
	emit.Goto(JG, "narrow")
	LEAQ(Mem{Base: m, Disp: 1}, rows)
	SHRQ(Imm(1), rows)
	tile("narrow", 4, 1, "narrow_rows")
	tile("narrow_few", 2, 1, "narrow_rows")

	Comment("9 to 16 columns: a row is two registers")
	Label("broad_columns")
	MOVQ(U32(6), rows)
	CMPQ(m, Imm(9))
	emit.Goto(JGE, "broad")
	MOVQ(U32(4), rows)
	CMPQ(m, Imm(7))
	emit.Goto(JGE, "broad_few")
	MOVQ(m, rows)
	CMPQ(m, Imm(4))
	emit.Goto(JLE, "broad_few")
	tile("broad", 3, 2, "broad_columns")
	tile("broad_few", 2, 2, "broad_columns")

	Label("end")
	VZEROUPPER()
	RET()
}

// turnSmall emits the copy of the transpose of B to rows of 16, which takes the place of B:
//
//	to[16·p + j] = b[p + j·ldb]    for p < k, j < n
//
// Blocks of 4×4 overlap where k or n is no multiple of 4. With less than 4 terms, 4 columns of one term are a block.
func turnSmall(to Mem) {
	left, b, ldb, third, out := GP64(), GP64(), GP64(), GP64(), GP64()
	Load(Param("n"), left)
	Load(Param("b"), b)
	Load(Param("ldb"), ldb)
	LEAQ(Mem{Base: ldb, Index: ldb, Scale: 2}, third)
	LEAQ(to, out)
	MOVQ(out, param("b"))
	MOVQ(U32(abi.NR), param("ldb"))
	k, from, to16, step := GP64(), GP64(), GP64(), GP64()
	at := [...]Mem{{Base: from}, {Base: from, Index: ldb, Scale: 4}, {Base: from, Index: ldb, Scale: 8},
		{Base: from, Index: third, Scale: 4}}
	x := [4]reg.VecVirtual{XMM(), XMM(), XMM(), XMM()}
	// next emits the step to the next block, of what is left behind this one, or the jump out.
	next := func(left reg.GPVirtual, done string) {
		TESTQ(left, left)
		emit.Goto(JZ, done)
		MOVQ(U32(4), step)
		CMPQ(left, step)
		CMOVQLT(left, step)
		SUBQ(step, left)
	}

	SUBQ(Imm(4), left)
	Label("turn_columns")
	MOVQ(b, from)
	MOVQ(out, to16)
	Load(Param("k"), k)
	SUBQ(Imm(4), k)
	emit.Goto(JL, "turn_few")
	Label("turn_block")
	for r := range x {
		VMOVUPS(at[r], x[r])
	}
	for r, t := range turn4(x) {
		VMOVUPS(t, Mem{Base: to16, Disp: 64 * r})
	}
	next(k, "turn_next")
	LEAQ(Mem{Base: from, Index: step, Scale: 4}, from)
	SHLQ(Imm(6), step)
	ADDQ(step, to16)
	emit.Goto(JMP, "turn_block")

	Label("turn_few")
	ADDQ(Imm(4), k)
	Label("turn_term")
	VMOVSS(at[0], x[0])
	for r := 1; r < 4; r++ {
		VINSERTPS(Imm(uint64(16*r)), at[r], x[0], x[0])
	}
	VMOVUPS(x[0], Mem{Base: to16})
	ADDQ(Imm(4), from)
	ADDQ(Imm(64), to16)
	DECQ(k)
	emit.Goto(JNZ, "turn_term")

	Label("turn_next")
	next(left, "turned")
	LEAQ(Mem{Base: out, Index: step, Scale: 4}, out)
	IMULQ(ldb, step)
	LEAQ(Mem{Base: b, Index: step, Scale: 4}, b)
	emit.Goto(JMP, "turn_columns")
	Label("turned")
}

// param returns the place of a parameter.
func param(name string) Mem {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

func (t *smallTile) label(what string) string { return t.name + "_" + what }

// smallRows are the places of the rows of a tile in a matrix.
type smallRows struct {
	stride, third reg.GPVirtual // third is 3 strides, if a half has so many rows
	first, second reg.GPVirtual // where the halves begin
	of            int           // rows of a half
}

// at returns the address of a row.
func (r *smallRows) at(row int) Mem {
	m := Mem{Base: r.first}
	if row >= r.of {
		m.Base = r.second
	}
	switch row % r.of {
	case 1, 2:
		m.Index, m.Scale = r.stride, uint8(4*(row%r.of))
	case 3:
		m.Index, m.Scale = r.third, 4
	}
	return m
}

// rowsFrom emits what makes the places of rows from base on, a stride apart.
func (t *smallTile) rowsFrom(base, stride reg.GPVirtual) *smallRows {
	r := &smallRows{stride: stride, first: GP64(), second: GP64(), of: t.half}
	MOVQ(base, r.first)
	LEAQ(Mem{Base: t.rows, Disp: -t.half}, r.second)
	IMULQ(stride, r.second)
	LEAQ(Mem{Base: base, Index: r.second, Scale: 4}, r.second)
	if t.half > 3 {
		r.third = GP64()
		LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, r.third)
	}
	return r
}

// behind emits what makes the places of the second parts of rows.
func (t *smallTile) behind(r *smallRows) *smallRows {
	second := *r
	second.first, second.second = GP64(), GP64()
	LEAQ(Mem{Base: r.first, Index: t.part, Scale: 4}, second.first)
	LEAQ(Mem{Base: r.second, Index: t.part, Scale: 4}, second.second)
	return &second
}

// load emits the load of register v of a row, whose parts are at first and second.
func (t *smallTile) load(first, second Mem, v int, dst reg.VecVirtual) {
	switch {
	case t.vecs == 1:
		VBROADCASTF128(first, dst)
		VINSERTF128(Imm(1), second, dst, dst)
	case v == 0:
		VMOVUPS(first, dst)
	default:
		VMOVUPS(second, dst)
	}
}

// emit emits the tile: its k steps, the epilogue, the stores, and the step to the next rows.
func (t *smallTile) emit() {
	var sums []sum
	for r := range 2 * t.half {
		for v := range t.vecs {
			sums = append(sums, sum{YMM(), r, v})
		}
	}
	Label(t.name)
	Comment("sums = C if they continue it, else 0")
	TESTQ(U32(abi.FlagAcc), param("flags"))
	emit.Goto(JZ, t.label("zero"))
	emit.Section(abi.Acc, func() {
		ldc := GP64()
		Load(Param("ldc"), ldc)
		c := t.rowsFrom(t.c, ldc)
		second := t.behind(c)
		for _, s := range sums {
			t.load(c.at(s.row), second.at(s.row), s.vec, s.VecVirtual)
		}
		emit.Goto(JMP, t.label("begin"))
	})
	emit.Trap()
	Label(t.label("zero"))
	for _, s := range sums {
		VXORPS(s.VecVirtual, s.VecVirtual, s.VecVirtual)
	}
	Label(t.label("begin"))
	t.steps(sums)

	op, ldc := GP64(), GP64()
	Load(Param("ldc"), ldc)
	Load(Param("flags"), op)
	v, y, ySecond := GP64(), (*smallRows)(nil), (*smallRows)(nil)
	Load(Param("v"), v)
	e := epilogue{
		isa:   avx2,
		sums:  sums,
		flags: op,
		alpha: param("alpha"),
		one:   t.one,
		loadB: func(i int, dst reg.VecVirtual) {
			t.load(Mem{Base: v}, Mem{Base: v, Index: t.part, Scale: 4}, i, dst)
		},
		before: func() {
			y = t.rowsFrom(v, ldc)
			ySecond = t.behind(y)
		},
		loadY: func(r, i int, dst reg.VecVirtual) { t.load(y.at(r), ySecond.at(r), i, dst) },
	}
	e.emit()
	Comment("C = sums")
	c := t.rowsFrom(t.c, ldc)
	second := t.behind(c)
	for _, s := range sums {
		switch {
		case t.vecs == 1:
			VMOVUPS(s.AsX(), c.at(s.row))
			VEXTRACTF128(Imm(1), s.VecVirtual, second.at(s.row))
		case s.vec == 0:
			VMOVUPS(s.VecVirtual, c.at(s.row))
		default:
			VMOVUPS(s.VecVirtual, second.at(s.row))
		}
	}
	t.next(op, ldc)
}

// steps emits the loop over k, an outer product a step:
//
//	sums[r, 0:8·vecs] += A[r,p]·B[p, 0:8·vecs]    for each row r
func (t *smallTile) steps(sums []sum) {
	k, b, ldb, rsa, csa := GP64(), GP64(), GP64(), GP64(), GP64()
	Load(Param("rsa"), rsa)
	Load(Param("csa"), csa)
	Load(Param("b"), b)
	Load(Param("ldb"), ldb)
	Load(Param("k"), k)
	a := t.rowsFrom(t.a, rsa)
	Label(t.label("step"))
	row := make([]reg.VecVirtual, t.vecs)
	for v := range row {
		row[v] = YMM()
		t.load(Mem{Base: b}, Mem{Base: b, Index: t.part, Scale: 4}, v, row[v])
	}
	LEAQ(Mem{Base: b, Index: ldb, Scale: 4}, b)
	for r := range 2 * t.half {
		x := YMM()
		VBROADCASTSS(a.at(r), x)
		for v := range row {
			VFMADD231PS(row[v], x, sums[r*t.vecs+v].VecVirtual)
		}
	}
	LEAQ(Mem{Base: a.first, Index: csa, Scale: 4}, a.first)
	LEAQ(Mem{Base: a.second, Index: csa, Scale: 4}, a.second)
	DECQ(k)
	emit.Goto(JNZ, t.label("step"))
}

// next emits the step to the rows behind the tile, or to the end if there are none. The saved output moves on, the bias
// stays.
func (t *smallTile) next(flags, ldc reg.GPVirtual) {
	SUBQ(t.rows, t.m)
	emit.Goto(JZ, "end")
	step := GP64()
	Load(Param("rsa"), step)
	IMULQ(t.rows, step)
	LEAQ(Mem{Base: t.a, Index: step, Scale: 4}, t.a)
	IMULQ(t.rows, ldc)
	SHLQ(Imm(2), ldc)
	ADDQ(ldc, t.c)
	TESTQ(U32(abi.FlagBias), flags)
	emit.Goto(JNZ, t.rest)
	ADDQ(ldc, param("v"))
	emit.Goto(JMP, t.rest)
}

// emitCubes emits the kernel for products of 4, 8 or 16 rows, columns and terms each, without an epilogue. With so
// little to compute, arguments and choices count: it takes seven, and makes one.
func emitCubes() {
	TEXT(abi.CubeKernel, attr.NOSPLIT, "func(size int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int)")
	Pragma("noescape")
	Doc(abi.CubeKernel+" computes C = A·B for matrices of size rows and columns, 4, 8 or 16, with row strides in elements.",
		"It works like gemmGeneric.")
	size := GP64()
	Load(Param("size"), size)
	CMPQ(size, Imm(8))
	emit.Goto(JL, "cube4")
	emit.Goto(JE, "cube8")
	emitCube("cube16", 16, []int{6, 6, 4}, YMM, YMM)
	emitCube("cube8", 8, []int{8}, YMM)
	emitCube("cube4", 4, []int{4}, XMM)
	emit.Trap()
}

// emitCube emits the product of one size, in tiles of some rows, each of which is some registers.
func emitCube(name string, size int, tiles []int, row ...func() reg.VecVirtual) {
	Label(name)
	at := func(name, stride string) (p, bytes reg.GPVirtual) {
		p, bytes = GP64(), GP64()
		Load(Param(name), p)
		Load(Param(stride), bytes)
		SHLQ(Imm(2), bytes)
		return p, bytes
	}
	a, lda := at("a", "lda")
	first, ldb := at("b", "ldb")
	c, ldc := at("c", "ldc")
	third := GP64()
	LEAQ(Mem{Base: ldb, Index: ldb, Scale: 2}, third)
	for t, rows := range tiles {
		sums := make([][]reg.VecVirtual, rows)
		for r := range sums {
			for _, vec := range row {
				s := vec()
				VXORPS(s, s, s)
				sums[r] = append(sums[r], s)
			}
		}
		x, bases := rowAddr(rows, a, lda)
		b, steps := GP64(), GP64()
		MOVQ(first, b)
		MOVQ(U32(uint32(size)), steps)
		step := emit.NewLabel(name + "_step")
		Label(step)
		for p, m := range [4]Mem{{Base: b}, {Base: b, Index: ldb, Scale: 1}, {Base: b, Index: ldb, Scale: 2},
			{Base: b, Index: third, Scale: 1}} {
			terms := make([]reg.VecVirtual, len(row))
			for v, vec := range row {
				terms[v] = vec()
				VMOVUPS(m.Offset(32*v), terms[v])
			}
			for r := range sums {
				f := row[0]()
				VBROADCASTSS(x(r).Offset(4*p), f)
				for v, s := range sums[r] {
					VFMADD231PS(terms[v], f, s)
				}
			}
		}
		if size > 4 {
			for _, p := range bases {
				ADDQ(Imm(16), p)
			}
			LEAQ(Mem{Base: b, Index: ldb, Scale: 4}, b)
			SUBQ(Imm(4), steps)
			emit.Goto(JNZ, step)
		}
		y, _ := rowAddr(rows, c, ldc)
		for r := range sums {
			for v, s := range sums[r] {
				VMOVUPS(s, y(r).Offset(32*v))
			}
		}
		if t < len(tiles)-1 {
			for _, m := range [2][2]reg.GPVirtual{{lda, a}, {ldc, c}} {
				skip := GP64()
				IMUL3Q(Imm(uint64(rows)), m[0], skip)
				ADDQ(skip, m[1])
			}
		}
	}
	VZEROUPPER()
	RET()
}

// wholeKernel begins a kernel for cubes whose matrices have no gaps, and returns these.
func wholeKernel(name string, size int) (a, b, c Mem) {
	TEXT(name, attr.NOSPLIT, "func(a, b, c *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes C = A·B for matrices of %d rows and columns, row behind row.", name, size),
		"It works like gemmGeneric.")
	var m [3]Mem
	for i, name := range [...]string{"a", "b", "c"} {
		m[i].Base = Load(Param(name), GP64()).(reg.GPVirtual)
	}
	return m[0], m[1], m[2]
}

// emitWhole4 emits the kernel for 4 rows: a register holds two of them, in whose halves a term is spread from where it is.
func emitWhole4() {
	a, b, c := wholeKernel(abi.Whole4Kernel, 4)
	var rows, sums [2]reg.VecVirtual
	for i := range rows {
		rows[i], sums[i] = YMM(), YMM()
		VMOVUPS(a.Offset(32*i), rows[i])
		VXORPS(sums[i], sums[i], sums[i])
	}
	for p := range 4 {
		term := YMM()
		VBROADCASTF128(b.Offset(16*p), term)
		for i, row := range rows {
			VFMADD231PS(term, spread(row, p), sums[i])
		}
	}
	for i, s := range sums {
		VMOVUPS(s, c.Offset(32*i))
	}
	VZEROUPPER()
	RET()
}

// emitWhole8 emits the kernel for 8 rows, of a register each. A multiply-add needs a spread term, of which two are loaded a
// cycle, as many as are multiplied; and the loads of a call that wait for it keep those of the next from the queue. So
// of half of the rows four terms are loaded at a time and spread by the unit that does not multiply.
func emitWhole8() {
	const size = 8
	a, b, c := wholeKernel(abi.Whole8Kernel, size)
	at := func(m Mem, r, col int) Mem { return m.Offset(4 * (size*r + col)) }
	var sums, four [size]reg.VecVirtual
	for r := range sums {
		sums[r] = YMM()
		VXORPS(sums[r], sums[r], sums[r])
	}
	for p := range size {
		term := YMM()
		VMOVUPS(at(b, p, 0), term)
		for r, s := range sums {
			if r >= size/2 {
				x := YMM()
				VBROADCASTSS(at(a, r, p), x)
				VFMADD231PS(term, x, s)
				continue
			}
			if p%4 == 0 {
				four[r] = YMM()
				VBROADCASTF128(at(a, r, p), four[r])
			}
			VFMADD231PS(term, spread(four[r], p%4), s)
		}
	}
	for r, s := range sums {
		VMOVUPS(s, at(c, r, 0))
	}
	VZEROUPPER()
	RET()
}

// spread emits the spreading of a lane of each half of a register to all lanes of that half.
func spread(from reg.VecVirtual, lane int) reg.VecVirtual {
	x := YMM()
	VPERMILPS(Imm(uint64(0x55*lane)), from, x)
	return x
}

// emitWholeWide emits the kernel of AVX-512 in two halves for 16 or 32 rows, of one or two registers: tiles of 16 rows
// and one register, which take a fifth of the instructions of AVX2.
func emitWholeWide(name string, size int) {
	const tile, unroll = 16, 16
	a, b, c := wholeKernel(name, size)
	at := func(m Mem, r, col int) Mem { return m.Offset(4 * (size*r + col)) }
	for first := 0; first < size; first += tile {
		for col := 0; col < size; col += tile {
			var sums [tile]reg.VecVirtual
			for r := range sums {
				sums[r] = ZMM()
				avx512.zero(sums[r])
			}
			terms, rows := a, b
			loop := size > unroll
			label, left := emit.NewLabel(name+"_step"), GP64()
			if loop {
				terms.Base, rows.Base = GP64(), GP64()
				LEAQ(at(a, first, 0), terms.Base)
				LEAQ(at(b, 0, col), rows.Base)
				MOVQ(U32(uint32(size/unroll)), left)
				Label(label)
			}
			for p := range unroll {
				term := ZMM()
				VMOVUPS(at(rows, p, 0), term)
				for r, s := range sums {
					VFMADD231PS_BCST(at(terms, r, p), term, s)
				}
			}
			if loop {
				ADDQ(U32(4*unroll), terms.Base)
				ADDQ(U32(uint32(4*unroll*size)), rows.Base)
				DECQ(left)
				emit.Goto(JNZ, label)
			}
			for r, s := range sums {
				VMOVUPS(s, at(c, first+r, col))
			}
		}
	}
	VZEROUPPER()
	RET()
}

// emitFull8 emits the kernel of AVX-512 at full width for 8 rows, of which a register holds two, one in each half. Of
// each four terms are copied to the quarters of a register that have its sums, and spread from there.
func emitFull8() {
	const size, half = 8, 4
	a, b, c := wholeKernel(abi.Full8Kernel, size)
	at := func(m Mem, r, col int) Mem { return m.Offset(4 * (size*r + col)) }
	var rows, sums, four [half]reg.VecVirtual
	for i := range sums {
		sums[i] = ZMM()
		avx512.zero(sums[i])
	}
	for p := range size {
		term := ZMM()
		VBROADCASTF32X8(at(b, p, 0), term)
		for i, s := range sums {
			if p == 0 {
				rows[i] = ZMM()
				VMOVUPS(at(a, 2*i, 0), rows[i])
			}
			if p%4 == 0 {
				four[i] = ZMM()
				VSHUFF32X4(Imm(uint64(0xA0+0x55*(p/4))), rows[i], rows[i], four[i])
			}
			x := ZMM()
			VPERMILPS(Imm(uint64(0x55*(p%4))), four[i], x)
			VFMADD231PS(term, x, s)
		}
	}
	for i, s := range sums {
		VMOVUPS(s, at(c, 2*i, 0))
	}
	VZEROUPPER()
	RET()
}

// emitFull16 emits the kernel of AVX-512 at full width for 16 rows, of a register each. Two registers are loaded a
// cycle, as many as are multiplied, and a row of B is one more. So of every fourth row of A four terms are loaded at a
// time and spread by the unit that does not load.
func emitFull16() {
	const size = 16
	a, b, c := wholeKernel(abi.Full16Kernel, size)
	at := func(m Mem, r, col int) Mem { return m.Offset(4 * (size*r + col)) }
	var sums, four [size]reg.VecVirtual
	for r := range sums {
		sums[r] = ZMM()
		avx512.zero(sums[r])
	}
	for p := range size {
		term := ZMM()
		VMOVUPS(at(b, p, 0), term)
		for r, s := range sums {
			if r%4 < 3 {
				VFMADD231PS_BCST(at(a, r, p), term, s)
				continue
			}
			if p%4 == 0 {
				four[r] = ZMM()
				VBROADCASTF32X4(at(a, r, p), four[r])
			}
			x := ZMM()
			VPERMILPS(Imm(uint64(0x55*(p%4))), four[r], x)
			VFMADD231PS(term, x, s)
		}
	}
	for r, s := range sums {
		VMOVUPS(s, at(c, r, 0))
	}
	VZEROUPPER()
	RET()
}

// emitFull32 emits the kernel of AVX-512 at full width for 32 rows, of two registers each: tiles of 8 rows, for which a
// step loads 10 registers and multiplies 16.
func emitFull32() {
	const size, tile, vecs, unroll = 32, 8, 2, 4
	a, b, c := wholeKernel(abi.Full32Kernel, size)
	at := func(m Mem, r, col int) Mem { return m.Offset(4 * (size*r + col)) }
	for first := 0; first < size; first += tile {
		var sums [tile][vecs]reg.VecVirtual
		for r := range sums {
			for v := range vecs {
				sums[r][v] = ZMM()
				avx512.zero(sums[r][v])
			}
		}
		terms, rows := Mem{Base: GP64()}, Mem{Base: GP64()}
		label, left := emit.NewLabel(abi.Full32Kernel+"_step"), GP64()
		LEAQ(at(a, first, 0), terms.Base)
		MOVQ(b.Base, rows.Base)
		MOVQ(U32(size/unroll), left)
		Label(label)
		for p := range unroll {
			var row [vecs]reg.VecVirtual
			for v := range row {
				row[v] = ZMM()
				VMOVUPS(at(rows, p, 16*v), row[v])
			}
			for r := range sums {
				x := ZMM()
				VBROADCASTSS(at(terms, r, p), x)
				for v, s := range sums[r] {
					VFMADD231PS(row[v], x, s)
				}
			}
		}
		ADDQ(U32(4*unroll), terms.Base)
		ADDQ(U32(4*unroll*size), rows.Base)
		DECQ(left)
		emit.Goto(JNZ, label)
		for r := range sums {
			for v, s := range sums[r] {
				VMOVUPS(s, at(c, first+r, 16*v))
			}
		}
	}
	VZEROUPPER()
	RET()
}
