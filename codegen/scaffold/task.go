package scaffold

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxClasses is the number of different values up to which a label column is one of classes.
const maxClasses = 32

// maxAskedClasses is that of a column that is the label as asked, of which there are five rows each.
const maxAskedClasses = 1000

// longestClass is the most bytes of the name of a class.
const longestClass = 200

// resolveTask finds task and classes by the label columns.
func (d *draft) resolveTask() error {
	d.classes = nil
	if len(d.labels) > 1 {
		return d.resolveTaskOfSeveral()
	}
	c := d.labels[0]
	if c.numbers != c.present() && d.Task != "regression" && !c.many {
		c.foldCase()
	}
	if err := d.checkLabel(c); err != nil {
		return err
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
	if d.Task == "" {
		switch {
		case len(c.counts) == 2 && (c.integral || !isNumber):
			d.Task = "binary"
		case c.areFewNumbers(), !isNumber && !many:
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
	return d.nameClasses(c)
}

// resolveTaskOfSeveral finds the task of several label columns: each is an output, of numbers, or of bits that say
// whether something holds.
func (d *draft) resolveTaskOfSeveral() error {
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

// checkLabel says why a column can be the label of no task.
func (d *draft) checkLabel(c *column) error {
	switch {
	case c.kind == mixed && c.hasSeveralUnits() && d.Task != "multiclass":
		return fmt.Errorf("%s: the label column has numbers with several units, %s", d.Data, c.listUnits())
	case c.kind == mixed && c.points > 0 && d.Task != "multiclass":
		return fmt.Errorf("%s: the label column has numbers with both decimal marks: %s; write all alike", d.Data,
			d.otherMarks(c))
	case len(c.counts) > 1:
		return nil
	}
	only := "nothing"
	for v := range c.counts {
		only = fmt.Sprintf("nothing but %q", v)
	}
	return fmt.Errorf("%s: the label column holds %s; choose another by --label", d.Data, only)
}

// areFewNumbers tells whether the numbers of a label are those of classes: whole, and each so often there that it is
// learned by itself. More than ten of which some are rare are counts.
func (c *column) areFewNumbers() bool {
	distinct := len(c.counts)
	if !c.integral || c.numbers != c.present() || distinct > maxClasses {
		return false
	}
	return distinct <= 2 || distinct*5 <= c.present() && (distinct <= 10 || c.rarest() >= 5)
}

// nameClasses takes the classes from the label: numbers in their order, words by name, the positive one of two last.
func (d *draft) nameClasses(c *column) error {
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
	} else if d.Task == "binary" && c.numbers == c.present() {
		d.positive = "the larger number"
	} else if d.Task == "binary" {
		d.choosePositive([]int{c.counts[d.classes[0]], c.counts[d.classes[1]]})
	}
	return nil
}

// isBit tells whether all fields of a column are 0 or 1, and both are there.
func (c *column) isBit() bool { return len(c.counts) == 2 && c.counts["0"] > 0 && c.counts["1"] > 0 }

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

// reason says why the task is what it is, with the balance of the classes.
func (d *draft) reason() string {
	c := d.labels[0]
	if d.Task == "regression" {
		if c.integral && !c.many && len(c.counts) <= maxClasses && d.Time == "" && !d.bySpec() &&
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
