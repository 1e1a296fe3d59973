package gemm

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
	"github.com/nngen/nngen/runtime/abi"
)

// EmitSlim emits the kernel for products of at most four columns, whose sums are four chains: the lanes of two
// registers are the chains of a row, and in each its columns.
//
//	sums[row, i/2][4·(i%2) + j] = Σ A[row, i·k/4 + p]·B[i·k/4 + p, j]    for chain i, over p < k/4
//
// Of rows, three are done at a time, and the last three overlap those before where they are less.
func EmitSlim() {
	const rows, halves, terms = 3, 2, 4
	args := emit.ArgFunc(abi.SlimKernel, "slimArgs", "",
		abi.SlimKernel+" computes args.m rows, at least three, of one to four columns of C, each sum four chains of",
		"args.blocks times four terms. It changes args. It works like gemmGeneric.")
	emit.Positive(args, "m", "blocks")
	a, c, lda, ldc, chain, third := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(args.Field("a"), a)
	MOVQ(args.Field("c"), c)
	MOVQ(args.Field("lda"), lda)
	MOVQ(args.Field("ldc"), ldc)
	MOVQ(args.Field("chain"), chain)
	LEAQ(Mem{Base: chain, Index: chain, Scale: 2}, third)
	Label("rows")
	Comment("where fewer than three rows are left, go back to the last three")
	back, zero := GP64(), GP64()
	MOVQ(args.Field("m"), back)
	XORQ(zero, zero)
	SUBQ(Imm(rows), back)
	CMOVQGT(zero, back)
	byA, byC := GP64(), GP64()
	MOVQ(back, byA)
	IMULQ(lda, byA)
	ADDQ(byA, a)
	MOVQ(back, byC)
	IMULQ(ldc, byC)
	ADDQ(byC, c)

	var sums [rows][halves]reg.VecVirtual
	var at [rows]reg.GPVirtual
	for r := range rows {
		at[r] = GP64()
		if r == 0 {
			MOVQ(a, at[r])
		} else {
			LEAQ(Mem{Base: at[r-1], Index: lda, Scale: 1}, at[r])
		}
		for h := range halves {
			sums[r][h] = YMM()
			VXORPS(sums[r][h], sums[r][h], sums[r][h])
		}
	}
	b, blocks := GP64(), GP64()
	MOVQ(args.Field("b"), b)
	MOVQ(args.Field("blocks"), blocks)
	Label("terms")
	var x [rows][halves]reg.VecVirtual
	for r := range rows {
		of := [...]Mem{{Base: at[r]}, {Base: at[r], Index: chain, Scale: 1}, {Base: at[r], Index: chain, Scale: 2},
			{Base: at[r], Index: third, Scale: 1}}
		for h := range halves {
			x[r][h] = YMM()
			VMOVUPS(of[2*h], x[r][h].AsX())
			VINSERTF128(Imm(1), of[2*h+1], x[r][h], x[r][h])
		}
		ADDQ(Imm(4*terms), at[r])
	}
	for p := range terms {
		for h := range halves {
			row := YMM()
			VMOVUPS(Mem{Base: b, Disp: 4 * (16*p + 8*h)}, row)
			for r := range rows {
				each := YMM()
				VPERMILPS(Imm(uint64(p*0x55)), x[r][h], each)
				VFMADD231PS(row, each, sums[r][h])
			}
		}
	}
	ADDQ(U32(4*16*terms), b)
	DECQ(blocks)
	emit.Goto(JNZ, "terms")

	Comment("the chains of a row in order, and the bias")
	for r := range rows {
		sum, part := XMM(), XMM()
		VEXTRACTF128(Imm(1), sums[r][0], part)
		VADDPS(part, sums[r][0].AsX(), sum)
		VADDPS(sums[r][1].AsX(), sum, sum)
		VEXTRACTF128(Imm(1), sums[r][1], part)
		VADDPS(part, sum, sums[r][0].AsX())
	}
	bias := GP64()
	MOVQ(args.Field("bias"), bias)
	TESTQ(bias, bias)
	emit.Goto(JZ, "biased")
	for r := range rows {
		VADDPS(Mem{Base: bias}, sums[r][0].AsX(), sums[r][0].AsX())
	}
	Label("biased")
	var to [rows]Mem
	to[0], to[1], to[2] = Mem{Base: c}, Mem{Base: c, Index: ldc, Scale: 1}, Mem{Base: c, Index: ldc, Scale: 2}
	w := GP64()
	MOVQ(args.Field("n"), w)
	CMPQ(w, Imm(4))
	emit.Goto(JNE, "part")
	for r := range rows {
		VMOVUPS(sums[r][0].AsX(), to[r])
	}
	emit.Goto(JMP, "stored")
	Label("part")
	emit.StoreTail(w, []reg.VecVirtual{sums[0][0], sums[1][0], sums[2][0]}, func(r int) Mem { return to[r] })
	Label("stored")
	for range rows {
		ADDQ(lda, a)
		ADDQ(ldc, c)
	}
	SUBQ(Imm(rows), args.Field("m"))
	emit.Goto(JG, "rows")
	VZEROUPPER()
	RET()
}
