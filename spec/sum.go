package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Sum returns the checksum, SHA-256 in hex, of the canonical form of the spec.
func (s *Spec) Sum(files Contents) string { return digest(s.Canonical(files)) }

// Canonical returns a text, line by line, of all in the spec that matters to generated code: every
// section but `data` and `limits`. It is of the meaning, not of the text: comments, layout, the order
// of keys, and whether a default was written make no difference. A value equal to its default is
// left out, so that a kind may gain attributes without changing the sums of specs that don't use them.
// Files that the spec names stand for what they hold: see Contents.
func (s *Spec) Canonical(files Contents) string {
	var b strings.Builder
	s.model(&b, files)
	fmt.Fprintf(&b, "name %q\n", s.Name)
	fmt.Fprintf(&b, "optimizer %s\n", files.node(s.Optimizer))
	if s.Schedule != nil {
		fmt.Fprintf(&b, "schedule %s\n", files.node(*s.Schedule))
	}
	t := s.Training
	fmt.Fprintf(&b, "training epochs=%d batch=%d seed=%d shuffle=%t validation=%s clip_norm=%s clip_value=%s\n",
		t.Epochs, t.BatchSize, t.Seed, t.Shuffle, number(t.ValidationSplit), number(t.ClipNorm), number(t.ClipValue))
	if t.Regularizer != nil {
		fmt.Fprintf(&b, "regularizer %s\n", files.node(*t.Regularizer))
	}
	if e := t.EarlyStopping; e != nil {
		fmt.Fprintf(&b, "early_stopping %s patience=%d min_delta=%s restore=%t\n", e.Monitor, e.Patience,
			number(e.MinDelta), e.RestoreBest)
		if e.Others != nil || e.MinEpochs > 0 {
			fmt.Fprintf(&b, "monitors %q min_epochs=%d\n", e.Others, e.MinEpochs)
		}
	}
	if t.Accumulate > 1 {
		fmt.Fprintf(&b, "accumulate %d\n", t.Accumulate)
	}
	if t.Chunks > 0 {
		fmt.Fprintf(&b, "chunks %d\n", t.Chunks)
	}
	if a := t.EMA; a != nil {
		fmt.Fprintf(&b, "ema decay=%s start=%d\n", number(a.Decay), a.Start)
	}
	if a := t.SWA; a != nil {
		fmt.Fprintf(&b, "swa start=%d lr=%s\n", a.Start, number(a.LR))
	}
	if t.ClassWeights != nil {
		fmt.Fprintf(&b, "class_weights %s\n", files.value(t.ClassWeights))
	}
	if t.Balanced {
		b.WriteString("class_weights balanced\n")
	}
	if t.Metrics != nil {
		fmt.Fprintf(&b, "metrics %q\n", t.Metrics)
	}
	for _, l := range s.Layers {
		if l.Frozen {
			fmt.Fprintf(&b, "frozen %s\n", l.Name)
		}
		for _, v := range l.Attrs {
			if v.Beside && !v.Default {
				fmt.Fprintf(&b, "beside %s %s=%s\n", l.Name, v.Name, files.value(v.V))
			}
		}
		if l.LRFactor != 1 {
			fmt.Fprintf(&b, "lr_factor %s %s\n", l.Name, number(l.LRFactor))
		}
		if l.DType != "" && l.DType != s.DType {
			fmt.Fprintf(&b, "dtype %s %s\n", l.Name, l.DType)
		}
	}
	if s.DType != "float32" {
		fmt.Fprintf(&b, "dtype %s\n", s.DType)
	}
	fmt.Fprintf(&b, "generate runtime=%s train=%t\n", s.Generate.Runtime, s.Generate.Train)
	if s.Generate.Profile != Full {
		fmt.Fprintf(&b, "profile=%s\n", s.Generate.Profile)
	}
	if s.Generate.Stream != "auto" {
		fmt.Fprintf(&b, "stream=%s\n", s.Generate.Stream)
	}
	if s.Generate.Kernels != "auto" {
		fmt.Fprintf(&b, "kernels=%s\n", s.Generate.Kernels)
	}
	if s.Quantize.Written {
		fmt.Fprintf(&b, "quantize %q\n", s.Quantize.Skip)
		if s.Quantize.Freeze > 0 {
			fmt.Fprintf(&b, "freeze %d\n", s.Quantize.Freeze)
		}
		if s.Quantize.IO != FloatIO && s.Quantize.IOPos.Line > 0 {
			fmt.Fprintf(&b, "io %s\n", s.Quantize.IO)
		}
	}
	return b.String()
}

// ModelSum returns the checksum of all that gives weights their meaning: inputs, preprocessing, task,
// classes and layers, with what files of masks and vocabularies hold. Weights files carry it, so that weights outlive a
// change of the training, and none of a mask or a vocabulary.
func (s *Spec) ModelSum(files Contents) string {
	var b strings.Builder
	s.model(&b, files)
	return digest(b.String())
}

// SourceSum returns the checksum of all that the text of the spec says to a training, data too: comments, layout and
// the order of keys make no difference, nor do sections that only say how packages are made of it.
func (s *Spec) SourceSum() (string, error) { return s.sourceSum("", s.saysNothing) }

// saysNothing tells whether a section says nothing to a training.
func (s *Spec) saysNothing(key string) bool {
	return key == "quantize" && !s.Quantize.Aware || key == "generate" && !s.Generate.Guard
}

// HasSourceSum tells whether a checksum is that of SourceSum, or of all sections, as it was once.
func (s *Spec) HasSourceSum(sum string) (bool, error) { return s.HadSourceSum("", sum) }

// HadSourceSum is HasSourceSum for the spec as it is under another name; "" for its own.
func (s *Spec) HadSourceSum(name, sum string) (bool, error) {
	for _, leftOut := range []func(key string) bool{s.saysNothing, func(string) bool { return false }} {
		if now, err := s.sourceSum(name, leftOut); err != nil || sum == now {
			return err == nil, err
		}
	}
	return false, nil
}

// sourceSum returns the checksum of the text of the spec but for the sections that are left out, under another name
// unless that is "".
func (s *Spec) sourceSum(name string, leftOut func(key string) bool) (string, error) {
	var v map[string]any
	if err := yaml.Unmarshal(s.Source, &v); err != nil {
		return "", err
	}
	if name != "" {
		v["name"] = name
	}
	maps.DeleteFunc(v, func(key string, _ any) bool { return leftOut(key) })
	return digest(fmt.Sprintf("%#v", v)), nil // which sorts the keys of maps
}

// Contents maps the files that a spec names, as it writes them, to a checksum of what they mean: of the connections of
// a mask, of the words of a vocabulary. So neither another name nor other ends of lines make another network. A file
// that is not listed stands for itself by its name.
type Contents map[string]string

// ContentsOf returns the checksum of what a file means, from that as text.
func ContentsOf(meaning string) string { return digest(meaning) }

// file returns what stands for a file.
func (files Contents) file(name string) string {
	if sum, ok := files[name]; ok {
		return sum
	}
	return name
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// model writes the canonical form of what ModelSum is of.
func (s *Spec) model(b *strings.Builder, files Contents) {
	fmt.Fprintf(b, "version %d\n", s.Version)
	if s.Quantize.Aware {
		fmt.Fprintf(b, "aware %q\n", s.Quantize.Skip)
	}
	for _, in := range s.Inputs {
		fmt.Fprintf(b, "input %s %d %q\n", in.Name, in.Shape, columnNames(in.Columns))
		if in.Layout == ChannelsFirst {
			fmt.Fprintf(b, "layout %s\n", in.Layout)
		}
		for _, c := range in.Columns {
			if c.Words != nil {
				fmt.Fprintf(b, "one-hot %q %q\n", c.Name, c.Words)
			}
			if c.MaxWords > 0 {
				fmt.Fprintf(b, "max-words %q %d\n", c.Name, c.MaxWords)
			}
			if c.Other || c.Missing || c.Flag != nil || c.Date != nil || c.Fill != "" {
				fmt.Fprintf(b, "column %q %t %t %q %q %q %q %t\n", c.Name, c.Other, c.Missing, c.Flag, c.Date,
					c.Layout, c.Fill, c.Indicator)
			}
			if c.Unit != "" {
				fmt.Fprintf(b, "unit %q %q\n", c.Name, c.Unit)
			}
		}
		if t := in.Tokens; t != nil {
			fmt.Fprintf(b, "tokens %q %t %q\n", t.Characters, t.Bytes, files.file(t.Vocabulary))
			if t.Column != "" {
				fmt.Fprintf(b, "texts %q %d %t\n", t.Column, t.Words, t.Lowercase)
			}
		}
	}
	if s.Data != nil && !slices.Equal(s.Data.Missing, Missing) {
		fmt.Fprintf(b, "missing %q\n", s.Data.Missing)
	}
	for _, p := range s.Preprocess {
		fmt.Fprintf(b, "preprocess %s\n", files.node(p))
	}
	fmt.Fprintf(b, "task %q classes %d %q\n", s.Task, s.Classes.Count, s.Classes.Names)
	for i, l := range s.Layers {
		var from []string
		switch {
		case l.From != nil:
			for _, r := range l.From {
				from = append(from, r.Name)
			}
		case i > 0:
			from = []string{s.Layers[i-1].Name}
		case len(s.Inputs) > 0:
			from = []string{s.Inputs[0].Name}
		}
		share := ""
		if l.Share != nil {
			share = l.Share.Name
		}
		fmt.Fprintf(b, "layer %s %s from %q share %q\n", l.Name, files.node(l.Node.lasting()), from, share)
	}
	if s.Generate.Guard {
		b.WriteString("guard\n")
	}
}

// lasting returns a node without the attributes that weights outlive a change of.
func (n Node) lasting() Node {
	n.Attrs = slices.DeleteFunc(slices.Clone(n.Attrs), func(v Value) bool { return v.Beside })
	return n
}

// node returns a node as text, without the attributes that have their defaults.
func (files Contents) node(n Node) string {
	var parts []string
	for _, v := range n.Attrs {
		if !v.Default {
			parts = append(parts, v.Name+"="+files.value(v.V))
		}
	}
	sort.Strings(parts)
	return n.Kind + "{" + strings.Join(parts, ",") + "}"
}

// value returns the value of an attribute as text.
func (files Contents) value(v any) string {
	switch v := v.(type) {
	case Node:
		return files.node(v)
	case []Node:
		var parts []string
		for _, n := range v {
			parts = append(parts, files.node(n))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case float64:
		return number(v)
	case []float64:
		var parts []string
		for _, f := range v {
			parts = append(parts, number(f))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case []Weight:
		var parts []string
		for _, w := range v {
			parts = append(parts, fmt.Sprintf("%q:%s", w.Class, number(w.Weight)))
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, ",") + "}"
	case []Ref:
		var names []string
		for _, r := range v {
			names = append(names, r.Name)
		}
		return fmt.Sprintf("%q", names)
	case Path:
		return strconv.Quote(files.file(string(v)))
	case string, []string:
		return fmt.Sprintf("%q", v)
	case int, []int, [][2]int, bool, int64, uint64:
		return fmt.Sprint(v)
	}
	panic(fmt.Sprintf("BUG: no canonical form of a %T", v))
}

// number returns the shortest text that reads as v.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
