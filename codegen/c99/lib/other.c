#define lookup_None (-1)

/* y[i] ← row x[i] of w, 0 where that is the padding; it returns 1 if x[i] is no row, else 0 */
static int lookup_Rows(int n, int rows, int width, int padding, float *y, const float *x, const float *w) {
	for (int i = 0; i < n; i++) {
		float v = x[i];
		if (!(v >= 0.0f && v < (float)rows) || v != (float)(int)v) {
			return 1;
		}
		if ((int)v == padding) {
			memset(y + i * width, 0, (size_t)width * sizeof *y);
		} else {
			memcpy(y + i * width, w + (int)v * width, (size_t)width * sizeof *y);
		}
	}
	return 0;
}

typedef struct {
	int In, Out;
	const int32_t *Start, *Index; /* the inputs of output j are Index[Start[j]] to Index[Start[j + 1] - 1] */
} sparse_Pattern;

static void sparse_Forward(int n, const sparse_Pattern *p, float *y, const float *x, const float *w) {
	for (int i = 0; i < n * p->Out; i++) {
		const float *row = x + i / p->Out * p->In;
		int j = i % p->Out;
		float sum = 0.0f;
		for (int k = (int)p->Start[j]; k < (int)p->Start[j + 1]; k++) {
			sum = f32_FMA(row[p->Index[k]], w[k], sum);
		}
		y[i] = sum;
	}
}

static int layout_size(int axes, const int *extents) {
	int size = 1;
	for (int k = 0; k < axes; k++) {
		size *= extents[k];
	}
	return size;
}

/* Where x has element i of examples that have its axes in another order: (i₀, …) of an example is Σ iₖ·strides[k] of x. */
static int layout_from(int i, int axes, const int *extents, const int *strides) {
	int from = 0, size = 1;
	for (int k = axes - 1; k >= 0; k--) {
		from += i % extents[k] * strides[k];
		i /= extents[k];
		size *= extents[k];
	}
	return i * size + from;
}

/* y has the axes of x in another order. */
static void layout_Transpose(int n, int axes, const int *extents, const int *strides, float *y, const float *x) {
	int size = n * layout_size(axes, extents);
	for (int i = 0; i < size; i++) {
		y[i] = x[layout_from(i, axes, extents, strides)];
	}
}
