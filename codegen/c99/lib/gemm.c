/* What becomes of a sum before it is stored: the bias is added, then the function applied. */
typedef struct {
	const float *bias;
	int act;
	float alpha;
} gemm_Epilogue;

#define gemm_Linear 0
#define gemm_ReLU 1
#define gemm_LeakyReLU 2

static float gemm_apply(const gemm_Epilogue *e, float s, int j) {
	if (e->bias != NULL) {
		s += e->bias[j];
	}
	if (e->act == gemm_ReLU) {
		return 0.0f > s ? 0.0f : s;
	}
	if (e->act == gemm_LeakyReLU) {
		return scalar_LeakyReLU(s, e->alpha);
	}
	return s;
}

/* The number of chains that a sum is cut into. */
static int gemm_splits(int n, int k) {
	if (n <= 16 && k >= 16 && k >= 3 * n) {
		return 4;
	}
	return n > 16 && n <= 32 && k >= 2 * n ? 2 : 1;
}

/* c ← a·b, for a of m×k, b of k×n and c of m×n numbers whose rows are lda, ldb and ldc apart */
static void gemm_NN(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float *c, int ldc,
	gemm_Epilogue e) {
	int s = gemm_splits(n, k);
	for (int i = 0; i < m; i++) {
		const float *row = a + i * lda;
		float *out = c + i * ldc;
		memset(out, 0, (size_t)n * sizeof *out);
		for (int p = 0; p < (s == 1 ? k : k / s); p++) {
			f32_Axpy(n, row[p], b + p * ldb, out);
		}
		for (int t = 1; t < s; t++) {
			float part[32] = {0};
			for (int p = t * (k / s); p < (t == s - 1 ? k : (t + 1) * (k / s)); p++) {
				f32_Axpy(n, row[p], b + p * ldb, part);
			}
			for (int j = 0; j < n; j++) {
				out[j] += part[j];
			}
		}
		for (int j = 0; j < n; j++) {
			out[j] = gemm_apply(&e, out[j], j);
		}
	}
}

/* c ← a·bᵀ, for b of n×k numbers */
static void gemm_NT(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float *c, int ldc,
	gemm_Epilogue e) {
	for (int i = 0; i < m; i++) {
		for (int j = 0; j < n; j++) {
			float sum = 0.0f;
			for (int p = 0; p < k; p++) {
				sum = f32_FMA(a[i * lda + p], b[j * ldb + p], sum);
			}
			c[i * ldc + j] = gemm_apply(&e, sum, j);
		}
	}
}

static void gemm_BatchNN(int count, int m, int n, int k, const float *a, const float *b, float *c) {
	gemm_Epilogue none = {NULL, gemm_Linear, 0.0f};
	for (int i = 0; i < count; i++) {
		gemm_NN(m, n, k, a + i * m * k, k, b + i * k * n, n, c + i * m * n, n, none);
	}
}

static void gemm_BatchNT(int count, int m, int n, int k, const float *a, const float *b, float *c) {
	gemm_Epilogue none = {NULL, gemm_Linear, 0.0f};
	for (int i = 0; i < count; i++) {
		gemm_NT(m, n, k, a + i * m * k, k, b + i * n * k, k, c + i * m * n, n, none);
	}
}

/* Like gemm_NN for one row, but each sum is one chain; continued, from what c holds on. */
static void gemm_row(int n, int k, const float *a, const float *b, int ldb, float *c, const float *bias, int continued) {
	if (!continued) {
		memset(c, 0, (size_t)n * sizeof *c);
	}
	for (int p = 0; p < k; p++) {
		f32_Axpy(n, a[p], b + p * ldb, c);
	}
	for (int j = 0; bias != NULL && j < n; j++) {
		c[j] += bias[j];
	}
}
