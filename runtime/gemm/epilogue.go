package gemm

import (
	"math"

	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/f32"
)

// An Act is an activation that a kernel applies, or whose gradient it applies, before it
// stores a sum.
//
//	             f(x), in BiasAct               f′ from the saved y, in GradAct
//	Linear       x                              1
//	ReLU         0 where x < 0, else x          0 where y ≤ 0, else 1
//	LeakyReLU    α·x where x is negative        α where y ≤ 0, else 1
//	Sigmoid      —                              y − y², one FMA
//	Tanh         —                              1 − y², one FMA
//
// NaN stays NaN, and −0 counts as negative in LeakyReLU. ReLU keeps −0. Where the gradient
// of ReLU is 0 the result is +0. LeakyReLU takes its α from [Epilogue.Alpha]. A dash
// means that a call panics.
type Act uint8

const (
	Linear    Act = 0
	ReLU      Act = 1
	LeakyReLU Act = 2
	Sigmoid   Act = 3
	Tanh      Act = 4
)

var actOps = [...]uint8{
	Linear: abi.OpNone, ReLU: abi.OpReLU,
	LeakyReLU: abi.OpLeakyReLU, //nngen:if leaks
}

var gradOps = [...]uint8{
	Linear: abi.OpNone, ReLU: abi.OpReLUGrad,
	LeakyReLU: abi.OpLeakyReLUGrad, //nngen:if leaks
	Sigmoid:   abi.OpSigmoidGrad,   //nngen:if curved
	Tanh:      abi.OpTanhGrad,      //nngen:if curved
}

// An Epilogue says what becomes of the sum s that is to be stored in C[i,j]. The steps are
// each rounded, in this order:
//
//	s + bias[j]           Bias, BiasAct
//	f(s)                  BiasAct
//	s · f′(y[i,j])        GradAct
//
// The zero value stores the sum itself.
type Epilogue struct {
	// mode holds the flags of the kernels, the op from bit abi.OpShift on, and from bit 32 on the
	// bits of α. Few words, so that an epilogue is passed without a trip through memory.
	mode uint64
	v    []float32 // the bias of length n, or the saved output y with C's shape and stride
}

// None stores the sum.
func None() Epilogue { return Epilogue{} }

// Accumulate continues the sum that C holds: C += A·B, bit for bit as if one longer
// product had been taken.
func Accumulate() Epilogue { return Epilogue{mode: continuing} }

// Bias adds b[j], of length n, to the sums of column j.
func Bias(b []float32) Epilogue { return Epilogue{mode: abi.FlagBias, v: b} }

// BiasAct adds b[j] to the sums of column j and applies an activation.
func BiasAct(b []float32, act Act) Epilogue {
	return Epilogue{mode: abi.FlagBias | uint64(actOps[act])<<abi.OpShift, v: b}
}

// GradAct multiplies the sum by the derivative of an activation, found from its saved
// output y, which has the shape of C and its row stride.
func GradAct(act Act, y []float32) Epilogue {
	return Epilogue{mode: uint64(gradOps[act]) << abi.OpShift, v: y}
}

// Alpha returns e with the slope α of LeakyReLU on the negative side.
func (e Epilogue) Alpha(alpha float32) Epilogue {
	e.mode = e.mode&(1<<32-1) | uint64(math.Float32bits(alpha))<<32
	return e
}

// Continued returns e over sums that continue what C holds, as with Accumulate.
func (e Epilogue) Continued() Epilogue { e.mode |= continuing; return e }

// What the epilogues of some products do, beside adding a bias: leaks stands for leaky ReLU and its gradient, curved for the
// gradients of sigmoid and tanh.
const (
	activates   = true //nngen:part BiasAct
	derives     = true //nngen:part GradAct
	accumulates = true //nngen:part continuing
	leaks       = true //nngen:part plan
	curved      = true //nngen:part plan
)

// continuing is the flag of sums that continue what C holds.
const continuing = abi.FlagAcc

// flags returns what the kernels take as flags.
func (e Epilogue) flags() int { return int(uint32(e.mode)) }

// alpha returns α.
func (e Epilogue) alpha() float32 { return math.Float32frombits(uint32(e.mode >> 32)) }

// acc tells whether the sums continue what C holds.
func (e Epilogue) acc() bool { return e.mode&abi.FlagAcc != 0 }

// bias tells whether v is a bias.
func (e Epilogue) bias() bool { return e.mode&abi.FlagBias != 0 }

// op returns the last step.
func (e Epilogue) op() int { return int(uint32(e.mode) >> abi.OpShift) }

// grad tells whether v is a saved output.
func (e Epilogue) grad() bool { return uint32(e.mode) >= abi.OpReLUGrad<<abi.OpShift }

// apply returns what is stored for the sum s in column j; at is the index of C[i,j] in y.
func (e Epilogue) apply(s float32, j, at int) float32 {
	if e.bias() {
		s += e.v[j]
	}
	if activates && e.op() == abi.OpReLU && 0 > s || derives && e.op() == abi.OpReLUGrad && e.v[at] <= 0 {
		return 0
	}
	if activates && leaks && e.op() == abi.OpLeakyReLU && negative(s) {
		return e.alpha() * s
	}
	if derives && (leaks || curved) && e.grad() {
		return e.derivative(s, e.v[at])
	}
	return s
}

// storeRow stores a row of sums from column j on, whose first element has index at in C.
func (e Epilogue) storeRow(sum, out []float32, j, at int) {
	for x, s := range sum {
		out[x] = e.apply(s, j+x, at+x)
	}
}

// derivative returns s times the derivative, which is not just 0 or 1, of the activation with the saved output y.
func (e Epilogue) derivative(s, y float32) float32 {
	switch {
	case leaks && e.op() == abi.OpLeakyReLUGrad && y <= 0:
		return e.alpha() * s
	case curved && e.op() == abi.OpSigmoidGrad:
		return s * f32.FMA(-y, y, y)
	case curved && e.op() == abi.OpTanhGrad:
		return s * f32.FMA(-y, y, 1)
	}
	return s
}
