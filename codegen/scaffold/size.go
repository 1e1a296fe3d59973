package scaffold

// manyRows is the number of rows from which a regression needs little to hold it back.
const manyRows = 20_000

// fewForCurves is the number of rows below which a linear path is a part of the network.
const fewForCurves = 2000

// leastHeldOut is the number of rows for validation below which none are held out: fewer stop a training early by
// chance, and are missed in it. All learn for a fixed number of epochs instead, the rate falling to nothing, so that the
// last steps average over the rows.
const (
	leastHeldOut = 20
	fixedEpochs  = 300
)

// Shares of the rows that are held out for testing, and of the others for validation.
const (
	testShare       = 0.2
	validationShare = 0.1
)

// size chooses the hidden layers: units grow with the rows, which are what they learn from.
func (d *draft) size() {
	switch {
	case d.isDense():
		d.units = []int{64, 32}
	case d.learnsFromAll():
		d.units = []int{32}
	case d.rows < 200:
		d.units = []int{16}
	case d.rows < 2000:
		d.units = []int{32, 16}
	case d.rows < 20_000:
		d.units = []int{64, 32}
	default:
		d.units = []int{128, 64}
	}
	if d.inputs > 4*d.units[0] {
		d.units[0] *= 2
	}
}

// hasLinearPath tells whether the output reads the input beside the hidden layers, which hold back for it: of a series,
// which may rise above what it was trained on, and of few rows, which tell a line, and little beside it.
func (d *draft) hasLinearPath() bool {
	return d.Time != "" || d.Data != "" && d.texts == nil && d.rows < fewForCurves
}

// isDense tells whether the rows, though fewer than fewForCurves, are so many for each number of the input that they
// tell curves: a net of more units, hardly held back, then does as well on a line, and finds what is none.
func (d *draft) isDense() bool {
	const least, forEach = 200, 150
	return d.Data != "" && d.Time == "" && d.texts == nil && d.rows < fewForCurves &&
		d.rows >= max(least, forEach*d.inputs)
}

// learnsFromAll tells whether the rows are too few to hold some out for validation. What holds such a network back is
// its decay alone, so that it is larger.
func (d *draft) learnsFromAll() bool {
	if d.Data == "" || d.seen > 0 || d.Time != "" || d.texts != nil {
		return false
	}
	rows := float64(d.rows)
	if d.Test == "" {
		rows -= testShare * rows
	}
	return validationShare*rows < leastHeldOut
}

// isShortSeries tells whether the data is a series of so few rows that a tenth of them, the newest, says little about
// how good a network is, and is missed in training.
func (d *draft) isShortSeries() bool { return d.Time != "" && d.rows < 1000 }
