package spec

import (
	"fmt"
	"slices"
)

// conflicts reports values that are fine each by itself, but not together.
func (p *parser) conflicts(s *Spec, n Node) {
	t, _ := n.Node("training")
	d, _ := n.Node("data")
	if s.Data != nil && s.Data.Validation != nil && s.Training.ValidationSplit > 0 {
		p.errs.Add("conflict", t.At("validation_split"), "training", "remove one of them",
			"validation_split is %g, but data.validation names a validation set", s.Training.ValidationSplit)
	}
	if s.Data != nil && s.Data.Test != nil && s.Data.TestSplit > 0 {
		p.errs.Add("conflict", d.At("test_split"), "data", "remove one of them",
			"test_split is %g, but data.test names a test set", s.Data.TestSplit)
	}
	if s.Classes.Count > 0 && s.Task == "regression" {
		p.errs.Add("conflict", s.Classes.Pos, "classes", "remove one of them",
			"there are classes, but the task is regression")
	}
	if s.Task == "binary" && s.Classes.Count > 2 {
		p.errs.Add("conflict", s.Classes.Pos, "classes", "write `task: multiclass`",
			"there are %d classes, but the task binary has 2", s.Classes.Count)
	}
	if s.Data != nil {
		for i, src := range []*Source{s.Data.Train, s.Data.Validation, s.Data.Test} {
			if src == nil {
				continue
			}
			name := []string{"train", "validation", "test"}[i]
			if src.Image != nil {
				p.pictures("data."+name+".image", s, src)
			}
			if own, ok := d.Node(name); ok && i > 0 && s.Data.Train != nil {
				p.windows("data."+name+".series", own, src.Series, s.Data.Train.Series)
			}
			if src.Series != nil && len(s.Inputs) == 1 && s.Inputs[0].Layout == ChannelsFirst {
				p.errs.Add("conflict", s.Inputs[0].LayoutPos, fmt.Sprintf("input %q", s.Inputs[0].Name),
					"leave out layout, and write shape: [steps, channels]",
					"layout is channels_first, but the rows of a series are steps, each with its channels behind")
			}
		}
	}
	names := s.Classes.Names
	for _, w := range s.Training.ClassWeights {
		if names != nil && !contains(names, w.Class) {
			p.errs.Add("unknown-ref", w.Pos, "training.class_weights", p.suggest(w.Class, names),
				"there is no class %s", quote(w.Class))
		}
	}
}

// windows reports what makes the examples of a series others than those that a network learns from it: a label further
// ahead, or steps further apart. n is the source of the series.
func (p *parser) windows(subject string, n Node, s, train *Series) {
	if s == nil || train == nil {
		return
	}
	w, _ := n.Node("series")
	h, _ := w.Node("horizon")
	for _, c := range []struct {
		key      string
		of       Node
		is, want int
	}{
		{"horizon", w, s.Horizon, train.Horizon},
		{"steps", h, max(1, s.Steps), max(1, train.Steps)},
		{"sampling_rate", w, s.SamplingRate, train.SamplingRate},
	} {
		if c.is == c.want {
			continue
		}
		pos, hint := w.Pos, fmt.Sprintf("write %s: %d here too", c.key, c.want)
		if c.of.Has(c.key) {
			pos = c.of.At(c.key)
		}
		if c.key == "steps" {
			hint = fmt.Sprintf("write horizon: {rows: %d, steps: %d} here too", train.Horizon, c.want)
		}
		p.errs.Add("conflict", pos, subject, hint,
			"%s is %d, but data.train has %d: the network would be measured on other windows than it learns from",
			c.key, c.is, c.want)
	}
}

// tiny checks that the tiny profile is asked for nothing that it lacks. Its packages do not train.
func (p *parser) tiny(s *Spec, generate Node) {
	if s.Generate.Profile != Tiny {
		return
	}
	for key, lacks := range map[string]string{
		"train": "have no training package", "guard": "have no Check", "runtime": "carry what they call",
	} {
		if v := generate.Lookup(key); v != nil && v.Written && v.V != any(false) && v.V != any("copy") {
			p.errs.Add("conflict", v.Pos, "generate", "leave out "+key+", or write `profile: full`",
				"%s is %v, but packages of the tiny profile %s", key, v.V, lacks)
		}
	}
	s.Generate.Train, s.Generate.Guard, s.Generate.Runtime = false, false, "copy"
}

// pictures checks that the pictures of a source are of the shape of the input.
func (p *parser) pictures(subject string, s *Spec, src *Source) {
	if len(s.Inputs) != 1 {
		if len(s.Inputs) > 1 {
			p.errs.Add("conflict", src.Pos, subject, "", "pictures feed one input, but there are %d", len(s.Inputs))
		}
		return
	}
	in := s.Inputs[0]
	axes, last := "height, width, channels", 0
	if in.Layout == ChannelsFirst {
		axes = "channels, height, width"
	}
	shape := in.LayersShape()
	if len(shape) > 0 {
		last = shape[len(shape)-1]
	}
	switch r := src.Image; {
	case len(shape) != 3:
		p.errs.Add("conflict", in.Pos, fmt.Sprintf("input %q", in.Name), "write shape: ["+axes+"]",
			"pictures have 3 axes, but its shape %d has %d", in.Shape, len(in.Shape))
	case last == 2 || last > 4:
		p.errs.Add("conflict", in.Pos, fmt.Sprintf("input %q", in.Name), turnedLayout(in),
			"pictures have 1, 3 or 4 channels, but its shape %d has %d", in.Shape, last)
	case r.Resize != nil && !slices.Equal(r.Resize, shape[:2]):
		p.errs.Add("conflict", r.ResizePos, subject, "", "resize is %d, but the input %q has the shape %d",
			r.Resize, in.Name, in.Shape)
	case r.Channels != 0 && r.Channels != last:
		p.errs.Add("conflict", r.ChannelsPos, subject, "", "channels is %d, but the input %q has the shape %d",
			r.Channels, in.Name, in.Shape)
	case in.Columns != nil || in.Tokens != nil:
		p.errs.Add("conflict", in.Pos, fmt.Sprintf("input %q", in.Name), "remove them",
			"its numbers are those of pictures, but it has columns or tokens")
	}
}

// turnedLayout is the hint for pictures whose channels stand where the other layout has them; "" for none.
func turnedLayout(in Input) string {
	isChannels := func(n int) bool { return n == 1 || n == 3 || n == 4 }
	switch {
	case in.Layout == ChannelsFirst && isChannels(in.Shape[2]):
		return "with layout: channels_first the shape is [channels, height, width]"
	case in.Layout != ChannelsFirst && isChannels(in.Shape[0]):
		return "write layout: channels_first beside the shape, or the shape as [height, width, channels]"
	}
	return ""
}
