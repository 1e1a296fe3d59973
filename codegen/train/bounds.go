package train

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/nngen/nngen/codegen/bounds"
	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// BoundsOptions say over which box a network is bounded.
type BoundsOptions struct {
	Weights string   // file, in place of the one in the package
	Inputs  []string // column=low..high, column=value or column=word; the others have the ranges of bounds.Ranges
	Boxes   int      // that the box is cut into; 0 for a number that suits the network
}

// Bounds are ranges of a network's outputs over a box of its inputs.
type Bounds struct {
	Inputs  []BoundsRange  `json:"inputs"` // those that were given
	Others  string         `json:"others,omitempty"`
	Outputs []BoundsOutput `json:"outputs"`
	Remarks []string       `json:"remarks,omitempty"`
}

// BoundsRange is the range of a column, in its own units.
type BoundsRange struct {
	Column string `json:"column"`
	Low    number `json:"low"`
	High   number `json:"high"`
	Word   string `json:"word,omitempty"`
	// Direction says how the first output goes with the column; "" where that is not asked or not one number.
	Direction string `json:"direction,omitempty"`
}

// BoundsOutput is the range of one number of an output.
type BoundsOutput struct {
	Output string `json:"output"`
	Class  string `json:"class,omitempty"`
	Low    number `json:"low"`
	High   number `json:"high"`
	// ofClass tells that Class is that of a class, not the column of a target.
	ofClass bool
}

// what says in a table what the range is of.
func (o *BoundsOutput) what() string {
	if o.ofClass {
		return "of class " + strconv.Quote(o.Class) // a bare word would read as a verdict
	}
	return shown(o.Class)
}

// mostDirections bounds the multiply-adds of a network of which directions are decided.
const mostDirections = 1e5

// ComputeBounds bounds the trained network of a project.
func ComputeBounds(p *project.Project, o BoundsOptions) (*Bounds, error) {
	t, err := openTrained(p, o.Weights)
	if err != nil {
		return nil, err
	}
	raw, err := regular.Read(t.weights, project.MaxWeights)
	if err != nil {
		return nil, err
	}
	params, err := project.Tensors(t.net, raw)
	if err != nil {
		return nil, err
	}
	boxes := bounds.Ranges(t.net, params)
	encoded := encodedBoxes(p.Spec, t.fitted, boxes)
	b := &Bounds{}
	columns := data.Columns(p.Spec, p.Base, t.net)
	seen := map[string]bool{}
	var mistakes []error // all at once
	for _, text := range o.Inputs {
		name, value, ok := strings.Cut(text, "=")
		if !ok || value == "" {
			mistakes = append(mistakes, fmt.Errorf("--input %s: want column=low..high, column=number or column=word", text))
			continue
		}
		if seen[name] {
			mistakes = append(mistakes, fmt.Errorf("--input names %q twice", name))
			continue
		}
		seen[name] = true
		r, err := setColumn(boxes, columns, encoded, net.Format(p.Spec), name, value)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("--input %s: %w", text, err))
			continue
		}
		b.Inputs = append(b.Inputs, r)
		if c := encoded[name]; isOtherWord(&c, value, net.Format(p.Spec)) {
			hint := ""
			if near := spec.Nearest(value, c.Values); near != "" {
				hint = fmt.Sprintf("; did you mean %q?", near)
			}
			b.Remarks = append(b.Remarks,
				fmt.Sprintf("--input %s: %q is none of the %s that column %q has a number for, and counts as "+
					"another%s", text, value, spec.Count(len(c.Values), "word"), name, hint))
		}
	}
	if mistakes != nil {
		return nil, errors.Join(mistakes...)
	}
	if len(b.Inputs) < len(columns) {
		b.Others = bounds.RangeText(t.net)
	}
	if o.Boxes == 0 {
		o.Boxes = 64
		if macs(t.net) > 1e4 {
			o.Boxes = 1
		}
	}
	ranges, err := bounds.Range(t.net, params, boxes, o.Boxes)
	if err != nil {
		return nil, fmt.Errorf("the network has no bounds: %w", err)
	}
	targets := data.TargetNames(p.Spec, p.Base, t.net)
	for i, out := range t.net.Outputs {
		names := valueColumns(out, targets[i])
		for j, r := range ranges[i] {
			row := BoundsOutput{Output: out.Name, Low: number(r.Lo), High: number(r.Hi)}
			switch {
			case out.Task == "multiclass":
				row.Class, row.ofClass = out.Classes[j%len(out.Classes)], true
			case out.Task == "binary" && len(out.Classes) == 2:
				row.Class, row.ofClass = out.Classes[1], true
			case len(ranges[i]) > 1:
				row.Class = names[j%len(names)]
			}
			b.Outputs = append(b.Outputs, row)
		}
	}
	return b, directions(b, t.net, params, boxes, columns)
}

// directions decides how the first output goes with each number that was given a range, for a small network of one.
func directions(b *Bounds, network *net.Net, params map[string][]float32, boxes [][]bounds.Interval,
	columns []data.Column) error {
	if macs(network) > mostDirections || len(network.Outputs) != 1 || network.Outputs[0].Layer.Shape.Size() != 1 {
		return nil
	}
	for i := range b.Inputs {
		c := columns[slices.IndexFunc(columns, func(c data.Column) bool { return c.Name == b.Inputs[i].Column })]
		if s := c.Spans[0]; len(c.Spans) == 1 && b.Inputs[i].Word == "" && b.Inputs[i].Low < b.Inputs[i].High {
			d, err := bounds.Monotone(network, params, boxes, 0, 0, s.Input, s.At)
			if err != nil {
				return err
			}
			b.Inputs[i].Direction = string(d)
		}
	}
	return nil
}

func macs(network *net.Net) (sum float64) {
	for _, l := range network.Layers {
		sum += float64(l.MACs())
	}
	return sum
}

// encodedBoxes gives words, flags and indicators, which are 0 or 1, that range, and returns the columns by name.
func encodedBoxes(s *spec.Spec, fitted net.Fitted, boxes [][]bounds.Interval) map[string]encode.Column {
	columns := map[string]encode.Column{}
	for k, in := range s.Inputs {
		at := 0
		for _, c := range fitted.Columns(in) {
			columns[c.Name] = c
			for j := range c.Width() {
				if c.Kind == encode.Words || c.Kind == encode.Flag || c.Indicator && j == c.Width()-1 {
					boxes[k][at+j] = bounds.Interval{Lo: 0, Hi: 1}
				}
			}
			for _, p := range c.Fixed {
				boxes[k][at+p.At] = bounds.Interval{Lo: float64(p.Value), Hi: float64(p.Value)}
			}
			at += c.Width()
		}
	}
	return columns
}

// setColumn narrows the boxes to what is said of a column.
func setColumn(boxes [][]bounds.Interval, columns []data.Column, encoded map[string]encode.Column, f *encode.Format,
	name, value string) (BoundsRange, error) {
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	at := slices.Index(names, name)
	if at < 0 {
		if near := spec.Nearest(name, names); near != "" {
			return BoundsRange{}, fmt.Errorf("there is no column %q; did you mean %q?", name, near)
		}
		return BoundsRange{}, fmt.Errorf("there is no column %q, but %s", name,
			strings.Join(names[:min(len(names), 20)], ", "))
	}
	r := BoundsRange{Column: name}
	c, known := encoded[name]
	if !known {
		c = encode.Column{Name: name}
	}
	if low, high, isRange := strings.Cut(value, ".."); isRange {
		if known && c.Kind != encode.Number {
			return r, fmt.Errorf("column %q holds no numbers: give one value", name)
		}
		lo, err := limit(low, c, f)
		if err != nil {
			return r, err
		}
		hi, err := limit(high, c, f)
		if err != nil {
			return r, err
		}
		if lo > hi {
			return r, fmt.Errorf("%v..%v is no range: its first number is the greater one", lo, hi)
		}
		r.Low, r.High = number(lo), number(hi)
		for _, s := range columns[at].Spans {
			for j := range s.Width {
				boxes[s.Input][s.At+j] = bounds.Interval{Lo: lo, Hi: hi}
				if known && c.Indicator && j == s.Width-1 {
					boxes[s.Input][s.At+j] = bounds.Interval{}
				}
			}
			for _, p := range c.Fixed {
				if p.At >= s.Width { // another input reads the column as more numbers
					continue
				}
				boxes[s.Input][s.At+p.At] = bounds.Interval{Lo: float64(p.Value), Hi: float64(p.Value)}
			}
		}
		return r, nil
	}
	for _, s := range columns[at].Spans {
		x := make([]float32, max(s.Width, c.Width()))
		if err := c.Put(x, value, f); err != nil {
			return r, err
		}
		for j := range s.Width {
			v := float64(x[min(j, c.Width()-1)])
			boxes[s.Input][s.At+j] = bounds.Interval{Lo: v, Hi: v}
			if j == 0 { // an indicator may follow
				r.Low, r.High = number(v), number(v)
			}
		}
	}
	if c.Kind != encode.Number {
		r.Word, r.Low, r.High = value, 0, 0
	}
	return r, nil
}

// isOtherWord tells whether a field of a column of words is none of those that it knows.
func isOtherWord(c *encode.Column, field string, f *encode.Format) bool {
	field = strings.TrimSpace(field)
	return c.Kind == encode.Words && c.Word(field) < 0 && !f.IsMissing(field)
}

// limit reads an end of a range as the column reads a field, but that nothing is filled in.
func limit(text string, c encode.Column, f *encode.Format) (float64, error) {
	c.Fill = ""
	x := make([]float32, c.Width())
	if err := c.Put(x, text, f); err != nil {
		return 0, err
	}
	return float64(x[0]), nil
}

// String shows the ranges as tables.
func (b *Bounds) String() string {
	var s strings.Builder
	w := tabwriter.NewWriter(&s, 0, 0, 2, ' ', 0)
	for _, r := range b.Inputs {
		value := r.Word
		if value == "" {
			value = fmt.Sprintf("%.6g to %.6g", r.Low, r.High)
		}
		direction := ""
		switch r.Direction {
		case "":
		case string(bounds.Undecided):
			direction = "whether the output rises or falls is undecided"
		default:
			direction = "the output " + r.Direction
		}
		fmt.Fprintf(w, "input\t%s\t%s\t%s\n", shown(r.Column), shown(value), direction)
	}
	for i := range b.Outputs {
		o := &b.Outputs[i]
		fmt.Fprintf(w, "output\t%s\t%.6g to %.6g\t%s\n", o.Output, o.Low, o.High, o.what())
	}
	w.Flush()
	if b.Others != "" {
		fmt.Fprintf(&s, "other columns: %s\n", b.Others)
	}
	for _, r := range b.Remarks {
		fmt.Fprintf(&s, "remark: %s\n", r)
	}
	return s.String()
}
