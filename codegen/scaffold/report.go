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
	d.printColumns()
	d.printTask()
	d.printSizes()
	for _, c := range d.columns {
		d.remarkOn(c)
	}
	d.remarkOnRows()
	fmt.Fprintln(d.Log)
}

// remark prints a remark, unless it is "".
func (d *draft) remark(text string) {
	if text != "" {
		fmt.Fprintf(d.Log, "remark: %s\n", text)
	}
}

// bySpec tells whether a spec that was there before says what columns are, as it does for Inspect.
func (d *draft) bySpec() bool { return d.why == "by the spec" }

// printColumns prints the form of the table, and its columns as a table: name, type, what is missing, what differs, and
// what becomes of each.
func (d *draft) printColumns() {
	w := d.Log
	first := ""
	if d.seen > 0 {
		first = "the first "
	}
	fmt.Fprintf(w, "%s: %s%s, %s: %s\n\n", strings.ReplaceAll(d.Data, "\n", `\n`), first, count(d.rows, "row", "rows"),
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
			name = fmt.Sprintf("%s … %s", name, clip(cmp.Or(d.columns[like].name, d.columns[like].ref)))
			missing, distinct = "", ""
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
}

// printTask prints label and task, each with the reason.
func (d *draft) printTask() {
	if d.labels == nil {
		fmt.Fprintf(d.Log, "\nlabel: the input itself, %s\n", d.why)
		return
	}
	var names []string
	for _, c := range d.labels {
		names = append(names, quotedName(c))
	}
	fmt.Fprintf(d.Log, "\nlabel %s: %s\n", strings.Join(names, ", "), d.why)
	for _, line := range d.tasks {
		fmt.Fprintln(d.Log, line)
	}
	if d.tasks == nil {
		fmt.Fprintf(d.Log, "task %s: %s\n%s", d.Task, d.reason(), d.saysPositive())
	}
}

// printSizes prints the numbers of examples, inputs and hidden units.
func (d *draft) printSizes() {
	if d.seen > 0 {
		d.remark(fmt.Sprintf("the table goes on behind the %d rows that were looked at: types, words, classes and "+
			"numbers of examples are of these; train reads and checks all, and what does not fit is an error", d.seen))
	}
	inputs := count(d.inputs, "input", "inputs")
	if d.texts != nil {
		inputs = count(len(d.texts), "text", "texts")
		if d.inputs > 0 {
			inputs += " and " + count(d.inputs, "number", "numbers")
		}
	}
	fmt.Fprintf(d.Log, "%s for training, %d for validation, %d for testing; %s",
		count(d.train, "example", "examples"), d.held, d.test, inputs)
	if d.units != nil {
		fmt.Fprintf(d.Log, ", hidden units %s", strings.Trim(fmt.Sprint(d.units), "[]"))
	}
	fmt.Fprintln(d.Log)
	if d.table.Unsure != "" && !d.bySpec() {
		d.remark(d.table.SayUnsure())
	}
	d.remarkOnMissing()
}

// remarkOnMissing names the words that stand for missing values here.
func (d *draft) remarkOnMissing() {
	if d.missing == nil {
		return
	}
	var list []string
	for _, o := range d.missing {
		list = append(list, o.String())
	}
	among := "numbers and dates"
	if slices.ContainsFunc(d.missing, func(o oddField) bool { return o.word }) {
		among = "numbers, dates and words"
	}
	d.remark(fmt.Sprintf("among %s, %s taken for missing values; missing: in the spec lists them", among,
		strings.Join(list, ", ")))
}

// remarkOn prints what may surprise in how a column is read.
func (d *draft) remarkOn(c *column) {
	say := func(format string, args ...any) {
		d.remark(fmt.Sprintf("column %s"+format, append([]any{quotedName(c)}, args...)...))
	}
	if c.kind == words {
		if a, b := c.differInCase(); a != "" {
			say(": %q and %q differ in case alone, and are two words", a, b)
		}
	}
	if c.kind == words || c.kind == codes {
		if a, b := c.sameNumber(); a != "" {
			say(": %q and %q are one number, and two words", a, b)
		}
	}
	if c.offsets != nil && c.kind == dates && c.used && c.clock {
		say(": its times have several offsets, such as %s and %s, and are taken as of UTC: the hour of clocks there is "+
			"lost", c.offsets[0], c.offsets[1])
	}
	if !d.bySpec() {
		if found := max(c.numbers, c.measured); c.kind == words && c.use != "label" && 4*found >= c.present() {
			say(": %d of its %d fields are numbers, and all are taken for words, as %s", found, c.present(), c.saysOdd())
		}
		if (c.kind == words || c.kind == identifier) && c.use != "label" && c.numbers < c.present() &&
			4*c.dated >= c.present() {
			say(": %d of its %d fields are dates, but it is none of dates, as others, such as %q, are not", c.dated,
				c.present(), c.oddDate())
		}
		if c.kind == numbers && c.used && c.whole && len(c.counts) > 2 && codeName().MatchString(c.name) {
			most := min(len(c.counts), maxWords-1)
			say(" is called like a code, and read as a number; {name: %s, max_words: %d, other: true} in the spec takes it "+
				"for words, and shape: then has %[3]d more", yamlQuote(c.ref), most)
		}
	}
	if text := d.clocks(c); text != "" {
		say(": %s", text)
	}
	d.remark(d.ordered(c))
}

// remarkOnRows prints what may surprise in which rows and columns are left out or cut.
func (d *draft) remarkOnRows() {
	d.remark(d.besideSeries())
	for _, t := range d.texts {
		if t.cut > 0 {
			d.remark(fmt.Sprintf("column %s: %.2g %% of its texts have more than %d words, and are cut there; a greater "+
				"shape than [%[3]d] of input %[4]s reads more, and takes longer", quotedName(t.column),
				100*float64(t.cut)/float64(t.present()), t.steps, t.name))
		}
	}
	if !d.bySpec() {
		if d.labels != nil && d.labels[0].missing > 0 && d.Time == "" {
			d.remark(count(d.labels[0].missing, "row", "rows") + " without a label left out")
		}
		for _, c := range d.labels {
			if c.kind == identifier {
				d.remark(fmt.Sprintf("the label %s looks like an identifier: %s, which nothing can foretell", quotedName(c),
					c.another()))
			}
		}
	}
	d.remark(d.passedOver())
	d.remark(d.skippedRows)
	for _, r := range d.remarks {
		if !strings.Contains(r, "without a label") {
			d.remark(d.asTyped(r))
		}
	}
}

// clocks says what the fields of a column that may be times of day or durations are taken for, and what to write for
// the other; "" where that is plain.
func (d *draft) clocks(c *column) string {
	text := c.units.SayClocks(c.name)
	switch {
	case text == "" || d.bySpec() || strings.HasPrefix(c.use, "left out"):
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
