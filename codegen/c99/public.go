package c99

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/quant"
)

// signature returns the head of the prediction.
func (w *writer) signature() string {
	var params []string
	if w.files.Workspace > 0 {
		params = append(params, w.name+"_Workspace *a")
	}
	result := "void"
	if w.predict.checked {
		result = "int"
	}
	return wrap(fmt.Sprintf("%s %s_predict(%s)", result, w.name, strings.Join(append(params, w.ports("")...), ", ")))
}

// stepSignature returns the head of the step of a stream.
func (w *writer) stepSignature() string {
	params := []string{w.name + "_State *s"}
	if w.files.StepWorkspace > 0 {
		params = append(params, w.name+"_StepWorkspace *a")
	}
	result := "void"
	if w.step.checked || w.step.fn.Bounded() {
		result = "int"
	}
	return wrap(fmt.Sprintf("%s %s_step(%s)", result, w.name, strings.Join(append(params, w.ports("step")...), ", ")))
}

// ports returns the parameters for inputs and outputs, of an example, or of a "step".
func (w *writer) ports(of string) (params []string) {
	for i, x := range w.inputs {
		params = append(params, fmt.Sprintf("const float %s[%s]", x, w.size(of, "input", i)))
	}
	for i, y := range w.outputs {
		params = append(params, fmt.Sprintf("float %s[%s]", y, w.size(of, "output", i)))
	}
	return params
}

// int8Signature returns the head of the prediction from int8 numbers to int8 numbers.
func (w *writer) int8Signature() string {
	var params []string
	if w.files.Int8Workspace > 0 {
		params = append(params, w.name+"_WorkspaceInt8 *a")
	}
	for i, x := range w.inputs {
		params = append(params, fmt.Sprintf("const int8_t %s[%s]", x, w.size("", "input", i)))
	}
	for i, y := range w.outputs {
		params = append(params, fmt.Sprintf("int8_t %s[%s]", y, w.size("", "output", i)))
	}
	return wrap(fmt.Sprintf("void %s_predict_int8(%s)", w.name, strings.Join(params, ", ")))
}

// integers declares what predicts with whole numbers alone, and prints it but for the prediction itself.
func (w *writer) integers(b *strings.Builder) {
	fmt.Fprintf(b, "/* What the numbers of %s_predict_int8 stand for. */\n", w.name)
	for i, x := range w.inputs {
		w.border(b, "input", i, strings.TrimPrefix(x, "x_"), w.net.Inputs[i].Name, w.borders.In[i])
	}
	for i, y := range w.outputs {
		w.border(b, "output", i, strings.TrimPrefix(y, "y_"), w.net.Outputs[i].Name, w.borders.Out[i])
	}
	b.WriteString("\n")
	w.workspace(b, w.core, "a prediction in whole numbers", "WorkspaceInt8", w.files.Int8Workspace)
	fmt.Fprintf(b,
		"/* Predicts one example with whole numbers alone: those between the quantisation of the inputs and of the "+
			"outputs in\n"+
			"   %s_predict. No array may overlap another. */\n%s;\n\n", w.name, w.int8Signature())
}

// border declares the constants of an input or output.
func (w *writer) border(b *strings.Builder, kind string, i int, short, full string, at quant.Border) {
	size := w.size("", kind, i)
	of := strings.TrimSuffix(size, "_SIZE")
	fmt.Fprintf(b, "#define %s_SCALE %#g\n#define %s_ZERO (%d)\n", of, at.Scale, of, at.Zero)
	means := fmt.Sprintf("%s_SCALE * (q - %[1]s_ZERO)", of)
	if at.Offset != 0 {
		fmt.Fprintf(b, "#define %s_OFFSET (%#g)\n", of, at.Offset)
		means = of + "_OFFSET + " + means
	}
	what := fmt.Sprintf("in %s_predict", w.name)
	switch {
	case !at.Whole && kind == "input":
		what = fmt.Sprintf("behind its preprocessing (layer %s)", remark(at.Of))
	case !at.Whole:
		what = fmt.Sprintf("in the output of layer %s, before what float computes from it", remark(at.Of))
	}
	fmt.Fprintf(b, "/* A number q of %s stands for\n   %s\n   %s. */\n", remark(full), means, what)
	if at.Bytes == nil {
		return
	}
	suffix := ""
	if len(w.inputs) > 1 {
		suffix = "_" + short
	}
	head := fmt.Sprintf("int8_t %s_quantize_byte%s(uint8_t v)", w.name, suffix)
	fmt.Fprintf(&w.public,
		"/* The number of %s in %s_predict_int8 for one from 0 to 255 in %[2]s_predict,\n   such as a pixel. */\n%s;\n\n",
		remark(full), w.name, head)
	var items []string
	for _, q := range at.Bytes {
		items = append(items, fmt.Sprint(q))
	}
	fmt.Fprintf(&w.choices, "%s {\n\tstatic const int8_t numbers[%d] = {", head, len(items))
	list(&w.choices, items)
	w.choices.WriteString("};\n\treturn numbers[v];\n}\n\n")
}

// classifyInt8 prints the function that chooses a class from int8 numbers.
func (w *writer) classifyInt8(o *net.Output, i int, suffix string) {
	head := fmt.Sprintf("int %s_classify_int8%s(const int8_t y[%d])", w.name, suffix, o.Layer.Shape.Size())
	body := "\tint best = 0;\n\tfor (int j = 1; j < %d; j++) {\n\t\tif (y[j] > y[best]) {\n\t\t\tbest = j;\n\t\t}\n" +
		"\t}\n\treturn best;\n"
	n := o.Layer.Shape.Size()
	if o.Task == "binary" {
		body, n = "\treturn y[0] >= %d;\n", w.borders.Out[i].Threshold
	}
	fmt.Fprintf(&w.public,
		"/* The number of the class of a prediction in whole numbers: that which %s_classify%s chooses,\n"+
			"   sure or not. */\n%s;\n\n",
		w.name, suffix, head)
	fmt.Fprintf(&w.choices, "%s {\n%s}\n\n", head, fmt.Sprintf(body, n))
}

// size names the macro of the size of a port.
func (w *writer) size(of, kind string, i int) string {
	parts := []string{w.name}
	if of != "" {
		parts = append(parts, of)
	}
	parts = append(parts, kind)
	switch {
	case kind == "input" && len(w.inputs) > 1:
		parts = append(parts, strings.TrimPrefix(w.inputs[i], "x_"))
	case kind == "output" && len(w.outputs) > 1:
		parts = append(parts, strings.TrimPrefix(w.outputs[i], "y_"))
	}
	return macro(append(parts, "size")...)
}

// decisions prints what reads predictions: the labels of classes, the choice of one, and intervals.
func (w *writer) decisions(weights map[string][]float32) {
	for i, o := range w.net.Outputs {
		suffix := ""
		if len(w.net.Outputs) > 1 {
			suffix = "_" + name(o.Name)
		}
		if len(o.Classes) > 0 {
			w.labels(o, suffix)
			if w.net.Steps == 1 && !o.NextToken {
				w.classify(o, suffix, weights)
				if w.core != nil {
					w.classifyInt8(o, i, suffix)
				}
			}
		}
		if o.Radius != nil {
			w.interval(o, suffix, weights)
		}
	}
}

// labels prints the names of the classes of an output.
func (w *writer) labels(o *net.Output, suffix string) {
	of := w.name + "_classes" + suffix
	fmt.Fprintf(&w.public,
		"/* The labels of %s, in the order of its numbers, in UTF-8. */\nextern const char *const %s[%d];\n\n",
		remark(o.Name), of, len(o.Classes))
	var items []string
	for _, c := range o.Classes {
		items = append(items, quoted(c))
	}
	fmt.Fprintf(&w.choices, "const char *const %s[%d] = {", of, len(o.Classes))
	list(&w.choices, items)
	w.choices.WriteString("};\n\n")
}

// classify prints the function that chooses a class.
func (w *writer) classify(o *net.Output, suffix string, weights map[string][]float32) {
	head := fmt.Sprintf("int %s_classify%s(const float y[%d], float *probability)", w.name, suffix, o.Layer.Shape.Size())
	doc := "The number of the most probable class of a prediction; its probability goes to *probability, unless " +
		"that is NULL."
	var body strings.Builder
	if o.Task == "binary" {
		least := float32(0.5)
		if o.Threshold != nil {
			least = weights[o.Threshold.Name][0]
			doc = fmt.Sprintf("The number of the class of a prediction, 1 from the probability %v on; that of the class "+
				"goes to\n"+
				"   *probability, unless that is NULL.", least)
		}
		fmt.Fprintf(&body, "\tint best = y[0] >= %s;\n\tfloat p = best ? y[0] : 1.0f - y[0];\n", literal(least))
	} else {
		fmt.Fprintf(&body, `	int best = 0;
	float p;
	for (int j = 1; j < %d && y[best] == y[best]; j++) {
		if (!(y[j] <= y[best])) {
			best = j;
		}
	}
	p = y[best];
`, o.Layer.Shape.Size())
	}
	body.WriteString("\tif (probability != NULL) {\n\t\t*probability = p;\n\t}\n")
	if o.Confidence > 0 {
		doc += fmt.Sprintf("\n   It is -1, for no class, below a probability of %s, and of a prediction that is NaN.",
			strconv.FormatFloat(o.Confidence, 'g', -1, 32))
		fmt.Fprintf(&body, "\treturn p >= %s ? best : -1;\n", literal(float32(o.Confidence)))
	} else {
		body.WriteString("\treturn best;\n")
	}
	fmt.Fprintf(&w.public, "/* %s */\n%s;\n\n", doc, head)
	fmt.Fprintf(&w.choices, "%s {\n%s}\n\n", head, body.String())
}

// interval prints the function that computes the interval of each target.
func (w *writer) interval(o *net.Output, suffix string, weights map[string][]float32) {
	radius := weights[o.Radius.Name]
	n := len(radius)
	head := fmt.Sprintf("void %s_interval%s(const float y[%d], float low[%d], float high[%[4]d])",
		w.name, suffix, o.Layer.Shape.Size(), n)
	fmt.Fprintf(&w.public,
		"/* An interval for each target of %s, from low to high, that holds it with a probability of %v for\n"+
			"   examples like those of the validation set that it was fitted to. */\n%s;\n\n", remark(o.Name), o.Interval, head)
	var items []string
	for _, r := range radius {
		items = append(items, literal(r))
	}
	fmt.Fprintf(&w.choices, "%s {\n\tstatic const float radius[%d] = {%s};\n\tfor (int j = 0; j < %[2]d; j++) {\n",
		head, n, strings.Join(items, ", "))
	less, more := '-', '+'
	if o.Ratio() {
		less, more = '/', '*'
	}
	if k := len(o.Quantiles); k > 0 {
		fmt.Fprintf(&w.choices, "\t\tfloat a = y[j] %c radius[j], b = y[%d + j] %c radius[j];\n"+
			"\t\tlow[j] = a < b ? a : b;\n\t\thigh[j] = a < b ? b : a;\n", less, (k-1)*n, more)
	} else {
		fmt.Fprintf(&w.choices, "\t\tlow[j] = y[j] %c radius[j];\n\t\thigh[j] = y[j] %c radius[j];\n", less, more)
	}
	w.choices.WriteString("\t}\n}\n\n")
}

// Mark is what each file begins with.
const Mark = "/* Code generated by nngen "

// comment begins each file.
func (w *writer) comment() string {
	return fmt.Sprintf(Mark+"%s from %s; DO NOT EDIT.\n   SPDX-License-Identifier: MIT\n"+
		"   SPDX-FileCopyrightText: 2026 The nngen authors */\n\n",
		remark(w.version), remark(baseName(w.net.Spec.File)))
}

// baseName returns the last part of a path.
func baseName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }

// head returns the header.
func (w *writer) head() []byte {
	var b strings.Builder
	guard := macro(w.name, "h")
	fmt.Fprintf(&b, "%s#ifndef %s\n#define %s\n\n", w.comment(), guard, guard)
	if w.core != nil {
		b.WriteString("#include <stdint.h>\n\n")
	}
	b.WriteString("#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n")
	b.WriteString("/* Sizes, in numbers of one example. */\n")
	for i, in := range w.net.Inputs {
		fmt.Fprintf(&b, "#define %s %d /* %s, %s */\n", w.size("", "input", i), w.predict.in[i],
			remark(in.Name), shape(in.Shape)+w.layout(i))
	}
	for i, out := range w.net.Outputs {
		size := w.size("", "output", i)
		fmt.Fprintf(&b, "#define %s %d /* %s, %s */\n", size, w.predict.out[i], remark(out.Name), shape(out.Layer.Shape))
	}
	b.WriteString("\n")
	w.workspace(&b, w.predict, "a prediction", "Workspace", w.files.Workspace)
	b.WriteString("/* Predicts one example. Inputs are as the Go package takes them: what its Encode gives for a row " +
		"of a table,\n" +
		"   tokens as whole numbers. No array may overlap another.")
	if w.predict.checked {
		b.WriteString("\n   It returns 0; 1, and no prediction, if a token is not a whole number within the vocabulary.")
	}
	if w.int8 {
		b.WriteString("\n   NaN counts as the least number of an input: no prediction tells of it.")
	}
	fmt.Fprintf(&b, " */\n%s;\n\n", w.signature())
	if w.step != nil {
		w.stream(&b)
	}
	b.WriteString(w.whole.String())
	fmt.Fprintf(&b, "%s#ifdef __cplusplus\n}\n#endif\n\n#endif\n", w.public.String())
	return []byte(b.String())
}

// workspace declares the memory that a function works in.
func (w *writer) workspace(b *strings.Builder, p *printer, of, typ string, bytes int) {
	if bytes == 0 {
		return
	}
	fmt.Fprintf(b,
		"/* The memory that %s works in, %d bytes, which it overwrites: one for each thread. */\ntypedef struct {\n", of,
		bytes)
	if n := p.fn.Arena; n > 0 {
		fmt.Fprintf(b,
			"\tfloat memory[%d]; /* results of layers, of which those overlap that are not needed at the same time */\n",
			n/4)
	}
	if p.scratch > 0 {
		fmt.Fprintf(b, "\tfloat scratch[%d];\n", p.scratch)
	}
	fmt.Fprintf(b, "} %s_%s;\n\n", w.name, typ)
}

// stream declares what runs the network step by step.
func (w *writer) stream(b *strings.Builder) {
	b.WriteString("/* Sizes, in numbers of one step. */\n")
	for i := range w.inputs {
		fmt.Fprintf(b, "#define %s %d\n", w.size("step", "input", i), w.step.in[i])
	}
	for i := range w.outputs {
		fmt.Fprintf(b, "#define %s %d\n", w.size("step", "output", i), w.step.out[i])
	}
	fmt.Fprintf(b,
		"\n/* What the network remembers between the steps of a sequence, %d bytes: a plain value, which may be copied "+
			"and saved.\n"+
			"   All zeros are the start of a sequence. */\ntypedef struct {\n\tint steps;\n", w.files.State)
	for _, q := range w.step.fn.CarriedParams() {
		fmt.Fprintf(b, "\tfloat %s[%d];\n", state(q), q.Size())
	}
	fmt.Fprintf(b, "} %s_State;\n\n", w.name)
	w.workspace(b, w.step, "a step", "StepWorkspace", w.files.StepWorkspace)
	b.WriteString("/* Takes one more step of a sequence and computes the outputs after it, with the bits of a " +
		"prediction of all steps up\n   to it.")
	if w.step.checked || w.step.fn.Bounded() {
		b.WriteString(" It returns 0")
	}
	if w.step.checked {
		b.WriteString("; 1 if a token is not a whole number within the vocabulary, and the sequence is to be begun anew")
	}
	if w.step.fn.Bounded() {
		fmt.Fprintf(b, "; 2, and does nothing, after step %d,\n   the last for which the network has numbers",
			w.step.fn.Graph.Stream)
	}
	if w.step.checked || w.step.fn.Bounded() {
		b.WriteString(".")
	}
	fmt.Fprintf(b, " */\n%s;\n\n", w.stepSignature())
}

// preamble holds what the source needs of the compiler.
const preamble = `#include <float.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Each operation is rounded to float by itself; nothing is fused, but for f32_FMA, or reordered. */
#if defined(__FAST_MATH__) || defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "compile without -ffast-math, and with SSE2 on 32-bit x86: other bits come of it"
#endif
#if INT_MAX < 0x7fffffff
#error "int has fewer than 32 bits"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

`

// source returns the source file.
func (w *writer) source() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s#include \"%s\"\n\n%s%s\n\n", w.comment(), w.header, preamble, needed(w.names))
	b.WriteString(w.tables.String())
	fmt.Fprintf(&b, "%s {\n%s%s", w.signature(), w.predict.body.String(), w.unread(w.predict.body.String()))
	if w.predict.checked {
		b.WriteString("\treturn 0;\n")
	}
	b.WriteString("}\n\n")
	if w.step != nil {
		w.stepSource(&b)
	}
	if w.core != nil {
		body := w.core.body.String()
		fmt.Fprintf(&b, "%s {\n%s%s}\n\n", w.int8Signature(), body, w.unread(body))
	}
	b.WriteString(w.choices.String())
	return []byte(strings.TrimRight(b.String(), "\n") + "\n")
}

// unread says of inputs that no statement of a function reads that this is meant: compilers warn of such parameters.
func (w *writer) unread(body string) string {
	var b strings.Builder
	for _, x := range w.inputs {
		if !regexp.MustCompile(`\b` + x + `\b`).MatchString(body) {
			fmt.Fprintf(&b, "\t(void)%s;\n", x)
		}
	}
	return b.String()
}

// stepSource prints the step of a stream.
func (w *writer) stepSource(b *strings.Builder) {
	fn := w.step.fn
	fmt.Fprintf(b, "%s {\n", w.stepSignature())
	if fn.Bounded() {
		fmt.Fprintf(b, "\tif (s->steps == %d) {\n\t\treturn 2;\n\t}\n", fn.Graph.Stream)
	}
	b.WriteString(w.step.body.String())
	b.WriteString(w.unread(w.step.body.String()))
	if fn.Bounded() {
		b.WriteString("\ts->steps++;\n")
	} else {
		b.WriteString("\ts->steps = 1;\n")
	}
	if w.step.checked || fn.Bounded() {
		b.WriteString("\treturn 0;\n")
	}
	b.WriteString("}\n\n")
}
