package encode

import (
	"errors"
	"slices"
	"strings"
	"unicode"
)

// Durations is the Unit of a column of durations, which become seconds: 90 s, 1h 30m, 1:30:00 and 30:00, 2 days 03:00:00,
// and PT1H30M as ISO 8601 has it.
const Durations = "duration"

// Percent is the Unit of a column of percent.
const Percent = "%"

// errShare says what is wrong with a field that IsShare is true of.
const errShare = "may be a share or percent, as the numbers of the column are; write it with % behind it"

// IsShare tells whether a field is a number without a unit, and of at most 1, but not 0: in a column of percent 0.5 may be
// half of one, or the share that 50 % is.
func IsShare(field string, f *Format) bool {
	v, err := f.Number(field)
	return err == nil && v != 0 && v >= -1 && v <= 1
}

// number reads a field of a column of numbers: one alone, or with the unit of the column behind or before it. Another unit
// is an error.
func (c *Column) number(field string, f *Format) (float32, error) {
	v, err := c.measured(field, f)
	switch {
	case err != ErrNumber:
		return v, err
	case c.Unit == "" && strings.ContainsAny(field, "0123456789"):
		return 0, errUnit
	case c.Unit == Durations:
		return 0, errors.New("is no duration, such as 1:30:00 or 90 s")
	case c.Unit != "":
		return 0, errors.New("is no number of " + c.Unit)
	}
	return 0, err
}

var errUnit = errors.New("is not a number; those of the column are without a unit")

// measured reads a number that may have the unit of the column, and no other, behind or before it, with its sign before
// both or at the number itself: -$5, $-5, ($5), 5 kg and (5 kg). A sum of money with its currency may be $830K, $3.5M or
// $1.2bn.
func (c *Column) measured(field string, f *Format) (float32, error) {
	switch c.Unit {
	case "":
		return f.Number(field)
	case Durations:
		if seconds, ok := Seconds(field, f.Comma); ok {
			return float32(seconds), nil
		}
		return f.Number(field)
	}
	sign, rest := signOf(field)
	number, ok := strings.CutSuffix(rest, c.Unit)
	if !ok {
		number, ok = strings.CutPrefix(rest, c.Unit)
	}
	number = strings.TrimSpace(number)
	power := ""
	if ok && IsCurrency(c.Unit) {
		number, power = magnitude(number)
	}
	if !isBare(number) {
		return 0, ErrNumber
	}
	if power == "" {
		return f.Number(sign + number)
	}
	return f.scaled(sign+number, power)
}

// IsCurrency tells whether a unit is a currency.
func IsCurrency(unit string) bool {
	return strings.ContainsFunc(unit, func(r rune) bool { return unicode.Is(unicode.Sc, r) }) ||
		slices.Contains(strings.Fields(Currencies), unit)
}

// Currencies are names of currencies, apart by blanks.
const Currencies = "USD EUR GBP CHF JPY CNY RMB INR KRW RUB BRL MXN AUD CAD NZD ZAR TRY NOK SEK DKK PLN CZK HUF " +
	"Rs Rs. kr kr. Fr Fr. zł"

// Magnitudes are what stands behind a sum of money in place of zeros, and the power of ten that it means.
var Magnitudes = [...]struct{ Mark, Power string }{{"K", "e3"}, {"k", "e3"}, {"M", "e6"}, {"m", "e6"}, {"bn", "e9"},
	{"B", "e9"}}

// magnitude cuts off what stands behind a sum of money in place of zeros.
func magnitude(number string) (rest, power string) {
	for _, m := range Magnitudes {
		if before, ok := strings.CutSuffix(number, m.Mark); ok {
			return strings.TrimSpace(before), m.Power
		}
	}
	return number, ""
}

// isBare tells whether a number has nothing behind or before it but a sign.
func isBare(number string) bool {
	if _, number = signOf(number); number == "" {
		return false
	}
	first, last := number[0], number[len(number)-1]
	return (isDigit(first) || first == '.' || first == ',') && (isDigit(last) || last == '.' || last == ',' || last == '-')
}

// Seconds reads a duration. Numbers have a decimal comma, or a point.
func Seconds(field string, comma bool) (seconds float64, ok bool) {
	rest, negative := strings.CutPrefix(field, "-")
	if iso, found := strings.CutPrefix(rest, "P"); found {
		days, clock, _ := strings.Cut(iso, "T")
		if strings.Contains(days, "M") { // of months
			return 0, false
		}
		rest = strings.TrimSpace(days + " " + clock)
	}
	if rest == "" {
		return 0, false
	}
	for rest != "" {
		digits, part := 0, 0.0
		for digits < len(rest) && (isDigit(rest[digits]) || digits > 0 && isMark(rest[digits], comma)) {
			digits++
		}
		v, err := (&Format{Comma: comma}).Number(rest[:digits])
		if err != nil {
			return 0, false
		}
		part, rest = float64(v), strings.TrimSpace(rest[digits:])
		if strings.HasPrefix(rest, ":") {
			clock, ok := colons(part, rest, comma)
			return signed(seconds+clock, negative), ok
		}
		s := scanner{rest}
		letters := s.letters()
		factor, known := secondsIn[strings.ToLower(rest[:letters])]
		if !known {
			return 0, false
		}
		seconds += part * factor
		rest = strings.TrimLeft(rest[letters:], ", ")
	}
	return signed(seconds, negative), true
}

// colons reads what stands behind the first number of 1:30:00 or 30:00.
func colons(first float64, rest string, comma bool) (seconds float64, ok bool) {
	parts := strings.Split(rest[1:], ":")
	if len(parts) > 2 {
		return 0, false
	}
	seconds = first
	for i, p := range parts {
		whole := p
		if i == len(parts)-1 {
			whole, _, _ = strings.Cut(p, string(decimalMark(comma)))
		}
		if len(whole) != 2 || !areDigits(whole) || whole > "59" {
			return 0, false
		}
		v, err := (&Format{Comma: comma}).Number(p)
		if err != nil {
			return 0, false
		}
		seconds = 60*seconds + float64(v)
	}
	return seconds, true
}

func signed(v float64, negative bool) float64 {
	if negative {
		return -v
	}
	return v
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isMark(c byte, comma bool) bool { return c == decimalMark(comma) }

func decimalMark(comma bool) byte {
	if comma {
		return ','
	}
	return '.'
}

// secondsIn holds the seconds in units of time. A month or a year has no fixed number of them.
var secondsIn = map[string]float64{
	"ms": 1e-3, "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "sek": 1,
	"m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "minuten": 60,
	"h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600, "std": 3600, "stunden": 3600, "heures": 3600,
	"d": 86400, "day": 86400, "days": 86400, "tage": 86400, "jours": 86400,
	"w": 604800, "week": 604800, "weeks": 604800,
}
