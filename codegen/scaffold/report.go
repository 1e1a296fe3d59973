package scaffold

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/runtime/encode"
)

// maxShown is the number of columns up to which each has a line of its own; of more, neighbours that are alike share
// one.
const maxShown = 50

// report prints what was found, and what becomes of it.
func (d *draft) report() {
	if d.pictures != nil {
		d.reportPictures()
		return
	}
	w := d.Log
	first := ""
	if d.seen > 0 {
		first = "the first "
	}
	fmt.Fprintf(w, "%s: %s%s, %s: %s\n\n", d.Data, first, count(d.rows, "row", "rows"),
		count(len(d.columns), "column", "columns"), d.table)
	rows := [][5]string{{"column", "type", "missing", "distinct", "becomes"}}
	for i := 0; i < len(d.columns); i++ {
		c := d.columns[i]
		like := i
		for len(d.columns) > maxShown && like+1 < len(d.columns) && d.columns[like+1].kind == c.kind &&
			d.columns[like+1].use == c.use {
			like++
		}
		distinct := strconv.Itoa(len(c.counts))
		if c.many {
			distinct = "> " + distinct
		}
		name, missing := clip(cmp.Or(c.name, c.ref)), strconv.Itoa(c.missing)
		if like > i {
			name, missing, distinct = fmt.Sprintf("%s … %s", name, clip(cmp.Or(d.columns[like].name, d.columns[like].ref))), "",
				""
			i = like
		}
		rows = append(rows, [5]string{name, c.kind, missing, distinct, c.use})
	}
	var width [5]int
	for _, r := range rows {
		for i, s := range r {
			width[i] = max(width[i], len([]rune(s)))
		}
	}
	for _, r := range rows {
		fmt.Fprintf(w, "  %-*s  %-*s  %*s  %*s  %s\n", width[0], r[0], width[1], r[1], width[2], r[2], width[3], r[3], r[4])
	}
	var names []string
	for _, c := range d.labels {
		names = append(names, quotedName(c))
	}
	if d.labels == nil {
		fmt.Fprintf(w, "\nlabel: the input itself, %s\n", d.why)
	} else {
		fmt.Fprintf(w, "\nlabel %s: %s\n", strings.Join(names, ", "), d.why)
		if d.tasks != nil {
			for _, line := range d.tasks {
				fmt.Fprintln(w, line)
			}
		} else {
			fmt.Fprintf(w, "task %s: %s\n%s", d.Task, d.reason(), d.saysPositive())
		}
	}
	if d.seen > 0 {
		fmt.Fprintf(w, "remark: the table goes on behind the %d rows that were looked at: types, words, classes and "+
			"numbers of examples are of these; train reads and checks all, and what does not fit is an error\n", d.seen)
	}
	inputs := count(d.inputs, "input", "inputs")
	if d.texts != nil {
		inputs = count(len(d.texts), "text", "texts")
		if d.inputs > 0 {
			inputs += " and " + count(d.inputs, "number", "numbers")
		}
	}
	fmt.Fprintf(w, "%s for training, %d for validation, %d for testing; %s", count(d.train, "example", "examples"), d.held,
		d.test, inputs)
	if d.units != nil {
		fmt.Fprintf(w, ", hidden units %s", strings.Trim(fmt.Sprint(d.units), "[]"))
	}
	fmt.Fprintln(w)
	if d.table.Unsure != "" && d.why != "by the spec" {
		fmt.Fprintf(w, "remark: %s\n", d.table.SayUnsure())
	}
	if d.missing != nil {
		var list []string
		for _, o := range d.missing {
			list = append(list, o.String())
		}
		among := "numbers and dates"
		if slices.ContainsFunc(d.missing, func(o oddField) bool { return o.word }) {
			among = "numbers, dates and words"
		}
		fmt.Fprintf(w, "remark: among %s, %s taken for missing values; missing: in the spec lists them\n",
			among, strings.Join(list, ", "))
	}
	for _, c := range d.columns {
		if c.kind == words {
			if a, b := c.differInCase(); a != "" {
				fmt.Fprintf(w, "remark: column %s: %q and %q differ in case alone, and are two words\n", quotedName(c), a, b)
			}
		}
		if c.kind == words || c.kind == codes {
			if a, b := c.sameNumber(); a != "" {
				fmt.Fprintf(w, "remark: column %s: %q and %q are one number, and two words\n", quotedName(c), a, b)
			}
		}
		if c.offsets != nil && c.kind == dates && c.used && c.clock {
			fmt.Fprintf(w, "remark: column %s: its times have several offsets, such as %s and %s, and are taken as of UTC: the "+
				"hour of clocks there is lost\n", quotedName(c), c.offsets[0], c.offsets[1])
		}
		if c.kind == words && c.use != "label" && 4*max(c.numbers, c.measured) >= c.present() && d.why != "by the spec" {
			fmt.Fprintf(w,
				"remark: column %s: %d of its %d fields are numbers, and all are taken for words, as %s\n",
				quotedName(c), max(c.numbers, c.measured), c.present(), c.saysOdd())
		}
		if (c.kind == words || c.kind == identifier) && c.use != "label" && c.numbers < c.present() &&
			4*c.dated >= c.present() &&
			d.why != "by the spec" {
			fmt.Fprintf(w, "remark: column %s: %d of its %d fields are dates, but it is none of dates, as others, such as %q, "+
				"are not\n", quotedName(c), c.dated, c.present(), c.oddDate())
		}
		if c.kind == numbers && c.used && c.whole && len(c.counts) > 2 && codeName().MatchString(c.name) &&
			d.why != "by the spec" {
			most := min(len(c.counts), maxWords-1)
			fmt.Fprintf(w,
				"remark: column %s is called like a code, and read as a number; {name: %s, max_words: %d, other: true} "+
					"in the spec takes it for words, and shape: then has %[3]d more\n", quotedName(c), yamlQuote(c.ref), most)
		}
		if text := d.clocks(c); text != "" {
			fmt.Fprintf(w, "remark: column %s: %s\n", quotedName(c), text)
		}
		if text := d.ordered(c); text != "" {
			fmt.Fprintf(w, "remark: %s\n", text)
		}
	}
	if text := d.besideSeries(); text != "" {
		fmt.Fprintf(w, "remark: %s\n", text)
	}
	for _, t := range d.texts {
		if t.cut > 0 {
			fmt.Fprintf(w, "remark: column %s: %.2g %% of its texts have more than %d words, and are cut there; a greater "+
				"shape than [%[3]d] of input %[4]s reads more, and takes longer\n", quotedName(t.column),
				100*float64(t.cut)/float64(t.present()), t.steps, t.name)
		}
	}
	if d.labels != nil && d.labels[0].missing > 0 && d.Time == "" && d.why != "by the spec" {
		fmt.Fprintf(w, "remark: %s without a label left out\n", count(d.labels[0].missing, "row", "rows"))
	}
	for _, c := range d.labels {
		if c.kind == identifier && d.why != "by the spec" {
			fmt.Fprintf(w, "remark: the label %s looks like an identifier: %s, which nothing can foretell\n",
				quotedName(c), c.another())
		}
	}
	if text := d.passedOver(); text != "" {
		fmt.Fprintf(w, "remark: %s\n", text)
	}
	if d.skippedRows != "" {
		fmt.Fprintf(w, "remark: %s\n", d.skippedRows)
	}
	for _, r := range d.remarks {
		if !strings.Contains(r, "without a label") {
			fmt.Fprintf(w, "remark: %s\n", d.asTyped(r))
		}
	}
	fmt.Fprintln(w)
}

// clocks says what the fields of a column that may be times of day or durations are taken for, and what to write for
// the other; "" where that is plain.
func (d *draft) clocks(c *column) string {
	text := c.units.SayClocks(c.name)
	switch {
	case text == "" || d.why == "by the spec" || strings.HasPrefix(c.use, "left out"):
		return ""
	case c.unit == encode.Durations:
		return fmt.Sprintf("%s; {name: %s, date: [hour]} in the spec takes them for times of day", text, yamlQuote(c.ref))
	}
	return fmt.Sprintf("%s; {name: %s, unit: %s} in the spec takes them for durations", text, yamlQuote(c.ref),
		encode.Durations)
}

func clip(s string) string {
	const most = 32
	r := []rune(strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return ' '
	}, s))
	if len(r) > most {
		r = append(r[:most-1], '…')
	}
	return string(r)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
