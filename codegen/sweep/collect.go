package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/spec"
)

// rung is a stage of successive halving: settings, and the share of their epochs that they are trained for.
type rung struct {
	plan     *Plan
	settings []int
	part     float64
}

// epochs returns the limit for a setting: 0 for that of its spec.
func (r rung) epochs(setting int) int {
	if r.part == 1 {
		return 0
	}
	return max(1, int(math.Round(r.part*float64(r.plan.specs[setting].Training.Epochs))))
}

// Round is a stage of successive halving, as far as it is known before any trial has run.
type Round struct {
	Trials int
	Of     int // the trials have one part of so many of their epochs
}

// Rounds returns the stages of successive halving; one without it.
func (p *Plan) Rounds() []Round {
	per := p.Len() / len(p.Settings)
	list := []Round{{Trials: p.Len(), Of: 1}}
	if p.Search != "halving" {
		return list
	}
	for n := len(p.Settings) / p.Eta; n >= 1; n /= p.Eta {
		list = append(list, Round{Trials: n * per, Of: 1})
		for i := range list[:len(list)-1] {
			list[i].Of *= p.Eta
		}
	}
	return list
}

// round returns a stage, by its number from 1 on. It is an error, which names them, if trials of the stage before have
// no result yet.
func (p *Plan) round(number int) (rung, error) {
	if rounds := p.Rounds(); number < 1 || number > len(rounds) {
		return rung{}, fmt.Errorf("there are rounds 1 to %d, but no %d", len(rounds), number)
	}
	var last rung
	at := 0
	for k, r := range p.rungs() {
		if last, at = r, k+1; at == number {
			return r, nil
		}
	}
	const few = 5
	var missing []string
	for n, i := range last.trials() {
		if p.result(i, last.epochs(p.trial(i).setting)) == nil {
			missing = append(missing, strconv.Itoa(n))
		}
	}
	text := strings.Join(missing[:min(len(missing), few)], ", ")
	if len(missing) > few {
		text += ", …"
	}
	return rung{}, fmt.Errorf("round %d goes by the results of round %d, of which %d of %d trials have none yet (%s): "+
		"nngen sweep run %s --round %d runs those", number, at, len(missing), len(last.trials()), text, p.dir, at)
}

// rungs returns the stages whose settings are known: the first, and each whose predecessor is complete.
func (p *Plan) rungs() func(yield func(int, rung) bool) {
	return func(yield func(int, rung) bool) {
		if p.Search != "halving" {
			yield(0, rung{p, p.all(), 1})
			return
		}
		stages := len(p.Rounds()) - 1
		settings := p.all()
		for k := stages; k >= 0; k-- {
			r := rung{p, settings, math.Pow(float64(p.Eta), -float64(k))}
			if !yield(stages-k, r) || k == 0 || !p.complete(r) {
				return
			}
			rows := p.rows(r)
			settings = nil
			for _, row := range rows[:max(1, len(rows)/p.Eta)] {
				settings = append(settings, row.Setting)
			}
			slices.Sort(settings)
		}
	}
}

func (p *Plan) all() []int {
	list := make([]int, len(p.Settings))
	for i := range list {
		list[i] = i
	}
	return list
}

// trialsOf returns the trials of a setting.
func (p *Plan) trialsOf(setting int) []int {
	per := p.Len() / len(p.Settings)
	var list []int
	for i := range per {
		list = append(list, setting*per+i)
	}
	return list
}

// trials returns the trials of a stage, in the order of the numbers that they have in it.
func (r rung) trials() (list []int) {
	for _, s := range r.settings {
		list = append(list, r.plan.trialsOf(s)...)
	}
	return list
}

// complete tells whether all trials of a stage have results.
func (p *Plan) complete(r rung) bool {
	for _, i := range r.trials() {
		if p.result(i, r.epochs(p.trial(i).setting)) == nil {
			return false
		}
	}
	return true
}

// Row is a setting in the table.
type Row struct {
	Setting  int
	Values   []string
	Scores   []float64 // of its trials, in order; NaN without a result
	Mean, SD float64   // SD is NaN of a single score
	// Difference and DifferenceSD are those of the scores to the best setting's, seed by seed and fold by fold.
	Difference, DifferenceSD float64
	Done, Failed             int
	Epochs                   float64 // mean
	Parameters               int     // that are trained
	Training                 float64 // mean of the metric on the training set; NaN if it was not measured
	Best                     float64 // mean epoch that was kept; 0 for the last
	curves                   []map[string][]*float64
	path                     [][]float32 // of the first trial
}

// Table is what a sweep came to.
type Table struct {
	Metric  string
	Lower   bool
	Fields  []string
	Rows    []Row // the best first; those without a score last
	Missing int   // trials without a result
	Trials  int
	plan    *Plan
	results []*Result // of all stages
}

// rows returns the settings of a stage, the best first.
func (p *Plan) rows(r rung) []Row {
	lower := true
	var rows []Row
	for _, s := range r.settings {
		row := Row{Setting: s, Values: p.Settings[s]}
		var trained []float64
		for _, i := range p.trialsOf(s) {
			score := math.NaN()
			switch res := p.result(i, r.epochs(s)); {
			case res == nil:
			case res.Failure != "":
				row.Done, row.Failed = row.Done+1, row.Failed+1
				row.addTrial(res)
			default:
				row.Done++
				row.addTrial(res)
				row.Best += float64(res.Best)
				if res.Training != nil {
					trained = append(trained, *res.Training)
				}
				row.Epochs += float64(res.Epochs)
				score, lower = res.Metrics[p.Metric], slices.Contains(res.Lower, p.Metric)
			}
			row.Scores = append(row.Scores, score)
		}
		row.Mean, row.SD = spread(row.Scores)
		row.Training, _ = spread(trained)
		row.Epochs /= float64(row.Done - row.Failed)
		row.Best /= float64(row.Done - row.Failed)
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		// A setting that diverged for some seed or fold is no better for the rest.
		if a.Failed != b.Failed && (a.Failed > 0) != (b.Failed > 0) {
			return order(b.Failed > 0)
		}
		switch {
		case math.IsNaN(a.Mean) || math.IsNaN(b.Mean):
			return bit(math.IsNaN(a.Mean)) - bit(math.IsNaN(b.Mean))
		case a.Mean == b.Mean:
			return 0
		}
		return order(lower == (a.Mean < b.Mean))
	})
	for i := range rows {
		d := make([]float64, len(rows[i].Scores))
		for k, v := range rows[i].Scores {
			d[k] = v - rows[0].Scores[k]
		}
		rows[i].Difference, rows[i].DifferenceSD = spread(d)
	}
	return rows
}

// addTrial adds what every trial has, whatever it came to.
func (r *Row) addTrial(res *Result) {
	r.Parameters = res.Parameters
	r.curves = append(r.curves, res.Curve)
	if r.path == nil {
		r.path = res.Path
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func order(first bool) int {
	if first {
		return -1
	}
	return 1
}

// spread returns the mean and the deviation, with n − 1, of the numbers that are some.
func spread(xs []float64) (mean, sd float64) {
	n := 0
	for _, x := range xs {
		if x == x {
			mean += x
			n++
		}
	}
	mean /= float64(n)
	for _, x := range xs {
		if x == x {
			sd += (x - mean) * (x - mean)
		}
	}
	if n < 2 {
		return mean, math.NaN()
	}
	return mean, math.Sqrt(sd / float64(n-1))
}

// Collect makes the table of the results that there are, of successive halving that of the last stage whose trials have
// all ended, and writes results.jsonl, table.txt, plot.svg, curves.svg and report.html to its folder; rates.svg too if
// the rates change over the epochs, and surface.svg if the network has just two numbers and all trials came to their
// end, which those of successive halving do not. It is an error if report.html there is not such a page.
func (p *Plan) Collect() (*Table, error) {
	t := &Table{Metric: p.Metric, Lower: true, Fields: p.Fields, plan: p}
	var lines bytes.Buffer
	for _, r := range p.rungs() {
		rows := p.rows(r)
		some := false
		for _, row := range rows {
			t.Trials += len(row.Scores)
			t.Missing += len(row.Scores) - row.Done
			some = some || row.Done > 0
			for _, i := range p.trialsOf(row.Setting) {
				if res := p.result(i, r.epochs(row.Setting)); res != nil {
					t.Lower = len(res.Metrics) == 0 || slices.Contains(res.Lower, p.Metric)
				}
			}
		}
		slices.SortFunc(r.settings, func(a, b int) int { return a - b })
		for _, s := range r.settings {
			for _, i := range p.trialsOf(s) {
				if res := p.result(i, r.epochs(s)); res != nil {
					res.Curve, res.Path, res.file = nil, nil, p.file(i, r.epochs(s))
					t.results = append(t.results, res)
					b, err := json.Marshal(res)
					if err != nil {
						return nil, err
					}
					lines.Write(append(b, '\n'))
				}
			}
		}
		if some && (t.Rows == nil || p.complete(r)) {
			t.Rows = rows
		}
	}
	if t.Rows == nil {
		return nil, fmt.Errorf("%s: no trial of this plan has a result yet", p.dir)
	}
	pictures, err := t.pictures()
	if err != nil {
		return nil, err
	}
	page, err := t.HTML("")
	if err != nil {
		return nil, err
	}
	files := append([]file{{resultsFile, lines.Bytes()}, {tableFile, []byte(t.String())}, {PageFile, page}},
		pictures...)
	old, err := regular.Read(filepath.Join(p.dir, PageFile), maxFile)
	if err == nil && !made.Match(old) || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: not written by nngen, so it is left alone; move it away", filepath.Join(p.dir, PageFile))
	}
	for _, f := range files {
		if err := output.Replace(filepath.Join(p.dir, f.name), f.contents); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// cells returns the rows of the table, the first with the names of the columns.
func (t *Table) cells() [][]string {
	head := append(slices.Clone(t.Fields), t.Metric, "difference", "epochs", "trials")
	sizes := slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Parameters != t.Rows[0].Parameters })
	if sizes {
		head = slices.Insert(head, len(t.Fields), parameters)
	}
	rows := [][]string{head}
	plusMinus := func(mean, sd float64) string {
		switch {
		case math.IsNaN(mean):
			return "-"
		case math.IsNaN(sd):
			return plain(mean, 4)
		}
		return plain(mean, 4) + " ± " + plain(sd, 2)
	}
	for i, r := range t.Rows {
		difference := plusMinus(r.Difference, r.DifferenceSD)
		if i == 0 {
			difference = ""
		}
		trials := fmt.Sprint(r.Done)
		if r.Done < len(r.Scores) {
			trials = fmt.Sprintf("%d of %d", r.Done, len(r.Scores))
		}
		if r.Failed > 0 {
			trials += fmt.Sprintf(", %d diverged", r.Failed)
		}
		epochs := "-"
		if !math.IsNaN(r.Epochs) {
			epochs = strconv.FormatFloat(math.Round(10*r.Epochs)/10, 'f', -1, 64)
		}
		cells := slices.Clone(r.Values)
		if sizes {
			cells = append(cells, fmt.Sprint(r.Parameters))
		}
		rows = append(rows, append(cells, plusMinus(r.Mean, r.SD), difference, epochs, trials))
	}
	return rows
}

// String writes the table.
func (t *Table) String() string {
	rows := t.cells()
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		var line strings.Builder
		for i, c := range r {
			line.WriteString(c + strings.Repeat(" ", width[i]-len([]rune(c))+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String() + "\n" + t.remarks()
}

// remarks says what the columns are, in lines.
func (t *Table) remarks() string {
	var b strings.Builder
	direction := "higher"
	if t.Lower {
		direction = "lower"
	}
	on := "on the validation set"
	if t.plan.Folds > 0 {
		on = fmt.Sprintf("on the fold held out, of %d", t.plan.Folds)
	}
	fmt.Fprintf(&b, "%s %s, mean ± deviation of the trials, %s is better; difference: to the first row, seed by seed",
		t.Metric, on, direction)
	if t.plan.Folds > 0 {
		b.WriteString(" and fold by fold")
	}
	b.WriteString("\n")
	if t.Missing > 0 {
		have := "have"
		if t.Missing == 1 {
			have = "has"
		}
		fmt.Fprintf(&b, "%d of %s %s no result yet\n", t.Missing, spec.Count(t.Trials, "trial"), have)
	}
	return b.String()
}

// plain writes a number with some digits, without an exponent unless it is huge or tiny.
func plain(v float64, digits int) string {
	text := strconv.FormatFloat(v, 'g', digits, 64)
	rounded, err := strconv.ParseFloat(text, 64)
	if size := math.Abs(v); err != nil || !(size < 1e15) || size != 0 && size < 1e-4 {
		return text
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
