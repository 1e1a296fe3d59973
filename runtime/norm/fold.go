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
		s := factor(j, fb, b, gamma, beta, mean, variance, eps)
		for i := j; i < n*f; i += f {
			fw[i] = w[i] * s
		}
	}
}

// FoldTransposed is Fold for a transposed convolution of c channels to f features, in groups: fw and w are n taps of
// f/groups×c, those of a group of channels belonging to a group of features. It panics as Fold does, and if the groups
// don't divide f and c.
func FoldTransposed(n, f, c, groups int, fw, fb, w, b, gamma, beta, mean, variance []float32, eps float32) {
	if groups <= 0 || f < 0 || c < 0 || f%groups != 0 || c%groups != 0 || !fits(n, f/groups*c, len(fw)) || !fits(n, f/groups*c, len(w)) ||
		len(fb) < f || b != nil && len(b) < f || len(gamma) < f || len(beta) < f || len(mean) < f || len(variance) < f {
		panic(badShape)
	}
	per, cols := f/groups, c/groups
	for j := range f {
		s := factor(j, fb, b, gamma, beta, mean, variance, eps)
		for tap := range n {
			at := (tap*per+j%per)*c + j/per*cols
			for i := at; i < at+cols; i++ {
				fw[i] = w[i] * s
			}
		}
	}
}

// factor returns s of feature j, and writes its bias.
func factor(j int, fb, b, gamma, beta, mean, variance []float32, eps float32) float32 {
	s := gamma[j] * rsqrt(variance[j]+eps)
	shift := -mean[j]
	if b != nil {
		shift = b[j] - mean[j]
	}
	fb[j] = f32.FMA(shift, s, beta[j])
	return s
}
