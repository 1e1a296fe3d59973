package train

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/nngen/nngen/spec"
)

// Quantization is what nngen quantize says of a network that it made.
type Quantization struct {
	Package    string           `json:"package"` // its folder
	Observer   string           `json:"observer"`
	Rows       int              `json:"calibration_rows"`
	Learned    int              `json:"learned_ranges"` // that training found, in place of the observer
	Layers     []QuantizedLayer `json:"layers"`
	Float      []string         `json:"float32_layers"`
	Int8Bytes  int64            `json:"weights_bytes"`
	FloatBytes int64            `json:"float32_weights_bytes"`
	HeldOut    string           `json:"held_out"` // which rows; "" for none
	Examples   int              `json:"examples"` // how many of them were measured
	Of         int              `json:"of"`
	Before     []metric         `json:"before"` // of several outputs with the name of one in front, as price_rmse
	After      []metric         `json:"after"`
	Shifts     []Shift          `json:"shifts"`
	Remark     string           `json:"remark,omitempty"` // on the rows that are held out
	Worse      []string         `json:"worse,omitempty"`  // on outputs that lose much
	// Refitted is to how many validation rows the intervals were fitted again; 0 if there are none.
	Refitted int `json:"interval_rows,omitempty"`
	// Whole says that the package in float32 takes one step after another, and this one whole sequences alone.
	Whole bool `json:"whole_sequences_only"`
	// Unguarded says that the package in float32 tells inputs that are unlike the training rows, and this one does not.
	Unguarded bool `json:"without_guard"`
	halves    bool // whether the package that it was made from has some weights in 16 bits
	measured  []measuredOutput
}

// measuredOutput is what the metrics of an output are before and after.
type measuredOutput struct {
	name          string
	before, after []metric
}

// setOutputs notes the metrics of outputs.
func (r *Quantization) setOutputs(outputs []measuredOutput) {
	r.measured = outputs
	named := func(o measuredOutput, list []metric) []metric {
		list = slices.Clone(list)
		for i := range list {
			if len(outputs) > 1 {
				list[i].Name = o.name + "_" + list[i].Name
			}
		}
		return list
	}
	for _, o := range outputs {
		r.Before, r.After = append(r.Before, named(o, o.before)...), append(r.After, named(o, o.after)...)
	}
}

// Shift is how far quantisation moves the numbers of an output on the held-out rows: the mean and the largest absolute
// difference.
type Shift struct {
	Output        string `json:"output"`
	Probabilities bool   `json:"probabilities"`
	Mean          number `json:"mean"`
	Max           number `json:"max"`
}

// QuantizedLayer is what quantisation does to the output of a layer.
type QuantizedLayer struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// SNR is the signal-to-noise ratio of the output in dB, beside that of float64; Own is that of the layer alone, its
	// input being what float64 has, quantised.
	SNR number `json:"snr_db"`
	Own number `json:"own_snr_db"`
	// Low and High are the range that the observer chose, Saturated the share of the numbers beyond it, Outliers that
	// of those farther than four standard deviations from the mean; they are of an int8 output.
	Low       number `json:"low"`
	High      number `json:"high"`
	Saturated number `json:"saturated"`
	Outliers  number `json:"outliers"`
	Integer   bool   `json:"int8_output"`
	weighted  bool   // see quant.Kind
}

// remedy names the layers that lose most, and says what to do.
func (r *Quantization) remedy() string {
	layers := slices.Clone(r.Layers)
	layers = slices.DeleteFunc(layers, func(l QuantizedLayer) bool { return !l.weighted })
	slices.SortStableFunc(layers, func(a, b QuantizedLayer) int { return cmp.Compare(a.Own, b.Own) })
	var worst []string
	for _, l := range layers[:min(3, len(layers))] {
		name, _, _ := strings.Cut(l.Name, "…")
		worst = append(worst, fmt.Sprintf("%s (%.1f dB)", name, float64(l.Own)))
	}
	return fmt.Sprintf("the layers that lose most are %s: leave them in float32 by quantize: {skip: […]}, or try another "+
		"observer", strings.Join(worst, ", "))
}

// What makes an output much worse: an rmse by this factor, an accuracy by this much.
const (
	worseError    = 1.25
	worseAccuracy = 0.02
)

// remarkWorse remarks on the outputs that quantisation makes much worse.
func (r *Quantization) remarkWorse() {
	for _, o := range r.measured {
		for i, before := range o.before {
			after := o.after[i]
			if before.Name == "rmse" && after.Value > worseError*before.Value ||
				before.Name == "accuracy" && before.Value-after.Value > worseAccuracy {
				r.Worse = append(r.Worse, fmt.Sprintf("%s is much worse in 8 bits, %s → %s; %s", o.name, before,
					strings.TrimPrefix(after.String(), after.Name+" "), r.remedy()))
			}
		}
	}
}

// mostLost returns the accuracy of the output that lost most of it, before and after, and which it is of several: one
// of which it is NaN, if there is one. It is not ok if none has classes.
func (r *Quantization) mostLost() (before, after float64, of string, ok bool) {
	for _, o := range r.measured {
		i := slices.IndexFunc(o.before, func(m metric) bool { return m.Name == "accuracy" })
		if i < 0 {
			continue
		}
		if b, a := float64(o.before[i].Value), float64(o.after[i].Value); !ok || b-a > before-after || math.IsNaN(b-a) {
			if before, after, ok = b, a, true; len(r.measured) > 1 {
				of = " of " + o.name
			}
		}
	}
	return before, after, of, ok
}

// JSON returns the report as indented JSON.
func (r *Quantization) JSON() ([]byte, error) { return json.MarshalIndent(r, "", "  ") }

// String returns the report as text.
func (r *Quantization) String() string {
	before := "in float32"
	if r.halves {
		before = "in 16 bits and float32"
	}
	text := r.Table() + fmt.Sprintf("%s: weights of %d bytes, %.0f %% of the %d %s\n",
		r.Package, r.Int8Bytes, 100*float64(r.Int8Bytes)/float64(r.FloatBytes), r.FloatBytes, before)
	if r.Whole {
		text += fmt.Sprintf("%s takes whole sequences: State and Step, which take one step after another, are in the "+
			"package in "+
			"float32 alone\n", r.Package)
	}
	if r.Unguarded {
		text += fmt.Sprintf("%s has no guard: Check, which tells inputs that are unlike the training rows, is in the "+
			"package in "+
			"float32 alone\n", r.Package)
	}
	return text
}

// Table returns what the report says of layers and of accuracy.
func (r *Quantization) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "calibrated on %s, ranges by %s", spec.Count(r.Rows, "training row"), r.Observer)
	if r.Learned > 0 {
		fmt.Fprintf(&b, ", %d of them by training", r.Learned)
	}
	b.WriteByte('\n')
	if r.Rows < fewRows {
		say := "say"
		if r.Rows == 1 {
			say = "says"
		}
		fmt.Fprintf(&b, "%s %s little of the range of a number: what goes beyond it is cut off\n",
			spec.Count(r.Rows, "row"), say)
	}
	if r.Refitted > 0 {
		fmt.Fprintf(&b, "intervals fitted again, to %s\n", spec.Count(r.Refitted, "validation row"))
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "layer\tkind\tSNR dB\town dB\tlow\thigh\tsaturated\toutliers\t\n")
	for _, l := range r.Layers {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t", l.Name, l.Kind, ratio(l.SNR), ratio(l.Own))
		if l.Integer {
			fmt.Fprintf(w, "%.4g\t%.4g\t%.3f %%\t%.3f %%\t\n", float64(l.Low), float64(l.High),
				100*float64(l.Saturated), 100*float64(l.Outliers))
			continue
		}
		fmt.Fprint(w, "float32\t\t\t\t\n")
	}
	w.Flush()
	if len(r.Float) > 0 {
		fmt.Fprintf(&b, "in float32: %s\n", strings.Join(r.Float, ", "))
	}
	switch {
	case r.HeldOut == "":
		b.WriteString("no rows are held out: accuracy was not measured\n")
	default:
		of := ""
		if r.Examples < r.Of {
			of = fmt.Sprintf(" of %d, evenly spread", r.Of)
		}
		if r.Remark != "" {
			fmt.Fprintf(&b, "remark: %s\n", r.Remark)
		}
		fmt.Fprintf(&b, "on %d rows%s of the %s set, before and after:", r.Examples, of, r.HeldOut)
		for _, o := range r.measured {
			if len(r.measured) > 1 {
				fmt.Fprintf(&b, "\n  %s:", o.name)
			}
			comma := ""
			for i, m := range o.before {
				if i < 2 || m.Name == intervalCoverage {
					fmt.Fprintf(&b, "%s %s → %s", comma, m, strings.TrimPrefix(o.after[i].String(), m.Name+" "))
					comma = ","
				}
			}
		}
		b.WriteByte('\n')
		for _, s := range r.Shifts {
			b.WriteString(s.String())
		}
		for _, text := range r.Worse {
			fmt.Fprintf(&b, "remark: %s\n", text)
		}
	}
	return b.String()
}

// ratio writes decibels; a dash for a layer of which all is 0, in float64 and in integers.
func ratio(x number) string {
	if math.IsNaN(float64(x)) {
		return "–"
	}
	return fmt.Sprintf("%.1f", float64(x))
}

func (s Shift) String() string {
	if s.Probabilities {
		return fmt.Sprintf("probabilities of %s move by %.2f points in the mean, by %.2f at most\n", s.Output,
			100*float64(s.Mean), 100*float64(s.Max))
	}
	return fmt.Sprintf("numbers of %s move by %.3g in the mean, by %.3g at most\n", s.Output, float64(s.Mean),
		float64(s.Max))
}
