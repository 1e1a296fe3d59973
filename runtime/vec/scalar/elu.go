package scalar

// ELU returns x where x > 0, else α·(eˣ − 1).
func ELU(x, alpha float32) float32 {
	if x > 0 {
		return x
	}
	return alpha * Expm1Neg(x)
}

// ELUGrad returns dy where y > 0, else dy·(y + α), y = ELU(x, α) with α ≥ 0.
func ELUGrad(dy, y, alpha float32) float32 {
	if y > 0 {
		return dy
	}
	return dy * (y + alpha)
}

// Klambauer et al., Self-Normalizing Neural Networks, 2017.
const (
	seluLambda      = 1.0507009873554804934193349852946
	seluLambdaAlpha = 1.0507009873554804934193349852946 * 1.6732632423543772848170429916717
)

// SELU returns λ·x where x > 0, else λα·(eˣ − 1).
func SELU(x float32) float32 {
	if x > 0 {
		return seluLambda * x
	}
	return seluLambdaAlpha * Expm1Neg(x)
}

// SELUGrad returns dy·λ where y > 0, else dy·(y + λα), y = SELU(x).
func SELUGrad(dy, y float32) float32 {
	if y > 0 {
		return dy * seluLambda
	}
	return dy * (y + seluLambdaAlpha)
}
