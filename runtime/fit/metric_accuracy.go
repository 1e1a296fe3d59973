package fit

// Accuracy is the share of units of binary outputs, or of rows of multiclass ones, whose class is right.
var Accuracy = Measured{
	Name: "accuracy", Default: true,
	Report: Report{Doc: "Share of the units, or of the rows, whose class is right.", //nngen:if reports
		Share: true, Counted: true}, //nngen:if reports
	Tasks: map[string]func(*predictions) float64{
		Binary:     func(p *predictions) float64 { return ratio(p.right(), float64(len(p.y))) }, //nngen:if binary
		Multiclass: func(p *predictions) float64 { return p.top(1) },                            //nngen:if multiclass
	},
}

// right returns how many units of binary outputs are on the side of their targets.
func (p *predictions) right() float64 {
	n := 0.0
	for i, v := range p.y {
		if (v >= p.threshold) == (p.t[i] > 0.5) {
			n++
		}
	}
	return n
}
