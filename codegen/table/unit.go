package table

import (
	"fmt"
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
// number alone. ok tells whether it is such a field. Behind a number anything counts that has a letter, a mark of a
// currency, of percent or of degrees, and digits behind letters alone, as in m3: 12* has a footnote, 5±1 an error, 5
// (11 lb) says it twice, and 5.png is the name of a file. Before a number currencies count alone: before letters of
// other kinds numbers count things, as in A12. A column of that unit reads the field.
func Unit(field string, f *encode.Format) (unit string, ok bool) { return unitOf(field, f, mayBeUnit) }

// unitOf is Unit where may tells what counts behind a number.
func unitOf(field string, f *encode.Format, may func(string) bool) (unit string, ok bool) {
	if last := field[max(0, len(field)-1):]; last != "" && last[0] >= '0' && last[0] <= '9' && field[0] >= '0' &&
		field[0] <= '9' {
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
	if strings.ContainsAny(m[3][len(m[3])-1:], ".,") && strings.IndexFunc(behind, unicode.IsLetter) == 0 {
		return "", false // the name of a file, as 0001.png
	}
	switch {
	case m[1] == "(" && strings.HasPrefix(behind, ")"):
		behind = strings.TrimSpace(behind[1:])
	case m[1] == "(":
		behind = strings.TrimSpace(strings.TrimSuffix(behind, ")"))
	case strings.HasSuffix(before, "(") && behind == ")":
		before, behind = strings.TrimSpace(before[:len(before)-1]), ""
	}
	behind = strings.TrimSpace(strings.TrimSuffix(behind, "-")) // of accounts and prices
	behind = withoutMagnitude(before, behind)
	if _, ok := encode.Seconds(field, f.Comma); ok && strings.ContainsFunc(behind, unicode.IsDigit) {
		return "", false // 1h 30m is of no unit h 30m
	}
	switch {
	case before != "" && (behind != "" || !encode.IsCurrency(before)):
		return "", false
	case before != "":
		unit = before
	case strings.ContainsAny(first1(behind), ":/-–_#+.,") || behind == encode.Durations || behind != "" && !may(behind):
		return "", false // of dates, ranges and codes
	default:
		unit = behind
	}
	if err := (&encode.Column{Unit: unit}).Put(new([1]float32)[:], field, f); err != nil {
		return "", false
	}
	return unit, true
}

// withoutMagnitude returns what stands behind a number without what says, of money alone, that it is one of thousands
// or millions: "" of $5M, € of 5 M€.
func withoutMagnitude(before, behind string) string {
	for _, m := range encode.Magnitudes {
		after, ok := strings.CutPrefix(behind, m.Mark)
		after = strings.TrimSpace(after)
		symbol := strings.IndexFunc(after, func(r rune) bool { return unicode.Is(unicode.Sc, r) })
		if ok && (after == "" && encode.IsCurrency(before) || encode.IsCurrency(after) && symbol <= 0) {
			return after
		}
	}
	return behind
}

// mayBeUnit tells whether what stands behind a number says what it counts: with a letter or mark that does, and digits
// behind letters alone, that are not those of a date.
func mayBeUnit(s string) bool {
	says, letter, digits := false, false, false
	for _, r := range s {
		digits = digits || unicode.IsDigit(r)
		switch {
		case unicode.IsNumber(r) && !letter || r != ' ' && !unicode.IsPrint(r):
			return false
		case !unicode.IsNumber(r):
			letter = unicode.IsLetter(r)
		}
		says = says || unicode.IsLetter(r) || unicode.Is(unicode.Sc, r) || strings.ContainsRune("%‰°'\"′″", r)
	}
	return says && !(digits && dated.MatchString(s))
}

// mayHoldDigits tells whether what stands behind a number may be a unit with digits of its own, as l/100km, if all of a
// column have it: with a letter first, and neither with the colon of a time nor with the year or month of a date.
func mayHoldDigits(s string) bool {
	return strings.IndexFunc(s, unicode.IsLetter) == 0 && strings.ContainsFunc(s, unicode.IsDigit) &&
		!strings.ContainsFunc(s, func(r rune) bool { return r == ':' || r != ' ' && !unicode.IsPrint(r) }) &&
		!dated.MatchString(s)
}

// dated matches what ends with a year, and what begins with a month.
var dated = regexp.MustCompile(`(?i)^(?:\D*(?:19|20)\d\d$|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ .'-]*\d)`)

// first1 returns the first character of a text.
func first1(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// unitName matches the name of a unit alone, in brackets or not: of the International System with its prefixes, of
// time, of commerce, and products, quotients and powers of those.
var unitName = func() *regexp.Regexp {
	const one = `(?:[yzafpnµμumcdhkMGTPZY]|da)?(?:m|g|s|A|K|mol|cd|Hz|N|Pa|J|W|V|Ω|Ohm|ohm|S|F|H|T|Wb|lm|lx|Bq|Gy|Sv|L|l|bar|eV|Wh|Ah|cal|` +
		`B|b|bit|t|ha|rad|dB)|°|°[CF]|deg|degC|degF|%|‰|ppm|ppb|min|h|hr|hrs|hours?|minutes?|sec|seconds?|d|days?|weeks?|months?|yr|yrs|` +
		`years?|a|lbs?|oz|in|inch|inches|ft|feet|yd|mi|miles|mph|rpm|psi|gal|kn|[$€£¥₹]|count|pounds?|dollars?|euros?|meters?|` +
		`metres?|grams?|kilograms?`
	unit := `(?:` + one + `|` + strings.NewReplacer(" ", "|", ".", `\.`).Replace(encode.Currencies) +
		`)(?:\^?[-−]?[1-4²³])?`
	return regexp.MustCompile(`^[\[(]?(?:1/)?` + unit + `(?:[ /*·]` + unit + `)*[\])]?$`)
}()

// Units counts the units of fields, those without one, and those that are no numbers.
type Units struct {
	Counts      map[string]int
	Bare, Other int

	share             string // the first bare number that may be a share where others are percent; "" for none
	durations, clocks int    // fields that are durations, and times of day
	// of the times of day, those from six on, and those of an hour other than 0, or without seconds
	late, hours int
	clock       string          // the first time of day
	words       map[string]bool // fields that are neither numbers nor durations
	// wide counts what stands behind numbers, holds digits, and is a unit if it does so behind nearly all: see Settle.
	wide map[string]int
}

// maxUnits is the number of different units that are counted.
const maxUnits = 50

// maxOthers is the number of different words that are kept. Where there are more, and more words than numbers, it is a
// column of words, whose further fields are not looked at.
const maxOthers = 1000

// See takes in a field.
func (u *Units) See(field string, f *encode.Format) {
	if u.words[field] {
		u.Other++
		return
	}
	_, isDuration := encode.Seconds(field, f.Comma)
	if isDuration {
		u.durations++
		if at, err := encode.YearFirst.Parse(field); err == nil {
			u.seeClock(field, at)
		}
	}
	if len(u.words) == maxOthers && u.Other > u.Bare+u.named() {
		u.Other++
		return
	}
	unit, ok := Unit(field, f)
	if unit == "" && ok {
		u.SeeBare(field, f)
		return
	}
	switch {
	case !ok || len(u.Counts) == maxUnits && u.Counts[unit] == 0:
		if u.Other++; !ok && u.seeWide(field, f) {
			return
		}
		if !isDuration && !ok && len(u.words) < maxOthers {
			if u.words == nil {
				u.words = map[string]bool{}
			}
			u.words[strings.Clone(field)] = true
		}
	default:
		if u.Counts == nil {
			u.Counts = map[string]int{}
		}
		u.Counts[strings.Clone(unit)]++
	}
}

// seeWide takes in a field with a number and what may be a unit with digits, unless there are too many of those to be
// one.
func (u *Units) seeWide(field string, f *encode.Format) bool {
	if len(u.wide) == maxUnits {
		return false
	}
	unit, ok := unitOf(field, f, mayHoldDigits)
	if !ok {
		return false
	}
	if u.wide == nil {
		u.wide = map[string]int{}
	}
	u.wide[strings.Clone(unit)]++
	return true
}

// Settle takes what holds digits and stands behind all numbers, but for a Few, for their unit, once all fields are seen:
// l/100km of 5.3 l/100km. Where it differs from row to row it is a part of a code.
func (u *Units) Settle() {
	for unit, n := range u.wide {
		if all := u.all(); all-n <= Few(all) {
			if u.Counts == nil {
				u.Counts = map[string]int{}
			}
			u.Counts[unit], u.Other = n, u.Other-n
			u.wide = nil
			return
		}
	}
}

// seeClock takes in a time of day, in seconds.
func (u *Units) seeClock(field string, at float64) {
	const hour = 3600
	if u.clocks++; u.clocks == 1 {
		u.clock = strings.Clone(field)
	}
	if at >= 6*hour {
		u.late++
	}
	if at >= hour || strings.Count(field, ":") < 2 {
		u.hours++
	}
}

// manyClocks is the number of times of day of which hardly all are earlier than six.
const manyClocks = 20

// SeeBare takes in a number without a unit.
func (u *Units) SeeBare(field string, f *encode.Format) {
	u.Bare++
	if u.share == "" && encode.IsShare(field, f) {
		u.share = strings.Clone(field)
	}
}

// Few returns the number of fields up to which those that are unlike all others of a column are mistakes: one in a
// hundred, but one of a few dozen too.
func Few(fields int) int {
	const leastFields = 20
	if fields < leastFields {
		return 0
	}
	return max(1, fields/100)
}

// usual returns the units that more than Few of the numbers have, or all if none does.
func (u *Units) usual() []string {
	list, few := u.Sorted(), Few(u.Bare+u.named())
	for n := len(list); n > 1; n-- {
		if u.Counts[list[n-1]] > few {
			return list[:n]
		}
		few -= u.Counts[list[n-1]]
	}
	return list[:min(len(list), 1)]
}

// Only returns the one unit of a column; "" if there are several or none, but for Few numbers of others. Where most
// numbers have none, what stands beside few is no unit, but of money and percent; nor is what multiplies a number, as k
// does, where some have none.
func (u *Units) Only() string {
	usual := u.usual()
	if len(usual) != 1 || u.mixesShares() {
		return ""
	}
	switch unit := usual[0]; {
	case u.Bare == 0, unit == encode.Percent, encode.IsCurrency(unit):
		return unit
	case u.Bare <= u.Counts[unit] && !multiplier.MatchString(unit):
		return unit
	}
	return ""
}

// Several tells whether the fields of a column are numbers, of several units, and most have one; or of some it does not
// say whether they are percent, as others are, or shares. A Few fields may be neither.
func (u *Units) Several() bool {
	return u.Other <= Few(u.Bare+u.Other+u.named()) && (len(u.usual()) > 1 && u.Bare <= u.named() || u.mixesShares())
}

// SaySeveral says which units the numbers of a column have, that has Several.
func (u *Units) SaySeveral() string {
	if len(u.Counts) == 1 {
		return fmt.Sprintf("some of its numbers are percent, and %q may be one or the share that 50 %% is of 1; write %% "+
			"behind all or none", u.share)
	}
	return "its numbers have several units, " + strings.Join(u.Sorted(), " and ") + "; write one"
}

// AreAmounts tells whether all units are currencies or percent.
func (u *Units) AreAmounts() bool {
	for unit := range u.Counts {
		if unit != encode.Percent && !encode.IsCurrency(unit) {
			return false
		}
	}
	return true
}

// mixesShares tells whether some numbers are percent, and some without a unit may be the shares that 0.5 is of 50 %.
func (u *Units) mixesShares() bool { return u.Counts[encode.Percent] > 0 && u.share != "" }

var multiplier = regexp.MustCompile(`(?i)^(k|tsd\.?|tausend|thousands?|mille|mn|mio\.?|million(en|s)?|b|bn|mrd\.?|billions?|lakhs?|crores?|cr)$|^M$`)

// AreDurations tells whether the fields of a column, but for a Few, are durations, in several units or with colons.
// What may be times of day as well are durations if the name of the column says so; or if it does not say that they are
// times, and they are many, with seconds, and none of another hour than 0, as 0:25:13.
func (u *Units) AreDurations(name string) bool {
	all := u.all()
	return u.areDurations(name) && all-u.durations <= Few(all)
}

// MostAreDurations tells whether so many percent of the fields are durations, as AreDurations has them.
func (u *Units) MostAreDurations(name string, percent int) bool {
	return u.areDurations(name) && 100*u.durations >= percent*u.all()
}

func (u *Units) all() int { return u.Bare + u.Other + u.named() }

// areDurations tells whether what may be durations are.
func (u *Units) areDurations(name string) bool {
	return u.durations > 0 && (u.Other > 0 || len(u.Counts) > 1) &&
		(u.clocks < u.durations || durationName.MatchString(name) ||
			u.hours == 0 && u.durations >= manyClocks && !clockName.MatchString(name))
}

// SayClocks says what fields that may be times of day or durations are taken for, and why; "" where that is plain. Many
// times of day that are all before six may be durations, and durations of which hardly any is no time of day may be
// such.
func (u *Units) SayClocks(name string) string {
	are := u.AreDurations(name)
	switch {
	case u.clocks < manyClocks || durationName.MatchString(name):
	case are && u.clocks == u.durations:
		return fmt.Sprintf("fields such as %q are taken for durations, as the hour is always 0", u.clock)
	case are && 10*u.clocks >= 9*u.durations:
		return fmt.Sprintf("fields such as %q are taken for durations, as %d of %d are no times of day", u.clock,
			u.durations-u.clocks, u.durations)
	case !are && u.late == 0:
		return fmt.Sprintf("fields such as %q are taken for times of day, though all are before six", u.clock)
	}
	return ""
}

// Durations returns the number of fields that are durations.
func (u *Units) Durations() int { return u.durations }

var durationName = regexp.MustCompile(`(?i)durat|elapsed|dauer|durée|durac|runtime|laufzeit|` +
	`(^|[_ -])(took|length|lap|laptime|pace|uptime|delay|wait|age)$`)

// clockName matches the name of a column of times of day.
var clockName = regexp.MustCompile(`(?i)date|time|stamp|when|clock|start|depart|arriv|created|uhr|zeitpunkt|abfahrt|ankunft|` +
	`heure|hora|orario|время|時刻|时间|(^|[_ -])(ts|dt|at|on|from|to|until|beginn?|end|ende|hour|tid|tijd|ora|czas)$`)

// Sorted returns the units, the most frequent first.
func (u *Units) Sorted() []string {
	return slices.SortedFunc(maps.Keys(u.Counts), func(a, b string) int {
		if d := u.Counts[b] - u.Counts[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}

// named returns the number of fields with a unit.
func (u *Units) named() (n int) {
	for _, c := range u.Counts {
		n += c
	}
	return n
}
