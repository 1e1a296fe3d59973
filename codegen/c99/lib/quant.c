/* How the sums of a product become int8 numbers: for each channel a bias and a factor multiplier/2^shift, and for all
   the zeros of the input and of the output, and the lowest and the highest output. */
typedef struct {
	const int32_t *Bias, *Multiplier, *Shift, *Range;
} quant_Rescale;

static int8_t quant_clamp(int32_t v, int32_t low, int32_t high) {
	v = v > high ? high : v;
	return (int8_t)(v < low ? low : v);
}

/* ⌊s·multiplier/2^shift + ½⌋ */
static int32_t quant_multiply(int32_t s, int32_t multiplier, int32_t shift) {
	uint64_t v = (uint64_t)((int64_t)s * multiplier) + ((uint64_t)1 << 62) + ((uint64_t)1 << (shift - 1));
	return (int32_t)((int64_t)(v >> shift) - (int64_t)((uint64_t)1 << 62 >> shift));
}

static int8_t quant_rescale(const quant_Rescale *r, int32_t s, int j) {
	int32_t low = r->Range[2] < -128 ? -128 : r->Range[2], high = r->Range[3] > 127 ? 127 : r->Range[3];
	return quant_clamp(r->Range[1] + quant_multiply(s, r->Multiplier[j], r->Shift[j]), low, high);
}

/* y ← x/scale, rounded, halves to even, + zero, within int8; NaN becomes -128 */
static void quant_Quantize(int n, int8_t *y, const float *x, const float *scale, const int32_t *zero) {
	for (int i = 0; i < n; i++) {
		float v = x[i] / scale[0];
		v = v > -512.0f ? v : -512.0f;
		v = (v > 512.0f ? 512.0f : v) + 12582912.0f; /* 3·2²²: what stands behind the point is rounded away */
		y[i] = quant_clamp((int32_t)(f32_bits(v) - f32_bits(12582912.0f) + 512) - 512 + zero[0], -128, 127);
	}
}

/* y ← scale·(x − zero) */
static void quant_Dequantize(int n, float *y, const int8_t *x, const float *scale, const int32_t *zero) {
	for (int i = 0; i < n; i++) {
		y[i] = (float)(x[i] - zero[0]) * scale[0];
	}
}

/* y ← table[x + 128] */
static void quant_Lookup(int n, int8_t *y, const int8_t *x, const int8_t *table) {
	for (int i = 0; i < n; i++) {
		y[i] = table[x[i] + 128];
	}
}

/* y ← a + b, each of the three with its own scale and zero: p holds the zero, the multiplier and the shift of a and of
   b, then the multiplier and the shift of y, its zero, its lowest and its highest number. */
static void quant_Add(int n, int8_t *y, const int8_t *a, const int8_t *b, const int32_t *p) {
	int32_t low = p[9] < -128 ? -128 : p[9], high = p[10] > 127 ? 127 : p[10];
	for (int i = 0; i < n; i++) {
		int32_t s = quant_multiply((a[i] - p[0]) * (1 << 20), p[1], p[2]);
		s += quant_multiply((b[i] - p[3]) * (1 << 20), p[4], p[5]);
		y[i] = quant_clamp(p[8] + quant_multiply(s, p[6], p[7]), low, high);
	}
}

/* Columns of y, from one on, become the rows of x by way of a table. */
static void quant_Columns(int rows, int total, int from, int8_t *y, int width, const int8_t *x, const int8_t *table) {
	for (int i = 0; i < rows; i++) {
		quant_Lookup(width, y + i * total + from, x + i * width, table);
	}
}

/* bias + x·w for column j of w, of k×n numbers */
static int32_t quant_dot(int n, int k, const int8_t *x, const int8_t *w, int32_t bias, int j) {
	for (int p = 0; p < k; p++) {
		bias += x[p] * w[p * n + j];
	}
	return bias;
}

static void quant_Dense(int rows, int n, int k, int8_t *y, const int8_t *x, const int8_t *w, quant_Rescale r) {
	for (int i = 0; i < rows; i++) {
		for (int j = 0; j < n; j++) {
			y[i * n + j] = quant_rescale(&r, quant_dot(n, k, x + i * k, w, r.Bias[j], j), j);
		}
	}
}

static void quant_DenseFloat(int rows, int n, int k, float *y, const int8_t *x, const int8_t *w, const int32_t *bias,
	const float *scale) {
	for (int i = 0; i < rows; i++) {
		for (int j = 0; j < n; j++) {
			y[i * n + j] = (float)quant_dot(n, k, x + i * k, w, bias[j], j) * scale[j];
		}
	}
}

/* bias + the sum of channel j of pixel i of all images, x being its zero outside of an image */
static int32_t quant_filter(const conv_Geometry *g, const int8_t *x, const int8_t *w, int32_t bias, int32_t zero, int i,
	int j) {
	const int8_t *image = x + i / (g->OH * g->OW) * (g->H * g->W * g->C);
	int per = g->C / g->Groups, first = j / (g->OC / g->Groups) * per;
	for (int t = 0; t < g->FH * g->FW; t++) {
		int row = i / g->OW % g->OH * g->SH + t / g->FW * g->DH - g->PT, col = i % g->OW * g->SW + t % g->FW * g->DW - g->PL;
		int inside = row >= 0 && row < g->H && col >= 0 && col < g->W;
		for (int c = 0; c < per; c++) {
			int32_t v = inside ? image[(row * g->W + col) * g->C + first + c] : zero;
			bias += v * w[(t * per + c) * g->OC + j];
		}
	}
	return bias;
}

static void quant_Conv(int n, const conv_Geometry *g, int8_t *y, const int8_t *x, const int8_t *w, quant_Rescale r) {
	for (int i = 0; i < n * g->OH * g->OW; i++) {
		for (int j = 0; j < g->OC; j++) {
			y[i * g->OC + j] = quant_rescale(&r, quant_filter(g, x, w, r.Bias[j], r.Range[0], i, j), j);
		}
	}
}

static void quant_ConvFloat(int n, const conv_Geometry *g, float *y, const int8_t *x, const int8_t *w,
	const int32_t *bias, const float *scale, const int32_t *zero) {
	for (int i = 0; i < n * g->OH * g->OW; i++) {
		for (int j = 0; j < g->OC; j++) {
			y[i * g->OC + j] = (float)quant_filter(g, x, w, bias[j], zero[0], i, j) * scale[j];
		}
	}
}

/* A filter for each channel is a convolution in as many groups as there are channels. */
static conv_Geometry quant_apart(const conv_Geometry *g) {
	conv_Geometry apart = *g;
	apart.Groups = g->C;
	return apart;
}

static void quant_Depthwise(int n, const conv_Geometry *g, int8_t *y, const int8_t *x, const int8_t *w,
	quant_Rescale r) {
	conv_Geometry apart = quant_apart(g);
	quant_Conv(n, &apart, y, x, w, r);
}

static void quant_DepthwiseFloat(int n, const conv_Geometry *g, float *y, const int8_t *x, const int8_t *w,
	const int32_t *bias, const float *scale, const int32_t *zero) {
	conv_Geometry apart = quant_apart(g);
	quant_ConvFloat(n, &apart, y, x, w, bias, scale, zero);
}

static void quant_Max(int n, pool_Window w, int8_t *y, const int8_t *x) {
	for (int i = 0; i < n * w.OH * w.OW; i++) {
		const int8_t *image = x + i / (w.OH * w.OW) * (w.H * w.W * w.C);
		int top, bottom, left, right;
		pool_span(i / w.OW % w.OH, w.SH, w.PT, w.FH, w.H, &top, &bottom);
		pool_span(i % w.OW, w.SW, w.PL, w.FW, w.W, &left, &right);
		for (int c = 0; c < w.C; c++) {
			int8_t most = -128;
			for (int at = 0; at < (bottom - top) * (right - left); at++) {
				int row = top + at / (right - left), col = left + at % (right - left);
				int8_t v = image[(row * w.W + col) * w.C + c];
				most = v > most ? v : most;
			}
			y[i * w.C + c] = most;
		}
	}
}

/* The mean of each window, rounded, halves away from 0. */
static void quant_Average(int n, pool_Window w, int8_t *y, const int8_t *x) {
	for (int i = 0; i < n * w.OH * w.OW; i++) {
		const int8_t *image = x + i / (w.OH * w.OW) * (w.H * w.W * w.C);
		int top, bottom, left, right;
		pool_span(i / w.OW % w.OH, w.SH, w.PT, w.FH, w.H, &top, &bottom);
		pool_span(i % w.OW, w.SW, w.PL, w.FW, w.W, &left, &right);
		for (int c = 0; c < w.C; c++) {
			int32_t sum = 0, count = (bottom - top) * (right - left);
			for (int at = 0; at < count; at++) {
				sum += image[((top + at / (right - left)) * w.W + left + at % (right - left)) * w.C + c];
			}
			y[i * w.C + c] = (int8_t)((sum + (sum < 0 ? -(count / 2) : count / 2)) / count);
		}
	}
}
