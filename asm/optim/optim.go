// Package optim emits the kernels of runtime/optim: one pass over parameter, gradient and states, eight
// elements at a time, or sixteen with AVX-512, with the operations of the Go twins in their order.
//
// The kernels take a number of elements that is a multiple of eight; the twins do the rest.
package optim

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/emit"
)

// lanes is the number of elements that a call takes a multiple of, and of a register of AVX2.
const lanes = 8

// wide tells whether the part for AVX-512 is being written: registers have 16 elements, of which the last one of a call
// may fill half, and comparisons give masks.
var wide bool

// vec returns a register.
func vec() reg.VecVirtual {
	if wide {
		return ZMM()
	}
	return YMM()
}

// A Kernel is one row of Kernels.
type Kernel struct {
	Name    string
	Arrays  []string // names of the arrays, in the order of the parameters; w and its gradient dw come first
	Scalars []string // fields of the struct that all elements share, float32 each
	// Step emits the update of eight elements: it gets the registers that hold the arrays, and
	// the scalars in all lanes, and returns the new values by array.
	Step func(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual
	Doc  string
}

var rmspropScalars = []string{"clip", "decay", "keep", "take", "rate", "eps", "momentum"}

// Kernels are all kernels.
var Kernels = []Kernel{
	{"adamSIMD", []string{"w", "dw", "m", "v"}, []string{"clip",
		"decay", "shrink", "keep1", "take1", "keep2", "take2", "rate", "root", "eps"}, adam,
		"adamSIMD works like adamGeneric, for n elements, a multiple of 8."},
	{"sgdSIMD", []string{"w", "dw"}, []string{"clip", "decay", "rate"}, sgd,
		"sgdSIMD works like sgdGeneric, for n elements, a multiple of 8."},
	{"momentumSIMD", []string{"w", "dw", "v"}, []string{"clip", "decay", "keep", "take", "rate"}, momentum,
		"momentumSIMD works like momentumGeneric, for n elements, a multiple of 8."},
	{"nesterovSIMD", []string{"w", "dw", "v"}, []string{"clip", "decay", "keep", "rate"}, nesterov,
		"nesterovSIMD works like nesterovGeneric, for n elements, a multiple of 8."},
	{"rmspropSIMD", []string{"w", "dw", "s"}, rmspropScalars, rmsprop,
		"rmspropSIMD works like rmspropGeneric, for n elements, a multiple of 8."},
	{"rmspropCenteredSIMD", []string{"w", "dw", "s", "mean"}, rmspropScalars, rmspropFull(true, false),
		"rmspropCenteredSIMD works like rmspropFullGeneric, for n elements, a multiple of 8."},
	{"rmspropMomentumSIMD", []string{"w", "dw", "s", "v"}, rmspropScalars, rmspropFull(false, true),
		"rmspropMomentumSIMD works like rmspropFullGeneric, for n elements, a multiple of 8."},
	{"rmspropCenteredMomentumSIMD", []string{"w", "dw", "s", "mean", "v"}, rmspropScalars, rmspropFull(true, true),
		"rmspropCenteredMomentumSIMD works like rmspropFullGeneric, for n elements, a multiple of 8."},
	{"adagradSIMD", []string{"w", "dw", "s"}, []string{"clip", "decay", "start", "rate", "eps"}, adagrad,
		"adagradSIMD works like adagradGeneric, for n elements, a multiple of 8."},
	{"adadeltaSIMD", []string{"w", "dw", "s", "a"}, []string{"clip", "decay", "keep", "take", "rate", "eps"}, adadelta,
		"adadeltaSIMD works like adadeltaGeneric, for n elements, a multiple of 8."},
	{"amsgradSIMD", []string{"w", "dw", "m", "v", "top"}, []string{"clip",
		"decay", "keep1", "take1", "keep2", "take2", "rate", "root", "eps"}, amsgrad,
		"amsgradSIMD works like amsgradGeneric, for n elements, a multiple of 8."},
	{"nadamSIMD", []string{"w", "dw", "m", "v"}, []string{"clip",
		"decay", "keep1", "take1", "keep2", "take2", "root", "eps", "direct", "ahead"}, nadam,
		"nadamSIMD works like nadamGeneric, for n elements, a multiple of 8."},
	{"adamaxSIMD", []string{"w", "dw", "m", "s"}, []string{"clip", "decay", "keep1", "take1", "keep2", "rate", "eps"},
		adamax,
		"adamaxSIMD works like adamaxGeneric, for n elements, a multiple of 8."},
	{"lionSIMD", []string{"w", "dw", "m"}, []string{"clip", "decay", "shrink", "keep1", "take1", "keep2", "take2", "rate"},
		lion,
		"lionSIMD works like lionGeneric, for n elements, a multiple of 8."},
}

// Emit emits one kernel.
func Emit(k Kernel) {
	params := ""
	for _, a := range k.Arrays {
		params += a + " *float32, "
	}
	typ := strings.TrimSuffix(k.Name, "SIMD")
	if strings.HasPrefix(typ, "rmsprop") {
		typ = "rmsprop" // the forms share one
	}
	TEXT(k.Name, NOSPLIT, "func("+params+"n int, c *"+typ+"Scalars)")
	Doc(k.Doc)
	Pragma("noescape")

	emit.ToWide()
	k.emit()
	emit.Wide(func() {
		wide = true
		k.emit()
		wide = false
	})
}

// emit emits a part of the kernel.
func (k Kernel) emit() {
	Comment("the scalars in all lanes")
	base := Load(Param("c"), GP64())
	scalars := map[string]reg.VecVirtual{}
	for i, name := range k.Scalars {
		scalars[name] = vec()
		VBROADCASTSS(Mem{Base: base, Disp: 4 * i}, scalars[name])
	}
	pointers := map[string]reg.Register{}
	for _, a := range k.Arrays {
		pointers[a] = Load(Param(a), GP64())
	}
	n := Load(Param("n"), GP64())

	if wide {
		k.wideLoop(pointers, scalars, n)
		return
	}
	loop, done := emit.NewLabel("loop"), emit.NewLabel("done")
	TESTQ(n, n)
	JE(LabelRef(done))
	Label(loop)
	k.update(pointers, scalars, nil)
	SUBQ(Imm(lanes), n)
	JNE(LabelRef(loop))
	Label(done)
	VZEROUPPER()
	RET()
}

// wideLoop emits the loop for AVX-512: only what is left behind it has a mask, since stores under masks take several
// times as long.
func (k Kernel) wideLoop(pointers map[string]reg.Register, scalars map[string]reg.VecVirtual, n reg.Register) {
	loop, last, done := emit.NewLabel("loop"), emit.NewLabel("last"), emit.NewLabel("done")
	SUBQ(Imm(2*lanes), n)
	JL(LabelRef(last))
	Label(loop)
	k.update(pointers, scalars, nil)
	SUBQ(Imm(2*lanes), n)
	JGE(LabelRef(loop))
	Label(last)
	ADDQ(Imm(2*lanes), n)
	JE(LabelRef(done))
	Comment("the last 8 elements")
	half, mask := GP32(), K()
	MOVL(U32(0xff), half)
	KMOVW(half, mask)
	k.update(pointers, scalars, mask)
	Label(done)
	VZEROUPPER()
	RET()
}

// update emits the step for the elements at the pointers that fill a register, or for those under the mask if there is
// one, and moves the pointers on.
func (k Kernel) update(pointers map[string]reg.Register, scalars map[string]reg.VecVirtual, mask reg.Register) {
	arrays := map[string]reg.VecVirtual{}
	for _, a := range k.Arrays {
		arrays[a] = vec()
		if mask != nil {
			VMOVUPS_Z(Mem{Base: pointers[a]}, mask, arrays[a])
		} else {
			VMOVUPS(Mem{Base: pointers[a]}, arrays[a])
		}
	}
	results := k.Step(arrays, scalars)
	for _, a := range k.Arrays {
		switch r, ok := results[a]; {
		case ok && mask != nil:
			VMOVUPS(r, mask, Mem{Base: pointers[a]})
		case ok:
			VMOVUPS(r, Mem{Base: pointers[a]})
		}
		ADDQ(Imm(uint64(arrays[a].Size())), pointers[a])
	}
}

// gradient emits g ← clip·g + decay·w; t is destroyed.
func gradient(a, s map[string]reg.VecVirtual, t reg.VecVirtual) reg.VecVirtual {
	g := a["dw"]
	Comment("g = clip·g + decay·w")
	VMULPS(s["clip"], g, g)
	VMULPS(s["decay"], a["w"], t)
	VADDPS(t, g, g)
	return g
}

func adam(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	t, w, m, v := vec(), a["w"], a["m"], a["v"]
	g := gradient(a, s, t)
	firstMoment(s, g, m, t)
	secondMoment(s, g, v, t)
	Comment("w = shrink·w − rate·m/(√v·root + eps)")
	VSQRTPS(v, t)
	VMULPS(s["root"], t, t)
	VADDPS(s["eps"], t, t)
	VMULPS(s["rate"], m, g)
	VDIVPS(t, g, g)
	VMULPS(s["shrink"], w, w)
	VSUBPS(g, w, w)
	return map[string]reg.VecVirtual{"w": w, "m": m, "v": v}
}

// firstMoment emits m ← keep1·m + take1·g; t is destroyed.
func firstMoment(s map[string]reg.VecVirtual, g, m, t reg.VecVirtual) {
	Comment("m = keep1·m + take1·g")
	VMULPS(s["keep1"], m, m)
	VMULPS(s["take1"], g, t)
	VADDPS(t, m, m)
	flush(m, t)
}

// flush emits v ← 0 where v is below the smallest normal number; t is destroyed.
func flush(v, t reg.VecVirtual) {
	Comment("0 in place of denormals")
	if wide {
		normal := K()
		VPTESTMD_BCST(words("exponents", 0x7f800000), v, normal)
		VMOVAPS_Z(v, normal, v)
		return
	}
	const notEqual = 4 // true for NaN
	VANDPS(words("exponents", 0x7f800000), v, t)
	VCMPPS(Imm(notEqual), words("zeros", 0), t, t)
	VANDPS(t, v, v)
}

// data holds the constants that have been emitted, by name.
var data = map[string]Mem{}

// words returns a constant with the same word in all lanes.
func words(name string, w uint32) Mem {
	m, ok := data[name]
	if !ok {
		m = GLOBL(name, 8|16) // RODATA|NOPTR
		for i := range lanes {
			DATA(4*i, U32(w))
		}
		data[name] = m
	}
	return m
}

// secondMoment emits v ← keep2·v + (take2·g)·g; t is destroyed.
func secondMoment(s map[string]reg.VecVirtual, g, v, t reg.VecVirtual) {
	Comment("v = keep2·v + (take2·g)·g")
	VMULPS(s["keep2"], v, v)
	VMULPS(s["take2"], g, t)
	VMULPS(g, t, t)
	VADDPS(t, v, v)
	flush(v, t)
}

// larger emits a ← the larger of a and b, NaN if either is; t is destroyed, and b too.
func larger(a, b, t reg.VecVirtual) {
	const unordered = 3
	if wide {
		nan := K()
		VCMPPS(Imm(unordered), a, a, nan)
		VMAXPS(b, a, b)
		VBLENDMPS(a, b, nan, a)
		return
	}
	VCMPPS(Imm(unordered), a, a, t)
	VMAXPS(b, a, b)
	VBLENDVPS(t, a, b, a)
}

func sgd(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	g := gradient(a, s, vec())
	Comment("w = w − rate·g")
	VMULPS(s["rate"], g, g)
	VSUBPS(g, a["w"], a["w"])
	return map[string]reg.VecVirtual{"w": a["w"]}
}

func momentum(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	t, w, v := vec(), a["w"], a["v"]
	g := gradient(a, s, t)
	Comment("v = keep·v + take·g, w = w − rate·v")
	VMULPS(s["keep"], v, v)
	VMULPS(s["take"], g, g)
	VADDPS(g, v, v)
	flush(v, t)
	VMULPS(s["rate"], v, t)
	VSUBPS(t, w, w)
	return map[string]reg.VecVirtual{"w": w, "v": v}
}

func nesterov(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	t, w, v := vec(), a["w"], a["v"]
	g := gradient(a, s, t)
	Comment("v = keep·v + g, w = w − rate·(g + keep·v)")
	VMULPS(s["keep"], v, v)
	VADDPS(g, v, v)
	flush(v, t)
	VMULPS(s["keep"], v, t)
	VADDPS(t, g, t)
	VMULPS(s["rate"], t, t)
	VSUBPS(t, w, w)
	return map[string]reg.VecVirtual{"w": w, "v": v}
}

func rmsprop(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	t, w, v := vec(), a["w"], a["s"]
	g := gradient(a, s, t)
	Comment("s = keep·s + (take·g)·g")
	VMULPS(s["keep"], v, v)
	VMULPS(s["take"], g, t)
	VMULPS(g, t, t)
	VADDPS(t, v, v)
	flush(v, t)
	Comment("w = w − rate·(g/(√s + eps))")
	VSQRTPS(v, t)
	VADDPS(s["eps"], t, t)
	VDIVPS(t, g, g)
	VMULPS(s["rate"], g, g)
	VSUBPS(g, w, w)
	return map[string]reg.VecVirtual{"w": w, "s": v}
}

// rmspropFull is rmsprop with the square of a running mean taken off, and with a velocity, as it is asked.
func rmspropFull(centered, velocity bool) func(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	return func(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
		t, r, w, v := vec(), vec(), a["w"], a["s"]
		out := map[string]reg.VecVirtual{"w": w, "s": v}
		g := gradient(a, s, t)
		Comment("s = keep·s + (take·g)·g")
		VMULPS(s["keep"], v, v)
		VMULPS(s["take"], g, t)
		VMULPS(g, t, t)
		VADDPS(t, v, v)
		flush(v, t)
		VMOVAPS(v, t)
		if mean := a["mean"]; centered {
			Comment("mean = mean + take·(g − mean), t = the larger of s − mean² and 0")
			VSUBPS(mean, g, t)
			VMULPS(s["take"], t, t)
			VADDPS(t, mean, mean)
			flush(mean, t)
			VMULPS(mean, mean, r)
			VSUBPS(r, v, t)
			VXORPS(r, r, r)
			VMAXPS(t, r, t) // t where it is NaN
			out["mean"] = mean
		}
		Comment("g = g/(√t + eps)")
		VSQRTPS(t, t)
		VADDPS(s["eps"], t, t)
		VDIVPS(t, g, g)
		if velocity {
			Comment("v = momentum·v + g")
			VMULPS(s["momentum"], a["v"], a["v"])
			VADDPS(g, a["v"], a["v"])
			flush(a["v"], t)
			VMOVAPS(a["v"], g)
			out["v"] = a["v"]
		}
		Comment("w = w − rate·g")
		VMULPS(s["rate"], g, g)
		VSUBPS(g, w, w)
		return out
	}
}

func adagrad(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	t, w, v := vec(), a["w"], a["s"]
	g := gradient(a, s, t)
	Comment("s = (s + start) + g·g")
	VADDPS(s["start"], v, v)
	VMULPS(g, g, t)
	VADDPS(t, v, v)
	Comment("w = w − rate·g/(√s + eps)")
	VSQRTPS(v, t)
	VADDPS(s["eps"], t, t)
	VMULPS(s["rate"], g, g)
	VDIVPS(t, g, g)
	VSUBPS(g, w, w)
	return map[string]reg.VecVirtual{"w": w, "s": v}
}

func adadelta(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	t, r, w, v, d := vec(), vec(), a["w"], a["s"], a["a"]
	g := gradient(a, s, t)
	Comment("s = keep·s + (take·g)·g")
	VMULPS(s["keep"], v, v)
	VMULPS(s["take"], g, t)
	VMULPS(g, t, t)
	VADDPS(t, v, v)
	flush(v, t)
	Comment("delta = √(a + eps)/√(s + eps)·g")
	VADDPS(s["eps"], d, t)
	VSQRTPS(t, t)
	VADDPS(s["eps"], v, r)
	VSQRTPS(r, r)
	VDIVPS(r, t, t)
	VMULPS(g, t, t)
	Comment("a = keep·a + (take·delta)·delta, w = w − rate·delta")
	VMULPS(s["keep"], d, d)
	VMULPS(s["take"], t, r)
	VMULPS(t, r, r)
	VADDPS(r, d, d)
	flush(d, r)
	VMULPS(s["rate"], t, t)
	VSUBPS(t, w, w)
	return map[string]reg.VecVirtual{"w": w, "s": v, "a": d}
}

func amsgrad(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	t, w, m, v, top := vec(), a["w"], a["m"], a["v"], a["top"]
	g := gradient(a, s, t)
	firstMoment(s, g, m, t)
	secondMoment(s, g, v, t)
	Comment("top = max(top, v)")
	VMOVAPS(v, g)
	larger(top, g, t)
	Comment("w = w − rate·m/(√top·root + eps)")
	VSQRTPS(top, t)
	VMULPS(s["root"], t, t)
	VADDPS(s["eps"], t, t)
	VMULPS(s["rate"], m, g)
	VDIVPS(t, g, g)
	VSUBPS(g, w, w)
	return map[string]reg.VecVirtual{"w": w, "m": m, "v": v, "top": top}
}

func nadam(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	t, w, m, v := vec(), a["w"], a["m"], a["v"]
	g := gradient(a, s, t)
	firstMoment(s, g, m, t)
	secondMoment(s, g, v, t)
	Comment("w = (w − direct·g/d) − ahead·m/d, d = √v·root + eps")
	VSQRTPS(v, t)
	VMULPS(s["root"], t, t)
	VADDPS(s["eps"], t, t)
	VMULPS(s["direct"], g, g)
	VDIVPS(t, g, g)
	VSUBPS(g, w, w)
	VMULPS(s["ahead"], m, g)
	VDIVPS(t, g, g)
	VSUBPS(g, w, w)
	return map[string]reg.VecVirtual{"w": w, "m": m, "v": v}
}

func adamax(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	t, w, m, v := vec(), a["w"], a["m"], a["s"]
	g := gradient(a, s, t)
	firstMoment(s, g, m, t)
	Comment("s = max(keep2·s, |g| + eps)")
	if wide {
		VANDPS_BCST(words("magnitudes", 0x7fffffff), g, g)
	} else {
		VPCMPEQD(t, t, t)
		VPSRLD(Imm(1), t, t)
		VANDPS(t, g, g)
	}
	VADDPS(s["eps"], g, g)
	VMULPS(s["keep2"], v, v)
	larger(v, g, t)
	Comment("w = w − rate·m/s")
	VMULPS(s["rate"], m, t)
	VDIVPS(v, t, t)
	VSUBPS(t, w, w)
	return map[string]reg.VecVirtual{"w": w, "m": m, "s": v}
}

func lion(a, s map[string]reg.VecVirtual) map[string]reg.VecVirtual {
	t, way, plain, w, m := vec(), vec(), vec(), a["w"], a["m"]
	g := gradient(a, s, t)
	Comment("way = keep1·m + take1·g")
	VMULPS(s["keep1"], m, way)
	VMULPS(s["take1"], g, t)
	VADDPS(t, way, way)
	Comment("t = rate with the sign of way; way itself where it is 0 or NaN")
	const unequal = 12 // false for NaN
	VXORPS(plain, plain, plain)
	if wide {
		signed := K()
		VCMPPS(Imm(unequal), plain, way, signed)
		VANDPS_BCST(words("signs", 0x80000000), way, t)
		VORPS(s["rate"], t, t)
		VBLENDMPS(t, way, signed, t)
	} else {
		VCMPPS(Imm(unequal), plain, way, plain)
		VANDPS(words("signs", 0x80000000), way, t)
		VORPS(s["rate"], t, t)
		VBLENDVPS(plain, t, way, t)
	}
	Comment("w = shrink·w − t")
	VMULPS(s["shrink"], w, w)
	VSUBPS(t, w, w)
	Comment("m = keep2·m + take2·g")
	VMULPS(s["keep2"], m, m)
	VMULPS(s["take2"], g, g)
	VADDPS(g, m, m)
	flush(m, t)
	return map[string]reg.VecVirtual{"w": w, "m": m}
}

// EmitSumSquares emits the sums of squares in eight lanes of float64, in which squares are exact.
func EmitSumSquares() {
	TEXT("sumSquaresSIMD", NOSPLIT, "func(dw *float32, n int, s *[8]float64)")
	Doc("sumSquaresSIMD adds the squares of n elements, a multiple of 8, to the lanes of s.")
	Pragma("noescape")
	emit.ToWide()
	sumSquares()
	emit.Wide(func() {
		g, n, s, sums, d := Load(Param("dw"), GP64()), Load(Param("n"), GP64()), Load(Param("s"), GP64()), ZMM(), ZMM()
		VMOVUPD(Mem{Base: s}, sums)
		loop := emit.NewLabel("loop")
		Label(loop)
		VCVTPS2PD(Mem{Base: g}, d)
		VFMADD231PD(d, d, sums)
		ADDQ(Imm(4*lanes), g)
		SUBQ(Imm(lanes), n)
		JNE(LabelRef(loop))
		VMOVUPD(sums, Mem{Base: s})
		VZEROUPPER()
		RET()
	})
}

// sumSquares emits the part for AVX2.
func sumSquares() {
	g, n, s := Load(Param("dw"), GP64()), Load(Param("n"), GP64()), Load(Param("s"), GP64())
	low, high, a, b := YMM(), YMM(), YMM(), YMM()
	VMOVUPD(Mem{Base: s}, low)
	VMOVUPD(Mem{Base: s, Disp: 32}, high)
	loop := emit.NewLabel("loop")
	Label(loop)
	VCVTPS2PD(Mem{Base: g}, a)
	VCVTPS2PD(Mem{Base: g, Disp: 16}, b)
	VFMADD231PD(a, a, low)
	VFMADD231PD(b, b, high)
	ADDQ(Imm(4*lanes), g)
	SUBQ(Imm(lanes), n)
	JNE(LabelRef(loop))
	VMOVUPD(low, Mem{Base: s})
	VMOVUPD(high, Mem{Base: s, Disp: 32})
	VZEROUPPER()
	RET()
}
