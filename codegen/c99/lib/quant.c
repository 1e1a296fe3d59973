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

/* Images with a border of the number that stands for 0, and without. */
static void quant_Pad(int n, pool_Border b, int8_t *y, const int8_t *x, const int32_t *zero) {
	int width = b.Left + b.W + b.Right, outer = (b.Top + b.H + b.Bottom) * width * b.C;
	memset(y, zero[0], (size_t)(n * outer));
	for (int i = 0; i < n * b.H; i++) {
		memcpy(y + i / b.H * outer + ((b.Top + i % b.H) * width + b.Left) * b.C, x + i * b.W * b.C, (size_t)(b.W * b.C));
	}
}

static void quant_Crop(int n, pool_Border b, int8_t *y, const int8_t *x) {
	int width = b.Left + b.W + b.Right, outer = (b.Top + b.H + b.Bottom) * width * b.C;
	for (int i = 0; i < n * b.H; i++) {
		memcpy(y + i * b.W * b.C, x + i / b.H * outer + ((b.Top + i % b.H) * width + b.Left) * b.C, (size_t)(b.W * b.C));
	}
}

static void quant_Nearest(int n, pool_Scale s, int8_t *y, const int8_t *x) {
	int width = s.W * s.FW;
	for (int i = 0; i < n * s.H * s.FH * width; i++) {
		memcpy(y + i * s.C, x + (i / width / s.FH * s.W + i % width / s.FW) * s.C, (size_t)s.C);
	}
}

/* y has the axes of x in another order. */
static void quant_Transpose(int n, int axes, const int *extents, const int *strides, int8_t *y, const int8_t *x) {
	int size = n * layout_size(axes, extents);
	for (int i = 0; i < size; i++) {
		y[i] = x[layout_from(i, axes, extents, strides)];
	}
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

/* ⌊2¹⁵/(1 + e⁻ˣ) + ½⌋ for x = (i − 256)/32 */
static const int16_t quant_sigmoidTable[513] = {
	11, 11, 12, 12, 12, 13, 13, 14, 14, 15, 15, 15, 16, 16, 17, 18, 18, 19, 19, 20, 21, 21, 22, 23, 23, 24, 25,
	26, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 40, 41, 42, 43, 45, 46, 48, 49, 51, 52, 54, 56, 57,
	59, 61, 63, 65, 67, 69, 72, 74, 76, 79, 81, 84, 86, 89, 92, 95, 98, 101, 104, 107, 111, 114, 118, 121, 125,
	129, 133, 138, 142, 146, 151, 156, 161, 166, 171, 176, 182, 188, 194, 200, 206, 213, 219, 226, 233, 241,
	248, 256, 264, 272, 281, 290, 299, 308, 318, 328, 338, 349, 360, 371, 383, 395, 407, 420, 433, 447, 461,
	475, 490, 505, 521, 537, 554, 572, 589, 608, 627, 646, 666, 687, 708, 730, 753, 776, 800, 825, 851, 877,
	904, 932, 961, 990, 1021, 1052, 1084, 1117, 1152, 1187, 1223, 1260, 1299, 1338, 1379, 1421, 1464, 1508,
	1554, 1601, 1649, 1699, 1750, 1802, 1856, 1912, 1969, 2028, 2088, 2150, 2213, 2279, 2346, 2415, 2486, 2558,
	2633, 2710, 2789, 2869, 2952, 3037, 3124, 3214, 3306, 3400, 3496, 3595, 3696, 3800, 3906, 4015, 4126, 4240,
	4357, 4476, 4599, 4723, 4851, 4982, 5115, 5252, 5391, 5533, 5678, 5827, 5978, 6132, 6289, 6450, 6613, 6780,
	6949, 7122, 7297, 7476, 7658, 7843, 8031, 8222, 8416, 8613, 8813, 9015, 9221, 9430, 9641, 9855, 10072,
	10291, 10513, 10737, 10964, 11193, 11424, 11658, 11894, 12132, 12371, 12613, 12856, 13101, 13348, 13595,
	13845, 14095, 14347, 14599, 14852, 15107, 15361, 15617, 15872, 16128, 16384, 16640, 16896, 17151, 17407,
	17661, 17916, 18169, 18421, 18673, 18923, 19173, 19420, 19667, 19912, 20155, 20397, 20636, 20874, 21110,
	21344, 21575, 21804, 22031, 22255, 22477, 22696, 22913, 23127, 23338, 23547, 23753, 23955, 24155, 24352,
	24546, 24737, 24925, 25110, 25292, 25471, 25646, 25819, 25988, 26155, 26318, 26479, 26636, 26790, 26941,
	27090, 27235, 27377, 27516, 27653, 27786, 27917, 28045, 28169, 28292, 28411, 28528, 28642, 28753, 28862,
	28968, 29072, 29173, 29272, 29368, 29462, 29554, 29644, 29731, 29816, 29899, 29979, 30058, 30135, 30210,
	30282, 30353, 30422, 30489, 30555, 30618, 30680, 30740, 30799, 30856, 30912, 30966, 31018, 31069, 31119,
	31167, 31214, 31260, 31304, 31347, 31389, 31430, 31469, 31508, 31545, 31581, 31616, 31651, 31684, 31716,
	31747, 31778, 31807, 31836, 31864, 31891, 31917, 31943, 31968, 31992, 32015, 32038, 32060, 32081, 32102,
	32122, 32141, 32160, 32179, 32196, 32214, 32231, 32247, 32263, 32278, 32293, 32307, 32321, 32335, 32348,
	32361, 32373, 32385, 32397, 32408, 32419, 32430, 32440, 32450, 32460, 32469, 32478, 32487, 32496, 32504,
	32512, 32520, 32527, 32535, 32542, 32549, 32555, 32562, 32568, 32574, 32580, 32586, 32592, 32597, 32602,
	32607, 32612, 32617, 32622, 32626, 32630, 32635, 32639, 32643, 32647, 32650, 32654, 32657, 32661, 32664,
	32667, 32670, 32673, 32676, 32679, 32682, 32684, 32687, 32689, 32692, 32694, 32696, 32699, 32701, 32703,
	32705, 32707, 32709, 32711, 32712, 32714, 32716, 32717, 32719, 32720, 32722, 32723, 32725, 32726, 32727,
	32728, 32730, 32731, 32732, 32733, 32734, 32735, 32736, 32737, 32738, 32739, 32740, 32741, 32742, 32742,
	32743, 32744, 32745, 32745, 32746, 32747, 32747, 32748, 32749, 32749, 32750, 32750, 32751, 32752, 32752,
	32753, 32753, 32753, 32754, 32754, 32755, 32755, 32756, 32756, 32756, 32757, 32757
};

/* ⌊2¹⁵·tanh(x) + ½⌋, at most 2¹⁵ − 1 */
static const int16_t quant_tanhTable[513] = {
	-32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768,
	-32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768,
	-32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768,
	-32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768,
	-32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768,
	-32768, -32768, -32768, -32767, -32767, -32767, -32767, -32767, -32767, -32767, -32767, -32767, -32767,
	-32767, -32767, -32767, -32767, -32767, -32767, -32767, -32767, -32766, -32766, -32766, -32766, -32766,
	-32766, -32766, -32766, -32765, -32765, -32765, -32765, -32765, -32764, -32764, -32764, -32764, -32763,
	-32763, -32763, -32762, -32762, -32762, -32761, -32761, -32760, -32760, -32759, -32759, -32758, -32758,
	-32757, -32756, -32755, -32755, -32754, -32753, -32752, -32751, -32750, -32749, -32747, -32746, -32745,
	-32743, -32741, -32740, -32738, -32736, -32734, -32732, -32729, -32727, -32724, -32721, -32718, -32715,
	-32712, -32708, -32704, -32700, -32696, -32691, -32686, -32681, -32676, -32670, -32663, -32657, -32649,
	-32642, -32634, -32625, -32616, -32606, -32596, -32584, -32573, -32560, -32547, -32532, -32517, -32501,
	-32484, -32466, -32447, -32426, -32404, -32381, -32356, -32329, -32301, -32271, -32240, -32206, -32170,
	-32132, -32091, -32048, -32002, -31953, -31901, -31846, -31788, -31726, -31659, -31589, -31515, -31435,
	-31351, -31262, -31167, -31067, -30960, -30847, -30727, -30600, -30465, -30322, -30170, -30010, -29840,
	-29660, -29470, -29268, -29055, -28830, -28592, -28341, -28076, -27797, -27502, -27191, -26864, -26519,
	-26157, -25776, -25376, -24956, -24516, -24054, -23571, -23066, -22538, -21986, -21411, -20813, -20189,
	-19542, -18870, -18173, -17452, -16706, -15936, -15143, -14326, -13486, -12625, -11743, -10840, -9919,
	-8980, -8025, -7056, -6073, -5079, -4075, -3063, -2045, -1024, 0, 1024, 2045, 3063, 4075, 5079, 6073, 7056,
	8025, 8980, 9919, 10840, 11743, 12625, 13486, 14326, 15143, 15936, 16706, 17452, 18173, 18870, 19542,
	20189, 20813, 21411, 21986, 22538, 23066, 23571, 24054, 24516, 24956, 25376, 25776, 26157, 26519, 26864,
	27191, 27502, 27797, 28076, 28341, 28592, 28830, 29055, 29268, 29470, 29660, 29840, 30010, 30170, 30322,
	30465, 30600, 30727, 30847, 30960, 31067, 31167, 31262, 31351, 31435, 31515, 31589, 31659, 31726, 31788,
	31846, 31901, 31953, 32002, 32048, 32091, 32132, 32170, 32206, 32240, 32271, 32301, 32329, 32356, 32381,
	32404, 32426, 32447, 32466, 32484, 32501, 32517, 32532, 32547, 32560, 32573, 32584, 32596, 32606, 32616,
	32625, 32634, 32642, 32649, 32657, 32663, 32670, 32676, 32681, 32686, 32691, 32696, 32700, 32704, 32708,
	32712, 32715, 32718, 32721, 32724, 32727, 32729, 32732, 32734, 32736, 32738, 32740, 32741, 32743, 32745,
	32746, 32747, 32749, 32750, 32751, 32752, 32753, 32754, 32755, 32755, 32756, 32757, 32758, 32758, 32759,
	32759, 32760, 32760, 32761, 32761, 32762, 32762, 32762, 32763, 32763, 32763, 32764, 32764, 32764, 32764,
	32765, 32765, 32765, 32765, 32765, 32766, 32766, 32766, 32766, 32766, 32766, 32766, 32766, 32767, 32767,
	32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767,
	32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767,
	32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767,
	32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767,
	32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767,
	32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767
};

/* ⌊v/2^bits + ½⌋, bits from 1 to 30 */
static int32_t quant_shifted(int32_t v, int bits) {
	return (int32_t)(((uint32_t)v + (1u << (bits - 1)) + 0x80000000u) >> bits) - (int32_t)(0x80000000u >> bits);
}

/* The function of a table for p in 16 bits: the argument has 12 fractional bits, the result 15; between entries it is
   interpolated. */
static int32_t quant_interpolate(const int16_t *table, int32_t p) {
	int at = (int)((p + 32768) >> 7);
	int32_t base = table[at];
	return base + quant_shifted((table[at + 1] - base) * (p & 127), 7);
}

static int32_t quant_saturate(int32_t v) { return v > 32767 ? 32767 : v < -32768 ? -32768 : v; }

/* A recurrent layer: T steps of F numbers, U units; Reverse begins with the last step, All gives the outputs of all
   steps, else those of the last that is taken. */
typedef struct {
	int T, F, U, Reverse, All;
} quant_Steps;

/* What becomes of the sums of a cell: for each column a bias and a factor multiplier/2^shift, first those of the input,
   then those of the state; State holds the zero of the outputs, their multiplier and shift, and the fractional bits of
   the cells. */
typedef struct {
	const int32_t *Bias, *Multiplier, *Shift, *State;
} quant_Gates;

/* A cell at work: cols columns of the weights w and v; s and h are the state and the outputs before a step, next the
   outputs after it, and m what the weights of the state are multiplied by. All are whole numbers. */
typedef struct {
	const quant_Gates *g;
	const int8_t *w, *v, *x;
	int f, u, cols;
	float *s, *h, *next;
	const float *m;
} quant_Cell;

static float quant_output(const quant_Cell *c, int32_t v) {
	const int32_t *p = c->g->State;
	return (float)quant_clamp(p[0] + quant_multiply(v, p[1], p[2]), -128, 127);
}

/* The part of the input in a gate of unit j. */
static int32_t quant_input(const quant_Cell *c, int gate, int j) {
	int at = gate * c->u + j;
	return quant_multiply(quant_dot(c->cols, c->f, c->x, c->w, c->g->Bias[at], at), c->g->Multiplier[at], c->g->Shift[at]);
}

/* The part of the state in a gate of unit j. */
static int32_t quant_state(const quant_Cell *c, int gate, int j) {
	int at = gate * c->u + j;
	int32_t s = c->g->Bias[c->cols + at];
	for (int i = 0; i < c->u; i++) {
		s += (int32_t)c->m[i] * c->v[i * c->cols + at];
	}
	return quant_multiply(s, c->g->Multiplier[c->cols + at], c->g->Shift[c->cols + at]);
}

static int32_t quant_gate(const quant_Cell *c, const int16_t *table, int gate, int j) {
	return quant_interpolate(table, quant_saturate(quant_input(c, gate, j) + quant_state(c, gate, j)));
}

static void quant_SimpleStep(quant_Cell *c, float *room) {
	(void)room;
	for (int j = 0; j < c->u; j++) {
		c->next[j] = quant_output(c, quant_gate(c, quant_tanhTable, 0, j));
	}
}

static void quant_LSTMStep(quant_Cell *c, float *room) {
	int bits = c->g->State[3] & 15;
	(void)room;
	for (int j = 0; j < c->u; j++) {
		int32_t i = quant_gate(c, quant_sigmoidTable, 0, j), f = quant_gate(c, quant_sigmoidTable, 1, j);
		int32_t z = quant_gate(c, quant_tanhTable, 2, j), o = quant_gate(c, quant_sigmoidTable, 3, j);
		int32_t s = quant_saturate(quant_shifted(f * (int32_t)c->s[j], 15) + quant_shifted(i * z, 30 - bits));
		c->s[j] = (float)s;
		s = bits > 12 ? quant_shifted(s, bits - 12) : quant_saturate(s * (1 << (12 - bits)));
		c->next[j] = quant_output(c, o * quant_interpolate(quant_tanhTable, s));
	}
}

/* The state of unit j after a step of a GRU, given the part of the state in its candidate. */
static void quant_blend(quant_Cell *c, int j, int32_t q) {
	int32_t s = quant_interpolate(quant_tanhTable, quant_saturate(quant_input(c, 2, j) + q));
	s += quant_shifted(quant_gate(c, quant_sigmoidTable, 0, j) * ((int32_t)c->s[j] - s), 15);
	c->s[j] = (float)s;
	c->next[j] = quant_output(c, s);
}

static void quant_GRUStep(quant_Cell *c, float *room) {
	(void)room;
	for (int j = 0; j < c->u; j++) {
		int32_t q = quant_state(c, 2, j);
		q = q > 65535 ? 65535 : q < -65535 ? -65535 : q;
		quant_blend(c, j, quant_shifted(quant_gate(c, quant_sigmoidTable, 1, j) * q, 15));
	}
}

/* The reset gate of a GRUBefore acts on the state: room is for the outputs of that. */
static void quant_GRUBeforeStep(quant_Cell *c, float *room) {
	for (int j = 0; j < c->u; j++) {
		room[j] = quant_output(c, quant_shifted(quant_gate(c, quant_sigmoidTable, 1, j) * (int32_t)c->s[j], 15));
	}
	for (int j = 0; j < c->u; j++) {
		int32_t q;
		c->m = room;
		q = quant_state(c, 2, j);
		c->m = c->h;
		quant_blend(c, j, q);
	}
}

static void quant_copy(int n, int8_t *y, const float *x) {
	for (int j = 0; j < n; j++) {
		y[j] = (int8_t)x[j];
	}
}

/* Runs n sequences by the steps of a cell; a step that is masked leaves everything as it was. */
static void quant_run(int n, quant_Steps s, quant_Cell c, int8_t *y, const int8_t *x, const float *mask, float *scratch,
	void (*step)(quant_Cell *c, float *room)) {
	c.f = s.F;
	c.u = s.U;
	c.s = scratch;
	c.h = scratch + s.U;
	c.next = scratch + 2 * s.U;
	c.m = c.h;
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < s.U; j++) {
			c.s[j] = 0.0f;
			c.h[j] = (float)c.g->State[0];
		}
		for (int k = 0; k < s.T; k++) {
			int t = s.Reverse ? s.T - 1 - k : k;
			if (mask == NULL || mask[i * s.T + t] > 0.5f) {
				c.x = x + (i * s.T + t) * s.F;
				step(&c, scratch + 3 * s.U);
				memcpy(c.h, c.next, (size_t)s.U * sizeof *c.h);
			}
			if (s.All) {
				quant_copy(s.U, y + (i * s.T + t) * s.U, c.h);
			}
		}
		if (!s.All) {
			quant_copy(s.U, y + i * s.U, c.h);
		}
	}
}

/* scratch of recurrent layers: 4·U numbers */
static void quant_Simple(int n, quant_Steps s, int8_t *y, const int8_t *x, const float *mask, const int8_t *w,
	const int8_t *v, quant_Gates g, float *scratch) {
	quant_Cell c = {.g = &g, .w = w, .v = v, .cols = s.U};
	quant_run(n, s, c, y, x, mask, scratch, quant_SimpleStep);
}

static void quant_LSTM(int n, quant_Steps s, int8_t *y, const int8_t *x, const float *mask, const int8_t *w,
	const int8_t *v, quant_Gates g, float *scratch) {
	quant_Cell c = {.g = &g, .w = w, .v = v, .cols = 4 * s.U};
	quant_run(n, s, c, y, x, mask, scratch, quant_LSTMStep);
}

static void quant_GRU(int n, quant_Steps s, int8_t *y, const int8_t *x, const float *mask, const int8_t *w,
	const int8_t *v, quant_Gates g, float *scratch) {
	quant_Cell c = {.g = &g, .w = w, .v = v, .cols = 3 * s.U};
	quant_run(n, s, c, y, x, mask, scratch, quant_GRUStep);
}

static void quant_GRUBefore(int n, quant_Steps s, int8_t *y, const int8_t *x, const float *mask, const int8_t *w,
	const int8_t *v, quant_Gates g, float *scratch) {
	quant_Cell c = {.g = &g, .w = w, .v = v, .cols = 3 * s.U};
	quant_run(n, s, c, y, x, mask, scratch, quant_GRUBeforeStep);
}

/* y[i] ← row x[i] of w; it returns 1 if x[i] is no row, else 0 */
static int quant_Rows(int n, int rows, int width, int8_t *y, const float *x, const int8_t *w) {
	for (int i = 0; i < n; i++) {
		float v = x[i];
		if (!(v >= 0.0f && v < (float)rows) || v != (float)(int)v) {
			return 1;
		}
		memcpy(y + i * width, w + (int)v * width, (size_t)width);
	}
	return 0;
}
