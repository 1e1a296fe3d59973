package vec

import (
	"math"
	"slices"
)

// A Val is a value of an expression: the same formula in every lane of a register.
type Val int

// A kind is the operation of a node. The formulas are those of one lane; a, b and c are the
// node's arguments in order.
type kind uint8

const (
	kInput   kind = iota // element of an input
	kConst               // constant
	kScalar              // argument of the kernel, the same in all lanes
	kCol                 // value of a column, another one in each lane and register
	kAdd                 // a + b
	kSub                 // a − b
	kMul                 // a·b
	kDiv                 // a/b
	kFMA                 // a·b + c, rounded once
	kFNMA                // c − a·b, rounded once
	kFMS                 // a·b − c, rounded once
	kMax                 // a where a > b, else b
	kMin                 // a where a < b, else b
	kSqrt                // √a
	kAnd                 // bits of a and of b
	kAndNot              // bits of b that are not in a
	kOr                  // bits of a or of b
	kXor                 // bits of a or of b, not both
	kCmp                 // all bits where a and b compare as imm says, else none
	kBlend               // b where the sign bit of a is set, else c
	kSubInt              // bits of a minus bits of b, as integers
	kAndInt              // as kAnd, between integer operations
	kShl                 // bits of a shifted left by imm
	kSar                 // bits of a, a signed integer, shifted right by imm
	kFromInt             // the integer in the bits of a as a float32
)

// Predicates of VCMPPS. The ones with O are false where an argument is NaN, those with U true.
const (
	cmpLT  = 0x11 // less, O
	cmpLE  = 0x12 // less or equal, O
	cmpGT  = 0x1e // greater, O
	cmpGE  = 0x1d // greater or equal, O
	cmpNLE = 0x16 // not less or equal, U
	cmpNLT = 0x15 // not less, U
	cmpEQ  = 0x00 // equal, O
	cmpNE  = 0x0c // not equal, O
	cmpUN  = 0x03 // one is NaN
)

// A node is one operation of an expression.
type node struct {
	kind kind
	args []Val
	imm  uint32 // constant, predicate, shift, or index of the input or scalar
}

// An Expr is a list of operations without branches, each of which gives a Val. The methods
// append an operation.
type Expr struct {
	nodes   []node
	inputs  []Val
	scalars []Val
	cols    []Val
	consts  map[uint32]Val
}

func newExpr() *Expr { return &Expr{consts: map[uint32]Val{}} }

func (e *Expr) add(k kind, imm uint32, args ...Val) Val {
	e.nodes = append(e.nodes, node{k, args, imm})
	return Val(len(e.nodes) - 1)
}

// In appends the next input.
func (e *Expr) In() Val {
	v := e.add(kInput, uint32(len(e.inputs)))
	e.inputs = append(e.inputs, v)
	return v
}

// Scalar appends the next scalar argument.
func (e *Expr) Scalar() Val {
	v := e.add(kScalar, uint32(len(e.scalars)))
	e.scalars = append(e.scalars, v)
	return v
}

// Col appends the next value of a column.
func (e *Expr) Col() Val {
	v := e.add(kCol, uint32(len(e.cols)))
	e.cols = append(e.cols, v)
	return v
}

// Bits is a constant given by its bits.
func (e *Expr) Bits(b uint32) Val {
	v, ok := e.consts[b]
	if !ok {
		v = e.add(kConst, b)
		e.consts[b] = v
	}
	return v
}

// C is a constant.
func (e *Expr) C(x float64) Val { return e.Bits(math.Float32bits(float32(x))) }

func (e *Expr) Add(a, b Val) Val     { return e.add(kAdd, 0, a, b) }
func (e *Expr) Sub(a, b Val) Val     { return e.add(kSub, 0, a, b) }
func (e *Expr) Mul(a, b Val) Val     { return e.add(kMul, 0, a, b) }
func (e *Expr) Div(a, b Val) Val     { return e.add(kDiv, 0, a, b) }
func (e *Expr) FMA(a, b, c Val) Val  { return e.add(kFMA, 0, a, b, c) }
func (e *Expr) FNMA(a, b, c Val) Val { return e.add(kFNMA, 0, a, b, c) }
func (e *Expr) FMS(a, b, c Val) Val  { return e.add(kFMS, 0, a, b, c) }
func (e *Expr) Sqrt(a Val) Val       { return e.add(kSqrt, 0, a) }
func (e *Expr) And(a, b Val) Val     { return e.add(kAnd, 0, a, b) }
func (e *Expr) AndNot(a, b Val) Val  { return e.add(kAndNot, 0, a, b) }
func (e *Expr) Or(a, b Val) Val      { return e.add(kOr, 0, a, b) }
func (e *Expr) Xor(a, b Val) Val     { return e.add(kXor, 0, a, b) }
func (e *Expr) SubInt(a, b Val) Val  { return e.add(kSubInt, 0, a, b) }
func (e *Expr) AndInt(a, b Val) Val  { return e.add(kAndInt, 0, a, b) }
func (e *Expr) Shl(a Val, n uint32) Val {
	return e.add(kShl, n, a)
}
func (e *Expr) Sar(a Val, n uint32) Val {
	return e.add(kSar, n, a)
}
func (e *Expr) FromInt(a Val) Val { return e.add(kFromInt, 0, a) }

// Cmp compares a and b by a predicate of VCMPPS.
func (e *Expr) Cmp(predicate uint32, a, b Val) Val { return e.add(kCmp, predicate, a, b) }

// Select is b where the sign bit of mask is set, else c.
func (e *Expr) Select(mask, b, c Val) Val { return e.add(kBlend, 0, mask, b, c) }

// Upper is the larger of c and x, and x if it is NaN or both are zeros.
func (e *Expr) Upper(c, x Val) Val { return e.add(kMax, 0, c, x) }

// Lower is the smaller of c and x, and x if it is NaN or both are zeros.
func (e *Expr) Lower(c, x Val) Val { return e.add(kMin, 0, c, x) }

// Abs is |x|.
func (e *Expr) Abs(x Val) Val { return e.And(e.Bits(signBit-1), x) }

// MinusAbs is −|x|.
func (e *Expr) MinusAbs(x Val) Val { return e.Or(e.Bits(signBit), x) }

// Neg is −x.
func (e *Expr) Neg(x Val) Val { return e.Xor(e.Bits(signBit), x) }

const signBit = 1 << 31

// lastUses returns for each value the index of the last node that uses it; outs count as
// used past the end.
func (e *Expr) lastUses(outs []Val) []int {
	last := make([]int, len(e.nodes))
	for i, n := range e.nodes {
		for _, a := range n.args {
			last[a] = i
		}
	}
	for _, v := range outs {
		last[v] = len(e.nodes)
	}
	return last
}

// uses counts how often the operations use some values.
func (e *Expr) uses(vs []Val) (count int) {
	for _, n := range e.nodes {
		for _, a := range n.args {
			if slices.Contains(vs, a) {
				count++
			}
		}
	}
	return count
}
