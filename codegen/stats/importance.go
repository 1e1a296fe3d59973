package stats

import "gonum.org/v1/gonum/stat"

// Importance returns the permutation importance of a column, the mean and the standard deviation of how much worse than
// base the scores are that were measured with its rows shuffled (Breiman, Random Forests, 2001). As in scikit-learn the
// deviation is that of the shuffles themselves, divided by their number. lower says that a lower score is better.
func Importance(base float64, shuffled []float64, lower bool) (mean, sd float64) {
	worse := make([]float64, len(shuffled))
	for i, v := range shuffled {
		if worse[i] = base - v; lower {
			worse[i] = v - base
		}
	}
	return stat.PopMeanStdDev(worse, nil)
}
