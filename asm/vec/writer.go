package vec

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// writer is what kernels take from a *build.Context. Gen does not embed that itself: of its 3000 methods the compiler
// would make a copy for each of the types that embed a Gen, which took it half a minute and 1.4 GB.
type writer interface {
	directives
	instructions
	GP32() reg.GPVirtual
	GP64() reg.GPVirtual
	K() reg.OpmaskVirtual
	XMM() reg.VecVirtual
	YMM() reg.VecVirtual
	ZMM() reg.VecVirtual
}

type directives interface {
	AppendDatum(v operand.Constant)
	Attributes(a attr.Attribute)
	Comment(lines ...string)
	ConstraintExpr(expr string)
	DataAttributes(a attr.Attribute)
	Doc(lines ...string)
	Function(name string)
	Label(name string)
	Load(src gotypes.Component, dst reg.Register) reg.Register
	Param(name string) gotypes.Component
	Pragma(directive string, args ...string)
	Result() (*ir.File, error)
	ReturnIndex(i int) gotypes.Component
	SignatureExpr(expr string)
	StaticGlobal(name string) operand.Mem
	Store(src reg.Register, dst gotypes.Component)
}

// instructions have the names and the order of operands of Go's assembler.
type instructions interface {
	ADDQ(imr, mr operand.Op)
	ANDQ(imr, mr operand.Op)
	BZHIQ(r, mr, r1 operand.Op)
	CMOVQLT(mr, r operand.Op)
	CMPQ(mr, imr operand.Op)
	DECQ(mr operand.Op)
	IMULQ(ops ...operand.Op)
	JG(r operand.Op)
	JGE(r operand.Op)
	JGT(r operand.Op)
	JL(r operand.Op)
	JLE(r operand.Op)
	JMP(mr operand.Op)
	JNE(r operand.Op)
	JNZ(r operand.Op)
	JZ(r operand.Op)
	KANDNW(k, k1, k2 operand.Op)
	KANDW(k, k1, k2 operand.Op)
	KMOVW(kmr, kmr1 operand.Op)
	KNOTW(k, k1 operand.Op)
	KORW(k, k1, k2 operand.Op)
	KSHIFTRW(i, k, k1 operand.Op)
	LEAQ(m, r operand.Op)
	MOVQ(imrx, mrx operand.Op)
	NEGQ(mr operand.Op)
	RET()
	SHLQ(ops ...operand.Op)
	SUBQ(imr, mr operand.Op)
	TESTQ(ir, mr operand.Op)
	VADDPD(ops ...operand.Op)
	VADDPS(ops ...operand.Op)
	VADDPS_BCST(ops ...operand.Op)
	VADDSD(ops ...operand.Op)
	VANDNPS(ops ...operand.Op)
	VANDNPS_BCST(ops ...operand.Op)
	VANDPS(ops ...operand.Op)
	VANDPS_BCST(ops ...operand.Op)
	VBLENDMPS(ops ...operand.Op)
	VBLENDMPS_BCST(ops ...operand.Op)
	VBLENDVPS(xy, mxy, xy1, xy2 operand.Op)
	VBROADCASTF128(m, y operand.Op)
	VBROADCASTSS(ops ...operand.Op)
	VBROADCASTSS_Z(mx, k, yz operand.Op)
	VCMPPS(ops ...operand.Op)
	VCMPPS_BCST(ops ...operand.Op)
	VCVTDQ2PS(ops ...operand.Op)
	VCVTPS2PD(ops ...operand.Op)
	VDIVPS(ops ...operand.Op)
	VDIVPS_BCST(ops ...operand.Op)
	VEXTRACTF128(i, y, mx operand.Op)
	VEXTRACTF32X8(ops ...operand.Op)
	VEXTRACTF64X4(ops ...operand.Op)
	VEXTRACTPS(i, x, mr operand.Op)
	VFMADD132PS(ops ...operand.Op)
	VFMADD132PS_BCST(ops ...operand.Op)
	VFMADD213PS(ops ...operand.Op)
	VFMADD213PS_BCST(ops ...operand.Op)
	VFMADD231PD(ops ...operand.Op)
	VFMADD231PS(ops ...operand.Op)
	VFMADD231PS_BCST(ops ...operand.Op)
	VFMSUB132PS(ops ...operand.Op)
	VFMSUB132PS_BCST(ops ...operand.Op)
	VFMSUB213PS(ops ...operand.Op)
	VFMSUB213PS_BCST(ops ...operand.Op)
	VFMSUB231PS(ops ...operand.Op)
	VFMSUB231PS_BCST(ops ...operand.Op)
	VFNMADD132PS(ops ...operand.Op)
	VFNMADD132PS_BCST(ops ...operand.Op)
	VFNMADD213PS(ops ...operand.Op)
	VFNMADD213PS_BCST(ops ...operand.Op)
	VFNMADD231PS(ops ...operand.Op)
	VFNMADD231PS_BCST(ops ...operand.Op)
	VINSERTF128(i, mx, y, y1 operand.Op)
	VMASKMOVPS(mxy, xy, mxy1 operand.Op)
	VMAXPS(ops ...operand.Op)
	VMAXPS_BCST(ops ...operand.Op)
	VMINPS(ops ...operand.Op)
	VMINPS_BCST(ops ...operand.Op)
	VMOVAPD(ops ...operand.Op)
	VMOVAPS(ops ...operand.Op)
	VMOVAPS_Z(mxyz, k, mxyz1 operand.Op)
	VMOVLPS(ops ...operand.Op)
	VMOVSS(ops ...operand.Op)
	VMOVUPD(ops ...operand.Op)
	VMOVUPS(ops ...operand.Op)
	VMOVUPS_Z(mxyz, k, mxyz1 operand.Op)
	VMULPS(ops ...operand.Op)
	VMULPS_BCST(ops ...operand.Op)
	VORPS(ops ...operand.Op)
	VORPS_BCST(ops ...operand.Op)
	VPAND(mxy, xy, xy1 operand.Op)
	VPANDD(ops ...operand.Op)
	VPANDD_BCST(ops ...operand.Op)
	VPERM2F128(i, my, y, y1 operand.Op)
	VPERMILPS(ops ...operand.Op)
	VPMOVD2M(xyz, k operand.Op)
	VPMOVM2D(k, xyz operand.Op)
	VPSLLD(ops ...operand.Op)
	VPSLLDQ(i, mxyz, xyz operand.Op)
	VPSRAD(ops ...operand.Op)
	VPSRLDQ(i, mxyz, xyz operand.Op)
	VPSUBD(ops ...operand.Op)
	VPSUBD_BCST(ops ...operand.Op)
	VPXORD(ops ...operand.Op)
	VSHUFPS(ops ...operand.Op)
	VSQRTPS(ops ...operand.Op)
	VSUBPS(ops ...operand.Op)
	VSUBPS_BCST(ops ...operand.Op)
	VUNPCKHPD(ops ...operand.Op)
	VUNPCKHPS(ops ...operand.Op)
	VUNPCKLPD(ops ...operand.Op)
	VUNPCKLPS(ops ...operand.Op)
	VXORPD(ops ...operand.Op)
	VXORPS(ops ...operand.Op)
	VXORPS_BCST(ops ...operand.Op)
	VZEROUPPER()
	XORQ(imr, mr operand.Op)
}
