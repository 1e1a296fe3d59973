package net

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// finish drops what no output needs, numbers the parameters and settles their initialisers.
func (b *builder) finish() {
	net, s := b.net, b.net.Spec
	if len(net.Outputs) == 0 {
		pos := s.NamePos
		if n := len(s.Layers); n > 0 {
			pos = s.Layers[n-1].Pos
		}
		b.errs.Add("no-output", pos, "layers", "end the list with - output", "no layer is an output")
		return
	}
	b.guard()
	needed := map[*op.Layer]bool{}
	var mark func(l *op.Layer)
	mark = func(l *op.Layer) {
		if needed[l] {
			return
		}
		needed[l] = true
		for _, in := range l.In {
			mark(in)
		}
		if l.StateOf != nil {
			mark(l.StateOf)
		}
	}
	for _, o := range net.Outputs {
		mark(o.Layer)
		mark(o.Scores)
	}
	for i := range s.Layers {
		w := &s.Layers[i]
		if l := b.done[w.Name]; !needed[l] {
			b.errs.Warn("unused-layer", w.Pos, subject(w), "", "no output depends on it: it is not computed")
		}
	}
	for _, l := range net.Inputs {
		if !needed[l] {
			b.errs.Warn("unused-input", l.Pos, fmt.Sprintf("input %q", l.Name), "", "no output depends on it")
			needed[l] = true
		}
	}
	net.Layers = slices.DeleteFunc(net.Layers, func(l *op.Layer) bool { return !needed[l] })
	if s.Quantize.Aware {
		b.aware()
	}
	seen := map[*ir.Param]bool{}
	total, frozen := int64(0), int64(0)
	streams := uint32(DropStream)
	for i, l := range net.Layers {
		if l.Index, l.Stream = i, streams; !slices.Contains(net.Layouts, l) { // so that a layout changes no mask of a dropout
			streams++
		}
		for _, p := range l.Params {
			if seen[p] {
				continue
			}
			seen[p] = true
			p.Stream = InitStream + uint32(len(net.Params))
			if p.Init.Kind == "auto" {
				p.Init = automatic(net, l)
			}
			net.Params = append(net.Params, p)
			switch p.Role {
			case ir.Trained:
				total += int64(p.Size())
			case ir.Frozen:
				frozen += int64(p.Size())
			}
		}
	}
	for _, o := range net.Outputs {
		for _, p := range o.Constants() {
			p.Stream = InitStream + uint32(len(net.Params))
			net.Params = append(net.Params, p)
		}
	}
	for _, p := range net.Guard.Constants() {
		p.Stream = InitStream + uint32(len(net.Params))
		net.Params = append(net.Params, p)
	}
	if limit := s.Limits.Params; limit > 0 && total+frozen > limit {
		b.errs.Add("limit", s.Limits.ParamsPos, "limits", "", "the network has %d parameters, the limit is %d", total+frozen,
			limit)
	}
	if total == 0 && frozen > 0 && s.Generate.Train {
		b.errs.Add("trainable", s.NamePos, "layers",
			"leave out trainable: false at the layers that are to be trained; for predictions alone write generate: "+
				"{train: false}",
			"nothing is left to train: all %d parameters are frozen", frozen)
	}
}

// automatic returns the initializer that suits the activation after a layer: He's for rectifiers,
// LeCun's for selu, Glorot's for all others (Glorot and Bengio 2010; He et al. 2015; Klambauer et al.
// 2017).
func automatic(net *Net, l *op.Layer) spec.Node {
	n := spec.Node{Kind: "glorot_uniform", Attrs: []spec.Value{{Name: "gain", V: 1.0}}}
	if d := after(net, l); d != nil && d.Initializer != "" {
		n.Kind = d.Initializer
	}
	return n
}

// after returns the first activation behind a layer; nil if there is none.
func after(net *Net, l *op.Layer) *op.Def {
	for _, r := range net.Layers {
		if !slices.Contains(r.In, l) {
			continue
		}
		switch {
		case r.Def.Activation:
			return r.Def
		case r.Def.Through, r.Def == op.TimeDistributed && op.Inner(r).Def.Through:
			return after(net, r)
		}
	}
	return nil
}
