typedef struct {
	int H, W, C, OH, OW, FH, FW, SH, SW, PT, PL;
} pool_Window;

typedef struct {
	int H, W, C, Top, Bottom, Left, Right;
} pool_Border;

typedef struct {
	int H, W, C, FH, FW;
} pool_Scale;

/* The part of the window at place o that lies in the image, along an axis. */
static void pool_span(int o, int stride, int pad, int size, int extent, int *from, int *to) {
	*from = int_max(o * stride - pad, 0);
	*to = int_min(o * stride - pad + size, extent);
}

static void pool_Max(int n, pool_Window w, float *y, const float *x) {
	for (int i = 0; i < n * w.OH * w.OW; i++) {
		const float *image = x + i / (w.OH * w.OW) * (w.H * w.W * w.C);
		int top, bottom, left, right;
		float *out = y + i * w.C;
		pool_span(i / w.OW % w.OH, w.SH, w.PT, w.FH, w.H, &top, &bottom);
		pool_span(i % w.OW, w.SW, w.PL, w.FW, w.W, &left, &right);
		memcpy(out, image + (top * w.W + left) * w.C, (size_t)w.C * sizeof *out);
		for (int r = top; r < bottom; r++) {
			for (int s = left; s < right; s++) {
				for (int c = 0; (r > top || s > left) && c < w.C; c++) {
					out[c] = scalar_Max(out[c], image[(r * w.W + s) * w.C + c]);
				}
			}
		}
	}
}

static void pool_Average(int n, pool_Window w, float *y, const float *x) {
	for (int i = 0; i < n * w.OH * w.OW; i++) {
		const float *image = x + i / (w.OH * w.OW) * (w.H * w.W * w.C);
		int top, bottom, left, right;
		float *out = y + i * w.C;
		pool_span(i / w.OW % w.OH, w.SH, w.PT, w.FH, w.H, &top, &bottom);
		pool_span(i % w.OW, w.SW, w.PL, w.FW, w.W, &left, &right);
		memset(out, 0, (size_t)w.C * sizeof *out);
		for (int r = top; r < bottom; r++) {
			for (int s = left; s < right; s++) {
				for (int c = 0; c < w.C; c++) {
					out[c] += image[(r * w.W + s) * w.C + c];
				}
			}
		}
		for (int c = 0; c < w.C; c++) {
			out[c] /= (float)((bottom - top) * (right - left));
		}
	}
}

static void pool_Pad(int n, pool_Border b, float *y, const float *x) {
	int width = b.Left + b.W + b.Right, outer = (b.Top + b.H + b.Bottom) * width * b.C;
	memset(y, 0, (size_t)(n * outer) * sizeof *y);
	for (int i = 0; i < n * b.H; i++) {
		memcpy(y + i / b.H * outer + ((b.Top + i % b.H) * width + b.Left) * b.C, x + i * b.W * b.C,
			(size_t)(b.W * b.C) * sizeof *y);
	}
}

static void pool_Crop(int n, pool_Border b, float *x, const float *y) {
	int width = b.Left + b.W + b.Right, outer = (b.Top + b.H + b.Bottom) * width * b.C;
	for (int i = 0; i < n * b.H; i++) {
		memcpy(x + i * b.W * b.C, y + i / b.H * outer + ((b.Top + i % b.H) * width + b.Left) * b.C,
			(size_t)(b.W * b.C) * sizeof *y);
	}
}

static void pool_Nearest(int n, pool_Scale s, float *y, const float *x) {
	int oh = s.H * s.FH, ow = s.W * s.FW;
	for (int i = 0; i < n * oh * ow; i++) {
		int from = (i / (oh * ow) * s.H + i / ow % oh / s.FH) * s.W + i % ow / s.FW;
		memcpy(y + i * s.C, x + from * s.C, (size_t)s.C * sizeof *y);
	}
}

/* The pixel before pixel o of an enlarged axis, in *a, the one after, in *b, and how far behind the first it is. */
static float pool_between(int o, int factor, int extent, int *a, int *b) {
	int at = 2 * o + 1 - factor;
	*a = *b = 0;
	if (at < 0) {
		return 0.0f;
	}
	*a = at / (2 * factor);
	*b = int_min(*a + 1, extent - 1);
	return (float)((double)(at % (2 * factor)) / (double)(2 * factor));
}

static void pool_Bilinear(int n, pool_Scale s, float *y, const float *x) {
	int oh = s.H * s.FH, ow = s.W * s.FW;
	for (int i = 0; i < n * oh * ow; i++) {
		const float *image = x + i / (oh * ow) * (s.H * s.W * s.C);
		int r0, r1, c0, c1;
		float tr = pool_between(i / ow % oh, s.FH, s.H, &r0, &r1), tc = pool_between(i % ow, s.FW, s.W, &c0, &c1);
		for (int c = 0; c < s.C; c++) {
			float p = image[(r0 * s.W + c0) * s.C + c], q = image[(r1 * s.W + c0) * s.C + c];
			float a = f32_FMA(tc, image[(r0 * s.W + c1) * s.C + c] - p, p);
			float b = f32_FMA(tc, image[(r1 * s.W + c1) * s.C + c] - q, q);
			y[i * s.C + c] = f32_FMA(tr, b - a, a);
		}
	}
}

static void pool_MaskedMax(int n, int steps, int c, float *y, const float *x, const float *mask) {
	for (int i = 0; i < n; i++) {
		float *out = y + i * c;
		int any = 0;
		memset(out, 0, (size_t)c * sizeof *out);
		for (int t = i * steps; t < (i + 1) * steps; t++) {
			for (int j = 0; mask[t] > 0.5f && j < c; j++) {
				float v = x[t * c + j];
				if (!any || (!(v <= out[j]) && out[j] == out[j])) {
					out[j] = v;
				}
			}
			any |= mask[t] > 0.5f;
		}
	}
}

static void pool_MaskedAverage(int n, int steps, int c, float *y, const float *x, const float *mask) {
	for (int i = 0; i < n; i++) {
		float *out = y + i * c;
		int kept = 0;
		memset(out, 0, (size_t)c * sizeof *out);
		for (int t = i * steps; t < (i + 1) * steps; t++) {
			for (int j = 0; mask[t] > 0.5f && j < c; j++) {
				out[j] += x[t * c + j];
			}
			kept += mask[t] > 0.5f;
		}
		for (int j = 0; kept > 0 && j < c; j++) {
			out[j] /= (float)kept;
		}
	}
}
