static float scalar_upper(float c, float x) { return c > x ? c : x; }

static float scalar_lower(float c, float x) { return c < x ? c : x; }

static float scalar_minusAbs(float x) { return f32_from(f32_bits(x) | 0x80000000u); }

static float scalar_abs(float x) { return f32_from(f32_bits(x) & 0x7fffffffu); }

static int scalar_negative(float x) { return (int)(f32_bits(x) >> 31); }

/* eʳ − 1 for |r| ≤ ln 2/2 */
static float scalar_polynomial(float r) {
	float r2 = r * r;
	float q = f32_FMA(r, 0x1.5554aap-3f, 0x1.fffffep-2f);
	float p = f32_FMA(r, 0x1.122c88p-7f, 0x1.55579ep-5f);
	p = f32_FMA(r2, 0x1.6ab168p-10f, p);
	q = f32_FMA(r2, p, q);
	return f32_FMA(r2, q, r);
}

/* eʳ − 1 with x = n·ln 2 + r; the low bits of *n are those of the whole number plus the bias in round. */
static float scalar_reduce(float x, float round, uint32_t *n) {
	float t = f32_FMA(x, 0x1.715476p+0f, round);
	float k = t - round;
	float r = f32_FMA(k, -0x1.62e43p-1f, x);
	r = f32_FMA(k, 0x1.05c61p-29f, r);
	*n = f32_bits(t);
	return scalar_polynomial(r);
}

static float scalar_reduceShort(float x, float round, uint32_t *n) {
	float t = f32_FMA(x, 0x1.715476p+0f, round);
	*n = f32_bits(t);
	return scalar_polynomial(f32_FMA(t - round, -0x1.62e43p-1f, x));
}

static float scalar_expReduced(float x) {
	uint32_t n, half, rest;
	float e = scalar_reduce(x, 0x1.8p23f + 254.0f, &n), s;
	half = (n << 22) & 0xff800000u;
	rest = (n << 23) - half;
	s = f32_from(half);
	return f32_FMA(s, e, s) * f32_from(rest);
}

static float scalar_Exp(float x) { return scalar_expReduced(scalar_lower(89.0f, scalar_upper(-176.0f, x))); }

static float scalar_expNeg(float minusA) { return scalar_expReduced(scalar_upper(-176.0f, minusA)); }

/* eˣ − 1 for x ≤ 0 */
static float scalar_Expm1Neg(float x) {
	uint32_t n;
	float e = scalar_reduce(scalar_upper(-18.0f, x), 0x1.8p23f + 127.0f, &n);
	float s = f32_from(n << 23);
	return f32_FMA(s, e, s - 1.0f);
}

static float scalar_ELU(float x, float alpha) { return x > 0 ? x : alpha * scalar_Expm1Neg(x); }

static float scalar_SELU(float x) {
	return x > 0 ? 1.0507009873554804934193349852946f * x : 1.7580993408473768599402175208123f * scalar_Expm1Neg(x);
}

static float scalar_Sigmoid(float x) {
	float z = scalar_expNeg(scalar_minusAbs(x));
	float q = z / (1.0f + z);
	float t = scalar_negative(x) ? z : 1.0f;
	return f32_FMA(-t, q, t);
}

static float scalar_Tanh(float x) {
	uint32_t n;
	float a = scalar_minusAbs(x);
	float e = scalar_reduceShort(scalar_upper(-20.0f, a + a), 0x1.8p23f + 127.0f, &n);
	float s = f32_from(n << 23);
	float u = f32_FMA(-s, e, 1.0f - s);
	float q = u / f32_FMA(s, e, 1.0f + s);
	float h = 0.5f * u;
	float y = f32_FMA(h, q, h);
	return f32_from(f32_bits(y) | (f32_bits(x) & 0x80000000u));
}

static float scalar_GELU(float x) {
	float a = scalar_lower(15.0f, scalar_abs(x));
	float s = a * a;
	float lo = f32_FMA(a, a, -s);
	float e = scalar_expReduced(-0.5f * s);
	float u, u2, u4, q0, q1, q2, q3, q4, tail;
	e = f32_FMA(e, -0.5f * lo, e);
	u = (a - 3.0f) / (a + 3.0f);
	u2 = u * u;
	u4 = u2 * u2;
	q0 = f32_FMA(u, -0x1.a6b66cp-3f, 0x1.f1b89cp-4f);
	q1 = f32_FMA(u, -0x1.7a9404p-5f, 0x1.f8baccp-4f);
	q2 = f32_FMA(u, 0x1.7ca528p-9f, 0x1.91dfa4p-8f);
	q3 = f32_FMA(u, -0x1.635c0ep-12f, -0x1.01e1fap-10f);
	q4 = f32_FMA(u, 0x1.c02422p-15f, 0x1.e4653ep-14f);
	q0 = f32_FMA(u2, q1, q0);
	q2 = f32_FMA(u2, q3, q2);
	q2 = f32_FMA(u4, q4, q2);
	q0 = f32_FMA(u4, q2, q0);
	tail = e * q0;
	return x * (scalar_negative(x) ? tail : 1.0f - tail);
}

static float scalar_GELUTanh(float x) {
	float x2 = x * x;
	return x * scalar_Sigmoid(x * f32_FMA(x2, 0x1.2444f2p-4f, 0x1.988454p+0f));
}

static float scalar_Erf(float x) {
	float a = scalar_lower(4.0f, scalar_abs(x)), s, p, q;
	if (a < 0.875f) {
		s = x * x;
		p = f32_FMA(s, -0x1.3ba3fep-11f, 0x1.479becp-8f);
		p = f32_FMA(s, p, -0x1.b69b8cp-6f);
		p = f32_FMA(s, p, 0x1.ce1b86p-4f);
		p = f32_FMA(s, p, -0x1.8126ecp-2f);
		p = f32_FMA(s, p, 0x1.06eba6p-3f);
		return f32_FMA(x, p, x);
	}
	q = f32_FMA(a, 0x1.c35e8cp-13f, -0x1.a6ba34p-9f);
	q = f32_FMA(a, q, 0x1.778fc2p-6f);
	q = f32_FMA(a, q, -0x1.af5bd4p-4f);
	q = f32_FMA(a, q, -0x1.4577e6p-1f);
	q = f32_FMA(a, q, -0x1.20e70cp+0f);
	p = scalar_abs(scalar_Expm1Neg(a * q));
	return f32_from(f32_bits(p) | (f32_bits(x) & 0x80000000u));
}

static float scalar_log1pReduced(float f) {
	float f2 = f * f, f4 = f2 * f2, p;
	float a = f32_FMA(f, -0x1.000228p-2f, 0x1.555554p-2f);
	float b = f32_FMA(f, -0x1.547226p-3f, 0x1.99a036p-3f);
	float c = f32_FMA(f, -0x1.0d80e4p-3f, 0x1.22d5f4p-3f);
	float d = f32_FMA(f, -0x1.38f13p-4f, 0x1.056ec6p-3f);
	a = f32_FMA(f2, b, a);
	c = f32_FMA(f2, d, c);
	p = f32_FMA(f4, c, a);
	return f32_FMA(f2, f32_FMA(f, p, -0.5f), f);
}

static float scalar_Log(float x) {
	float v = x, k = 0.0f, f, y;
	uint32_t b, n;
	if (!(x < INFINITY)) {
		return x;
	}
	if (x == 0) {
		return -INFINITY;
	}
	if (x < 0) {
		return NAN;
	}
	if (x < 0x1p-126f) {
		v = x * 0x1p23f;
		k = -23.0f;
	}
	b = f32_bits(v);
	n = (b - 0x3f3504f3u) >> 23;
	n |= (n & 0x100u) != 0 ? 0xffffff00u : 0; /* the sign of the exponent */
	k += (float)(int32_t)n;
	f = f32_from(b - (n << 23)) - 1.0f;
	y = f32_FMA(k, -0x1.05c61p-29f, scalar_log1pReduced(f));
	return f32_FMA(k, 0x1.62e43p-1f, y);
}

static float scalar_Mish(float x) {
	float z = scalar_expNeg(scalar_minusAbs(x)), n;
	if (scalar_negative(x)) {
		n = f32_FMA(z, z, z + z);
		return x * (n / (n + 2.0f));
	}
	n = f32_FMA(z, 2.0f, 1.0f);
	return x * (n / f32_FMA(z * z, 2.0f, n));
}

static float scalar_ReLU(float x) { return scalar_upper(0.0f, x); }

static float scalar_LeakyReLU(float x, float alpha) { return scalar_negative(x) ? alpha * x : x; }

static float scalar_HardSigmoid(float x) {
	return scalar_lower(1.0f, scalar_upper(0.0f, f32_FMA(x, 0x1.555556p-3f, 0.5f)));
}

static float scalar_HardSwish(float x) { return x * scalar_HardSigmoid(x); }

static float scalar_Softsign(float x) { return x / (1.0f + scalar_abs(x)); }

static float scalar_Step(float x) { return x >= 0 ? 1.0f : x < 0 ? 0.0f : x; }

static float scalar_Abs(float x) { return scalar_abs(x); }

static float scalar_Sqrt(float x) { return sqrtf(x); }

static float scalar_Reciprocal(float x) { return 1.0f / x; }

static float scalar_Square(float x) { return x * x; }

static float scalar_Max(float a, float b) { return a != a ? a : scalar_upper(a, b); }

static float scalar_Min(float a, float b) { return a != a ? a : scalar_lower(a, b); }

static float scalar_SiLU(float x) { return x * scalar_Sigmoid(x); }

static float scalar_QuickGELU(float x) {
	float v = 0x1.b3b646p+0f * x;
	return x * scalar_Sigmoid(v);
}

/* sin(r + n·π/2) for |r| ≤ 0.81 */
static float scalar_wave(float r, uint32_t n) {
	float r2 = r * r;
	float y = f32_FMA(r2, f32_FMA(r2, -0x1.98d742p-13f, 0x1.1105fap-7f), -0x1.555542p-3f);
	y = f32_FMA(r * r2, y, r);
	if (n & 1) {
		float c = f32_FMA(r2, f32_FMA(r2, 0x1.998d66p-16f, -0x1.6c0aecp-10f), 0x1.555548p-5f);
		y = f32_FMA(r2, f32_FMA(r2, c, -0.5f), 1.0f);
	}
	return f32_from(f32_bits(y) ^ ((n << 30) & 0x80000000u));
}

/* bits of 4/π, each word 8 bits behind the one before */
static const uint32_t scalar_fourOverPi[24] = {
	0xa2, 0xa2f9, 0xa2f983, 0xa2f9836e, 0xf9836e4e, 0x836e4e44, 0x6e4e4415, 0x4e441529,
	0x441529fc, 0x1529fc27, 0x29fc2757, 0xfc2757d1, 0x2757d1f5, 0x57d1f534, 0xd1f534dd, 0xf534ddc0,
	0x34ddc0db, 0xddc0db62, 0xc0db6295, 0xdb629599, 0x6295993c, 0x95993c43, 0x993c4390, 0x3c439041,
};

/* x − n·π/2 for |x| ≥ 2¹⁸: Payne and Hanek, Radian reduction for trigonometric functions, 1983. NaN for infinities. */
static float scalar_quartersFar(float x, uint32_t *n) {
	uint32_t b = f32_bits(x), m;
	const uint32_t *words = scalar_fourOverPi + (b >> 26 & 15);
	uint64_t p, q;
	float r;
	*n = 0;
	if ((b & 0x7fffffffu) >= 0x7f800000u) {
		return x - x;
	}
	m = ((b & 0x7fffffu) | 0x800000u) << (b >> 23 & 7);
	p = (uint64_t)(uint32_t)(m * words[0]) << 32 | (uint64_t)m * words[8] >> 32;
	p += (uint64_t)m * words[4];
	q = (p + ((uint64_t)1 << 61)) >> 62;
	r = (float)(int64_t)(p - (q << 62)) * (0x1.921fb6p+0f * 0x1p-62f);
	*n = b >> 31 ? 0u - (uint32_t)q : (uint32_t)q;
	return b >> 31 ? -r : r;
}

/* x − n·π/2; the low two bits of *n are those of n. */
static float scalar_quarters(float x, uint32_t *n) {
	float t, k, r;
	if ((f32_bits(x) & 0x7fffffffu) >= 0x48800000u) {
		return scalar_quartersFar(x, n);
	}
	t = f32_FMA(x, 0x1.45f306p-1f, 0x1.8p23f);
	k = t - 0x1.8p23f;
	r = f32_FMA(k, -0x1.921fb6p+0f, x);
	r = f32_FMA(k, 0x1.777a5cp-25f, r);
	*n = f32_bits(t);
	return f32_FMA(k, 0x1.ee59dap-50f, r);
}

static float scalar_Sin(float x) {
	uint32_t n;
	float r = scalar_quarters(x, &n);
	return scalar_wave(r, n);
}

static float scalar_Cos(float x) {
	uint32_t n;
	float r = scalar_quarters(x, &n);
	return scalar_wave(r, n + 1);
}

static float scalar_Round(float x) {
	float a = scalar_abs(x), r;
	if (!(a < 0x1p23f)) {
		return x;
	}
	r = (a + 0x1p23f) - 0x1p23f;
	return f32_from(f32_bits(r) | (f32_bits(x) & 0x80000000u));
}

static float scalar_Floor(float x) {
	float r = scalar_Round(x);
	return r > x ? r - 1.0f : r;
}

static float scalar_Ceil(float x) { return -scalar_Floor(-x); }

static float scalar_Softplus(float x) {
	float z = scalar_expNeg(scalar_minusAbs(x)), y;
	if (z > 0x1.a8279ap-2f) {
		y = scalar_log1pReduced(f32_FMA(z, 0.5f, -0.5f));
		y = f32_FMA(1.0f, 0x1.62e43p-1f, f32_FMA(1.0f, -0x1.05c61p-29f, y));
	} else {
		y = scalar_log1pReduced(z);
	}
	return scalar_upper(0.0f, x) + y;
}
