typedef struct {
	int TQ, TK, Heads, Dim; /* steps of queries and of keys, heads, columns of a head */
	int Causal;             /* whether a step reads those up to it alone */
} attention_Shape;

/* The queries whose weights are made at a time. */
static int attention_block(const attention_Shape *s) { return int_min(s->TQ, int_max(6, 16384 / s->TK)); }

/* The keys that the queries before one may read. */
static int attention_keys(const attention_Shape *s, int before) { return s->Causal ? int_min(s->TK, before) : s->TK; }

/* softmax of the scores whose key the mask keeps, 0 for the others */
static void attention_masked(int n, float *scores, const float *mask, float *scratch) {
	int kept = 0, at = 0;
	for (int j = 0; j < n; j++) {
		if (mask[j] > 0.5f) {
			scratch[kept++] = scores[j];
		}
	}
	if (kept > 0) {
		vec_Softmax(1, kept, scratch, scratch);
	}
	for (int j = 0; j < n; j++) {
		scores[j] = mask[j] > 0.5f ? scratch[at++] : 0.0f;
	}
}

/* y ← softmax(q·kᵀ/√dim)·v for each head; scratch has room for the weights of a block, and for TK numbers */
static void attention_Forward(int n, attention_Shape s, float *y, const float *q, const float *k, const float *v,
	const float *mask, float *scratch) {
	gemm_Epilogue none = {NULL, gemm_Linear, 0.0f};
	int w = s.Heads * s.Dim, block = attention_block(&s);
	float scale = (float)(1.0 / sqrt((double)s.Dim));
	float *p = scratch, *row = scratch + block * s.TK;
	for (int i = 0; i < n * s.Heads; i++) {
		int h = i % s.Heads, qs = i / s.Heads * s.TQ * w + h * s.Dim, ks = i / s.Heads * s.TK * w + h * s.Dim;
		const float *kept = mask == NULL ? NULL : mask + i / s.Heads * s.TK;
		for (int first = 0; first < s.TQ; first += block) {
			int rows = int_min(block, s.TQ - first), keys = attention_keys(&s, first + rows), at = qs + first * w;
			gemm_NT(rows, keys, s.Dim, q + at, w, k + ks, w, p, keys, none);
			vec_Scale(rows * keys, p, p, scale);
			for (int r = 0; r < rows; r++) {
				int seen = attention_keys(&s, first + r + 1);
				float *scores = p + r * keys;
				for (int j = seen; j < keys; j++) {
					scores[j] = 0.0f;
				}
				if (kept == NULL) {
					vec_Softmax(1, seen, scores, scores);
				} else {
					attention_masked(seen, scores, kept, row);
				}
			}
			gemm_NN(rows, s.Dim, keys, p, keys, v + ks, w, y + at, w, none);
		}
	}
}

/* y ← row at of attention_Forward for a causal sequence, whose rows so far are in keys, values and kept: k, v and mask
   become those of the step; scratch has room for 2·TK numbers */
static void attention_Step(int at, attention_Shape s, float *y, float *keys, float *values, const float *q,
	const float *k, const float *v, float *kept, const float *mask, float *scratch) {
	gemm_Epilogue none = {NULL, gemm_Linear, 0.0f};
	int w = s.Heads * s.Dim, block = attention_block(&s), read = attention_keys(&s, at - at % block + block);
	float scale = (float)(1.0 / sqrt((double)s.Dim));
	memcpy(keys + at * w, k, (size_t)w * sizeof(float));
	memcpy(values + at * w, v, (size_t)w * sizeof(float));
	if (mask != NULL) {
		kept[at] = mask[0];
	}
	for (int h = 0; h < w; h += s.Dim) {
		gemm_NT(1, at + 1, s.Dim, q + h, w, keys + h, w, scratch, at + 1, none);
		vec_Scale(at + 1, scratch, scratch, scale);
		for (int j = at + 1; j < read; j++) {
			scratch[j] = 0.0f;
		}
		if (mask == NULL) {
			vec_Softmax(1, at + 1, scratch, scratch);
		} else {
			attention_masked(at + 1, scratch, kept, scratch + s.TK);
		}
		gemm_NN(1, s.Dim, read, scratch, read, values + h, w, y + h, w, none);
	}
}
