package scaffold

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// spec returns the text of the spec.
func (d *draft) spec() []byte {
	if d.pictures != nil {
		return d.pictureSpec()
	}
	var b strings.Builder
	b.WriteString("# yaml-language-server: $schema=./" + schemaFile + "\n")
	source := "its input"
	if d.Data != "" {
		source = inComment(filepath.Base(d.Data))
	}
	fmt.Fprintf(&b, "# A perceptron for %s. nngen ops lists the kinds of layers.\nversion: 1\nname: %s\n", source,
		spec.Scalar(d.name))
	switch {
	case d.texts != nil:
		d.inputsWithTexts(&b)
	case d.features == nil:
		fmt.Fprintf(&b, "input: {name: x, shape: [%d]}\n", d.inputs)
	default:
		fmt.Fprintf(&b, "input:\n  name: x\n  shape: [%d]\n  columns:\n", d.inputs)
		for _, f := range d.features {
			fmt.Fprintf(&b, "    - %s\n", d.entry(f))
		}
	}
	switch {
	case d.texts == nil:
		b.WriteString("preprocess: [standardize]\n")
	case d.features != nil:
		b.WriteString("preprocess: [{standardize: {input: x}}]\n")
	}
	fmt.Fprintf(&b, "task: %s\n", d.Task)
	if d.Task != "regression" && len(d.labels) < 2 {
		fmt.Fprintf(&b, "classes: [%s]\n", quoted(d.classes))
	}
	b.WriteString("layers:\n")
	decay := "1.0e-4"
	switch {
	case d.isDense():
		decay = "1.0e-3"
	case d.learnsFromAll():
		decay = "2.0e-2"
	case d.hasLinearPath():
		decay = "1.0e-2"
	case d.Data != "" && d.Task == "regression" && d.texts == nil && d.rows < manyRows:
		decay = "1.0e-3"
	}
	d.readTexts(&b)
	for i, u := range d.units {
		fmt.Fprintf(&b, "  - dense: {name: h%d, units: %d, activation: relu, kernel_regularizer: {l2: %s}}\n", i+1, u, decay)
	}
	if d.hasLinearPath() {
		fmt.Fprintf(&b, "  - concatenate: {name: both, from: [h%d, x]}  # a linear path beside the hidden layers\n",
			len(d.units))
	}
	standardize := "true}"
	if d.logLabels {
		standardize = "log}  # " + logWhy
	}
	if len(d.labels) > 1 && d.Task == "binary" {
		fmt.Fprintf(&b, "  - output: {name: y, units: %d}  # one for each label: several of them may be 1\n", len(d.labels))
	} else if len(d.labels) > 1 {
		fmt.Fprintf(&b, "  - output: {name: y, units: %d, standardize: %s\n", len(d.labels), standardize)
	} else if d.Task == "regression" {
		fmt.Fprintf(&b, "  - output: {name: y, standardize: %s\n", standardize)
	} else {
		b.WriteString("  - output: {name: y}\n")
	}
	d.training(&b)
	if besidesOthers(d.Folder) {
		b.WriteString("generate: {runtime: shared}  # as the module has another network: one copy of the runtime for all " +
			"that say so\n")
	}
	d.source(&b)
	src, err := spec.Format(d.name+".yaml", []byte(b.String()))
	if err != nil { // parse says why
		return []byte(b.String())
	}
	return src
}

// entry writes a column of the input.
func (d *draft) entry(f *feature) string {
	name := yamlQuote(f.ref)
	switch f.kind {
	case numbers:
		text := ""
		if f.unit != "" {
			text += ", unit: " + yamlQuote(f.unit)
		}
		if f.missing > 0 {
			text += ", fill: median"
		}
		if d.indicated(f.column) {
			text += ", indicator: true"
		}
		if text == "" {
			return name
		}
		return "{name: " + name + text + "}"
	case flags:
		return fmt.Sprintf("{name: %s, flag: [%s]}", name, quoted(f.flag))
	case dates:
		layout, parts := net.DateWords(f.layout, f.parts)
		text := fmt.Sprintf("{name: %s, date: [%s]", name, strings.Join(parts, ", "))
		if f.layout != encode.YearFirst {
			text += ", layout: " + layout
		}
		if f.missing > 0 {
			text += ", fill: median"
		}
		return text + "}"
	}
	text := fmt.Sprintf("{name: %s, max_words: %d, other: true", name, f.words)
	if f.missing > 0 {
		text += ", missing: true"
	}
	return text + "}"
}

// training writes how the network is trained: small tables take small batches, so that there are enough steps.
func (d *draft) training(b *strings.Builder) {
	epochs, batch, rate := 200, 32, "1.0e-3"
	switch {
	case d.Data == "":
	case d.rows < 1000:
		batch, rate = 16, "3.0e-3"
	case d.rows >= 20_000:
		epochs, batch = 40, 128
	}
	patience := max(10, epochs/8)
	if d.isDense() {
		epochs, patience = 300, 50
	}
	if d.isShortSeries() {
		fmt.Fprintf(b, "optimizer: {adam: {lr: 1.0e-2}}\nschedule: {cosine: {t_max: %d}}\n"+
			"# No rows are held out for validation: of a short series the newest are the ones to learn from.\n"+
			"training: {epochs: %[1]d, batch_size: 16, seed: 42}\n", fixedEpochs)
		return
	}
	if d.learnsFromAll() {
		fmt.Fprintf(b, "optimizer: {adam: {lr: %s}}\nschedule: {cosine: {t_max: %d}}\n"+
			"# No rows are held out for validation: of so few, all are to learn from.\n"+
			"training: {epochs: %[2]d, batch_size: %d, seed: 42}\n", rate, fixedEpochs, batch)
		return
	}
	split := validationShare
	if d.rows > 0 && d.rows < 50 {
		split = 0.2
	}
	fmt.Fprintf(b,
		"optimizer: {adam: {lr: %s}}\ntraining:\n  epochs: %d\n  batch_size: %d\n  seed: 42\n  validation_split: %g\n", rate,
		epochs, batch, split)
	fmt.Fprintf(b, "  early_stopping: {monitor: val_loss, patience: %d, restore_best: true}\n", patience)
}

// source writes where the data is.
func (d *draft) source(b *strings.Builder) {
	if d.Data == "" {
		b.WriteString("data:\n  train: {csv: examples.csv, header: true, label: \"#-1\"}\n  test_split: 0.2\n")
		if d.Task != "regression" {
			b.WriteString("  stratify: true\n")
		}
		return
	}
	var labels []string
	for _, c := range d.labels {
		labels = append(labels, yamlQuote(c.ref))
	}
	label := labels[0]
	if len(labels) > 1 {
		label = "[" + strings.Join(labels, ", ") + "]"
	}
	form := ""
	if !d.table.JSON {
		form = fmt.Sprintf(", header: %t", d.table.Header)
		if d.table.Delimiter != "," {
			form += ", delimiter: " + yamlQuote(d.table.Delimiter)
		}
		switch {
		case d.table.Comma:
			form += `, decimal: ","`
		case d.table.Unsure != "" || d.Decimal != "":
			form += `, decimal: "."`
		}
		if d.table.Encoding != "utf-8" {
			form += ", encoding: " + d.table.Encoding
		}
	}
	if d.Time != "" {
		c, _ := d.column(d.Time)
		gaps := ""
		if d.gaps {
			gaps = ", gaps: fill"
		}
		form += fmt.Sprintf(", series: {columns: [%s], index: %s%s}", strings.Join(labels, ", "), yamlQuote(c.ref), gaps)
	}
	write := func(kind, file string) {
		fmt.Fprintf(b, "  %s: {csv: %s%s, label: %s}\n", kind, yamlQuote(d.relative(file)), form, label)
	}
	b.WriteString("data:\n")
	write("train", d.Data)
	if d.Test != "" {
		write("test", d.Test)
	} else {
		fmt.Fprintf(b, "  test_split: %g\n", testShare)
	}
	if d.Task != "regression" && len(d.labels) < 2 {
		b.WriteString("  stratify: true\n")
	}
	if d.missing != nil {
		fmt.Fprintf(b, "  missing: [%s]\n", quoted(append(slices.Clone(spec.Missing), d.strayWords()...)))
	}
	if d.skipped > 0 {
		fmt.Fprintf(b, "  skip_bad_rows: %g  # %s here\n", acceptable, count(d.skipped, "row is bad", "rows are bad"))
	}
}

func quoted(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = yamlQuote(w)
	}
	return strings.Join(q, ", ")
}

func yamlQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r >= 0x200e &&
			r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// inComment returns a name as it may stand in a comment.
func inComment(name string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return '?'
	}, name)
}
