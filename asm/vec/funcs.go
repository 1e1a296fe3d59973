package vec

// The functions below build the expressions of package scalar of the runtime, operation for
// operation; its docs explain them.

const (
	log2e = 0x1.715476p+0
	ln2Hi = 0x1.62e43p-1
	ln2Lo = -0x1.05c61p-29
	round = 0x1.8p23
	bias  = 127

	expMin = -176
)

// reduce gives e = eʳ − 1 with x = n·ln 2 + r, and n plus the bias in the low bits of t.
func (e *Expr) reduce(x Val, bias float64) (em1, t Val) {
	t = e.FMA(x, e.C(log2e), e.C(round+bias))
	k := e.Sub(t, e.C(round+bias))
	r := e.FMA(k, e.C(-ln2Hi), x)
	r = e.FMA(k, e.C(-ln2Lo), r)
	return e.polynomial(r), t
}

// reduceShort is reduce without the low part of ln 2.
func (e *Expr) reduceShort(x Val, bias float64) (em1, t Val) {
	t = e.FMA(x, e.C(log2e), e.C(round+bias))
	return e.polynomial(e.FMA(e.Sub(t, e.C(round+bias)), e.C(-ln2Hi), x)), t
}

// polynomial is eʳ − 1.
func (e *Expr) polynomial(r Val) Val {
	r2 := e.Mul(r, r)
	p := e.FMA(r, e.C(0x1.122c88p-7), e.C(0x1.55579ep-5))
	q := e.FMA(r, e.C(0x1.5554aap-3), e.C(0x1.fffffep-2))
	p = e.FMA(r2, e.C(0x1.6ab168p-10), p)
	q = e.FMA(r2, p, q)
	return e.FMA(r2, q, r)
}

func (e *Expr) expReduced(x Val) Val {
	em1, t := e.reduce(x, 2*bias)
	half := e.AndInt(e.Shl(t, 22), e.Bits(0xff800000))
	rest := e.SubInt(e.Shl(t, 23), half)
	return e.Mul(e.FMA(half, em1, half), rest)
}

func (e *Expr) exp(x Val) Val {
	return e.expReduced(e.Lower(e.C(89), e.Upper(e.C(expMin), x)))
}

func (e *Expr) expNeg(minusA Val) Val { return e.expReduced(e.Upper(e.C(expMin), minusA)) }

func (e *Expr) expm1(x Val) Val {
	em1, t := e.reduce(x, bias)
	s := e.Shl(t, 23)
	return e.FMA(s, em1, e.Sub(s, e.C(1)))
}

func (e *Expr) expm1Neg(x Val) Val { return e.expm1(e.Upper(e.C(-18), x)) }

func (e *Expr) tanh(x Val) Val {
	// −2·min(|x|, 10) as the larger of −20 and −2|x|.
	b := e.MinusAbs(x)
	em1, t := e.reduceShort(e.Upper(e.C(-20), e.Add(b, b)), bias)
	s := e.Shl(t, 23)
	u := e.FNMA(s, em1, e.Sub(e.C(1), s))
	q := e.Div(u, e.FMA(s, em1, e.Add(e.C(1), s)))
	h := e.Mul(e.C(0.5), u)
	return e.Or(e.FMA(h, q, h), e.And(x, e.Bits(signBit)))
}

func (e *Expr) tanhGrad(dy, y Val) Val { return e.Mul(dy, e.FNMA(y, y, e.C(1))) }

func (e *Expr) sigmoid(x Val) Val {
	z := e.expNeg(e.MinusAbs(x))
	q := e.Div(z, e.Add(e.C(1), z))
	t := e.Xor(e.C(1), e.And(e.Xor(z, e.C(1)), e.Sar(x, 31)))
	return e.FNMA(t, q, t)
}

func (e *Expr) sigmoidGrad(dy, y Val) Val { return e.Mul(dy, e.FNMA(y, y, y)) }

func (e *Expr) silu(x Val) Val { return e.Mul(x, e.sigmoid(x)) }

// clampBoth is x between −c and c.
func (e *Expr) clampBoth(c float64, x Val) Val { return e.Lower(e.C(c), e.Upper(e.C(-c), x)) }

// sigmoidParts gives s = sigmoid(v) and c·r = 1 − s as the gradients of SiLU and GELUTanh
// need them.
func (e *Expr) sigmoidParts(v Val) (s, cr Val) {
	z := e.expNeg(e.MinusAbs(v))
	r := e.Div(e.C(1), e.Add(e.C(1), z))
	s = e.Mul(e.Select(v, z, e.C(1)), r)
	cr = e.Mul(e.Select(v, e.C(1), z), r)
	return s, cr
}

func (e *Expr) siluGrad(dy, x Val) Val {
	x = e.clampBoth(110, x)
	s, cr := e.sigmoidParts(x)
	return e.Mul(dy, e.FMA(s, e.Mul(x, cr), s))
}

const quick = 0x1.b3b646p+0

func (e *Expr) quickGELU(x Val) Val { return e.Mul(x, e.sigmoid(e.Mul(e.C(quick), x))) }

func (e *Expr) quickGELUGrad(dy, x Val) Val {
	v := e.clampBoth(110, e.Mul(e.C(quick), x))
	s, cr := e.sigmoidParts(v)
	return e.Mul(dy, e.FMA(s, e.Mul(v, cr), s))
}

func (e *Expr) log1pReduced(f Val) Val {
	f2 := e.Mul(f, f)
	d := e.FMA(f, e.C(-0x1.38f13p-4), e.C(0x1.056ec6p-3))
	c := e.FMA(f, e.C(-0x1.0d80e4p-3), e.C(0x1.22d5f4p-3))
	c = e.FMA(f2, d, c)
	b := e.FMA(f, e.C(-0x1.547226p-3), e.C(0x1.99a036p-3))
	a := e.FMA(f, e.C(-0x1.000228p-2), e.C(0x1.555554p-2))
	a = e.FMA(f2, b, a)
	p := e.FMA(e.Mul(f2, f2), c, a)
	return e.FMA(f2, e.FMA(f, p, e.C(-0.5)), f)
}

func (e *Expr) log(x Val) Val {
	tiny := e.Cmp(cmpLT, x, e.C(0x1p-126))
	v := e.Select(tiny, e.Mul(x, e.C(0x1p23)), x)
	n := e.Sar(e.SubInt(v, e.Bits(0x3f3504f3)), 23)
	f := e.Sub(e.SubInt(v, e.Shl(n, 23)), e.C(1))
	k := e.Add(e.And(tiny, e.C(-23)), e.FromInt(n))
	y := e.FMA(k, e.C(ln2Hi), e.FMA(k, e.C(ln2Lo), e.log1pReduced(f)))
	// All bits set is a NaN.
	y = e.Or(y, e.Cmp(cmpLT, x, e.C(0)))
	y = e.Select(e.Cmp(cmpEQ, x, e.C(0)), e.Bits(0xff800000), y)
	return e.Select(e.Cmp(cmpNLT, x, e.Bits(0x7f800000)), x, y)
}

func (e *Expr) log1pUnit(z Val) Val {
	big := e.Cmp(cmpGT, z, e.C(0x1.a8279ap-2))
	f := e.Select(big, e.FMA(z, e.C(0.5), e.C(-0.5)), z)
	y := e.log1pReduced(f)
	// Of two lanes one adds ln 2; adding +0 in the other changes nothing but −0, which
	// ln(1+z) is not for z ≥ +0.
	y = e.Add(e.And(big, e.C(ln2Lo)), y)
	return e.Add(e.And(big, e.C(ln2Hi)), y)
}

func (e *Expr) softplus(x Val) Val {
	return e.Add(e.Upper(e.C(0), x), e.log1pUnit(e.expNeg(e.MinusAbs(x))))
}

func (e *Expr) logCosh(x Val) Val {
	a := e.Abs(x)
	t := e.tanh(a)
	small := e.Mul(e.C(-0.5), e.log1pReduced(e.Neg(e.Mul(t, t))))
	big := e.Add(a, e.Sub(e.log1pUnit(e.expNeg(e.Neg(e.Add(a, a)))), e.C(ln2Hi)))
	return e.Select(e.Cmp(cmpLT, a, e.C(0.5)), small, big)
}

func (e *Expr) softplusGrad(dy, y Val) Val {
	return e.Mul(dy, e.Neg(e.expm1Neg(e.Neg(y))))
}

func (e *Expr) elu(x, alpha Val) Val {
	return e.Select(e.Cmp(cmpGT, x, e.C(0)), x, e.Mul(alpha, e.expm1Neg(x)))
}

func (e *Expr) eluGrad(dy, y, alpha Val) Val {
	return e.Select(e.Cmp(cmpGT, y, e.C(0)), dy, e.Mul(dy, e.Add(y, alpha)))
}

const (
	seluLambda      = 1.0507009873554804934193349852946
	seluLambdaAlpha = 1.0507009873554804934193349852946 * 1.6732632423543772848170429916717
)

func (e *Expr) selu(x Val) Val {
	return e.Select(e.Cmp(cmpGT, x, e.C(0)), e.Mul(e.C(seluLambda), x), e.Mul(e.C(seluLambdaAlpha), e.expm1Neg(x)))
}

func (e *Expr) seluGrad(dy, y Val) Val {
	return e.Mul(dy, e.Select(e.Cmp(cmpGT, y, e.C(0)), e.C(seluLambda), e.Add(y, e.C(seluLambdaAlpha))))
}

func (e *Expr) phi(x Val) (p, ex Val) {
	a := e.Lower(e.C(15), e.Abs(x))
	u := e.Div(e.Sub(a, e.C(3)), e.Add(a, e.C(3)))
	u2 := e.Mul(u, u)
	q4 := e.FMA(u, e.C(0x1.c02422p-15), e.C(0x1.e4653ep-14))
	q3 := e.FMA(u, e.C(-0x1.635c0ep-12), e.C(-0x1.01e1fap-10))
	q2 := e.FMA(u, e.C(0x1.7ca528p-9), e.C(0x1.91dfa4p-8))
	q2 = e.FMA(u2, q3, q2)
	u4 := e.Mul(u2, u2)
	q2 = e.FMA(u4, q4, q2)
	q1 := e.FMA(u, e.C(-0x1.7a9404p-5), e.C(0x1.f8baccp-4))
	q0 := e.FMA(u, e.C(-0x1.a6b66cp-3), e.C(0x1.f1b89cp-4))
	q0 = e.FMA(u2, q1, q0)
	q0 = e.FMA(u4, q2, q0)
	s := e.Mul(a, a)
	lo := e.Mul(e.C(-0.5), e.FMS(a, a, s))
	ex = e.expReduced(e.Mul(e.C(-0.5), s))
	ex = e.FMA(ex, lo, ex)
	tail := e.Mul(ex, q0)
	return e.Select(x, tail, e.Sub(e.C(1), tail)), ex
}

func (e *Expr) gelu(x Val) Val {
	p, _ := e.phi(x)
	return e.Mul(x, p)
}

func (e *Expr) geluGrad(dy, x Val) Val {
	x = e.clampBoth(15, x)
	p, ex := e.phi(x)
	return e.Mul(dy, e.FMA(e.Mul(x, e.C(0x1.988454p-2)), ex, p))
}

func (e *Expr) erf(x Val) Val {
	a := e.Lower(e.C(4), e.Abs(x))
	s := e.Mul(x, x)
	p := e.FMA(s, e.C(-0x1.3ba3fep-11), e.C(0x1.479becp-8))
	p = e.FMA(s, p, e.C(-0x1.b69b8cp-6))
	p = e.FMA(s, p, e.C(0x1.ce1b86p-4))
	p = e.FMA(s, p, e.C(-0x1.8126ecp-2))
	p = e.FMA(s, p, e.C(0x1.06eba6p-3))
	p = e.FMA(x, p, x)
	q := e.FMA(a, e.C(0x1.c35e8cp-13), e.C(-0x1.a6ba34p-9))
	q = e.FMA(a, q, e.C(0x1.778fc2p-6))
	q = e.FMA(a, q, e.C(-0x1.af5bd4p-4))
	q = e.FMA(a, q, e.C(-0x1.4577e6p-1))
	q = e.FMA(a, q, e.C(-0x1.20e70cp+0))
	y := e.Or(e.Abs(e.expm1Neg(e.Mul(a, q))), e.And(x, e.Bits(signBit)))
	return e.Select(e.Cmp(cmpLT, a, e.C(0.875)), p, y)
}

func (e *Expr) erfGrad(dy, x Val) Val {
	a := e.Lower(e.C(11), e.Abs(x))
	s := e.Mul(a, a)
	lo := e.FMS(a, a, s)
	ex := e.expReduced(e.Neg(s))
	ex = e.FNMA(ex, lo, ex)
	return e.Mul(dy, e.Mul(e.C(0x1.20dd76p+0), ex))
}

func (e *Expr) geluTanhArg(x, x2 Val) Val {
	return e.Mul(x, e.FMA(x2, e.C(0x1.2444f2p-4), e.C(0x1.988454p+0)))
}

func (e *Expr) geluTanh(x Val) Val {
	return e.Mul(x, e.sigmoid(e.geluTanhArg(x, e.Mul(x, x))))
}

func (e *Expr) geluTanhGrad(dy, x Val) Val {
	x = e.clampBoth(12, x)
	x2 := e.Mul(x, x)
	s, cr := e.sigmoidParts(e.geluTanhArg(x, x2))
	d := e.Mul(x, e.FMA(x2, e.C(0x1.b6676cp-3), e.C(0x1.988454p+0)))
	return e.Mul(dy, e.FMA(s, e.Mul(d, cr), s))
}

func (e *Expr) mishRatio(x, z Val) (n, d Val) {
	neg := e.FMA(z, z, e.Add(z, z))
	pos := e.FMA(z, e.C(2), e.C(1))
	posD := e.FMA(e.Mul(z, z), e.C(2), pos)
	d = e.Select(x, e.Add(neg, e.C(2)), posD)
	return e.Select(x, neg, pos), d
}

func (e *Expr) mish(x Val) Val {
	n, d := e.mishRatio(x, e.expNeg(e.MinusAbs(x)))
	return e.Mul(x, e.Div(n, d))
}

func (e *Expr) mishGrad(dy, x Val) Val {
	x = e.clampBoth(110, x)
	z := e.expNeg(e.MinusAbs(x))
	n, d := e.mishRatio(x, z)
	w := e.Select(x, z, e.Mul(z, z))
	r := e.Div(e.C(1), d)
	g := e.Mul(e.Mul(e.C(4), x), e.Mul(e.Mul(w, e.Add(e.C(1), z)), r))
	return e.Mul(dy, e.FMA(g, r, e.Mul(n, r)))
}

func (e *Expr) leakyReLU(x, alpha Val) Val { return e.Select(x, e.Mul(alpha, x), x) }
func (e *Expr) leakyReLUGrad(dy, y, alpha Val) Val {
	return e.Select(e.Cmp(cmpLE, y, e.C(0)), e.Mul(alpha, dy), dy)
}

func (e *Expr) relu(x Val) Val         { return e.Upper(e.C(0), x) }
func (e *Expr) reluGrad(dy, y Val) Val { return e.And(e.Cmp(cmpNLE, y, e.C(0)), dy) }

const sixth = 0x1.555556p-3

func (e *Expr) hardSigmoid(x Val) Val {
	return e.Lower(e.C(1), e.Upper(e.C(0), e.FMA(x, e.C(sixth), e.C(0.5))))
}

func (e *Expr) hardSigmoidGrad(dy, x Val) Val {
	return e.AndNot(e.Cmp(cmpGE, e.Abs(x), e.C(3)), e.Mul(dy, e.C(sixth)))
}

func (e *Expr) hardSwishGrad(dy, x Val) Val {
	d := e.FMA(x, e.C(2*sixth), e.C(0.5))
	d = e.Select(e.Cmp(cmpGE, x, e.C(3)), e.C(1), d)
	d = e.AndNot(e.Cmp(cmpLE, x, e.C(-3)), d)
	return e.Mul(dy, d)
}

func (e *Expr) softsignGrad(dy, y Val) Val {
	d := e.Sub(e.C(1), e.Abs(y))
	return e.Mul(dy, e.Mul(d, d))
}

func (e *Expr) step(x Val) Val {
	y := e.And(e.Cmp(cmpGE, x, e.C(0)), e.C(1))
	return e.Or(y, e.Cmp(cmpUN, x, x))
}

func (e *Expr) sign(x Val) Val {
	y := e.Select(e.Cmp(cmpGT, x, e.C(0)), e.C(1), x)
	return e.Select(e.Cmp(cmpLT, x, e.C(0)), e.C(-1), y)
}

// quarters gives x = n·π/2 + r for |x| < 2¹⁸, n in the low bits of t.
func (e *Expr) quarters(x Val) (r, t Val) {
	t = e.FMA(x, e.C(0x1.45f306p-1), e.C(round))
	k := e.Sub(t, e.C(round))
	r = e.FMA(k, e.C(-0x1.921fb6p+0), x)
	r = e.FMA(k, e.C(0x1.777a5cp-25), r)
	return e.FMA(k, e.C(0x1.ee59dap-50), r), t
}

// wave is sin(r + n·π/2), n in the low bits of t.
func (e *Expr) wave(r, t Val) Val {
	r2 := e.Mul(r, r)
	y := e.FMA(r2, e.FMA(r2, e.C(-0x1.98d742p-13), e.C(0x1.1105fap-7)), e.C(-0x1.555542p-3))
	y = e.FMA(e.Mul(r, r2), y, r)
	c := e.FMA(r2, e.FMA(r2, e.C(0x1.998d66p-16), e.C(-0x1.6c0aecp-10)), e.C(0x1.555548p-5))
	c = e.FMA(r2, e.FMA(r2, c, e.C(-0.5)), e.C(1))
	y = e.Select(e.Shl(t, 31), c, y)
	return e.Xor(y, e.And(e.Shl(t, 30), e.Bits(signBit)))
}

func (e *Expr) sin(x Val) Val { return e.wave(e.quarters(x)) }

func (e *Expr) cos(x Val) Val {
	r, t := e.quarters(x)
	return e.wave(r, e.SubInt(t, e.Bits(0xffffffff)))
}

func (e *Expr) roundEven(x Val) Val {
	a := e.Abs(x)
	r := e.Sub(e.Add(a, e.C(0x1p23)), e.C(0x1p23))
	r = e.Or(r, e.And(x, e.Bits(signBit)))
	return e.Select(e.Cmp(cmpLT, a, e.C(0x1p23)), r, x)
}

func (e *Expr) floor(x Val) Val {
	r := e.roundEven(x)
	return e.Select(e.Cmp(cmpGT, r, x), e.Sub(r, e.C(1)), r)
}

func (e *Expr) ceil(x Val) Val { return e.Neg(e.floor(e.Neg(x))) }

// maxNaN is the larger of a and b, NaN if one is NaN.
func (e *Expr) maxNaN(a, b Val) Val {
	return e.Select(e.Cmp(cmpUN, a, a), a, e.Upper(a, b))
}

// minNaN is the smaller of a and b, NaN if one is NaN.
func (e *Expr) minNaN(a, b Val) Val {
	return e.Select(e.Cmp(cmpUN, a, a), a, e.Lower(a, b))
}

// penalty is dw + l1·sign(w) + twice·w; dw is left as it is where l1 or w is 0.
func (e *Expr) penalty(dw, w, l1, twice Val) Val {
	signed := e.Xor(e.And(w, e.Bits(signBit)), l1)
	both := e.And(e.Cmp(cmpNE, w, e.C(0)), e.Cmp(cmpNE, l1, e.C(0)))
	return e.Add(e.Select(both, e.Add(dw, signed), dw), e.Mul(twice, w))
}
