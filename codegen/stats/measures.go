package stats

// Measure is a row of the table of what is measured of classes beside the metrics of a training.
type Measure struct {
	Name  string
	Share bool // whether it is a share of 1, which reports give in percent
	Lower bool // whether lower is better
	// Tempered says that a temperature changes it, though no prediction.
	Tempered bool
	Of       func(c *Classes) float64
}

// Measures are those of an evaluation, in the order of reports.
var Measures = []Measure{
	{Name: "balanced_accuracy", Share: true, Of: (*Classes).BalancedAccuracy},
	{Name: "average_precision", Share: true, Of: (*Classes).AveragePrecision},
	{Name: "calibration_error", Share: true, Lower: true, Tempered: true,
		Of: func(c *Classes) float64 { return c.CalibrationError(CalibrationBins) }},
	{Name: "mcc", Of: (*Classes).MCC},
	{Name: "log_loss", Lower: true, Tempered: true, Of: (*Classes).LogLoss},
}

// CalibrationBins is the number of bins of the expected calibration error, as in Guo et al.
const CalibrationBins = 15
