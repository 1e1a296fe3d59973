/* a·b + c, rounded once, to nearest even. Where the processor has no such instruction, the product is taken in double,
   where it is exact, and the sum is rounded to odd first where rounding twice would be wrong: Boldo and Melquiond,
   Emulation of a FMA and Correctly Rounded Sums, 2008. Some C libraries get fmaf wrong there. */
static float f32_FMA(float a, float b, float c) {
#ifdef __FP_FAST_FMAF
	return fmaf(a, b, c);
#else
	double p = (double)a * (double)b, z = (double)c;
	double s = p + z, t, e;
	uint64_t u;
	memcpy(&u, &s, sizeof u);
	if (u << 36 != 0) {
		return (float)s;
	}
	t = s - p;
	e = (p - (s - t)) + (z - t);
	if ((u & 1) == 0 && (e < 0 || e > 0)) {
		u += (e > 0) == (s > 0) ? 1 : (uint64_t)-1;
		memcpy(&s, &u, sizeof s);
	}
	return (float)s;
#endif
}

static uint32_t f32_bits(float x) {
	uint32_t u;
	memcpy(&u, &x, sizeof u);
	return u;
}

static float f32_from(uint32_t u) {
	float x;
	memcpy(&x, &u, sizeof x);
	return x;
}

/* y[i] ← a·x[i] + y[i] */
static void f32_Axpy(int n, float a, const float *x, float *y) {
	for (int i = 0; i < n; i++) {
		y[i] = f32_FMA(a, x[i], y[i]);
	}
}

static int int_min(int a, int b) { return a < b ? a : b; }

static int int_max(int a, int b) { return a > b ? a : b; }
