/* 1/√v, root and quotient each rounded */
static float norm_rsqrt(float v) { return 1.0f / sqrtf(v); }

static void norm_BatchNormInfer(int n, int f, float *y, const float *x, const float *gamma, const float *beta,
	const float *mean, const float *variance, float eps) {
	for (int j = 0; j < f; j++) {
		float s = gamma[j] * norm_rsqrt(variance[j] + eps);
		for (int i = 0; i < n; i++) {
			y[i * f + j] = f32_FMA(x[i * f + j] - mean[j], s, beta[j]);
		}
	}
}

static void norm_LayerNorm(int n, int f, float *y, const float *x, const float *gamma, const float *beta, float *mean,
	float *rstd, float eps) {
	for (int i = 0; i < n; i++) {
		const float *in = x + i * f;
		float s[32] = {0}, q[32] = {0}, m, r;
		for (int j = 0; j < f; j++) {
			s[j % 32] += in[j];
		}
		m = vec_fold(s) / (float)f;
		for (int j = 0; j < f; j++) {
			float d = in[j] - m;
			q[j % 32] = f32_FMA(d, d, q[j % 32]);
		}
		r = norm_rsqrt(vec_fold(q) / (float)f + eps);
		for (int j = 0; j < f; j++) {
			y[i * f + j] = f32_FMA((in[j] - m) * r, gamma[j], beta[j]);
		}
		mean[i] = m;
		rstd[i] = r;
	}
}

/* Statistics are those of the channels of a group over all steps; scratch has room for 2·c numbers. */
static void norm_GroupNorm(int n, int steps, int c, int groups, float *y, const float *x, const float *gamma,
	const float *beta, float *mean, float *rstd, float eps, float *scratch) {
	float *m = scratch, *v = scratch + c;
	int k = c / groups;
	for (int i = 0; i < n; i++) {
		const float *in = x + i * steps * c;
		float *out = y + i * steps * c;
		memset(scratch, 0, (size_t)(2 * c) * sizeof *scratch);
		for (int t = 0; t < steps * c; t++) {
			m[t % c] += in[t];
		}
		for (int j = 0; j < c; j++) {
			m[j] /= (float)steps;
		}
		for (int t = 0; t < steps * c; t++) {
			float d = in[t] - m[t % c];
			v[t % c] = f32_FMA(d, d, v[t % c]);
		}
		for (int j = 0; j < c; j++) {
			v[j] /= (float)steps;
		}
		for (int g = 0; g < groups; g++) {
			float sum = 0.0f, squares = 0.0f, mu, all;
			for (int j = g * k; j < (g + 1) * k; j++) {
				sum += m[j];
			}
			mu = sum / (float)k;
			for (int j = g * k; j < (g + 1) * k; j++) {
				float d = m[j] - mu;
				squares += f32_FMA(d, d, v[j]);
			}
			all = squares / (float)k;
			if (mean != NULL) {
				mean[i * groups + g] = mu;
			}
			if (rstd != NULL) {
				rstd[i * groups + g] = norm_rsqrt(all + eps);
			}
			for (int j = g * k; j < (g + 1) * k; j++) {
				float s = (gamma == NULL ? 1.0f : gamma[j]) * norm_rsqrt(all + eps);
				for (int t = 0; t < steps; t++) {
					out[t * c + j] = f32_FMA(in[t * c + j] - mu, s, beta == NULL ? 0.0f : beta[j]);
				}
			}
		}
	}
}

static void norm_RMSNorm(int n, int f, float *y, const float *x, const float *gamma, float *rstd, float eps) {
	for (int i = 0; i < n; i++) {
		const float *in = x + i * f;
		float mean = vec_Dot(f, in, in) / (float)f + eps;
		float r = (float)(1.0 / sqrt((double)mean));
		rstd[i] = r;
		for (int j = 0; j < f; j++) {
			float s = in[j] * r;
			y[i * f + j] = s * gamma[j];
		}
	}
}

static void norm_UnitNorm(int n, int f, float *y, const float *x, float *r, float eps) {
	for (int i = 0; i < n; i++) {
		float length = sqrtf(vec_Dot(f, x + i * f, x + i * f));
		r[i] = 1.0f / (length < eps ? eps : length);
		vec_Scale(f, y + i * f, x + i * f, r[i]);
	}
}
