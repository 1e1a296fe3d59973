static void vec_Abs(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Abs(x[i]);
	}
}

static void vec_Exp(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Exp(x[i]);
	}
}

static void vec_GELU(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_GELU(x[i]);
	}
}

static void vec_Erf(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Erf(x[i]);
	}
}

static void vec_GELUTanh(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_GELUTanh(x[i]);
	}
}

static void vec_HardSigmoid(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_HardSigmoid(x[i]);
	}
}

static void vec_HardSwish(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_HardSwish(x[i]);
	}
}

static void vec_Log(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Log(x[i]);
	}
}

static void vec_Mish(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Mish(x[i]);
	}
}

static void vec_QuickGELU(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_QuickGELU(x[i]);
	}
}

static void vec_ReLU(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_ReLU(x[i]);
	}
}

static void vec_Reciprocal(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Reciprocal(x[i]);
	}
}

static void vec_SELU(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_SELU(x[i]);
	}
}

static void vec_SiLU(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_SiLU(x[i]);
	}
}

static void vec_Sigmoid(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Sigmoid(x[i]);
	}
}

static void vec_Softplus(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Softplus(x[i]);
	}
}

static void vec_Softsign(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Softsign(x[i]);
	}
}

static void vec_Sqrt(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Sqrt(x[i]);
	}
}

static void vec_Square(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Square(x[i]);
	}
}

static void vec_Step(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Step(x[i]);
	}
}

static void vec_Tanh(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Tanh(x[i]);
	}
}

static void vec_Sin(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Sin(x[i]);
	}
}

static void vec_Cos(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Cos(x[i]);
	}
}

static void vec_Floor(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Floor(x[i]);
	}
}

static void vec_Ceil(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Ceil(x[i]);
	}
}

static void vec_Round(int len, float *y, const float *x) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_Round(x[i]);
	}
}

static void vec_ELU(int len, float *y, const float *x, float alpha) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_ELU(x[i], alpha);
	}
}

static void vec_LeakyReLU(int len, float *y, const float *x, float alpha) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_LeakyReLU(x[i], alpha);
	}
}

static void vec_Add(int len, float *dst, const float *a, const float *b) {
	for (int i = 0; i < len; i++) {
		dst[i] = a[i] + b[i];
	}
}

static void vec_Sub(int len, float *dst, const float *a, const float *b) {
	for (int i = 0; i < len; i++) {
		dst[i] = a[i] - b[i];
	}
}

static void vec_Mul(int len, float *dst, const float *a, const float *b) {
	for (int i = 0; i < len; i++) {
		dst[i] = a[i] * b[i];
	}
}

static void vec_Max(int len, float *dst, const float *a, const float *b) {
	for (int i = 0; i < len; i++) {
		dst[i] = scalar_Max(a[i], b[i]);
	}
}

static void vec_Min(int len, float *dst, const float *a, const float *b) {
	for (int i = 0; i < len; i++) {
		dst[i] = scalar_Min(a[i], b[i]);
	}
}

static void vec_AddScalar(int len, float *dst, const float *x, float alpha) {
	for (int i = 0; i < len; i++) {
		dst[i] = x[i] + alpha;
	}
}

static void vec_Scale(int len, float *dst, const float *x, float alpha) {
	for (int i = 0; i < len; i++) {
		dst[i] = x[i] * alpha;
	}
}

static void vec_Clip(int len, float *y, const float *x, float lo, float hi) {
	for (int i = 0; i < len; i++) {
		y[i] = scalar_lower(hi, scalar_upper(lo, x[i]));
	}
}

static void vec_WhereLess(int len, float *dst, const float *x, const float *a, const float *b) {
	for (int i = 0; i < len; i++) {
		dst[i] = a[i] >= b[i] ? 0.0f : x[i];
	}
}

static void vec_WhereAtLeast(int len, float *dst, const float *x, const float *a, const float *b) {
	for (int i = 0; i < len; i++) {
		dst[i] = a[i] >= b[i] ? x[i] : 0.0f;
	}
}

static void vec_AddRow(int n, int f, float *y, const float *x, const float *b) {
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < f; j++) {
			y[i * f + j] = x[i * f + j] + b[j];
		}
	}
}

static void vec_MulRow(int n, int f, float *y, const float *x, const float *b) {
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < f; j++) {
			y[i * f + j] = x[i * f + j] * b[j];
		}
	}
}

static void vec_PReLU(int n, int f, float *y, const float *x, const float *b) {
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < f; j++) {
			y[i * f + j] = scalar_LeakyReLU(x[i * f + j], b[j]);
		}
	}
}

static void vec_Affine(int n, int f, float *y, const float *x, const float *center, const float *scale) {
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < f; j++) {
			float d = x[i * f + j] - center[j];
			y[i * f + j] = d * scale[j];
		}
	}
}

static void vec_CopyCols(int n, int f, float *dst, int ldd, const float *src, int lds) {
	for (int i = 0; i < n; i++) {
		memcpy(dst + i * ldd, src + i * lds, (size_t)f * sizeof *dst);
	}
}

static float vec_rowMax(int f, const float *x) {
	float m = -INFINITY;
	for (int j = 0; j < f; j++) {
		m = x[j] > m ? x[j] : m;
	}
	return m;
}

static float vec_foldRow(const float s[8]) { return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])); }

static void vec_Softmax(int n, int f, float *y, const float *x) {
	for (int i = 0; i < n; i++) {
		const float *in = x + i * f;
		float *out = y + i * f;
		float m = vec_rowMax(f, in), s[8] = {0}, r;
		for (int j = 0; j < f; j++) {
			float e = scalar_Exp(in[j] - m);
			out[j] = e;
			s[j % 8] += e;
		}
		r = 1.0f / vec_foldRow(s);
		for (int j = 0; j < f; j++) {
			out[j] *= r;
		}
	}
}

static void vec_LogSoftmax(int n, int f, float *y, const float *x) {
	for (int i = 0; i < n; i++) {
		const float *in = x + i * f;
		float *out = y + i * f;
		float m = vec_rowMax(f, in), s[8] = {0}, l;
		for (int j = 0; j < f; j++) {
			s[j % 8] += scalar_Exp(in[j] - m);
		}
		l = scalar_Log(vec_foldRow(s));
		for (int j = 0; j < f; j++) {
			out[j] = (in[j] - m) - l;
		}
	}
}

/* Adds the upper half of 32 lanes to the lower until one is left. */
static float vec_fold(float s[32]) {
	for (int h = 16; h > 0; h /= 2) {
		for (int l = 0; l < h; l++) {
			s[l] += s[l + h];
		}
	}
	return s[0];
}

static float vec_Dot(int len, const float *a, const float *b) {
	float s[32] = {0};
	for (int i = 0; i < len; i++) {
		s[i % 32] = f32_FMA(a[i], b[i], s[i % 32]);
	}
	return vec_fold(s);
}
