package norm

import "github.com/nngen/nngen/runtime/f32"

// Fold computes the weights and the bias of a linear layer that gives what a layer with w and b gives with
// BatchNormInfer behind it, up to rounding: with s = γ/√(var + eps) for each of f features
//
//	fw[i,j] = w[i,j]·s[j]                      fw, w  n×f, features last
//	fb[j]   = fma(b[j] − mean[j], s[j], β[j])  fb, b  f; b may be nil, for zeros
//
// where s is rounded as in BatchNormInfer. fw may be w.
func Fold(n, f int, fw, fb, w, b, gamma, beta, mean, variance []float32, eps float32) {
	if !fits(n, f, len(fw)) || !fits(n, f, len(w)) || len(fb) < f || b != nil && len(b) < f ||
		len(gamma) < f || len(beta) < f || len(mean) < f || len(variance) < f {
		panic(badShape)
	}
	for j := range f {
		s := gamma[j] * rsqrt(variance[j]+eps)
		shift := -mean[j]
		if b != nil {
			shift = b[j] - mean[j]
		}
		fb[j] = f32.FMA(shift, s, beta[j])
		for i := j; i < n*f; i += f {
			fw[i] = w[i] * s
		}
	}
}
