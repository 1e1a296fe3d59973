package table

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nngen/nngen/runtime/encode"
)

// measure is a number and what stands before and behind it.
var measure = regexp.MustCompile(`^([-+\x{2212}(]?)\s*([^\d\s.,+-]{1,5}\.?)?\s?` +
	`([-+\x{2212}]?[\d.,][\d.,\'\x{2019}\s\x{a0}\x{2009}\x{202f}]*(?:[eE][-+]?\d+)?)([^\d]?.{0,24})$`)

// maxMeasure is the most bytes of a number and its unit.
const maxMeasure = 60

// Unit returns what stands before or behind the number that a field is: kg of 5 kg, $ of $1,200, % of 12 %; "" for a
// number alone. ok tells whether it is such a field. Behind a number anything counts that is no number itself, and
// before it currencies alone: before letters of other kinds numbers count things, as in A12.
func Unit(field string, f *encode.Format) (unit string, ok bool) {
	if last := field[max(0, len(field)-1):]; last != "" && last[0] >= '0' && last[0] <= '9' && field[0] >= '0' && field[0] <= '9' {
		if _, err := f.Number(field); err == nil {
			return "", true
		}
	}
	if len(field) > maxMeasure {
		return "", false
	}
	m := measure.FindStringSubmatch(field)
	if m == nil {
		return "", false
	}
	before, behind := m[2], strings.TrimSpace(m[4])
	if m[1] == "(" {
		behind = strings.TrimSpace(strings.TrimSuffix(behind, ")"))
	}
	if _, err := f.Number(m[1] + strings.TrimSpace(m[3])); err != nil && m[1] != "(" {
		return "", false
	}
	switch first, _ := utf8.DecodeRuneInString(behind); {
	case before != "" && behind != "", before != "" && !isCurrency(before), strings.HasPrefix(behind, ":"), behind == "-" && before != "":
		return "", false
	case before != "":
		return before, true
	case behind == "-":
		return "", true
	case strings.ContainsAny(first1(behind), "/-–_#+.,") || behind == encode.Durations ||
		strings.ContainsFunc(behind, func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }):
		return "", false // of dates, ranges and codes
	case unicode.IsDigit(first):
		return "", false
	}
	return behind, true
}

// first1 returns the first character of a text.
func first1(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// isCurrency tells whether what stands before a number is a currency.
func isCurrency(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Sc, r) }) || slices.Contains(currencies, s)
}

// Units counts the units of fields, those without one, and those that are no numbers.
type Units struct {
	Counts      map[string]int
	Bare, Other int
}

// maxUnits is the number of different units that are counted.
const maxUnits = 50

// See takes in a field.
func (u *Units) See(field string, f *encode.Format) {
	if u.Other > 1000 && u.Other > u.Bare+len(u.Counts) {
		return // words
	}
	unit, ok := Unit(field, f)
	switch {
	case !ok || len(u.Counts) == maxUnits && u.Counts[unit] == 0:
		u.Other++
	case unit == "":
		u.Bare++
	default:
		if u.Counts == nil {
			u.Counts = map[string]int{}
		}
		u.Counts[strings.Clone(unit)]++
	}
}

// Only returns the one unit; "" if there are several or none.
func (u *Units) Only() string {
	if len(u.Counts) != 1 {
		return ""
	}
	for unit := range u.Counts {
		return unit
	}
	return ""
}

// Sorted returns the units, the most frequent first.
func (u *Units) Sorted() []string {
	return slices.SortedFunc(maps.Keys(u.Counts), func(a, b string) int {
		if d := u.Counts[b] - u.Counts[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}

// Named returns the number of fields with a unit.
func (u *Units) Named() (n int) {
	for _, c := range u.Counts {
		n += c
	}
	return n
}

var currencies = strings.Fields("USD EUR GBP CHF JPY CNY RMB INR KRW RUB BRL MXN AUD CAD NZD ZAR TRY NOK SEK DKK PLN CZK HUF Rs Rs. kr kr. Fr Fr. zł")
