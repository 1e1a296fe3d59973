package data

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// mostFields bounds the columns of which Fields writes the fields, and the characters of a text.
const (
	mostFields = 40
	maxText    = 200
)

// Rows writes the rows of a table from the numbers that its network reads.
type Rows struct {
	net      *net.Net
	fitted   net.Fitted
	features []string // of the first input that names no columns
}

// RowsOf returns the writer of the rows of the training data of a network; fitted is what its columns took from them.
func RowsOf(s *spec.Spec, base string, network *net.Net, fitted net.Fitted) *Rows {
	r := &Rows{net: network, fitted: fitted}
	if s.Data != nil && s.Data.Train != nil && s.Data.Train.Series == nil {
		r.features = headerOf(s.Data.Train, base, network).Features
	}
	return r
}

// Fields writes row i of a set, a text for each column: "Age 22", "Sex female", and of texts the words that are known.
// It is nil where no columns have names.
func (r *Rows) Fields(s fit.Set, i int) (list []string) {
	features, fitted, network := r.features, r.fitted, r.net
	for k, in := range network.Spec.Inputs {
		size := network.Inputs[k].Shape.Size()
		x := s.X[k][i*size:][:size]
		if in.Columns == nil && in.Tokens == nil {
			if len(features) == size {
				for j, name := range features[:min(size, mostFields-len(list))] {
					list = append(list, name+" "+number(x[j]))
				}
				features = nil
			}
			continue
		}
		if t := in.Tokens; t != nil {
			if t.Column != "" && len(list) < mostFields {
				list = append(list, t.Column+" "+strconv.Quote(textOf(network.Inputs[k].Vocabulary, fitted.Words(in.Name), x)))
			}
			continue
		}
		for _, c := range fitted.Columns(in) {
			if len(list) == mostFields {
				return append(list, "…")
			}
			list = append(list, c.Name+" "+fieldOf(&c, x[:c.Width()]))
			x = x[c.Width():]
		}
	}
	return list
}

// fieldOf writes the field that gave the numbers x of a column, as far as they tell it.
func fieldOf(c *encode.Column, x []float32) string {
	if c.Indicator && x[len(x)-1] == 1 {
		return "missing"
	}
	switch c.Kind {
	case encode.Words:
		k := 0
		for k < len(x)-1 && x[k] != 1 {
			k++
		}
		switch {
		case k < len(c.Values) && x[k] == 1:
			return c.Values[k]
		case c.Missing && k == len(x)-1 && x[k] == 1:
			return "missing"
		}
		return "another word"
	case encode.Flag:
		return c.Values[int(x[0])]
	case encode.Date:
		var parts []string
		for _, p := range c.Parts {
			part := encode.Column{Kind: encode.Date, Parts: []encode.Part{p}}
			parts = append(parts, partOf(p, x[:part.Width()]))
			x = x[part.Width():]
		}
		return strings.Join(parts, ", ")
	}
	return number(x[0])
}

func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// partOf writes a part of a date: the year, or of one that comes again the share of its period.
func partOf(p encode.Part, x []float32) string {
	if p == encode.Year {
		return fmt.Sprint(x[0])
	}
	turn := math.Atan2(float64(x[0]), float64(x[1])) / (2 * math.Pi)
	if turn < -1e-6 {
		turn++
	}
	turn = math.Max(turn, 0)
	_, words := net.DateWords(encode.YearFirst, []encode.Part{p})
	switch p {
	case encode.Month:
		return fmt.Sprintf("%s %.0f", words[0], 12*turn+1)
	case encode.Day:
		return fmt.Sprintf("%s %.0f", words[0], 31*turn+1)
	case encode.Weekday:
		return [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
			"Sunday"}[int(math.Round(7*turn))%7]
	case encode.YearDay:
		return fmt.Sprintf("%s %.0f", words[0], 366*turn+1)
	}
	minutes := int(math.Round(24 * 60 * turn))
	return fmt.Sprintf("%02d:%02d", minutes/60%24, minutes%60)
}

// textOf writes the words, characters or bytes of tokens, … for one that is not known.
func textOf(v *op.Vocabulary, fitted []string, x []float32) string {
	texts := fitted
	if texts == nil {
		texts = v.Texts
	}
	if v.Kind == "characters" && len(texts) == 1 {
		texts = strings.Split(texts[0], "")
	}
	var parts []string
	for _, token := range x {
		k := int(token)
		switch {
		case k == 0:
		case v.Kind == "bytes":
			parts = append(parts, string([]byte{byte(k - 1)}))
		case k-1 < len(texts):
			parts = append(parts, texts[k-1])
		default:
			parts = append(parts, "…")
		}
	}
	between := " "
	if v.Kind != "words" {
		between = ""
	}
	text := []rune(strings.Join(parts, between))
	if len(text) > maxText {
		text = append(text[:maxText], '…')
	}
	return string(text)
}
