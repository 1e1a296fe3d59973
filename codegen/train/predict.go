package train

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Prediction is what a network makes of one example.
type Prediction struct {
	ID      string // the field of the column that identifies rows
	Time    string // of a series: when the first row comes that is foretold
	Filled  int    // of a series: how many rows of the window were put into gaps
	Outputs []PredictedOutput
	Reason  string // why there is none; "" if there is
}

// PredictedOutput is one output of one example.
type PredictedOutput struct {
	Name        string
	Label       string  // of the class that is chosen; "" for regression
	Probability float64 // of that class
	Declined    bool    // whether that is less than the output asks for
	declines    bool    // whether it asks for any
	Classes     []string
	Values      []float32 // one for each class, or each unit
	Columns     []string  // what they are called; all examples share them
	named       bool      // whether they are by the columns of the training data
	interval    int       // how many of the last are the lower ends of intervals, and as many behind them the upper ends
}

// Predictions are what a network makes of examples, one after the other. Each is made when its turn comes, of the
// numbers that the network gave: as a list, those of a large table would take many times what the table does.
type Predictions struct {
	n  int
	at func(i int) Prediction
}

// Len returns how many predictions there are.
func (p Predictions) Len() int { return p.n }

// All returns the predictions in the order of the examples.
func (p Predictions) All() iter.Seq[Prediction] {
	return func(yield func(Prediction) bool) {
		for i := range p.n {
			if !yield(p.at(i)) {
				return
			}
		}
	}
}

// Renamed returns the predictions with other ids in the place of one.
func (p Predictions) Renamed(old, id string) Predictions {
	return Predictions{p.n, func(i int) Prediction {
		x := p.at(i)
		if x.ID == old {
			x.ID = id
		}
		return x
	}}
}

// PredictOptions say which examples a network is run on, and how.
type PredictOptions struct {
	Weights     string // file, in place of the one in the package
	File        string
	SkipBadRows float64           // the share of the rows up to which bad ones have a prediction too, one that says why
	Decimal     string            // mark of the numbers of the file; "" for that of the training data
	ID          string            // column that identifies rows; "" for none
	Remark      func(text string) // takes what was decided about rows; nil for nothing
	// of a series: how many rows behind its last are foretold, from the forecasts before; 0 for those of a window
	Roll int
}

// Predict runs the trained network of a project on the examples of a file.
func Predict(ctx context.Context, p *project.Project, o PredictOptions) (all Predictions, bad data.BadRows, err error) {
	t, err := openTrained(p, o.Weights)
	if err != nil {
		return all, nil, err
	}
	notes, remarks := &data.Notes{ID: o.ID}, []string(nil)
	src := source(p, o.File)
	if o.ID != "" && src.Format != "csv" {
		return all, nil, errors.New("--id names a column of a table, which the file is not")
	}
	set, skipped, err := data.Read(src, "", t.net, data.Options{SkipBadRows: o.SkipBadRows,
		Fitted: t.fitted, Aligned: true, Unlabeled: true, Other: true, Like: t.like(p), Decimal: o.Decimal, Notes: notes,
		Remarks: &remarks})
	if err != nil {
		return all, nil, err
	}
	if o.Remark == nil {
		o.Remark = func(string) {}
	}
	remarks = append(remarks, t.doubts...)
	if text := scaledOtherwise(t.meta, src.Path, set); text != "" {
		remarks = append(remarks, text)
	}
	for _, text := range remarks {
		o.Remark(text)
	}
	g, err := ready(ctx, p, t.net)
	if err != nil {
		return all, nil, err
	}
	defer g.Close()
	made, err := g.predict(ctx, t.weights, set)
	if err != nil {
		return all, nil, err
	}
	reasons := map[int]string{}
	for _, bad := range skipped {
		if bad.Example > 0 {
			reasons[bad.Example-1] = bad.Msg
		}
	}
	of := func(i int) Prediction {
		x := made.at(i)
		if i < len(notes.IDs) {
			x.ID = notes.IDs[i]
		}
		if i < len(notes.Times) {
			x.Time = notes.Times[i]
		}
		if i < len(notes.Filled) {
			x.Filled = notes.Filled[i]
		}
		if why, ok := reasons[i]; ok {
			x.fail(why)
		}
		return x
	}
	if steps := net.Preprocessing(t.net, t.net.Inputs[0]); g.mirrored && len(steps) > 0 {
		var kinds []string
		for _, l := range steps {
			kinds = append(kinds, l.Def.Kind.Name)
		}
		o.Remark(fmt.Sprintf("outputs are inputs as preprocessed, by %s, not in the units of their columns",
			strings.Join(kinds, ", ")))
	}
	if t.net.Guard != nil {
		unlike, err := g.unlike(ctx, t.weights, set)
		if err != nil {
			return all, nil, err
		}
		sayUnlike(unlike, reasons, o.Remark)
	}
	var more []Prediction
	if o.Roll > 0 {
		if src.Series == nil || !data.Rolls(src, t.net) {
			return all, nil, errors.New("--roll goes on from forecasts, which takes a series whose next rows are foretold in the " +
				"columns that its windows are of")
		}
		size := t.net.Outputs[0].Layer.Shape.Size()
		more, err = roll(set, notes, size, o.Roll, func(window []float32) (Prediction, error) {
			next, err := g.predict(ctx, t.weights, fit.Set{N: 1, X: [][]float32{window}})
			if err != nil {
				return Prediction{}, err
			}
			return next.at(0), nil
		})
		if err != nil {
			return all, nil, err
		}
	}
	all = Predictions{set.N + len(more), func(i int) Prediction {
		if i < set.N {
			return of(i)
		}
		return more[i-set.N]
	}}
	all.sayOdd(o.Remark)
	return all, skipped, nil
}

// sayUnlike says how many rows are unlike the training data, of those that have a prediction.
func sayUnlike(unlike []bool, reasons map[int]string, remark func(text string)) {
	n := 0
	for i, is := range unlike {
		_, failed := reasons[i]
		n += bit(is && !failed)
	}
	if n > 0 {
		remark(fmt.Sprintf("%d of %s %s unlike the training data, by Check of the package: predictions of such are "+
			"guesses", n, spec.Count(len(unlike), "row"), areOf(n)))
	}
}

// sayOdd says how many predictions are no numbers, and how many forecasts are from windows with filled rows.
func (p Predictions) sayOdd(remark func(text string)) {
	counts := p.tally()
	if n := counts.undefined; n > 0 {
		remark(fmt.Sprintf("%d of %s %s NaN, and no class is its label: numbers of the row, or sums of them, are beyond "+
			"what float32 holds", n, spec.Count(p.Len(), "prediction"), areOf(n)))
	}
	if n := counts.filled; n > 0 {
		remark(fmt.Sprintf("%s of %d from windows with filled rows, as many as the column filled says",
			spec.Count(n, "forecast"), p.Len()))
	}
}

// A tally is what many predictions have in common: how many say why there is none, when they are of, are from windows
// with rows that were put into gaps, and of rows that were read have a number that is NaN.
type tally struct{ reasons, times, filled, undefined int }

// tally goes through the predictions once.
func (p Predictions) tally() (t tally) {
	for x := range p.All() {
		t.reasons += bit(x.Reason != "")
		t.times += bit(x.Time != "")
		t.filled += bit(x.Filled > 0)
		none := slices.ContainsFunc(x.Outputs, func(o PredictedOutput) bool { return hasNaN(o.Values) })
		t.undefined += bit(none && x.Reason == "")
	}
	return t
}

func hasNaN(y []float32) bool {
	return slices.ContainsFunc(y, func(v float32) bool { return v != v })
}

// predict runs the driver on a set.
func (g *program) predict(ctx context.Context, weights string, set fit.Set) (p Predictions, err error) {
	ys, _, err := g.outputs(ctx, "predict", weights, set)
	if err != nil {
		return p, err
	}
	outs, err := g.decided(weights)
	if err != nil {
		return p, err
	}
	return predictionsFrom(set.N, g.net.Outputs, outs, ys, g.targets), nil
}

// predictionsFrom returns what outputs make of n examples, given the numbers of each, and the names of its targets; nil
// where they have none.
func predictionsFrom(n int, outs []*net.Output, d []decided, ys [][]float32, targets [][]string) Predictions {
	columns := make([][]string, len(outs))
	for k, o := range outs {
		columns[k] = valueColumns(o, targets[k])
	}
	return Predictions{n, func(i int) Prediction {
		x := Prediction{Outputs: make([]PredictedOutput, len(outs))}
		for k, o := range outs {
			width := o.Layer.Shape.Size()
			x.Outputs[k] = predicted(o, d[k], ys[k][i*width:][:width:width])
			x.Outputs[k].Columns, x.Outputs[k].named = columns[k], targets[k] != nil
		}
		return x
	}}
}

// roll foretells rows behind those that the last window foretells, from windows that end with the forecasts before.
// Each window foretells size numbers, those of one row or more; the last may foretell some beyond those asked for.
func roll(set fit.Set, notes *data.Notes, size, rows int,
	predict func(window []float32) (Prediction, error)) (list []Prediction, err error) {
	width := len(set.X[0]) / set.N
	window := slices.Clone(set.X[0][len(set.X[0])-width:])
	for at := 0; at < rows; at += size / notes.Window {
		p, err := predict(window)
		if err != nil {
			return nil, err
		}
		if at > 0 { // the first is that of the last window
			p.Time, p.Filled = notes.After(at+1), notes.FilledOf(width/notes.Window-at)
			list = append(list, p)
		}
		window = append(window, p.Outputs[0].Values[:size]...)
		window = slices.Clone(window[len(window)-width:])
	}
	return list, nil
}

// fail takes the outputs of a row back that could not be read, and says why.
func (p *Prediction) fail(reason string) {
	p.Reason = reason
	for i := range p.Outputs {
		o := &p.Outputs[i]
		o.Label, o.Probability = "", math.NaN()
		o.Values = slices.Repeat([]float32{float32(math.NaN())}, len(o.Values))
	}
}

// predicted is what an output makes of an example, without the names of its numbers.
func predicted(o *net.Output, d decided, y []float32) PredictedOutput {
	r := PredictedOutput{Name: o.Name, Values: y}
	if d.radius != nil {
		r.interval = len(d.radius)
		r.Values = slices.Clone(y)
		b := intervals{o: o, y: y, radius: d.radius}
		var lows, highs []float32
		for j := range d.radius {
			low, high := b.of(0, j)
			lows, highs = append(lows, low), append(highs, high)
		}
		r.Values = append(append(r.Values, lows...), highs...)
	}
	switch {
	case o.Task == "multiclass" && len(o.Classes) == len(y):
		best := 0
		for i, v := range y {
			if v > y[best] {
				best = i
			}
		}
		r.Label, r.Probability, r.Classes = o.Classes[best], float64(y[best]), o.Classes
	case o.Task == "binary" && len(y) == 1 && len(o.Classes) == 2:
		threshold := d.Threshold
		if threshold == 0 {
			threshold = 0.5
		}
		r.Classes, r.Values = o.Classes, []float32{1 - y[0], y[0]}
		k := bit(y[0] >= threshold)
		r.Label, r.Probability = o.Classes[k], float64(r.Values[k])
	}
	if r.Label != "" && hasNaN(y) { // no class is the likeliest
		r.Label, r.Probability = "", math.NaN()
	}
	r.declines = o.Confidence > 0
	r.Declined = r.declines && !(float32(r.Probability) >= float32(o.Confidence))
	return r
}

// valueColumns returns what the numbers of an output are called: as the columns of its targets, or where those have no
// names as the output, of several with their number, y_1; those of quantiles and intervals with what they are behind
// it: price_q0.05, y_1_low.
func valueColumns(o *net.Output, targets []string) (names []string) {
	width := o.TargetWidth()
	block := func(what string) {
		for t := range width {
			name := o.Name
			switch {
			case targets != nil:
				name = targets[t]
			case width > 1:
				name = fmt.Sprintf("%s_%d", o.Name, t)
			}
			names = append(names, name+what)
		}
	}
	for _, q := range o.Quantiles {
		block(fmt.Sprintf("_q%g", q))
	}
	if o.Quantiles == nil {
		block("")
	}
	if o.Radius != nil {
		block("_low")
		block("_high")
	}
	return names
}

// Form says how predictions are written.
type Form struct {
	ID    string // header of the column that identifies rows; "" for none
	Proba bool   // the probabilities of all classes, not of the label alone
}

// WriteCSV writes predictions as a table with a header: for each output with classes the label and the probability of
// each class, or of the label alone, and whether it declines to choose if it may, for others their numbers. Of a series
// the time of the first row that is foretold stands in front, and behind, where gaps were filled, how many rows of the
// window were put there.
func (f Form) WriteCSV(w io.Writer, all Predictions) error {
	c := csv.NewWriter(w)
	counts := all.tally()
	reasons, times, filled := counts.reasons > 0, counts.times > 0, counts.filled > 0
	var row []string
	for p := range all.All() {
		if row == nil {
			if err := c.Write(f.header(p, times, filled, reasons)); err != nil {
				return err
			}
		}
		row = row[:0]
		if f.ID != "" {
			row = append(row, p.ID)
		}
		if times {
			row = append(row, p.Time)
		}
		number := func(v float64) {
			if p.Reason != "" {
				row = append(row, "")
				return
			}
			row = append(row, shortest(v))
		}
		for _, o := range p.Outputs {
			if o.Classes != nil {
				row = append(row, o.Label)
				if !f.Proba {
					number(o.Probability)
				}
				if o.declines {
					row = append(row, strconv.FormatBool(o.Declined))
				}
				if !f.Proba {
					continue
				}
			}
			for _, v := range o.Values {
				number(float64(v))
			}
		}
		if filled {
			row = append(row, strconv.Itoa(p.Filled))
		}
		if reasons {
			row = append(row, p.Reason)
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// shortest writes a float32 with as many digits as tell it from others, without an exponent unless it is huge or tiny.
func shortest(v float64) string {
	if size := math.Abs(v); size >= 1e15 || size > 0 && size < 1e-9 {
		return strconv.FormatFloat(v, 'g', -1, 32)
	}
	return strconv.FormatFloat(v, 'f', -1, 32)
}

// header returns the names of the columns of predictions.
func (f Form) header(p Prediction, times, filled, reasons bool) []string {
	var header []string
	if f.ID != "" {
		header = append(header, f.ID)
	}
	if times {
		header = append(header, "time")
	}
	for _, o := range p.Outputs {
		prefix := ""
		if len(p.Outputs) > 1 {
			prefix = o.Name + "_"
		}
		switch {
		case o.Classes != nil && f.Proba:
			header = append(header, prefix+"label")
			if o.declines {
				header = append(header, prefix+"declined")
			}
			for _, class := range o.Classes {
				header = append(header, prefix+class)
			}
		case o.Classes != nil:
			header = append(header, prefix+"label", prefix+"probability")
			if o.declines {
				header = append(header, prefix+"declined")
			}
		default:
			header = append(header, o.Columns...)
		}
	}
	if filled {
		header = append(header, "filled")
	}
	if reasons {
		header = append(header, "reason")
	}
	return header
}

// WriteJSON writes predictions as one object a line. Numbers that are not finite are null.
func (f Form) WriteJSON(w io.Writer, all Predictions) error {
	lines := bufio.NewWriter(w)
	enc := json.NewEncoder(lines)
	for p := range all.All() {
		line := map[string]any{}
		for _, o := range p.Outputs {
			if o.Classes == nil {
				values := make([]any, len(o.Values))
				for i, v := range o.Values {
					values[i] = numberOrNull(v)
				}
				line[o.Name] = values
				if o.named && len(values) == 1 && o.Columns[0] == o.Name {
					line[o.Name] = values[0]
				} else if o.named {
					byName := map[string]any{}
					for i, c := range o.Columns {
						byName[c] = values[i]
					}
					line[o.Name] = byName
				} else if n := len(values) - 2*o.interval; o.interval > 0 {
					line[o.Name] = map[string]any{"values": values[:n], "low": values[n:][:o.interval], "high": values[n+o.interval:]}
				}
				continue
			}
			r := map[string]any{"label": o.Label, "probability": numberOrNull(float32(o.Probability))}
			if o.declines {
				r["declined"] = o.Declined
			}
			if f.Proba {
				probabilities := map[string]any{}
				for i, class := range o.Classes {
					probabilities[class] = numberOrNull(o.Values[i])
				}
				r["probabilities"] = probabilities
			}
			line[o.Name] = r
		}
		if f.ID != "" {
			line[f.ID] = p.ID
		}
		if p.Time != "" {
			line["time"] = p.Time
		}
		if p.Filled > 0 {
			line["filled"] = p.Filled
		}
		if p.Reason != "" {
			line["reason"] = p.Reason
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return lines.Flush()
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
