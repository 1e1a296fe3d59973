// Package scaffold writes the first spec of a network, and says why it is as it is.
//
// It exists so that a table of data is all that it takes to begin: what it writes, train takes.
package scaffold

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// Options say what the network is about.
type Options struct {
	Folder string   // of the package, which has its name
	Data   string   // table, or folder of pictures; "" for a spec to be filled in
	Test   string   // table of examples for testing; "" to hold some of Data out
	Label  []string // columns by name or position; nil for the likeliest
	Drop   []string // columns to leave out
	// Delimiter, Decimal, Encoding and Header say how the table is written, as in a source; "" and nil to look.
	Delimiter, Decimal, Encoding string
	Header                       *bool
	// column in order of which the rows are steps of a series; "" where each row stands by itself
	Time string
	Task string // "" to go by the label column
	Log  io.Writer
}

// acceptable is the share of bad rows up to which a table is taken as it is: a tenth may be an accident, more is
// another form than the one that was found.
const acceptable = 0.1

// maxClasses is the number of different values up to which a label column is one of classes.
const maxClasses = 32

// maxAskedClasses is that of a column that is the label as asked, of which there are five rows each.
const maxAskedClasses = 1000

// Write writes the spec and the Go file with the go:generate line. It returns the names of the files, the
// spec first. Nothing is written if either exists.
func Write(o Options) ([]string, error) {
	abs, err := filepath.Abs(o.Folder)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if tasks := []string{"regression", "binary", "multiclass"}; o.Task != "" && !slices.Contains(tasks, o.Task) {
		hint := "tasks are regression, binary and multiclass"
		if best := spec.Nearest(o.Task, tasks); best != "" {
			hint = fmt.Sprintf("did you mean %q?", best)
		}
		return nil, fmt.Errorf("--task %q: there is no such task; %s", o.Task, hint)
	}
	if err := project.CheckNewFolder(o.Folder); err != nil {
		return nil, err
	}
	name := filepath.Base(abs)
	file := filepath.Join(o.Folder, name+".yaml")
	files := []string{file, filepath.Join(o.Folder, "generate.go")}
	for _, f := range files { // before anything is said of the table
		if exists(f) {
			return nil, fmt.Errorf("%s: there is such a file already, and it is left alone", f)
		}
	}
	d := &draft{Options: o, name: name, inputs: 4, classes: []string{"no", "yes"}, units: []int{32}}
	if o.Task == "multiclass" || o.Task == "" {
		d.classes = []string{"a", "b", "c"}
	}
	if o.Data != "" {
		look := d.look
		if isFolder(o.Data) {
			look = d.lookAtPictures
		}
		if err := look(); err != nil {
			return nil, err
		}
	} else {
		d.Task = cmp.Or(d.Task, "multiclass")
	}
	src := d.spec()
	s, err := parse(file, src)
	if err != nil {
		return nil, err
	}
	if o.Data != "" {
		err := d.try(s)
		if errors.Is(err, data.ErrGap) || d.empty > 0 {
			d.gaps = true
			src = d.spec()
			if s, err = parse(file, src); err == nil {
				err = d.try(s)
			}
		}
		if err != nil {
			return nil, errors.New(d.asTyped(err.Error()))
		}
		if d.skipped > 0 {
			src = d.spec()
			if _, err := parse(file, src); err != nil {
				return nil, err
			}
		}
		d.report()
	}
	names, contents := []string{name + ".yaml", "generate.go"}, [][]byte{src, directive(o.Folder, name)}
	if at := filepath.Join(o.Folder, schemaFile); !exists(at) { // which the first line of the spec names
		schema, err := spec.JSONSchema(op.Schema())
		if err != nil {
			return nil, err
		}
		files, names, contents = append(files, at), append(names, schemaFile), append(contents, schema)
	}
	return files, output.Create(o.Folder, names, contents)
}

// schemaFile holds the JSON Schema of specs, beside the spec that names it.
const schemaFile = "nngen.schema.json"

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}

// directive is the Go file in a folder that lets go generate compile the spec.
func directive(folder, name string) []byte {
	return []byte("package " + name + "\n\n//go:generate " + project.Generator(folder) + " compile " + name + ".yaml\n")
}

func parse(file string, src []byte) (*spec.Spec, error) {
	s, problems := spec.Parse(file, src, op.Schema())
	if problems.Err() == nil {
		return s, nil
	}
	var lines []string // their positions are in a text that nobody has
	for _, p := range problems {
		line := strings.TrimPrefix(p.Subject+": "+p.Msg, ": ")
		if p.Subject == "name" {
			line += "; it is that of the folder: write another behind init"
		}
		lines = append(lines, line)
	}
	return nil, fmt.Errorf("no spec can be written: %s", strings.Join(lines, "; "))
}

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

// feature is a column that the input reads.
type feature struct {
	*column
	words int      // the most frequent of the training rows, each a number
	flag  []string // of two words
	parts []encode.Part
}

// text is a column of texts, which is an input of its own.
type text struct {
	*column
	name         string // of the input
	words, steps int
	cut          int // texts that seem to have more words than steps
}

// Sizes of texts: the words of a language that come often are some thousands, of few texts fewer; a text is cut off
// where it is twice as long as the others.
const (
	fewTexts  = 5000
	fewWords  = 1000
	manyWords = 8000
	maxSteps  = 200
	embedded  = 16 // numbers that stand for a word
)

// useText makes a column of texts an input.
func (d *draft) useText(c *column) {
	t := &text{column: c, name: "text", words: manyWords, steps: min(maxSteps, 2*(c.spaces/c.present()+1)+2)}
	if d.rows < fewTexts {
		t.words = fewWords
	}
	if n := len(d.texts); n > 0 {
		t.name = fmt.Sprintf("text%d", n+1)
	}
	d.texts = append(d.texts, t)
	for blanks, n := range c.lengths {
		if blanks >= t.steps { // and so more words
			t.cut += n
		}
	}
	c.used, c.use = true, fmt.Sprintf("its first %d words, of the %d most frequent", t.steps, t.words)
}

// draft is what is known of the data.
type draft struct {
	Options
	name     string // of the network
	table    *table.Table
	rows     int
	seen     int // rows that were read, bad ones too, where the table has more that were not looked at; else 0
	columns  []*column
	inputs   int // numbers
	features []*feature
	texts    []*text
	labels   []*column
	why      string // the label is what it is
	classes  []string
	positive string   // the last of two classes is positive for this reason
	tasks    []string // of several outputs, what the lines on the task say of each
	units    []int    // of the hidden layers
	bad      []string
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
func (d *draft) look() error {
	var err error
	if d.Decimal != "" && d.Decimal != "." && d.Decimal != "," {
		return fmt.Errorf("--decimal %q: a decimal mark is . or ,", d.Decimal)
	}
	o := table.Options{Missing: spec.Missing, Delimiter: d.Delimiter, Decimal: d.Decimal,
		Encoding: d.Encoding, Header: d.Header}
	if d.table, d.columns, d.rows, d.seen, d.bad, err = look(d.Data, o); err != nil {
		return err
	}
	d.before = d.columns
	if d.missing = stray(d.columns); d.missing != nil {
		o.Missing = append(slices.Clone(o.Missing), d.strayWords()...)
		if d.table, d.columns, d.rows, d.seen, d.bad, err = look(d.Data, o); err != nil {
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
	if err := d.chooseLabels(); err != nil {
		return err
	}
	d.keepClasses()
	if err := d.settleTask(); err != nil {
		return err
	}
	if d.logLabels, err = d.fitLog(); err != nil {
		return err
	}
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

// ownWords returns how many words of a column that holds more than maxWords get a number of their own: as many as fit,
// or if the others are more than a tenth of its fields, and come often enough to learn of each, those that do, up to
// mostOwnWords.
func (c *column) ownWords() int {
	const enough, mostOwnWords = 3, 256
	words, others := maxWords-1, 0
	for k, word := range c.byCount() {
		if k >= maxWords-1 && k < mostOwnWords && c.counts[word] >= enough {
			words, others = k+1, others+c.counts[word]
		}
	}
	if c.many || 10*others <= c.present() {
		return maxWords - 1
	}
	return words
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

func quotedName(c *column) string { return strconv.Quote(cmp.Or(c.name, c.ref)) }

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

// targets are names of columns that are labels in most tables that have them, the likeliest first.
var targets = []string{"target", "label", "class", "y", "species", "survived", "outcome", "churn", "churned",
	"clicked", "click", "converted",
	"purchased", "bought", "subscribed", "is_fraud", "fraud", "defaulted", "is_spam", "spam", "diagnosis",
	"price", "quality", "result",
	"saleprice", "medv", "response", "gekündigt", "ziel", "cible"}

// chooseLabels finds the label columns: those named, one that is called like a label, or the last that may be one.
func (d *draft) chooseLabels() error {
	for _, name := range d.names(d.Label) {
		c, err := d.column(name)
		if err != nil {
			return err
		}
		if slices.Contains(d.labels, c) {
			return fmt.Errorf("%s: --label names column %s twice", d.Data, quotedName(c))
		}
		d.labels, d.why = append(d.labels, c), "as asked"
	}
	if d.labels != nil {
		return nil
	}
	for _, name := range targets {
		for i, c := range d.columns {
			if name == "y" && i < len(d.columns)-1 && d.isPlace() {
				continue
			}
			if strings.EqualFold(strings.TrimRight(c.name, "?! "), name) &&
				(c.mayBeLabel() || c.kind == constant || c.hasClasses()) {
				d.labels, d.why = []*column{c}, "by its name"
				return nil
			}
		}
	}
	if c := d.onlyWord(); c != nil && !d.table.Header {
		d.labels, d.why = []*column{c}, "the one column of words; --label chooses another"
		return nil
	}
	for _, identifiers := range []bool{false, true} {
		for _, c := range slices.Backward(d.columns) {
			if c.mayBeLabel() && (c.kind == identifier) == identifiers {
				d.labels, d.why = []*column{c}, "the last column that may be one; --label chooses another"
				return nil
			}
		}
	}
	last := d.columns[len(d.columns)-1]
	d.labels = []*column{last} // whose error says why it is none
	return nil
}

// isPlace tells whether a column x stands before a column y, as coordinates do, and neither is the last.
func (d *draft) isPlace() bool {
	at := func(name string) int {
		return slices.IndexFunc(d.columns, func(c *column) bool { return strings.EqualFold(c.name, name) })
	}
	x, y := at("x"), at("y")
	return x >= 0 && y == x+1 && y < len(d.columns)-1
}

// onlyWord returns the one column of words that may be a label, where all others are numbers; else nil.
func (d *draft) onlyWord() (only *column) {
	for _, c := range d.columns {
		switch {
		case c.kind == numbers || c.kind == constant:
		case only != nil || c.kind != words && c.kind != flags || !c.mayBeLabel():
			return nil
		default:
			only = c
		}
	}
	return only
}

// otherMarks says which fields of a column have another decimal mark than the table.
func (d *draft) otherMarks(c *column) string {
	one, table := "a decimal comma", "points"
	if d.table.Comma {
		one, table = "a decimal point", "commas"
	}
	have := "fields, such as %q in line %d, have"
	if c.points == 1 {
		have = "field, %q in line %d, has"
	}
	return fmt.Sprintf("%d "+have+" %s, where the table has decimal %s", c.points, c.pointed, c.pointedAt, one, table)
}

// passedOver says which column is called like a label and yet none, where another was chosen; "" for none.
func (d *draft) passedOver() string {
	if d.Label != nil || d.why == "by its name" || d.why == "by the spec" || d.Time != "" {
		return ""
	}
	for _, name := range targets {
		for _, c := range d.columns {
			if strings.EqualFold(strings.TrimRight(c.name, "?! "), name) && !slices.Contains(d.labels, c) && c.kind != empty &&
				!(name == "y" && d.isPlace()) {
				return fmt.Sprintf("column %s is called like a label, but cannot be one: %d of its %d fields are numbers, the "+
					"others, such as %q, too many for classes",
					quotedName(c), max(c.numbers, c.measured), c.present(), c.oddOne())
			}
		}
	}
	return ""
}

// hasClasses tells whether the words of a column may be classes if it is called a label, or asked for.
func (c *column) hasClasses() bool {
	return (c.kind == words || c.kind == codes) && len(c.counts) <= maxAskedClasses && len(c.counts)*5 <= c.present()
}

func (c *column) mayBeLabel() bool {
	switch c.kind {
	case numbers, words, flags, codes, identifier:
		return len(c.counts) > 1 && (c.numbers == c.present() || len(c.counts) <= maxClasses)
	}
	return false
}

// settleTask settles task and classes by the label columns.
func (d *draft) settleTask() error {
	d.classes = nil
	if len(d.labels) > 1 {
		for _, c := range d.labels {
			if c.numbers != c.present() {
				return fmt.Errorf("%s: column %s holds words; several labels are for numbers, each an output of its own: write "+
					"the spec by hand for others", d.Data, quotedName(c))
			}
		}
		other := slices.IndexFunc(d.labels, func(c *column) bool { return !c.isBit() })
		switch {
		case d.Task == "multiclass":
			return fmt.Errorf("%s: several labels are for task regression, or binary where each is 0 or 1, not %s", d.Data,
				d.Task)
		case d.Task == "binary" && other >= 0:
			return fmt.Errorf("%s: several labels of task binary are 0 or 1 each, and column %s holds others", d.Data,
				quotedName(d.labels[other]))
		case d.Task == "" && other < 0:
			d.Task = "binary"
		}
		d.Task = cmp.Or(d.Task, "regression")
		return nil
	}
	c := d.labels[0]
	if c.numbers != c.present() && d.Task != "regression" && !c.many {
		c.foldCase()
	}
	if c.kind == mixed && c.hasSeveralUnits() && d.Task != "multiclass" {
		return fmt.Errorf("%s: the label column has numbers with several units, %s", d.Data, c.listUnits())
	}
	if c.kind == mixed && c.points > 0 && d.Task != "multiclass" {
		return fmt.Errorf("%s: the label column has numbers with both decimal marks: %s; write all alike", d.Data,
			d.otherMarks(c))
	}
	if len(c.counts) < 2 {
		only := "nothing"
		for v := range c.counts {
			only = fmt.Sprintf("nothing but %q", v)
		}
		return fmt.Errorf("%s: the label column holds %s; choose another by --label", d.Data, only)
	}
	isNumber := c.numbers == c.present()
	if isNumber && c.integral && !c.whole {
		c.plainNumbers()
	}
	most := maxClasses
	if d.Label != nil || d.Task == "multiclass" || d.why == "by its name" {
		most = maxAskedClasses
	}
	many := c.many || len(c.counts) > maxClasses && (len(c.counts) > most || len(c.counts)*5 > c.present())
	// Whole numbers are classes if each comes often enough to be learned by itself: more than ten of which some are
	// rare are counts.
	few := c.integral && isNumber && len(c.counts) <= maxClasses && (len(c.counts) <= 2 ||
		len(c.counts)*5 <= c.present() && (len(c.counts) <= 10 || c.rarest() >= 5))
	if d.Task == "" {
		switch {
		case len(c.counts) == 2 && (c.integral || !isNumber):
			d.Task = "binary"
		case few, !isNumber && !many:
			d.Task = "multiclass"
		case isNumber:
			d.Task = "regression"
		default:
			return fmt.Errorf("%s: the label column holds %s different words%s; choose another by --label", d.Data, c.distinct(),
				c.tooMany(most))
		}
	}
	switch {
	case d.Task != "regression" && many:
		return fmt.Errorf("%s: the label column holds %s different values%s; choose another by --label", d.Data, c.distinct(),
			c.tooMany(most))
	case d.Task == "regression" && !isNumber:
		return fmt.Errorf("%s: the label column holds words: those are no numbers to regress on", d.Data)
	case d.Task == "binary" && len(c.counts) != 2:
		return fmt.Errorf("%s: the label column holds %d different values: a binary task has 2; write --task multiclass",
			d.Data, len(c.counts))
	case d.Task == "regression":
		return nil
	}
	for v := range c.counts {
		if len(v) > longestClass {
			return fmt.Errorf("%s: the label column holds a text of %d characters, too long for the name of a class; choose "+
				"another by --label", d.Data, len(v))
		}
		d.classes = append(d.classes, v)
	}
	slices.SortFunc(d.classes, func(a, b string) int {
		x, e1 := strconv.ParseFloat(a, 64)
		y, e2 := strconv.ParseFloat(b, 64)
		if e1 == nil && e2 == nil && x != y {
			return cmp.Compare(x, y)
		}
		return strings.Compare(a, b)
	})
	if f := c.flag(); f != nil {
		d.classes, d.positive = f, "by its name"
	} else if d.Task == "binary" && isNumber {
		d.positive = "the larger number"
	} else if d.Task == "binary" {
		d.choosePositive([]int{c.counts[d.classes[0]], c.counts[d.classes[1]]})
	}
	return nil
}

// isBit tells whether all fields of a column are 0 or 1, and both are there.
func (c *column) isBit() bool { return len(c.counts) == 2 && c.counts["0"] > 0 && c.counts["1"] > 0 }

// logWhy is why labels are learned as their logarithms.
const logWhy = "all are above 0, and strongly skewed to the right"

// fitLog tells whether the labels, numbers of a regression, are better learned as their logarithms. That needs all of
// them, those of the table for testing too; the steps of a series are left as they are, as the output reads them too.
func (d *draft) fitLog() (bool, error) {
	if d.Task != "regression" || d.Time != "" || d.seen > 0 {
		return false, nil
	}
	for _, c := range d.labels {
		if c.many && (c.unit != "" || c.least <= 0) || !stats.FitsLog(c.values()) { // of many, not all are counted
			return false, nil
		}
	}
	if d.Test == "" {
		return true, nil
	}
	_, columns, _, seen, _, err := look(d.Test,
		table.Options{Missing: append(slices.Clone(spec.Missing), d.strayWords()...),
			Delimiter: d.table.Delimiter, Decimal: d.Decimal, Encoding: d.Encoding, Header: d.Header})
	if err != nil || seen > 0 {
		return false, err
	}
	for _, c := range d.labels {
		at := slices.IndexFunc(columns,
			func(o *column) bool { return o.name == c.name && (c.name != "" || o.place == c.place) })
		if at < 0 {
			return false, nil // which is said where the file is read
		}
		columns[at].unit = c.unit
		if x := columns[at].values(); len(x) == 0 || slices.Min(x) <= 0 {
			return false, nil
		}
	}
	return true, nil
}

// values returns the numbers of a column, each as often as it comes; NaN for what is none.
func (c *column) values() []float64 {
	e := encode.Column{Unit: c.unit}
	var list []float64
	var x [1]float32
	for _, field := range slices.Sorted(maps.Keys(c.counts)) {
		v := math.NaN()
		if e.Put(x[:], field, c.format) == nil {
			v = float64(x[0])
		}
		for range c.counts[field] {
			list = append(list, v)
		}
	}
	return list
}

// rarest returns how often the rarest field comes.
func (c *column) rarest() int {
	least := c.present()
	for _, n := range c.counts {
		least = min(least, n)
	}
	return least
}

// distinct says how many fields differ.
func (c *column) distinct() string {
	if c.many {
		return fmt.Sprintf("more than %d", len(c.counts))
	}
	return strconv.Itoa(len(c.counts))
}

// tooMany says why so many different fields are no classes, of which there may be so many.
func (c *column) tooMany(most int) string {
	if c.many || len(c.counts) > most {
		return fmt.Sprintf(", more than the %d that are classes", most)
	}
	return fmt.Sprintf(" in %s, fewer than 5 of each", count(c.present(), "row", "rows"))
}

// longestClass is the most bytes of the name of a class.
const longestClass = 200

// plainNumbers counts whole numbers as one that are written as 1 and as 1.0.
func (c *column) plainNumbers() {
	counts := map[string]int{}
	for w, n := range c.counts {
		if v, err := strconv.ParseFloat(w, 64); err == nil && math.Abs(v) < 1<<53 {
			w = strconv.FormatInt(int64(v), 10)
		}
		counts[w] += n
	}
	c.counts = counts
}

// useColumn decides what becomes of a column that is no label.
func (d *draft) useColumn(c *column) {
	f := &feature{column: c}
	width := 1
	switch c.kind {
	case numbers:
		c.use = "a number" + c.saysUnit()
		if c.missing > 0 {
			c.use += ", the median where it is missing"
			if d.indicated(c) {
				c.use, width = c.use+", and whether it is", 2
			}
		}
		c.use += c.saysWrong()
	case flags:
		f.flag = c.flag()
		c.use = fmt.Sprintf("0 for %s, 1 for %s", f.flag[0], f.flag[1])
		if c.missing > 0 {
			c.kind = words // whose missing word counts by itself
			d.useColumn(c)
			return
		}
	case words, codes:
		f.words = len(c.counts)
		if f.words > maxWords {
			f.words = c.ownWords()
		}
		c.use, width = fmt.Sprintf("its %s, and others", count(f.words, "word", "most frequent words")), f.words+1
		if f.words > maxWords {
			c.use += fmt.Sprintf(" (more than %d, since others would be over a tenth of the rows)", maxWords)
		}
		if c.missing > 0 {
			c.use, width = c.use+", or missing", width+1
		}
	case dates:
		f.parts, width = d.parts(c), 0
		var names []string
		_, names = net.DateWords(c.layout, f.parts)
		for _, p := range f.parts {
			width += (&encode.Column{Kind: encode.Date, Parts: []encode.Part{p}}).Width()
		}
		c.use = strings.Join(names, ", ")
		switch {
		case c.layouts[encode.DayFirst] != nil && c.layouts[encode.MonthFirst] != nil && c.layout == encode.DayFirst:
			c.use += "; the day first, though it may be the month"
		case c.layouts[encode.DayFirst] != nil && c.layouts[encode.MonthFirst] != nil && c.layout == encode.MonthFirst:
			c.use += "; the month first, though it may be the day"
		case c.layout == encode.DayFirst:
			c.use += "; the day first"
		case c.layout == encode.MonthFirst:
			c.use += "; the month first"
		}
		if c.missing > 0 {
			c.use += ", the median where it is missing"
		}
		c.use += c.saysWrong()
	case mixed:
		if c.points > 0 {
			c.use = "left out: " + d.otherMarks(c)
			return
		}
		if c.hasSeveralUnits() {
			c.use = "left out: its numbers have several units, " + c.listUnits()
			return
		}
		c.use = fmt.Sprintf("left out: %d of %d fields are %ss, others, such as %q, are not",
			c.present()-c.countOdd(), c.present(), c.most, c.oddOne())
		return
	case texts:
		d.useText(c)
		return
	default:
		if c.kind == identifier && c.numbers < c.present() && 4*c.numbers >= c.present() {
			c.use = fmt.Sprintf("left out: %d of %d fields are numbers, %s", c.numbers, c.present(), c.saysOdd())
			return
		}
		c.use = map[string]string{
			lists:      "left out: it holds lists",
			foreign:    fmt.Sprintf("left out: its numbers, such as %q, are in a form that is not read; write 57.5", c.oddOne()),
			identifier: "left out: " + c.another(),
			constant:   "left out: it does not vary", empty: "left out: it is empty", index: "left out: it counts the rows",
		}[c.kind]
		if c.kind == identifier && 2*c.unspaced > c.present() {
			c.use += "; if these are texts without blanks between words, tokens: {column: …, characters: …} takes their " +
				"characters"
		} else if c.kind == identifier && c.spaces >= c.present() && !hasNames().MatchString(c.name) {
			c.use += "; if these are texts, tokens: {column: …, words: …} takes their words"
		}
		return
	}
	c.used = true
	d.inputs += width
	d.features = append(d.features, f)
}

// listUnits lists the units of a column, with how often each comes.
func (c *column) listUnits() string {
	var parts []string
	for _, u := range c.units.Sorted() {
		parts = append(parts, fmt.Sprintf("%q %d times", u, c.units.Counts[u]))
	}
	if c.units.Bare > 0 {
		parts = append(parts, fmt.Sprintf("none %d times", c.units.Bare))
	}
	return strings.Join(parts, ", ") + "; write one"
}

// oddOne returns the most frequent field that is no number, or date where most are.
func (c *column) oddOne() string {
	return c.mostFrequent(func(word string) bool { return !c.isValue(word) })
}

// saysOdd says of the fields that are no numbers, of which there is one, why: "others, such as "x", are not".
func (c *column) saysOdd() string {
	odd := c.oddOne()
	if _, err := c.format.Number(odd); err == encode.ErrRange {
		return fmt.Sprintf("others, such as %q, are beyond the range of float32", odd)
	}
	return fmt.Sprintf("others, such as %q, are not", odd)
}

// oddDate returns the most frequent field that is no date in the form of the most.
func (c *column) oddDate() string {
	return c.mostFrequent(func(word string) bool {
		_, err := c.datedAs.Parse(word)
		return err != nil
	})
}

// indicated tells whether so many fields are missing, more than 1 %, that it is a number of its own.
func (d *draft) indicated(c *column) bool { return c.missing*100 > c.rows }

// parts returns the parts of a date that vary.
func (d *draft) parts(c *column) []encode.Part {
	var parts []encode.Part
	const day, year = 86400, 365 * 86400
	span := c.last - c.first
	if span > year {
		parts = append(parts, encode.Year)
	}
	switch months := span / (30 * day); {
	// days of several years: a month is too coarse for a season
	case span > year && (c.many || float64(len(c.counts)) > 2*months):
		parts = append(parts, encode.YearDay)
	case span > 31*day:
		parts = append(parts, encode.Month)
	}
	if c.last < day && c.first >= 0 && c.layout < encode.Unix { // times of day alone
		return []encode.Part{encode.Hour}
	}
	if c.days && (len(c.counts) > 12 || c.many) || c.layout >= encode.Unix {
		parts = append(parts, encode.Weekday)
	}
	if c.clock || c.layout >= encode.Unix {
		parts = append(parts, encode.Hour)
	}
	if len(parts) == 0 {
		parts = append(parts, encode.Day)
	}
	return parts
}

// size chooses the hidden layers: units grow with the rows, which are what they learn from.
func (d *draft) size() {
	switch {
	case d.isDense():
		d.units = []int{64, 32}
	case d.learnsFromAll():
		d.units = []int{32}
	case d.rows < 200:
		d.units = []int{16}
	case d.rows < 2000:
		d.units = []int{32, 16}
	case d.rows < 20_000:
		d.units = []int{64, 32}
	default:
		d.units = []int{128, 64}
	}
	if d.inputs > 4*d.units[0] {
		d.units[0] *= 2
	}
}

// seasons returns the steps of a window over a series: a day of hours, else a year of months, which is more than a week
// of days; and the longer season that its steps may have too, 0 for none: a week of what comes several times a day, a
// year of weeks.
func (c *column) seasons() (short, long int) {
	if c.kind != dates {
		return 12, 0
	}
	switch minutes := math.Round((c.last - c.first) / 60 / float64(max(1, c.rows-1))); {
	case minutes == 15, minutes == 20, minutes == 30:
		return 24 * 60 / int(minutes), 7 * 24 * 60 / int(minutes)
	case math.Round(minutes/60) == 1:
		return 24, 7 * 24
	case math.Round(minutes/60/24) == 7:
		return 12, 52
	}
	return 12, 0
}

// window returns the steps of a window over a series of the labels: of its longer season, if there are several of them
// and the values that long before tell more than those of the shorter one do.
func (d *draft) window(c *column) (int, error) {
	short, long := c.seasons()
	most := max(2, d.rows/8)
	if long == 0 || long > most {
		return min(short, most), nil
	}
	series, err := d.seriesOf(d.labels[0])
	if err != nil {
		return 0, err
	}
	apart := func(lag int) (sum float64) {
		for i := long; i < len(series); i++ {
			if diff := series[i] - series[i-lag]; diff == diff { // none is missing
				sum += diff * diff
			}
		}
		return sum
	}
	const clearly = 0.8 // of what is apart by the shorter season, so that noise adds no inputs
	if apart(long) < clearly*apart(short) {
		return long, nil
	}
	return short, nil
}

// seriesOf reads the numbers of a column, NaN for those that are none, of the rows that were looked at.
func (d *draft) seriesOf(c *column) ([]float64, error) {
	t, err := table.Open(d.Data, d.Data, table.Options{Missing: spec.Missing, Delimiter: d.table.Delimiter,
		Encoding: d.Encoding, Header: &d.table.Header})
	if err != nil {
		return nil, err
	}
	defer t.Close()
	var list []float64
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) || d.seen > 0 && len(list) == d.seen {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		v := math.NaN()
		if row.Err == nil && c.place < len(row.Fields) {
			var x [1]float32
			if (&encode.Column{Unit: c.unit}).Put(x[:], row.Fields[c.place], &encode.Format{Comma: d.table.Comma}) == nil {
				v = float64(x[0])
			}
		}
		list = append(list, v)
	}
}

// series settles a spec of windows over time.
func (d *draft) series() error {
	c, err := d.column(d.Time)
	if err != nil {
		return err
	}
	if d.Task != "regression" {
		if d.labels[0].numbers != d.labels[0].present() {
			return fmt.Errorf("%s: a series is foretold in numbers, but column %s holds words", d.Data, quotedName(d.labels[0]))
		}
		d.Task, d.classes = "regression", nil
	}
	c.use = "index of the series"
	for _, l := range d.labels {
		if l == c {
			return fmt.Errorf("%s: column %s is the time: choose another as --label", d.Data, quotedName(c))
		}
		l.use = "foretold from the steps before"
	}
	steps, err := d.window(c)
	if err != nil {
		return err
	}
	d.inputs = len(d.labels) * steps
	d.size()
	return nil
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
	fmt.Fprintf(&b, "# A perceptron for %s. nngen ops lists the kinds of layers.\nversion: 1\nname: %s\n", source, d.name)
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

// hasLinearPath tells whether the output reads the input beside the hidden layers, which hold back for it: of a series,
// which may rise above what it was trained on, and of few rows, which tell a line, and little beside it.
func (d *draft) hasLinearPath() bool {
	return d.Time != "" || d.Data != "" && d.texts == nil && d.rows < fewForCurves
}

// isDense tells whether the rows, though fewer than fewForCurves, are so many for each number of the input that they
// tell curves: a net of more units, hardly held back, then does as well on a line, and finds what is none.
func (d *draft) isDense() bool {
	const least, forEach = 200, 150
	return d.Data != "" && d.Time == "" && d.texts == nil && d.rows < fewForCurves &&
		d.rows >= max(least, forEach*d.inputs)
}

// leastHeldOut is the number of rows for validation below which none are held out: fewer stop a training early by
// chance, and are missed in it. All learn for a fixed number of epochs instead, the rate falling to nothing, so that the
// last steps average over the rows.
const (
	leastHeldOut = 20
	fixedEpochs  = 300
)

// Shares of the rows that are held out for testing, and of the others for validation.
const (
	testShare       = 0.2
	validationShare = 0.1
)

// learnsFromAll tells whether the rows are too few to hold some out for validation. What holds such a network back is
// its decay alone, so that it is larger.
func (d *draft) learnsFromAll() bool {
	if d.Data == "" || d.seen > 0 || d.Time != "" || d.texts != nil {
		return false
	}
	rows := float64(d.rows)
	if d.Test == "" {
		rows -= testShare * rows
	}
	return validationShare*rows < leastHeldOut
}

// manyRows is the number of rows from which a regression needs little to hold it back.
const manyRows = 20_000

// fewForCurves is the number of rows below which a linear path is a part of the network.
const fewForCurves = 2000

// inComment returns a name as it may stand in a comment.
func inComment(name string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return '?'
	}, name)
}

// inputsWithTexts writes an input for each column of texts, and one for all others.
func (d *draft) inputsWithTexts(b *strings.Builder) {
	b.WriteString("inputs:\n")
	if d.features != nil {
		fmt.Fprintf(b, "  - name: x\n    shape: [%d]\n    columns:\n", d.inputs)
		for _, f := range d.features {
			fmt.Fprintf(b, "      - %s\n", d.entry(f))
		}
	}
	for _, t := range d.texts {
		fmt.Fprintf(b, "  - {name: %s, shape: [%d], tokens: {column: %s, words: %d, lowercase: true}}\n", t.name,
			t.steps, yamlQuote(t.ref), t.words)
	}
}

// readTexts writes the layers that make of each text the mean of what stands for its words.
func (d *draft) readTexts(b *strings.Builder) {
	var read []string
	for _, t := range d.texts {
		fmt.Fprintf(b,
			"  - padding_mask: {name: %s_mask, from: %[1]s}\n  - embedding: {name: %[1]s_words, from: %[1]s, output_dim: %d}\n"+
				"  - global_average_pool1d: {name: %[1]s_mean, from: [%[1]s_words, %[1]s_mask]}\n", t.name, embedded)
		read = append(read, t.name+"_mean")
	}
	if d.features != nil {
		read = append(read, "x")
	}
	if len(read) > 1 {
		fmt.Fprintf(b, "  - concatenate: {name: all, from: [%s]}\n", strings.Join(read, ", "))
	}
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

// isShortSeries tells whether the data is a series of so few rows that a tenth of them, the newest, says little about
// how good a network is, and is missed in training.
func (d *draft) isShortSeries() bool { return d.Time != "" && d.rows < 1000 }

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

// ordered says that the rows may be steps of a series, and how they are read as such; "" if they are not in the order
// of a column of dates, or no column can be foretold.
func (d *draft) ordered(c *column) string {
	if c.kind != dates || !c.ascending || d.Time != "" || d.Data == "" || d.why == "by the spec" {
		return ""
	}
	text := fmt.Sprintf("rows are in the order of %s: if they are steps of a series, --time %[1]s", quotedName(c))
	if d.Task == "regression" {
		return text + " foretells the next from those before"
	}
	if !slices.ContainsFunc(d.columns, (*column).holdsNumbers) {
		return ""
	}
	return text + " and a column of numbers as --label foretell its next from those before"
}

// holdsNumbers tells whether the windows of a series can hold a column.
func (c *column) holdsNumbers() bool { return c.present() > 0 && c.numbers == c.present() }

// besideSeries says how the windows of a series hold more columns than those that are foretold; "" if there are none.
func (d *draft) besideSeries() string {
	if d.Time == "" || d.why == "by the spec" {
		return ""
	}
	columns := slices.Clone(d.labels)
	for _, c := range d.columns {
		if c.use == leftOutOfWindows {
			columns = append(columns, c)
		}
	}
	if len(columns) == len(d.labels) {
		return ""
	}
	var list []string
	for _, c := range columns {
		list = append(list, yamlQuote(c.ref))
	}
	return fmt.Sprintf("windows hold what is foretold alone; with series: {columns: [%s]} and shape: [%d] of the input "+
		"they hold "+
		"the other numbers too", strings.Join(list, ", "), d.inputs/len(d.labels)*len(columns))
}

// leftOutOfWindows is what becomes of numbers that are not foretold.
const leftOutOfWindows = "left out: windows hold what is foretold; --label names several"

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

// reason says why the task is what it is, with the balance of the classes.
func (d *draft) reason() string {
	c := d.labels[0]
	if d.Task == "regression" {
		if c.integral && !c.many && len(c.counts) <= maxClasses && d.Time == "" && d.why != "by the spec" &&
			len(d.labels) == 1 {
			return fmt.Sprintf("the label is a number; --task multiclass takes its %d values for classes", len(c.counts))
		}
		return "the label is a number"
	}
	var parts []string
	if len(d.labels) > 1 {
		for i, c := range d.labels {
			if i == 6 {
				parts = append(parts, "…")
				break
			}
			share := 100 * float64(c.counts["1"]) / float64(c.present())
			parts = append(parts, fmt.Sprintf("%s %.0f %%", clip(cmp.Or(c.name, c.ref)), share))
		}
		return "each label is 0 or 1, and several may be 1: " + strings.Join(parts, ", ")
	}
	for i, k := range d.classes {
		if i == 6 {
			parts = append(parts, "…")
			break
		}
		share, digits := 100*float64(c.counts[k])/float64(c.present()), 0
		if share > 0 && min(share, 100-share) < 1 {
			digits = 2
		}
		parts = append(parts, fmt.Sprintf("%s %.*f %%", clip(k), digits, share))
	}
	return fmt.Sprintf("%d classes, %s", len(d.classes), strings.Join(parts, ", "))
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
