package vec

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// writer has those of the 3000 methods of a context that kernels call. Gen does not embed the context itself: the
// compiler makes a copy of each method for each of the types that embed a Gen, 58,000 in all, which took it 1.4 GB.
type writer struct{ context *build.Context }

// Registers.

func (w writer) GP32() reg.GPVirtual  { return w.context.GP32() }
func (w writer) GP64() reg.GPVirtual  { return w.context.GP64() }
func (w writer) K() reg.OpmaskVirtual { return w.context.K() }
func (w writer) XMM() reg.VecVirtual  { return w.context.XMM() }
func (w writer) YMM() reg.VecVirtual  { return w.context.YMM() }
func (w writer) ZMM() reg.VecVirtual  { return w.context.ZMM() }

// Directives.

func (w writer) AppendDatum(v operand.Constant)  { w.context.AppendDatum(v) }
func (w writer) Attributes(a attr.Attribute)     { w.context.Attributes(a) }
func (w writer) Comment(lines ...string)         { w.context.Comment(lines...) }
func (w writer) ConstraintExpr(expr string)      { w.context.ConstraintExpr(expr) }
func (w writer) DataAttributes(a attr.Attribute) { w.context.DataAttributes(a) }
func (w writer) Doc(lines ...string)             { w.context.Doc(lines...) }
func (w writer) Function(name string)            { w.context.Function(name) }
func (w writer) Label(name string)               { w.context.Label(name) }
func (w writer) Load(src gotypes.Component, dst reg.Register) reg.Register {
	return w.context.Load(src, dst)
}
func (w writer) Param(name string) gotypes.Component           { return w.context.Param(name) }
func (w writer) Pragma(directive string, args ...string)       { w.context.Pragma(directive, args...) }
func (w writer) Result() (*ir.File, error)                     { return w.context.Result() }
func (w writer) ReturnIndex(i int) gotypes.Component           { return w.context.ReturnIndex(i) }
func (w writer) SignatureExpr(expr string)                     { w.context.SignatureExpr(expr) }
func (w writer) StaticGlobal(name string) operand.Mem          { return w.context.StaticGlobal(name) }
func (w writer) Store(src reg.Register, dst gotypes.Component) { w.context.Store(src, dst) }

// Instructions, with operands in the order of Go's assembler.

func (w writer) ADDQ(a, b operand.Op)                { w.context.ADDQ(a, b) }
func (w writer) ANDQ(a, b operand.Op)                { w.context.ANDQ(a, b) }
func (w writer) BZHIQ(a, b, c operand.Op)            { w.context.BZHIQ(a, b, c) }
func (w writer) CMOVQGT(a, b operand.Op)             { w.context.CMOVQGT(a, b) }
func (w writer) CMOVQLT(a, b operand.Op)             { w.context.CMOVQLT(a, b) }
func (w writer) CMPQ(a, b operand.Op)                { w.context.CMPQ(a, b) }
func (w writer) DECQ(a operand.Op)                   { w.context.DECQ(a) }
func (w writer) IMULQ(ops ...operand.Op)             { w.context.IMULQ(ops...) }
func (w writer) JE(a operand.Op)                     { w.context.JE(a) }
func (w writer) JG(a operand.Op)                     { w.context.JG(a) }
func (w writer) JGE(a operand.Op)                    { w.context.JGE(a) }
func (w writer) JGT(a operand.Op)                    { w.context.JGT(a) }
func (w writer) JL(a operand.Op)                     { w.context.JL(a) }
func (w writer) JLE(a operand.Op)                    { w.context.JLE(a) }
func (w writer) JMP(a operand.Op)                    { w.context.JMP(a) }
func (w writer) JNE(a operand.Op)                    { w.context.JNE(a) }
func (w writer) JNZ(a operand.Op)                    { w.context.JNZ(a) }
func (w writer) JZ(a operand.Op)                     { w.context.JZ(a) }
func (w writer) KANDNW(a, b, c operand.Op)           { w.context.KANDNW(a, b, c) }
func (w writer) KANDW(a, b, c operand.Op)            { w.context.KANDW(a, b, c) }
func (w writer) KMOVW(a, b operand.Op)               { w.context.KMOVW(a, b) }
func (w writer) KNOTW(a, b operand.Op)               { w.context.KNOTW(a, b) }
func (w writer) KORW(a, b, c operand.Op)             { w.context.KORW(a, b, c) }
func (w writer) KSHIFTRW(a, b, c operand.Op)         { w.context.KSHIFTRW(a, b, c) }
func (w writer) LEAQ(a, b operand.Op)                { w.context.LEAQ(a, b) }
func (w writer) MOVQ(a, b operand.Op)                { w.context.MOVQ(a, b) }
func (w writer) NEGQ(a operand.Op)                   { w.context.NEGQ(a) }
func (w writer) RET()                                { w.context.RET() }
func (w writer) SHLQ(ops ...operand.Op)              { w.context.SHLQ(ops...) }
func (w writer) SHRQ(ops ...operand.Op)              { w.context.SHRQ(ops...) }
func (w writer) SUBQ(a, b operand.Op)                { w.context.SUBQ(a, b) }
func (w writer) TESTQ(a, b operand.Op)               { w.context.TESTQ(a, b) }
func (w writer) VADDPD(ops ...operand.Op)            { w.context.VADDPD(ops...) }
func (w writer) VADDPS(ops ...operand.Op)            { w.context.VADDPS(ops...) }
func (w writer) VADDPS_BCST(ops ...operand.Op)       { w.context.VADDPS_BCST(ops...) }
func (w writer) VADDSD(ops ...operand.Op)            { w.context.VADDSD(ops...) }
func (w writer) VANDNPS(ops ...operand.Op)           { w.context.VANDNPS(ops...) }
func (w writer) VANDNPS_BCST(ops ...operand.Op)      { w.context.VANDNPS_BCST(ops...) }
func (w writer) VANDPS(ops ...operand.Op)            { w.context.VANDPS(ops...) }
func (w writer) VANDPS_BCST(ops ...operand.Op)       { w.context.VANDPS_BCST(ops...) }
func (w writer) VBLENDMPS(ops ...operand.Op)         { w.context.VBLENDMPS(ops...) }
func (w writer) VBLENDMPS_BCST(ops ...operand.Op)    { w.context.VBLENDMPS_BCST(ops...) }
func (w writer) VBLENDVPS(a, b, c, d operand.Op)     { w.context.VBLENDVPS(a, b, c, d) }
func (w writer) VBROADCASTF128(a, b operand.Op)      { w.context.VBROADCASTF128(a, b) }
func (w writer) VBROADCASTF32X4(ops ...operand.Op)   { w.context.VBROADCASTF32X4(ops...) }
func (w writer) VBROADCASTF32X8(ops ...operand.Op)   { w.context.VBROADCASTF32X8(ops...) }
func (w writer) VBROADCASTSS(ops ...operand.Op)      { w.context.VBROADCASTSS(ops...) }
func (w writer) VBROADCASTSS_Z(a, b, c operand.Op)   { w.context.VBROADCASTSS_Z(a, b, c) }
func (w writer) VCMPPS(ops ...operand.Op)            { w.context.VCMPPS(ops...) }
func (w writer) VCMPPS_BCST(ops ...operand.Op)       { w.context.VCMPPS_BCST(ops...) }
func (w writer) VCVTDQ2PS(ops ...operand.Op)         { w.context.VCVTDQ2PS(ops...) }
func (w writer) VCVTPS2PD(ops ...operand.Op)         { w.context.VCVTPS2PD(ops...) }
func (w writer) VDIVPS(ops ...operand.Op)            { w.context.VDIVPS(ops...) }
func (w writer) VDIVPS_BCST(ops ...operand.Op)       { w.context.VDIVPS_BCST(ops...) }
func (w writer) VEXTRACTF128(a, b, c operand.Op)     { w.context.VEXTRACTF128(a, b, c) }
func (w writer) VEXTRACTF32X4(ops ...operand.Op)     { w.context.VEXTRACTF32X4(ops...) }
func (w writer) VEXTRACTF32X8(ops ...operand.Op)     { w.context.VEXTRACTF32X8(ops...) }
func (w writer) VEXTRACTF64X4(ops ...operand.Op)     { w.context.VEXTRACTF64X4(ops...) }
func (w writer) VEXTRACTPS(a, b, c operand.Op)       { w.context.VEXTRACTPS(a, b, c) }
func (w writer) VFMADD132PS(ops ...operand.Op)       { w.context.VFMADD132PS(ops...) }
func (w writer) VFMADD132PS_BCST(ops ...operand.Op)  { w.context.VFMADD132PS_BCST(ops...) }
func (w writer) VFMADD213PS(ops ...operand.Op)       { w.context.VFMADD213PS(ops...) }
func (w writer) VFMADD213PS_BCST(ops ...operand.Op)  { w.context.VFMADD213PS_BCST(ops...) }
func (w writer) VFMADD231PD(ops ...operand.Op)       { w.context.VFMADD231PD(ops...) }
func (w writer) VFMADD231PS(ops ...operand.Op)       { w.context.VFMADD231PS(ops...) }
func (w writer) VFMADD231PS_BCST(ops ...operand.Op)  { w.context.VFMADD231PS_BCST(ops...) }
func (w writer) VFMSUB132PS(ops ...operand.Op)       { w.context.VFMSUB132PS(ops...) }
func (w writer) VFMSUB132PS_BCST(ops ...operand.Op)  { w.context.VFMSUB132PS_BCST(ops...) }
func (w writer) VFMSUB213PS(ops ...operand.Op)       { w.context.VFMSUB213PS(ops...) }
func (w writer) VFMSUB213PS_BCST(ops ...operand.Op)  { w.context.VFMSUB213PS_BCST(ops...) }
func (w writer) VFMSUB231PS(ops ...operand.Op)       { w.context.VFMSUB231PS(ops...) }
func (w writer) VFMSUB231PS_BCST(ops ...operand.Op)  { w.context.VFMSUB231PS_BCST(ops...) }
func (w writer) VFNMADD132PS(ops ...operand.Op)      { w.context.VFNMADD132PS(ops...) }
func (w writer) VFNMADD132PS_BCST(ops ...operand.Op) { w.context.VFNMADD132PS_BCST(ops...) }
func (w writer) VFNMADD213PS(ops ...operand.Op)      { w.context.VFNMADD213PS(ops...) }
func (w writer) VFNMADD213PS_BCST(ops ...operand.Op) { w.context.VFNMADD213PS_BCST(ops...) }
func (w writer) VFNMADD231PS(ops ...operand.Op)      { w.context.VFNMADD231PS(ops...) }
func (w writer) VFNMADD231PS_BCST(ops ...operand.Op) { w.context.VFNMADD231PS_BCST(ops...) }
func (w writer) VINSERTF128(a, b, c, d operand.Op)   { w.context.VINSERTF128(a, b, c, d) }
func (w writer) VINSERTF32X4(ops ...operand.Op)      { w.context.VINSERTF32X4(ops...) }
func (w writer) VINSERTF32X8(ops ...operand.Op)      { w.context.VINSERTF32X8(ops...) }
func (w writer) VINSERTPS(a, b, c, d operand.Op)     { w.context.VINSERTPS(a, b, c, d) }
func (w writer) VMASKMOVPS(a, b, c operand.Op)       { w.context.VMASKMOVPS(a, b, c) }
func (w writer) VMAXPS(ops ...operand.Op)            { w.context.VMAXPS(ops...) }
func (w writer) VMAXPS_BCST(ops ...operand.Op)       { w.context.VMAXPS_BCST(ops...) }
func (w writer) VMINPS(ops ...operand.Op)            { w.context.VMINPS(ops...) }
func (w writer) VMINPS_BCST(ops ...operand.Op)       { w.context.VMINPS_BCST(ops...) }
func (w writer) VMOVAPD(ops ...operand.Op)           { w.context.VMOVAPD(ops...) }
func (w writer) VMOVAPS(ops ...operand.Op)           { w.context.VMOVAPS(ops...) }
func (w writer) VMOVAPS_Z(a, b, c operand.Op)        { w.context.VMOVAPS_Z(a, b, c) }
func (w writer) VMOVLPS(ops ...operand.Op)           { w.context.VMOVLPS(ops...) }
func (w writer) VMOVSS(ops ...operand.Op)            { w.context.VMOVSS(ops...) }
func (w writer) VMOVUPD(ops ...operand.Op)           { w.context.VMOVUPD(ops...) }
func (w writer) VMOVUPS(ops ...operand.Op)           { w.context.VMOVUPS(ops...) }
func (w writer) VMOVUPS_Z(a, b, c operand.Op)        { w.context.VMOVUPS_Z(a, b, c) }
func (w writer) VMULPS(ops ...operand.Op)            { w.context.VMULPS(ops...) }
func (w writer) VMULPS_BCST(ops ...operand.Op)       { w.context.VMULPS_BCST(ops...) }
func (w writer) VORPS(ops ...operand.Op)             { w.context.VORPS(ops...) }
func (w writer) VORPS_BCST(ops ...operand.Op)        { w.context.VORPS_BCST(ops...) }
func (w writer) VPAND(a, b, c operand.Op)            { w.context.VPAND(a, b, c) }
func (w writer) VPANDD(ops ...operand.Op)            { w.context.VPANDD(ops...) }
func (w writer) VPANDD_BCST(ops ...operand.Op)       { w.context.VPANDD_BCST(ops...) }
func (w writer) VPERM2F128(a, b, c, d operand.Op)    { w.context.VPERM2F128(a, b, c, d) }
func (w writer) VPERMILPS(ops ...operand.Op)         { w.context.VPERMILPS(ops...) }
func (w writer) VPMOVD2M(a, b operand.Op)            { w.context.VPMOVD2M(a, b) }
func (w writer) VPMOVM2D(a, b operand.Op)            { w.context.VPMOVM2D(a, b) }
func (w writer) VPSLLD(ops ...operand.Op)            { w.context.VPSLLD(ops...) }
func (w writer) VPSLLDQ(a, b, c operand.Op)          { w.context.VPSLLDQ(a, b, c) }
func (w writer) VPSRAD(ops ...operand.Op)            { w.context.VPSRAD(ops...) }
func (w writer) VPSRLDQ(a, b, c operand.Op)          { w.context.VPSRLDQ(a, b, c) }
func (w writer) VPSUBD(ops ...operand.Op)            { w.context.VPSUBD(ops...) }
func (w writer) VPSUBD_BCST(ops ...operand.Op)       { w.context.VPSUBD_BCST(ops...) }
func (w writer) VPXORD(ops ...operand.Op)            { w.context.VPXORD(ops...) }
func (w writer) VSHUFF32X4(ops ...operand.Op)        { w.context.VSHUFF32X4(ops...) }
func (w writer) VSHUFPS(ops ...operand.Op)           { w.context.VSHUFPS(ops...) }
func (w writer) VSQRTPS(ops ...operand.Op)           { w.context.VSQRTPS(ops...) }
func (w writer) VSUBPS(ops ...operand.Op)            { w.context.VSUBPS(ops...) }
func (w writer) VSUBPS_BCST(ops ...operand.Op)       { w.context.VSUBPS_BCST(ops...) }
func (w writer) VUNPCKHPD(ops ...operand.Op)         { w.context.VUNPCKHPD(ops...) }
func (w writer) VUNPCKHPS(ops ...operand.Op)         { w.context.VUNPCKHPS(ops...) }
func (w writer) VUNPCKLPD(ops ...operand.Op)         { w.context.VUNPCKLPD(ops...) }
func (w writer) VUNPCKLPS(ops ...operand.Op)         { w.context.VUNPCKLPS(ops...) }
func (w writer) VXORPD(ops ...operand.Op)            { w.context.VXORPD(ops...) }
func (w writer) VXORPS(ops ...operand.Op)            { w.context.VXORPS(ops...) }
func (w writer) VXORPS_BCST(ops ...operand.Op)       { w.context.VXORPS_BCST(ops...) }
func (w writer) VZEROUPPER()                         { w.context.VZEROUPPER() }
func (w writer) XORQ(a, b operand.Op)                { w.context.XORQ(a, b) }
