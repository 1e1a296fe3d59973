typedef struct {
	int H, W, C;    /* of x */
	int OH, OW, OC; /* of y */
	int FH, FW;     /* of the filter */
	int SH, SW;     /* strides */
	int PT, PL;     /* rows above x, columns left of it */
	int DH, DW;     /* dilation */
	int Groups;
} conv_Geometry;

/* y ← x convolved with w: OH×OW×OC, H×W×C, FH×FW×(C/Groups)×OC; each sum one chain, pixels outside of x being 0 */
static void conv_Forward(int n, const conv_Geometry *g, float *y, const float *x, const float *w, gemm_Epilogue e) {
	int per = g->C / g->Groups, cols = g->OC / g->Groups;
	for (int i = 0; i < n * g->OH * g->OW; i++) {
		const float *image = x + i / (g->OH * g->OW) * (g->H * g->W * g->C);
		int oy = i / g->OW % g->OH, ox = i % g->OW;
		float *out = y + i * g->OC;
		memset(out, 0, (size_t)g->OC * sizeof *out);
		for (int group = 0; group < g->Groups; group++) {
			const float *row = w + group * cols;
			for (int t = 0; t < g->FH * g->FW; t++) {
				int iy = oy * g->SH + t / g->FW * g->DH - g->PT, ix = ox * g->SW + t % g->FW * g->DW - g->PL;
				int inside = iy >= 0 && iy < g->H && ix >= 0 && ix < g->W;
				for (int c = 0; c < per; c++, row += g->OC) {
					float v = inside ? image[(iy * g->W + ix) * g->C + group * per + c] : 0.0f;
					f32_Axpy(cols, v, row, out + group * cols);
				}
			}
		}
		for (int j = 0; j < g->OC; j++) {
			out[j] = gemm_apply(&e, out[j], j);
		}
	}
}

static void conv_Depthwise(int n, const conv_Geometry *g, float *y, const float *x, const float *w, gemm_Epilogue e) {
	conv_Forward(n, g, y, x, w, e);
}

/* What few channels get from each pixel of dy, each a chain over the output channels. */
static void conv_spread(const conv_Geometry *g, float *dx, const float *dy, const float *w) {
	memset(dx, 0, (size_t)(g->H * g->W * g->C) * sizeof *dx);
	for (int o = 0; o < g->OH * g->OW; o++) {
		const float *grad = dy + o * g->OC;
		for (int t = 0; t < g->FH * g->FW; t++) {
			int y = o / g->OW * g->SH + t / g->FW * g->DH - g->PT, x = o % g->OW * g->SW + t % g->FW * g->DW - g->PL;
			if (y < 0 || y >= g->H || x < 0 || x >= g->W) {
				continue;
			}
			for (int c = 0; c < g->C; c++) {
				const float *row = w + (t * g->C + c) * g->OC;
				float sum = 0.0f;
				for (int oc = 0; oc < g->OC; oc++) {
					sum = f32_FMA(grad[oc], row[oc], sum);
				}
				dx[(y * g->W + x) * g->C + c] += sum;
			}
		}
	}
}

/* One chain for each number of dx, over the taps from the last to the first. */
static void conv_chains(const conv_Geometry *g, float *dx, const float *dy, const float *w) {
	int per = g->C / g->Groups, cols = g->OC / g->Groups;
	for (int i = 0; i < g->H * g->W * g->C; i++) {
		int y = i / g->C / g->W, x = i / g->C % g->W, group = i % g->C / per, c = i % g->C % per;
		float sum = 0.0f;
		for (int t = g->FH * g->FW - 1; t >= 0; t--) {
			int ay = y + g->PT - t / g->FW * g->DH, ax = x + g->PL - t % g->FW * g->DW;
			int oy = ay / g->SH, ox = ax / g->SW;
			const float *row = w + (t * per + c) * g->OC + group * cols;
			if (oy * g->SH != ay || ox * g->SW != ax) {
				continue;
			}
			for (int oc = 0; oc < cols; oc++) {
				int inside = oy >= 0 && oy < g->OH && ox >= 0 && ox < g->OW;
				float d = inside ? dy[(oy * g->OW + ox) * g->OC + group * cols + oc] : 0.0f;
				sum = f32_FMA(d, row[oc], sum);
			}
		}
		dx[i] = sum;
	}
}

/* The transposed convolution: y is H×W×C, x OH×OW×OC. */
static void conv_Transposed(int n, const conv_Geometry *g, float *y, const float *x, const float *w, gemm_Epilogue e) {
	int in = g->OH * g->OW * g->OC, out = g->H * g->W * g->C;
	for (int i = 0; i < n; i++) {
		if (g->Groups == 1 && g->C < 8) {
			conv_spread(g, y + i * out, x + i * in, w);
		} else {
			conv_chains(g, y + i * out, x + i * in, w);
		}
		for (int j = 0; j < out; j++) {
			y[i * out + j] = gemm_apply(&e, y[i * out + j], j % g->C);
		}
	}
}

static void conv_DX(int n, const conv_Geometry *g, float *dx, const float *dy, const float *w) {
	gemm_Epilogue none = {NULL, gemm_Linear, 0.0f};
	conv_Transposed(n, g, dx, dy, w, none);
}

static void conv_DepthwiseDX(int n, const conv_Geometry *g, float *dx, const float *dy, const float *w) {
	int in = g->OH * g->OW * g->OC, out = g->H * g->W * g->C;
	for (int i = 0; i < n; i++) {
		conv_chains(g, dx + i * out, dy + i * in, w);
	}
}
