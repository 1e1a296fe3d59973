package codegen

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// describe gathers what emission needs to know.
func describe(out *Output, o Options) *emit.Network {
	s := out.Net.Spec
	n := &emit.Network{
		Name: s.Name, SpecBase: filepath.Base(s.File), Checksum: out.Net.Sum()[:12],
		ModelSum: out.Net.ModelSum(), Version: o.Version,
		ImportPath: o.ImportPath, Runtime: o.ImportPath + "/internal",
		Params: out.Net.Params, Steps: out.Net.Steps, Plan: out.Plan, Embed: o.Embed, MaxErrors: o.MaxErrors,
		Pos: s.NamePos, Trace: o.Trace,
	}
	if s.Generate.Profile == spec.Tiny {
		g := out.graphs()
		n.Tiny, n.Plan = true, plan.Tiny(out.Infer, out.Stream, nil, g.Inputs, g.Outputs)
		if o.Weights != nil {
			n.Constants = map[string][]byte{}
			for name, x := range plan.Folded(out.Infer, o.Weights) {
				n.Constants[name] = littleEndian(x)
			}
		}
	}
	switch {
	case o.Runtime != "":
		n.Runtime, n.Pin = o.Runtime, o.RuntimePin
	case s.Generate.Runtime == "import":
		n.Runtime, n.Edition = RuntimePath, abi.Edition
	}
	format := net.Format(s)
	n.Missing, n.DecimalComma = format.Missing, format.Comma
	for i, l := range out.Net.Inputs {
		port := emit.Port{Name: l.Name, Ident: spec.Ident(l.Name), Shape: l.Shape, Pos: l.Pos,
			Columns: columns(s.Inputs[i], o.Fitted), ChannelsFirst: s.Inputs[i].Layout == spec.ChannelsFirst}
		if v := l.Vocabulary; v != nil {
			port.Vocabulary = &emit.Vocabulary{Kind: v.Kind, Texts: v.Texts, Column: v.Column != "",
				Lower: v.Lower, Most: v.Most, Known: o.Fitted.KnowsAll(l.Name)}
			if v.Column != "" && v.Texts == nil {
				port.Vocabulary.Texts = o.Fitted.Words(l.Name)
			}
		}
		if port.Columns != nil {
			for _, r := range golden.Rows(o.Fitted.Columns(s.Inputs[i]), format) {
				port.Rows = append(port.Rows, emit.TableRow(r))
			}
		}
		port.Series = steps(s)
		if port.Series != nil {
			port.Holds = short(port.Series) + " of each step, the oldest first, as in the table"
		}
		port.Picture = s.Data != nil && s.Data.Train != nil && s.Data.Train.Image != nil
		n.Inputs = append(n.Inputs, port)
	}
	for _, p := range out.Net.Outputs {
		n.Outputs = append(n.Outputs, emit.Port{Name: p.Name, Ident: spec.Ident(p.Name), Shape: p.Layer.Shape,
			Pos: p.Layer.Pos, Task: p.Task, Classes: p.Classes, NextToken: p.NextToken,
			Metrics: metrics(p, len(out.Net.Outputs) == 1, append([]*spec.Spec{s}, o.Settings...)),
			Holds:   short(target(out.Net, p)), Series: foretold(out.Net, p),
			Targets: string(p.Rule()), ClassWeights: p.ClassWeights, Balanced: p.Balanced,
			Threshold: p.Threshold, Confidence: p.Confidence, Quantiles: p.Quantiles,
			Interval: p.Interval, Radius: p.Radius, Ratio: p.Ratio()})
	}
	if g := out.Net.Guard; g != nil {
		n.Guard = &emit.Guard{Layer: g.Layer.Source, Features: g.Features, Pooled: g.Pooled,
			Low: g.Low, High: g.High, Mean: g.Mean, Whiten: g.Whiten, Limit: g.Limit, Rate: g.Rate}
	}
	n.Undecided = undecided(out.Net)
	n.Table = Table(out.Net)
	n.PredictWork = predictWork(out.Net, o.Workers)
	if out.Step != nil {
		rows := o.Piece
		if rows == 0 {
			rows = out.Net.Piece()
		}
		n.Train = training(out.Net, rows, o.Settings)
		if o.Trace { // its values are those of a batch that is one
			n.Train.Chunks = 0
		}
		if o.Workers == ManyWorkers {
			n.Train.Work = emit.Work{Gradient: plenty, Evaluate: plenty, Add: plenty, Update: plenty}
		}
	}
	n.InPlace = o.Embed && !n.Tiny
	return n
}

// undecided returns the constants that are chosen when a training is over, with what they mean before.
func undecided(network *net.Net) (all []emit.Undecided) {
	for _, o := range network.Outputs {
		if o.Temperature != nil {
			all = append(all, emit.Undecided{Param: o.Temperature.Params[1],
				Means: "1, which leaves probabilities as they are trained"})
		}
		if o.Decision != nil && o.Decision.Rule != net.FixedThreshold {
			all = append(all, emit.Undecided{Param: o.Threshold, Means: "½, whatever the spec asks of the threshold"})
		}
		if o.Radius != nil {
			all = append(all, emit.Undecided{Param: o.Radius, Means: "so large that intervals hold everything"})
		}
	}
	if g := network.Guard; g != nil {
		all = append(all, emit.Undecided{Param: g.Limit,
			Means: "so small that Check calls everything unlike the training data"})
	}
	return all
}

// steps returns the columns of each step of the one input of a series; nil for no series.
func steps(s *spec.Spec) []string {
	if s.Data == nil || s.Data.Train == nil || s.Data.Train.Series == nil || s.Inputs[0].Tokens != nil {
		return nil
	}
	return s.Data.Train.Series.Columns
}

// foretold returns the columns of each of several steps that an output foretells; nil for one step, and for no series.
func foretold(network *net.Net, o *net.Output) []string {
	names := target(network, o)
	if steps(network.Spec) == nil || network.Spec.Data.Train.Series.Steps < 2 || o.Quantiles != nil || names == nil {
		return nil
	}
	return names
}

// target names the columns that a regression foretells, if the spec names them; nil if not.
func target(network *net.Net, o *net.Output) []string {
	s := network.Spec
	if s.Data == nil || s.Data.Train == nil || len(network.Outputs) != 1 || o.Task != "regression" {
		return nil
	}
	names := s.Data.Train.Label
	if n := s.Data.Train.Series; n != nil && names == nil {
		names = n.Columns
	}
	if slices.ContainsFunc(names, func(n string) bool {
		_, err := strconv.Atoi(n)
		return err == nil || n == "last" || n == "first" || strings.HasPrefix(n, "#")
	}) {
		return nil
	}
	return names
}

// short lists names as they may stand behind a size in a line.
func short(names []string) string {
	const most = 40 // characters
	text := []rune(strings.Join(names, ", "))
	if len(text) > most {
		text = append(text[:most-1], '…')
	}
	return string(text)
}

// columns returns the columns of an input as they are printed; nil if it names none, or is fed by other means too.
func columns(in spec.Input, fitted net.Fitted) []emit.Column {
	if len(in.Columns) != ir.Shape(in.Shape).Size() && !slices.ContainsFunc(in.Columns, spec.Column.Encoded) {
		return nil
	}
	var list []emit.Column
	for _, c := range fitted.Columns(in) {
		e := emit.Column{
			Name: c.Name, Kind: [...]string{"", "Words", "Flag", "Date"}[c.Kind], Values: c.Values, Most: c.Most,
			Other: c.Other, Missing: c.Missing, Fill: c.Fill, Indicator: c.Indicator,
			Unit: c.Unit, Yes: c.Yes(),
		}
		if c.Layout != encode.YearFirst {
			e.Layout = [...]string{"", "DayFirst", "MonthFirst", "Unix", "UnixMillis"}[c.Layout]
		}
		for _, p := range c.Parts {
			e.Parts = append(e.Parts, [...]string{"Year", "Month", "Day", "Weekday", "Hour", "YearDay"}[p])
		}
		for _, p := range c.Fixed {
			e.Fixed = append(e.Fixed, emit.Fixed(p))
		}
		list = append(list, e)
	}
	return list
}

// identify gives each parameter its name in generated code: h1.kernel becomes H1W.
func identify(params []*ir.Param) {
	short := map[string]string{"kernel": "W", "bias": "B"}
	for _, p := range params {
		dot := strings.LastIndexByte(p.Name, '.')
		layer, role := p.Name[:dot], p.Name[dot+1:]
		if s, ok := short[role]; ok {
			role = s
		} else {
			role = spec.Ident(role)
		}
		p.Ident = spec.Ident(layer) + role
	}
}
