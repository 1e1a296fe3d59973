package scaffold

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/spec"
)

// draft is what is known of the data.
type draft struct {
	Options
	found
	name     string // of the network
	inputs   int    // numbers
	features []*feature
	texts    []*text
	labels   []*column
	why      string // the label is what it is
	classes  []string
	positive string     // the last of two classes is positive for this reason
	tasks    []string   // of several outputs, what the lines on the task say of each
	units    []int      // of the hidden layers
	missing  []oddField // words that stand for no value here, beside the usual ones
	before   []*column  // as found without those
	skipped  int        // bad rows of all files
	empty    int        // of them, rows of a series without a value
	// skippedRows says what becomes of bad rows.
	skippedRows string
	gaps        bool      // rows of the series are missing, and filled
	logLabels   bool      // the labels are learned as their logarithms
	pictures    *pictures // in place of a table; else nil

	train, held, test int // examples
	remarks           []string
}

// look takes inputs, task and classes from the data file.
func (d *draft) look() (err error) {
	if err := d.readTable(); err != nil {
		return err
	}
	if err := d.chooseLabels(); err != nil {
		return err
	}
	d.keepClasses()
	if err := d.resolveTask(); err != nil {
		return err
	}
	if d.logLabels, err = d.fitLog(); err != nil {
		return err
	}
	return d.useColumns()
}

// readTable looks at the table, a second time if words among its numbers stand for missing values, and says why nothing
// can be told of it.
func (d *draft) readTable() error {
	if d.Decimal != "" && d.Decimal != "." && d.Decimal != "," {
		return fmt.Errorf("--decimal %q: a decimal mark is . or ,", d.Decimal)
	}
	o := table.Options{Missing: spec.Missing, Delimiter: d.Delimiter, Decimal: d.Decimal,
		Encoding: d.Encoding, Header: d.Header}
	var err error
	if d.found, err = look(d.Data, o); err != nil {
		return err
	}
	d.before = d.columns
	if d.missing = stray(d.columns); d.missing != nil {
		o.Missing = append(slices.Clone(o.Missing), d.strayWords()...)
		if d.found, err = look(d.Data, o); err != nil {
			return err
		}
	}
	d.takeWrong()
	if err := d.checkColumns(); err != nil {
		return err
	}
	if len(d.bad) > 0 && (d.rows < 2 || float64(len(d.bad)) > acceptable*float64(len(d.bad)+d.rows)) {
		return fmt.Errorf("%s\n%s in all, and %s of the form that was found: %s", d.bad[0],
			count(len(d.bad), "bad row", "bad rows"), count(d.rows, "row", "rows"), d.table)
	}
	if d.rows < 2 {
		return fmt.Errorf("%s: %s too few to tell what they hold", d.Data, count(d.rows, "row is", "rows are"))
	}
	return nil
}

// useColumns decides what becomes of each column, and from what is left how large the network is.
func (d *draft) useColumns() error {
	var dropped []*column
	for _, name := range d.names(d.Drop) {
		c, err := d.column(name)
		if err != nil {
			return err
		}
		dropped = append(dropped, c)
	}
	d.inputs = 0
	for _, c := range d.columns {
		switch {
		case slices.Contains(d.labels, c):
			if c.use = "label"; d.Task == "regression" {
				c.use += c.saysUnit() + c.saysWrong()
			}
			if d.logLabels {
				c.use += ", learned as its logarithm: " + logWhy
			}
		case slices.Contains(dropped, c):
			c.use = "left out, as asked"
		case d.Time != "" && c.holdsNumbers():
			c.use = leftOutOfWindows
		case d.Time != "":
			c.use = "left out: windows hold numbers"
		default:
			d.useColumn(c)
		}
	}
	if d.Time != "" {
		return d.series()
	}
	for _, c := range d.columns {
		if c.kind == identifier && c.use != "label" && c.whole && c.missing == 0 && !slices.Contains(dropped, c) &&
			len(d.features)+len(d.texts) == 0 {
			c.kind = numbers
			d.useColumn(c)
			c.use = "a number, as nothing else is left"
		}
	}
	if len(d.features)+len(d.texts) == 0 {
		return fmt.Errorf("%s: no column is left to predict %s from%s", d.Data, quotedName(d.labels[0]), d.leftOut())
	}
	d.size()
	return nil
}

// keepClasses takes a label column of words as it was found at first, where what stands for no value among the numbers
// of other columns is a class.
func (d *draft) keepClasses() {
	for i, c := range d.labels {
		if b := d.before[c.place]; b.missing < c.missing && (b.kind == words || b.kind == flags) {
			d.labels[i], d.columns[c.place] = b, b
		}
	}
}

// strayWords returns the words that stand for missing values here.
func (d *draft) strayWords() (list []string) {
	for _, o := range d.missing {
		list = append(list, o.text)
	}
	return list
}

// takeWrong takes columns for what all but a few of their fields are, as long as the others make few bad rows.
func (d *draft) takeWrong() {
	mixed := slices.DeleteFunc(slices.Clone(d.columns), func(c *column) bool { return c.most == "" })
	slices.SortStableFunc(mixed, func(a, b *column) int { return a.countOdd() - b.countOdd() })
	bad := len(d.bad)
	for _, c := range mixed {
		bad += c.countOdd()
		if c.countOdd() <= table.Few(c.present()) && 2*float64(bad) <= acceptable*float64(d.rows) {
			c.takeWrong()
		}
	}
}

// checkColumns says how a table is written if it is in a way that does not come apart.
func (d *draft) checkColumns() error {
	if len(d.columns) == 1 && d.table.Instead != "" {
		if strings.Contains(",;\t|", d.table.Instead) {
			return fmt.Errorf("%s: each row is one field in quotes; take these quotes away, and of two behind each other one",
				d.Data)
		}
		return fmt.Errorf("%s: one column is found; the delimiter seems to be %q; if so, say --delimiter %[2]q", d.Data,
			d.table.Instead)
	}
	single := func(s string) bool { return len(s) > 1 && s[0] == '\'' && s[len(s)-1] == '\'' }
	if d.table.Header && !slices.ContainsFunc(d.columns, func(c *column) bool { return !single(c.name) }) {
		return fmt.Errorf("%s: its fields are in single quotes, which are a part of them in CSV; write double quotes", d.Data)
	}
	return nil
}

// leftOut lists the columns that are left out, with the reason.
func (d *draft) leftOut() string {
	var list []string
	for _, c := range d.columns {
		if !c.used && c.use != "label" && len(list) < 10 {
			list = append(list, quotedName(c)+" is "+c.use)
		}
	}
	if list == nil {
		return ""
	}
	return ": " + strings.Join(list, "; ")
}

// column finds a column by name or position.
func (d *draft) column(name string) (*column, error) {
	for _, c := range d.columns {
		if d.table.Header && c.name == name {
			return c, nil
		}
	}
	at := -1
	if i, err := strconv.Atoi(name); err == nil {
		at = i
	} else if i, err := strconv.Atoi(strings.TrimPrefix(name, "#")); err == nil && i > 0 {
		at = i - 1
	} else if err == nil {
		at = len(d.columns) + i
	}
	switch name {
	case "last":
		at = len(d.columns) - 1
	case "first":
		at = 0
	}
	if at < 0 || at >= len(d.columns) {
		var names []string
		for _, c := range d.columns {
			names = append(names, cmp.Or(c.name, c.ref))
		}
		hint := ""
		if best := spec.Nearest(name, names); best != "" {
			hint = fmt.Sprintf("; did you mean %q?", best)
		}
		return nil, fmt.Errorf("%s: no column %q%s", d.Data, name, hint)
	}
	return d.columns[at], nil
}

// names returns names of columns that a comma stood between, or the one name with commas in it that they are of.
func (d *draft) names(list []string) []string {
	whole := strings.Join(list, ",")
	if len(list) > 1 && d.table.Header && slices.Contains(d.table.Names, whole) {
		return []string{whole}
	}
	return list
}

func quotedName(c *column) string { return strconv.Quote(cmp.Or(c.name, c.ref)) }

// try reads the data by the spec, as train will.
func (d *draft) try(s *spec.Spec) error {
	network, problems := net.Build(s, os.DirFS(filepath.Dir(d.Data)))
	if problems.Err() != nil {
		return fmt.Errorf("no spec can be written: %v", problems)
	}
	sets, err := data.Load(s, d.Folder, network, s.Training.Seed,
		data.Options{SkipBadRows: acceptable, Scaffold: true, Rows: d.seen})
	if err != nil {
		return err
	}
	d.skipped, d.empty = len(sets.Skipped), sets.Empty
	if d.skippedRows = ""; d.skipped > 0 {
		d.skippedRows = fmt.Sprintf("%s skipped; the spec says skip_bad_rows: %g\n%s", sets.Skipped.Count(), acceptable,
			d.asTyped(sets.Skipped.Table()))
	}
	if d.pictures != nil {
		for _, bad := range sets.Skipped[:min(3, d.skipped)] {
			d.bad = append(d.bad, d.asTyped(bad.Error()))
		}
	}
	d.train, d.held, d.test = sets.Train.N, sets.Validation.N, sets.Test.N
	d.remarks = sets.Remarks
	return nil
}

// asTyped words a message with the paths that the user typed in place of those relative to the folder of the spec.
func (d *draft) asTyped(text string) string {
	files := []string{d.Data, d.Test}
	if d.pictures != nil {
		files = append(files, d.pictures.validation)
	}
	for _, file := range files {
		if file != "" {
			text = strings.ReplaceAll(text, d.relative(file), file)
		}
	}
	return text
}

// relative returns the path of a file as seen from the folder of the spec.
func (d *draft) relative(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	folder, err := filepath.Abs(d.Folder) // as filepath.Rel knows no way back from a path that begins with ..
	if err != nil {
		return file
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return file
	}
	rel, err := filepath.Rel(folder, abs)
	if err != nil {
		return file
	}
	return filepath.ToSlash(rel)
}
