package scaffold

import (
	"fmt"
	"slices"
	"strings"
)

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

// passedOver says which column is called like a label and yet none, where another was chosen; "" for none.
func (d *draft) passedOver() string {
	if d.Label != nil || d.why == "by its name" || d.bySpec() || d.Time != "" {
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
