typedef struct {
	int T, F, U; /* steps, numbers of a step, units */
	int Reverse; /* whether the last step comes first */
} rnn_Shape;

/* The k-th step that is taken. */
static int rnn_at(const rnn_Shape *s, int k) { return s->Reverse ? s->T - 1 - k : k; }

/* What belongs to the step before the k-th in x, T×U, or the initial numbers, which may be NULL. */
static const float *rnn_last(const rnn_Shape *s, int k, const float *x, const float *initial) {
	return k == 0 ? initial : x + rnn_at(s, k - 1) * s->U;
}

/* A step that is masked keeps the numbers that there were, 0 if old is NULL. */
static void rnn_hold(const rnn_Shape *s, int t, const float *mask, float *x, const float *old) {
	for (int j = 0; mask != NULL && !(mask[t] > 0.5f) && j < s->U; j++) {
		x[j] = old == NULL ? 0.0f : old[j];
	}
}

/* Of k gates, side by side in out: x·w, + state·v, + b; a row of the weights has ld numbers. */
static void rnn_gates(const rnn_Shape *s, int k, float *out, const float *x, const float *w, const float *state,
	const float *v, int ld, const float *b) {
	gemm_row(k * s->U, s->F, x, w, ld, out, state == NULL ? b : NULL, 0);
	if (state != NULL) {
		gemm_row(k * s->U, s->U, state, v, ld, out, b, 1);
	}
}

/* scratch of rnn_Simple: U numbers; of the others 5·U, and gates and q may be NULL */
static void rnn_SimpleFrom(int n, rnn_Shape s, float *h, const float *x, const float *w, const float *v, const float *b,
	const float *mask, const float *h0, float *scratch) {
	for (int i = 0; i < n; i++) {
		float *out = scratch, *hi = h + i * s.T * s.U;
		for (int k = 0; k < s.T; k++) {
			int t = rnn_at(&s, k);
			const float *state = rnn_last(&s, k, hi, h0 == NULL ? NULL : h0 + i * s.U);
			rnn_gates(&s, 1, out, x + (i * s.T + t) * s.F, w, state, v, s.U, b);
			vec_Tanh(s.U, out, out);
			rnn_hold(&s, t, mask == NULL ? NULL : mask + i * s.T, out, state);
			memcpy(hi + t * s.U, out, (size_t)s.U * sizeof *out);
		}
	}
}

static void rnn_Simple(int n, rnn_Shape s, float *h, const float *x, const float *w, const float *v, const float *b,
	const float *mask, float *scratch) {
	rnn_SimpleFrom(n, s, h, x, w, v, b, mask, NULL, scratch);
}

/* gates and cells are T×4×n×U and T×n×U, so a sequence alone has its steps side by side */
static void rnn_LSTMFrom(int n, rnn_Shape s, float *h, float *gates, float *cells, const float *x, const float *w,
	const float *v, const float *b, const float *mask, const float *h0, const float *c0, float *scratch) {
	for (int i = 0; i < n; i++) {
		float *out = scratch, *hi = h + i * s.T * s.U, *ci = cells + i * s.T * s.U;
		const float *kept = mask == NULL ? NULL : mask + i * s.T;
		for (int k = 0; k < s.T; k++) {
			int t = rnn_at(&s, k);
			float *g = gates == NULL ? scratch + s.U : gates + (i * s.T + t) * 4 * s.U, *c = ci + t * s.U;
			const float *state = rnn_last(&s, k, hi, h0 == NULL ? NULL : h0 + i * s.U);
			const float *last = rnn_last(&s, k, ci, c0 == NULL ? NULL : c0 + i * s.U);
			rnn_gates(&s, 4, g, x + (i * s.T + t) * s.F, w, state, v, 4 * s.U, b);
			for (int j = 0; j < s.U; j++) {
				float in = scalar_Sigmoid(g[j]) * scalar_Tanh(g[2 * s.U + j]);
				if (last != NULL) {
					float old = scalar_Sigmoid(g[s.U + j]) * last[j];
					in = old + in;
				}
				c[j] = in;
				out[j] = scalar_Tanh(in) * scalar_Sigmoid(g[3 * s.U + j]);
			}
			rnn_hold(&s, t, kept, c, last);
			rnn_hold(&s, t, kept, out, state);
			memcpy(hi + t * s.U, out, (size_t)s.U * sizeof *out);
		}
	}
}

static void rnn_LSTM(int n, rnn_Shape s, float *h, float *gates, float *cells, const float *x, const float *w,
	const float *v, const float *b, const float *mask, float *scratch) {
	rnn_LSTMFrom(n, s, h, gates, cells, x, w, v, b, mask, NULL, NULL, scratch);
}

/* The cells after the last step. */
static const float *rnn_LastCells(int n, rnn_Shape s, const float *cells) {
	(void)n;
	return rnn_last(&s, s.T, cells, NULL);
}

/* One step of a sequence: the state becomes that after it; the first step of all does not read it. */
static void rnn_SimpleCell_Step(int first, rnn_Shape s, float *h, const float *x, const float *w, const float *v,
	const float *b, float *scratch) {
	s.T = 1;
	rnn_SimpleFrom(1, s, h, x, w, v, b, NULL, first ? NULL : h, scratch);
}

static void rnn_LSTMCell_Step(int first, rnn_Shape s, float *h, float *c, const float *x, const float *w, const float *v,
	const float *b, float *scratch) {
	s.T = 1;
	rnn_LSTMFrom(1, s, h, NULL, c, x, w, v, b, NULL, first ? NULL : h, first ? NULL : c, scratch);
}

/* h ← g + z·(h − g), and the masked steps */
static void rnn_update(const rnn_Shape *s, int t, const float *mask, float *h, float *last, const float *z,
	const float *g) {
	for (int j = 0; j < s->U; j++) {
		float d = (last[j] - g[j]) * z[j];
		h[j] = g[j] + d;
	}
	rnn_hold(s, t, mask, h, last);
	memcpy(last, h, (size_t)s->U * sizeof *h);
}

static void rnn_GRUFrom(int n, rnn_Shape s, float *h, float *gates, float *q, const float *x, const float *w,
	const float *v, const float *b, const float *mask, const float *h0, float *scratch) {
	int u = s.U;
	for (int i = 0; i < n; i++) {
		float *last = scratch, *hi = h + i * s.T * u;
		for (int j = 0; j < u; j++) {
			last[j] = h0 == NULL ? 0.0f : h0[i * u + j];
		}
		for (int k = 0; k < s.T; k++) {
			int t = rnn_at(&s, k);
			float *g = gates == NULL ? scratch + u : gates + (i * s.T + t) * 3 * u;
			float *qt = q == NULL ? scratch + 4 * u : q + (i * s.T + t) * u;
			const float *in = x + (i * s.T + t) * s.F, *state = rnn_last(&s, k, hi, h0 == NULL ? NULL : h0 + i * u);
			if (state == NULL) {
				rnn_gates(&s, 3, g, in, w, NULL, v, 3 * u, b);
				memset(qt, 0, (size_t)u * sizeof *qt);
			} else {
				rnn_gates(&s, 2, g, in, w, state, v, 3 * u, b);
				gemm_row(u, s.F, in, w + 2 * u, 3 * u, g + 2 * u, b == NULL ? NULL : b + 2 * u, 0);
				gemm_row(u, u, state, v + 2 * u, 3 * u, qt, NULL, 0);
			}
			for (int j = 0; b != NULL && j < u; j++) {
				g[j] += b[3 * u + j];
				g[u + j] += b[4 * u + j];
				qt[j] += b[5 * u + j];
			}
			vec_Sigmoid(2 * u, g, g);
			for (int j = 0; j < u; j++) {
				float p = g[u + j] * qt[j];
				g[2 * u + j] = scalar_Tanh(g[2 * u + j] + p);
			}
			rnn_update(&s, t, mask == NULL ? NULL : mask + i * s.T, hi + t * u, last, g, g + 2 * u);
		}
	}
}

static void rnn_GRU(int n, rnn_Shape s, float *h, float *gates, float *q, const float *x, const float *w, const float *v,
	const float *b, const float *mask, float *scratch) {
	rnn_GRUFrom(n, s, h, gates, q, x, w, v, b, mask, NULL, scratch);
}

static void rnn_GRUCell_Step(int first, rnn_Shape s, float *h, const float *x, const float *w, const float *v,
	const float *b, float *scratch) {
	s.T = 1;
	rnn_GRUFrom(1, s, h, NULL, NULL, x, w, v, b, NULL, first ? NULL : h, scratch);
}

static void rnn_GRUBeforeFrom(int n, rnn_Shape s, float *h, float *gates, float *q, const float *x, const float *w,
	const float *v, const float *b, const float *mask, const float *h0, float *scratch) {
	int u = s.U;
	for (int i = 0; i < n; i++) {
		float *last = scratch, *hi = h + i * s.T * u;
		for (int j = 0; j < u; j++) {
			last[j] = h0 == NULL ? 0.0f : h0[i * u + j];
		}
		for (int k = 0; k < s.T; k++) {
			int t = rnn_at(&s, k);
			float *g = gates == NULL ? scratch + u : gates + (i * s.T + t) * 3 * u;
			float *qt = q == NULL ? scratch + 4 * u : q + (i * s.T + t) * u;
			const float *in = x + (i * s.T + t) * s.F, *state = rnn_last(&s, k, hi, h0 == NULL ? NULL : h0 + i * u);
			if (state == NULL) {
				rnn_gates(&s, 3, g, in, w, NULL, v, 3 * u, b);
				vec_Sigmoid(2 * u, g, g);
				memset(qt, 0, (size_t)u * sizeof *qt);
			} else {
				rnn_gates(&s, 2, g, in, w, state, v, 3 * u, b);
				vec_Sigmoid(2 * u, g, g);
				vec_Mul(u, qt, g + u, last);
				gemm_row(u, s.F, in, w + 2 * u, 3 * u, g + 2 * u, NULL, 0);
				gemm_row(u, u, qt, v + 2 * u, 3 * u, g + 2 * u, b == NULL ? NULL : b + 2 * u, 1);
			}
			vec_Tanh(u, g + 2 * u, g + 2 * u);
			rnn_update(&s, t, mask == NULL ? NULL : mask + i * s.T, hi + t * u, last, g, g + 2 * u);
		}
	}
}

static void rnn_GRUBefore(int n, rnn_Shape s, float *h, float *gates, float *q, const float *x, const float *w,
	const float *v, const float *b, const float *mask, float *scratch) {
	rnn_GRUBeforeFrom(n, s, h, gates, q, x, w, v, b, mask, NULL, scratch);
}

static void rnn_GRUBeforeCell_Step(int first, rnn_Shape s, float *h, const float *x, const float *w, const float *v,
	const float *b, float *scratch) {
	s.T = 1;
	rnn_GRUBeforeFrom(1, s, h, NULL, NULL, x, w, v, b, NULL, first ? NULL : h, scratch);
}
