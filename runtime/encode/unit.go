package encode

import (
	"errors"
	"strings"
)

// Durations is the Unit of a column of durations, which become seconds: 90 s, 1h 30m, 1:30:00 and 30:00, 2 days 03:00:00,
// and PT1H30M as ISO 8601 has it.
const Durations = "duration"

// number reads a field of a column of numbers: one alone, or with the unit of the column behind or before it.
func (c *Column) number(field string, f *Format) (float32, error) {
	if c.Unit == "" {
		return f.Number(field)
	}
	v, err := c.measured(field, f)
	switch {
	case err != ErrNumber:
		return v, err
	case c.Unit == Durations:
		return 0, errors.New("is no duration, such as 1:30:00 or 90 s")
	}
	return 0, errors.New("is no number of " + c.Unit)
}

// measured reads a number that may have the unit of the column, and no other, behind or before it, with its sign before
// both or at the number itself: -$5, $-5, ($5), 5 kg and (5 kg).
func (c *Column) measured(field string, f *Format) (float32, error) {
	if c.Unit == Durations {
		if seconds, ok := Seconds(field, f.Comma); ok {
			return float32(seconds), nil
		}
		return f.Number(field)
	}
	sign, rest := signOf(field)
	number, ok := strings.CutSuffix(rest, c.Unit)
	if !ok {
		number = strings.TrimPrefix(rest, c.Unit)
	}
	number = strings.TrimSpace(number)
	if !isBare(number) {
		return 0, ErrNumber
	}
	return f.Number(sign + number)
}

// isBare tells whether a number has no unit, not even one that Number leaves out, behind or before it.
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
