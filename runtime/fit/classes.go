package fit

// ClassWeight returns the sum over n rows of targets of the weight of each, 1 if weights is nil, times that of its
// class, added in order in float64.
//
// The targets of a row are shares of the classes, one number for each, or for two classes the share of the second. The
// weight of the class of a row is the mean of those of the classes, each counting by its share: that of a class where
// the row is wholly of that.
func ClassWeight(n int, weights, targets, classes []float32) float64 {
	sum, width := 0.0, len(targets)/n
	for r := range n {
		sum += weightOf(weights, r, targets[r*width:][:width], classes)
	}
	return sum
}

// ByClass sets dst to the weights of as many rows of targets, 1 each if weights is nil, times those of their classes
// and times share: see ClassWeight. It panics if there are fewer weights or targets.
func ByClass(dst, weights, targets, classes []float32, share float64) {
	if len(dst) == 0 {
		return
	}
	width := len(targets) / len(dst)
	for r := range dst {
		dst[r] = float32(weightOf(weights, r, targets[r*width:][:width], classes) * share)
	}
}

// weightOf returns the weight of a row times that of its class.
func weightOf(weights []float32, r int, row, classes []float32) float64 {
	w := 0.0
	if len(row) == 1 {
		second := min(max(float64(row[0]), 0), 1)
		w = float64((1-second)*float64(classes[0])) + float64(second*float64(classes[1]))
	} else {
		for k, t := range row {
			w += float64(float64(t) * float64(classes[k]))
		}
	}
	if weights != nil {
		w *= float64(weights[r])
	}
	return w
}
