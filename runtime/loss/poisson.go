package loss

import "github.com/nngen/nngen/runtime/vec/scalar"

// poissonEpsilon keeps the logarithm finite where a rate is 0.
const poissonEpsilon = 1e-7

// Poisson is the negative log likelihood of counts t under rates y > 0, less a term that
// depends on t alone, as a mean over the outputs: y − t·ln(y + 10⁻⁷).
func Poisson(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	if f == 0 {
		return 0
	}
	total := 0.0
	for i := range n {
		wi := weight(w, i)
		c := factor(scale, wi, 1, f)
		y, t := y[i*f:][:f], t[i*f:][:f]
		s := 0.0
		for j, v := range y {
			e := v + poissonEpsilon
			s += float64(v) - float64(t[j])*float64(scalar.Log(e))
			if dy != nil {
				dy[i*f+j] = c * (1 - t[j]/e)
			}
		}
		total += float64(mean(wi, s, f))
	}
	return total
}

// PoissonLog is Poisson whose y are the logarithms of the rates: eʸ − t·y.
func PoissonLog(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	if f == 0 {
		return 0
	}
	total := 0.0
	for i := range n {
		wi := weight(w, i)
		c := factor(scale, wi, 1, f)
		y, t := y[i*f:][:f], t[i*f:][:f]
		s := 0.0
		for j, v := range y {
			e := scalar.Exp(v)
			s += float64(e) - float64(t[j])*float64(v)
			if dy != nil {
				dy[i*f+j] = c * (e - t[j])
			}
		}
		total += float64(mean(wi, s, f))
	}
	return total
}
