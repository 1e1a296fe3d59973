package audit

import (
	"maps"
	"slices"
	"strings"
)

// parts are those of attention by the arguments for them.
var parts = map[string]string{"q": "query", "k": "key", "v": "value"}

// statistics are the arguments that a forward pass leaves for its gradient.
var statistics = map[string]bool{"mean": true, "rstd": true, "gates": true, "cells": true, "r": true,
	"meanDY": true, "meanDYH": true}

// gradMeans are the arguments for means of gradients.
var gradMeans = map[string]bool{"meanDY": true, "meanDYH": true}

// roles are the roles of parameters that arguments take, where their names say so.
var roles = map[string][]string{
	"gamma": {"gamma"}, "beta": {"beta"}, "runMean": {"mean"}, "runVar": {"var"},
	"alpha": {"alpha"}, "v": {"recurrent_kernel"},
	"dgamma": {"gamma"}, "dbeta": {"beta"}, "dalpha": {"alpha"}, "dv": {"recurrent_kernel"},
	"db": {"bias"}, "bias": {"bias"},
}

// role checks that a parameter is one of the role that an argument has.
func (p *pass) role(fn string, o operand, v *value) {
	if p.auditor.ints && strings.HasPrefix(fn, "quant.") {
		p.intRole(fn, o, v)
		return
	}
	role := ""
	if f, ok := strings.CutPrefix(v.param, "m."); ok {
		role = p.fields[f].role
		if t := p.fields[f].tensors; role == "" && len(t) == 1 {
			role = roleOf(t[0])
		}
	} else {
		role = roleOf(v.param)
	}
	if want := roles[o.role]; want != nil && !slices.ContainsFunc(want,
		func(w string) bool { return role == w || strings.HasSuffix(role, "_"+w) }) {
		p.add(o.at, "%s takes %q for %s", fn, v.param, o.role)
	}
	if g := p.cur; fn == "vec.MulRow" && role != "scale" && (g.layer.kind == "targets" || g.layer.kind == "temperature") {
		p.add(o.at, "%s takes %q for the scale", fn, v.param)
	}
	if preprocessing[p.cur.layer.kind] && (fn == "vec.Sub" || fn == "vec.Mul") &&
		(o.role != "b" || strings.HasSuffix(role, "scale") != (fn == "vec.Mul")) {
		p.add(o.at, "%s takes %q for its operand %s", fn, v.param, o.role)
	}
	if fn == "vec.Affine" && (o.role == "c" && strings.HasSuffix(role, "scale") ||
		o.role == "s" && strings.HasSuffix(role, "center")) {
		p.add(o.at, "%s takes %q for %s", fn, v.param, map[string]string{"c": "the center", "s": "the scale"}[o.role])
	}
}

// gradientRole checks that the gradient of a parameter is written by the argument that is for it.
func (p *pass) gradientRole(o operand, tensor string) {
	role := roleOf(tensor)
	if want := roles[o.role]; want != nil && !slices.ContainsFunc(want,
		func(w string) bool { return role == w || strings.HasSuffix(role, "_"+w) }) {
		p.add(o.at, "the gradient of %q is taken from %s", tensor, o.role)
	}
}

// part checks that a value was computed with the parameter of a part of the layer, such as query.
func (p *pass) part(o operand, v *value, part string) {
	ofPart := func(t string) bool { return strings.HasPrefix(roleOf(t), part) }
	if slices.ContainsFunc(p.cur.layer.params, ofPart) && !slices.ContainsFunc(slices.Collect(maps.Keys(v.by)), ofPart) {
		p.add(o.at, "attention takes for the %s what was computed by %v", part, slices.Sorted(maps.Keys(v.by)))
	}
}

// projection checks what a query, key or value is computed from: not from one of the others.
func (p *pass) projection(fn string, reads []operand) {
	if p.cur.kind != "forward" || !strings.HasPrefix(fn, "gemm.") {
		return
	}
	of, from := "", ""
	for _, o := range reads {
		for _, v := range p.read(o) {
			if by := slices.Sorted(maps.Keys(v.by)); len(by) > 0 {
				from = by[0]
			}
			for _, t := range p.tensorsOf(v) {
				for _, part := range parts {
					if v.param != "" && strings.HasPrefix(roleOf(t), part+"_") {
						of = t
					}
				}
			}
		}
	}
	if of != "" && from != "" {
		p.add(reads[0].at, "%s multiplies %q with what was computed by %q", fn, of, from)
	}
}

// matrices checks which operands of a product are parameters, gradients or activations.
func (p *pass) matrices(fn string, reads []operand) {
	kind := func(role string) string {
		for _, o := range reads {
			if o.role != role {
				continue
			}
			k := ""
			p.mem.read(o.array, o.from, o.from+min(o.row, o.len), func(s segment) {
				switch {
				case s.v.zero: // beside what counts
				case s.v.param != "":
					k = "parameter"
				case s.v.grad:
					k = "gradient"
				default:
					k = "activation"
				}
			})
			return k
		}
		return ""
	}
	a, b := kind("a"), kind("b")
	tied := kinds[p.cur.layer.kind].tied
	want := func(x, y string) {
		if a != x || b != y {
			p.add(p.at, "%s takes %s and %s, want %s and %s", fn, article(a), article(b), article(x), article(y))
		}
	}
	switch {
	case (fn == "vec.SumRows" || fn == "vec.SumRowsAcc") && p.cur.kind == "gradient" && kind("x") != "gradient":
		p.add(p.at, "%s takes %s, want a gradient", fn, article(kind("x")))
	case fn == "gemm.TN" && p.cur.kind == "gradient" && tied:
		want("gradient", "activation")
	case fn == "gemm.TN" && p.cur.kind == "gradient":
		want("activation", "gradient")
	case (fn == "gemm.NT" && !tied || fn == "gemm.NN" && tied) && p.cur.kind == "gradient":
		want("gradient", "parameter")
	case (fn == "gemm.NN" && !tied || fn == "gemm.NT" && tied) && p.cur.kind == "forward":
		want("activation", "parameter")
	}
	bias, kernel := "", ""
	for _, o := range reads {
		if t := strings.TrimPrefix(o.array, "p."); t != o.array && o.role == "bias" {
			bias = strings.TrimSuffix(t, "bias")
		} else if t != o.array {
			kernel = t
		}
	}
	if bias != "" && kernel != "" && p.cur.kind == "forward" && len(p.cur.layer.params) > 3 &&
		!strings.HasPrefix(kernel, bias) {
		p.add(p.at, "%s takes the bias %qbias beside %q", fn, bias, kernel)
	}
}

func article(kind string) string {
	switch kind {
	case "":
		return "nothing"
	case "activation":
		return "an activation"
	}
	return "a " + kind
}

// tensorsOf returns the tensors of a value that is a parameter.
func (p *pass) tensorsOf(v *value) []string {
	if f, ok := strings.CutPrefix(v.param, "m."); ok {
		return p.fields[f].tensors
	}
	return []string{v.param}
}
