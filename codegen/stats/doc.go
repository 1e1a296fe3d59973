// Package stats says how far predictions can be trusted: measures that show more than their metrics, confidence
// intervals, and the linear model that a network should be better than.
//
// It exists beside the metrics of package fit, which generated code carries, for what is only read after a training.
// What cannot be measured, such as the recall of a class that no row is of, is NaN.
package stats
