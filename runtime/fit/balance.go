package fit

// BalanceClasses sets classes to weights that make all classes count alike: n/(k·nₖ) for a class that nₖ of n rows are of,
// k being the number of classes that rows are of; 1 for a class that none is of, which then weighs nothing. That is
// class_weight="balanced" of scikit-learn.
//
// The targets y of a row are width shares of the classes, or with width 1 the share of the second of two, 0 for what is
// below. Rows whose weight is 0 do not count; other weights do not matter, nil stands for 1 each. It panics if the lengths
// do not agree.
func BalanceClasses(classes []float32, width int, y, weights []float32) {
	n := len(y) / width
	if len(y) != n*width || weights != nil && len(weights) != n || width != len(classes) && (width != 1 || len(classes) != 2) {
		panic("fit: BalanceClasses: lengths of classes, targets and weights disagree")
	}
	counts := make([]float64, len(classes))
	total, present := 0.0, 0.0
	for i := range n {
		if weights != nil && weights[i] == 0 {
			continue
		}
		total++
		row := y[i*width:][:width]
		if width == 1 {
			second := min(max(float64(row[0]), 0), 1)
			counts[0] += 1 - second
			counts[1] += second
			continue
		}
		for k, share := range row {
			counts[k] += float64(share)
		}
	}
	for _, c := range counts {
		if c > 0 {
			present++
		}
	}
	for k, c := range counts {
		classes[k] = 1
		if c > 0 {
			classes[k] = float32(total / (present * c))
		}
	}
}
