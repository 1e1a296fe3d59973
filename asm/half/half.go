// Package half emits the kernels of runtime/half, which widen numbers of 16 bits to float32, and the loads by which
// kernels of other packages read such numbers.
package half

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// A Format is one of those of runtime/half.
type Format struct {
	Name string
	// Load emits dst = eight numbers at m, widened.
	Load func(m Mem, dst reg.VecVirtual)
	// Pair emits the loads of sixteen numbers at m, widened, of which low gets numbers 0 to 3 and 8 to 11 and high the
	// others, given a zero; nil for a format of which Load does no more work.
	Pair func(m Mem, zero, low, high reg.VecVirtual)
}

// Formats are all of them, in the order of runtime/half.
var Formats = []Format{
	{Name: "Float16", Load: func(m Mem, dst reg.VecVirtual) { VCVTPH2PS(m, dst) }},
	{
		Name: "BFloat16",
		Load: func(m Mem, dst reg.VecVirtual) {
			VPMOVZXWD(m, dst)
			VPSLLD(Imm(16), dst, dst)
		},
		// One shuffle for eight numbers, where Load takes a shuffle that crosses halves, and a shift.
		Pair: func(m Mem, zero, low, high reg.VecVirtual) {
			VMOVDQU(m, high)
			VPUNPCKLWD(high, zero, low)
			VPUNPCKHWD(high, zero, high)
		},
	},
}

// Emit emits a kernel for each format.
func Emit() {
	for _, f := range Formats {
		name := "widen" + f.Name + "SIMD"
		TEXT(name, NOSPLIT, "func(dst *float32, src *uint16, groups int)")
		Doc(name + " works like widenGeneric, for groups of 16 elements, at least 1.")
		Pragma("noescape")
		dst, src, groups := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("groups"), GP64())
		loop := asm.NewLabel("loop")
		Label(loop)
		for i := range 2 {
			v := YMM()
			f.Load(Mem{Base: src, Disp: 16 * i}, v)
			VMOVUPS(v, Mem{Base: dst, Disp: 32 * i})
		}
		ADDQ(Imm(32), src)
		ADDQ(Imm(64), dst)
		DECQ(groups)
		JNE(LabelRef(loop))
		VZEROUPPER()
		RET()
	}
}
