package encode

import "math"

// longestDecimal is the most bytes of a field that decimal reads: as many digits fit in 64 bits.
const longestDecimal = 19

// Decimal reads a number as decimal does: what nearly all fields of a column of numbers are.
func (f *Format) Decimal(field string) (v float32, ok bool) {
	return decimal(field, f.mark())
}

// decimal reads a number that is digits alone, with a sign in front and a point among, before or behind them, or
// without these. The value is that of strconv.ParseFloat to 32 bits, which ok false leaves the rest to.
//
// The number is m / 10ᵏ. Below 2⁵³, m is a float64 without error, and so is 10ᵏ up to k = 22; one division, rounded to
// the nearest, gives q. Its rounding to float32 is the nearest to m / 10ᵏ as well, as long as q is not half-way between
// two float32: such a middle is a float64, and rounding keeps the order, so that q lies on the side of it where m / 10ᵏ
// lies. Both are normal numbers there, as 10⁻¹⁸ and 2⁵³ are.
func decimal(field string, point byte) (v float32, ok bool) {
	if len(field) > longestDecimal {
		return 0, false
	}
	digits := field
	if field != "" && (field[0] == '-' || field[0] == '+') {
		digits = field[1:]
	}
	m, fraction := uint64(0), -1 // the digits behind the point, -1 before it
	for i := range len(digits) {
		switch c := digits[i]; {
		case c-'0' <= 9:
			m = 10*m + uint64(c-'0')
		case c == point && fraction < 0:
			fraction = len(digits) - 1 - i
		default:
			return 0, false
		}
	}
	read := len(digits)
	if fraction >= 0 {
		read--
	}
	if read == 0 || m >= 1<<53 {
		return 0, false
	}
	q := float64(m)
	if fraction > 0 {
		q /= powersOfTen[fraction]
	}
	if math.Float64bits(q)&(1<<29-1) == 1<<28 {
		return 0, false
	}
	if field[0] == '-' {
		q = -q
	}
	return float32(q), true
}

// powersOfTen are 10ᵏ for as many digits as stand behind a point.
var powersOfTen = [longestDecimal]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
	1e14, 1e15, 1e16, 1e17, 1e18}
