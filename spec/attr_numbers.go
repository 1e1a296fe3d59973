package spec

import (
	"errors"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

var (
	intText   = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*(_[0-9]+)*|0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+)$`)
	floatText = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
	octalText = regexp.MustCompile(`^[-+]?0[0-9]+$`)
	nanText   = regexp.MustCompile(`^[-+]?\.?(nan|NaN|NAN|inf|Inf|INF|infinity|Infinity)$`)
)

// isNumber tells whether a plain scalar is a number: to YAML, or to those who know other formats.
func isNumber(s string) bool {
	return intText.MatchString(s) || floatText.MatchString(s) || nanText.MatchString(s)
}

// parseInt reads a whole number; one with an exponent or a fraction of zeros counts. ok tells
// whether s is a whole number at all: one that no int64 holds is saturated.
func parseInt(s string) (v int64, ok bool) {
	if octalText.MatchString(s) {
		return 0, false
	}
	if intText.MatchString(s) {
		v, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 0, 64)
		if errors.Is(err, strconv.ErrRange) {
			return v, true
		}
		return v, err == nil
	}
	if !floatText.MatchString(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || f >= 1<<63:
		return saturate(f), true
	case f < -(1 << 63):
		return math.MinInt64, true
	}
	return int64(f), f == math.Trunc(f) && !vanishes(s, f)
}

// vanishes tells whether a number is so small that float64 takes it for 0, which strconv does not say.
func vanishes(s string, f float64) bool {
	digits, _, _ := strings.Cut(strings.ToLower(s), "e")
	return f == 0 && strings.ContainsAny(digits, "123456789")
}

func saturate(f float64) int64 {
	if f < 0 {
		return math.MinInt64
	}
	return math.MaxInt64
}

func (p *parser) int(a *Attr, t *tree, subject string) (int, bool) {
	v, ok := int64(0), false
	if t.form == plainForm {
		v, ok = parseInt(t.text)
	}
	if !ok {
		want := "a whole number"
		if len(a.Enum) > 0 {
			want += " or " + orList(a.Enum)
		}
		hint := ""
		switch {
		case t.form == quotedForm && isNumber(t.text):
			hint = "remove the quotes"
		case t.form == plainForm && octalText.MatchString(t.text):
			hint = "write it without leading zeros"
		case t.form == plainForm && nanText.MatchString(t.text):
			p.wrong("range", a, t, subject, "", want)
			return 0, false
		case t.form == plainForm && len(a.Enum) > 0:
			hint = p.suggest(t.text, a.Enum)
		}
		p.wrong("type", a, t, subject, hint, want)
		return 0, false
	}
	b := *a
	if b.Max == nil || *b.Max > maxInt {
		b.Max, b.OpenMax = Bound(maxInt), false
	}
	if b.Min == nil || *b.Min < -maxInt {
		b.Min, b.OpenMin = Bound(-maxInt), false
	}
	if !p.inRange(a, &b, float64(v), t, subject) {
		return 0, false
	}
	return int(v), true
}

func (p *parser) float(a *Attr, t *tree, subject string) (float64, bool) {
	want := "a number"
	if len(a.Enum) > 0 {
		want += " or " + orList(a.Enum)
	}
	if t.form != plainForm || !isNumber(t.text) {
		hint := ""
		switch {
		case t.form == quotedForm && isNumber(t.text):
			hint = "remove the quotes"
		case t.form == plainForm && strings.HasSuffix(t.text, "%") && floatText.MatchString(strings.TrimSuffix(t.text, "%")):
			hint = "write a share as a number from 0 to 1"
		case t.form == plainForm && len(a.Enum) > 0:
			hint = p.suggest(t.text, a.Enum)
		}
		p.wrong("type", a, t, subject, hint, want)
		return 0, false
	}
	if nanText.MatchString(t.text) {
		p.wrong("range", a, t, subject, "", "a finite number")
		return 0, false
	}
	var v float64
	var err error
	if i, ok := parseInt(t.text); ok && !floatText.MatchString(t.text) {
		v = float64(i)
	} else {
		v, err = strconv.ParseFloat(t.text, 64)
	}
	if err != nil || math.Abs(v) > math.MaxFloat32 {
		p.wrong("range", a, t, subject, "", "at most 3.4e38, the largest float32, in magnitude")
		return 0, false
	}
	if float32(v) == 0 && v != 0 || vanishes(t.text, v) {
		p.errs.Add("range", t.pos, subject, "", "%s is %s, which float32 cannot hold: it would be 0", each(a, t),
			clip(t.text))
		return 0, false
	}
	if !p.inRange(a, a, v, t, subject) {
		return 0, false
	}
	return v, true
}

// inRange checks a number against the bounds of b, and reports it as a value of a. What float32 rounds to a bound that
// is out of range is so too: a decay of 0.99999999999 would be 1, and move nothing.
func (p *parser) inRange(a, b *Attr, v float64, t *tree, subject string) bool {
	low := b.Min == nil || v > *b.Min || v == *b.Min && !b.OpenMin
	high := b.Max == nil || v < *b.Max || v == *b.Max && !b.OpenMax
	if high && b.Max != nil && b.OpenMax && float32(v) >= float32(*b.Max) {
		p.errs.Add("range", t.pos, subject, "", "%s must be less than %g as a float32, which %s is not", each(a, t), *b.Max,
			clip(t.text))
		return false
	}
	if low && high {
		return true
	}
	bound := func(open, closed string, isOpen bool, v float64) string {
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if math.Abs(v) < 1e15 && v == math.Trunc(v) {
			s = strconv.FormatFloat(v, 'f', -1, 64)
		}
		if isOpen {
			return open + " " + s
		}
		return closed + " " + s
	}
	var want []string
	if !low || b.Max != nil && a.Min != nil && *b.Max != maxInt {
		want = append(want, bound("more than", "at least", b.OpenMin, *b.Min))
	}
	if !high || b.Min != nil && a.Max != nil && *b.Min != -maxInt {
		want = append(want, bound("less than", "at most", b.OpenMax, *b.Max))
	}
	p.errs.Add("range", t.pos, subject, "", "%s must be %s, but is %s", each(a, t),
		strings.Join(want, " and "), clip(t.text))
	return false
}

// units are the units of a Size in bytes.
var units = []struct {
	name  string
	bytes int64
}{
	{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
}

// sizeText matches what Size accepts beside a whole number of bytes.
const sizePattern = `^([0-9]+(\.[0-9]+)?) ?(B|kB|MB|GB|KiB|MiB|GiB)$`

var (
	sizeText = regexp.MustCompile(sizePattern)
	unitText = regexp.MustCompile(`^[0-9.]+ ?([A-Za-z]+)$`)
)

const maxSize = 1 << 50 // bytes

func (p *parser) size(a *Attr, t *tree, subject string) (int64, bool) {
	const want = "a number of bytes such as 65536, 64KiB or 1.5MB"
	bytes := new(big.Rat)
	m := sizeText.FindStringSubmatch(t.text)
	switch v, ok := parseInt(t.text); {
	case t.form != plainForm && t.form != quotedForm:
		p.wrong("type", a, t, subject, "", want)
		return 0, false
	case m != nil && len(m[1]) <= maxShown:
		bytes.SetString(m[1])
		for _, u := range units {
			if u.name == m[3] {
				bytes.Mul(bytes, new(big.Rat).SetInt64(u.bytes))
			}
		}
	case ok && t.form == plainForm:
		bytes.SetInt64(v)
	default:
		hint := ""
		if u := unitText.FindStringSubmatch(t.text); u != nil {
			switch strings.ToLower(u[1]) {
			case "k", "kb":
				hint = "the units are kB (1000 bytes) and KiB (1024 bytes)"
			default:
				hint = "the units are B, kB, MB, GB, KiB, MiB and GiB"
			}
		}
		p.wrong("type", a, t, subject, hint, want)
		return 0, false
	}
	switch {
	case !bytes.IsInt():
		p.wrong("range", a, t, subject, "", "a whole number of bytes")
	case bytes.Sign() <= 0:
		p.wrong("range", a, t, subject, "leave it out for no limit", "at least 1 byte")
	case bytes.Cmp(new(big.Rat).SetInt64(maxSize)) > 0:
		p.wrong("range", a, t, subject, "leave it out for no limit", "at most 1048576GiB")
	default:
		return bytes.Num().Int64(), true
	}
	return 0, false
}

func (p *parser) uint64(a *Attr, t *tree, subject string) (uint64, bool) {
	if t.form == plainForm && intText.MatchString(t.text) {
		v, err := strconv.ParseUint(strings.TrimPrefix(strings.ReplaceAll(t.text, "_", ""), "+"), 0, 64)
		if err == nil {
			return v, true
		}
		p.wrong("range", a, t, subject, "", "from 0 to 18446744073709551615")
		return 0, false
	}
	p.wrong("type", a, t, subject, "", "a whole number")
	return 0, false
}
