package encode

import (
	"math"
	"strconv"
	"strings"
)

// Layout is a form of dates and times.
type Layout uint8

// The forms of dates. A time of day may follow a date: 15:04, 15:04:05, with fractions, AM or PM, and Z or an offset
// such as +02:00, which is taken off, or a zone of RFC 822 or of Europe by name, such as EST. Months may be names, in
// which case their place does not matter, and the name of a day of the week may stand in front. A quarter or a week in
// place of a date is its first day. Of the first three forms a time of day alone is one of the first of January 1970.
const (
	YearFirst  Layout = iota // 2020-01-31, 2020/01/31, 20200131, 20200131150405, 2020-01, 202001, 2020Q1, Q1 2020, 2020-W05
	DayFirst                 // 31.01.2020, 31/01/20
	MonthFirst               // 01/31/2020
	Unix                     // seconds since 1970
	UnixMillis               // milliseconds since 1970
)

// Part is a part of a date that a network reads.
type Part uint8

// The parts of dates. Those that come again are the sine and cosine of the share of their period.
const (
	Year    Part = iota // the year, a number
	Month               // of 12
	Day                 // of the month, of 31
	Weekday             // of 7, from Monday
	Hour                // of 24, with minutes and seconds
	YearDay             // of 366
)

func (p Part) width() int {
	if p == Year {
		return 1
	}
	return 2
}

// Parse returns the seconds since 1970 of a date; without an offset it is taken for UTC.
func (l Layout) Parse(field string) (float64, error) {
	if l == Unix || l == UnixMillis {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil || !(math.Abs(v) <= 1e15) { // NaN too
			return 0, about(field, "is no Unix time")
		}
		if l == UnixMillis {
			v /= 1000
		}
		return v, nil
	}
	s := scanner{rest: field}
	if isClock(field) {
		s.rest = " " + field
		if seconds, ok := s.clock(); ok {
			return seconds, nil
		}
		return 0, about(field, "is no time of the form 15:04:05")
	}
	if l == YearFirst {
		if day, ok := period(field); ok {
			return float64(day) * 86400, nil
		}
	}
	s.weekday()
	s.yearLast()
	y, m, d, ok := s.date(l)
	if !ok || !valid(y, m, d) {
		return 0, about(field, "is no date of the form "+[...]string{"2020-12-31", "31.12.2020", "12/31/2020"}[l])
	}
	seconds, ok := s.clock()
	if !ok {
		return 0, about(field, "has no time of the form 15:04:05 behind its date")
	}
	return float64(days(y, m, d))*86400 + seconds, nil
}

// period returns the first day of a month in six digits, of the years 1900 to 2100, of a quarter, or of a week by ISO 8601,
// which begins on Monday, the first of a year with its first Thursday; a week may have a day behind it: 2020-W05-3.
func period(field string) (day int, ok bool) {
	s := scanner{rest: field}
	quarter := 0
	if s.skip("Qq") {
		if quarter, _ = s.digits(); !s.skip(" -/") {
			return 0, false
		}
	}
	y, n := s.digits()
	switch {
	case quarter > 0 && n == 4 && s.rest == "":
		return days(y, 3*quarter-2, 1), quarter <= 4
	case quarter > 0:
		return 0, false
	case n == 6 && s.rest == "":
		y, m := y/100, y%100
		return days(y, m, 1), y >= 1900 && y <= 2100 && valid(y, m, 1)
	case n != 4:
		return 0, false
	}
	s.skip(" -/")
	switch {
	case s.skip("Qq"):
		quarter, n := s.digits()
		return days(y, 3*quarter-2, 1), n == 1 && quarter >= 1 && quarter <= 4 && s.rest == ""
	case s.skip("W"):
		week, n := s.digits()
		weekday := 1
		if s.skip("-") {
			weekday, _ = s.digits()
		}
		const monday = 4                                   // 1970-01-05, in days since 1970
		first := monday + 7*floor(days(y, 1, 4)-monday, 7) // the fourth of January is in the first week
		of, _, _ := civil(first + 7*(week-1) + 3)          // the year of a week is that of its Thursday
		return first + 7*(week-1) + weekday - 1, n == 2 && week >= 1 && of == y && weekday >= 1 && weekday <= 7 && s.rest == ""
	}
	return 0, false
}

// scanner reads a date from the front of rest.
type scanner struct{ rest string }

// digits reads a number of at least one digit, and says how many there were.
func (s *scanner) digits() (v, n int) {
	for n < len(s.rest) && n < 15 && s.rest[n] >= '0' && s.rest[n] <= '9' {
		v, n = v*10+int(s.rest[n]-'0'), n+1
	}
	s.rest = s.rest[n:]
	return v, n
}

// skip drops one of the given characters, if it is next.
func (s *scanner) skip(chars string) bool {
	if s.rest == "" || strings.IndexByte(chars, s.rest[0]) < 0 {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

const months = "janfebmaraprmayjunjulaugsepoctnovdec"

const weekdays = "montuewedthufrisatsun"

// weekday skips the name of a day, or its first three letters, and what is between it and the date.
func (s *scanner) weekday() {
	n := s.letters()
	if n < 3 {
		return
	}
	if at := strings.Index(weekdays, strings.ToLower(s.rest[:3])); at >= 0 && at%3 == 0 {
		s.rest = strings.TrimLeft(s.rest[n:], "., ")
	}
}

// yearLast puts a year that follows the time of day, as C writes it, behind the date: Jan 31 15:04:05 2020.
func (s *scanner) yearLast() {
	if s.letters() < 3 {
		return
	}
	words := strings.Fields(s.rest)
	n := len(words)
	if n < 4 || len(words[n-1]) != 4 || !isClock(words[2]) {
		return
	}
	s.rest = strings.Join(append([]string{words[0], words[1], words[n-1]}, words[2:n-1]...), " ")
}

// isClock tells whether a field begins as a time of day does: 9:30, 15:04.
func isClock(field string) bool {
	at := strings.IndexByte(field, ':')
	return (at == 1 || at == 2) && field[0] >= '0' && field[0] <= '9' && field[at-1] >= '0' && field[at-1] <= '9'
}

// letters returns how many letters are next.
func (s *scanner) letters() (n int) {
	for n < len(s.rest) && s.rest[n]|0x20 >= 'a' && s.rest[n]|0x20 <= 'z' {
		n++
	}
	return n
}

// month reads the name of a month, or its first three letters; 0 if there is none.
func (s *scanner) month() int {
	n := s.letters()
	if n < 3 {
		return 0
	}
	at := strings.Index(months, strings.ToLower(s.rest[:3]))
	if at < 0 || at%3 != 0 {
		return 0
	}
	s.rest = s.rest[n:]
	return at/3 + 1
}

// date reads a date of the form l, up to where a time may follow.
func (s *scanner) date(l Layout) (y, m, d int, ok bool) {
	var parts, sizes [3]int
	named, n := -1, 0
	s.spread()
	for more := true; more && n < 3; n++ {
		if m := s.month(); m > 0 && named < 0 {
			parts[n], sizes[n], named = m, 2, n
		} else if parts[n], sizes[n] = s.digits(); sizes[n] == 0 {
			return 0, 0, 0, false
		}
		if n == 0 && sizes[0] == 8 {
			return parts[0] / 10_000, parts[0] / 100 % 100, parts[0] % 100, true
		}
		if more = n < 2 && s.skip("-/. ,"); more {
			s.skip(" ") // as in «Jan 31, 2020»
		}
	}
	switch {
	case n == 2 && sizes[0] == 4 && l == YearFirst: // 2020-01
		return parts[0], parts[1], 1, true
	case n == 2 && sizes[1] == 4 && (named == 0 || l != YearFirst): // Jan 2020, 01/2020
		return parts[1], parts[0], 1, true
	case n < 3:
		return 0, 0, 0, false
	}
	order := [...][3]int{{0, 1, 2}, {2, 1, 0}, {2, 0, 1}}[l]
	switch {
	case sizes[0] == 4:
		order = [3]int{0, 1, 2}
	case named == 0:
		order = [3]int{2, 0, 1}
	case named == 1:
		order = [3]int{2, 1, 0}
	}
	y, m, d = parts[order[0]], parts[order[1]], parts[order[2]]
	size := sizes[order[0]]
	if size == 2 { // as POSIX reads two digits
		if y += 1900; y < 1969 {
			y += 100
		}
	}
	return y, m, d, size == 2 || size == 4 // 1.2.3 and 1.2.103 are versions
}

// spread puts what separates a date from its time, and hours from minutes and seconds, into fourteen digits without it:
// 20200131150405, or 20200131T150405 as ISO 8601 has it in its basic form.
func (s *scanner) spread() {
	day, time := s.rest, ""
	switch n := leadingDigits(s.rest); {
	case n == 14:
		day, time = s.rest[:8], s.rest[8:]
	case n == 8 && len(s.rest) > 9 && s.rest[8] == 'T':
		day, time = s.rest[:8], s.rest[9:]
	}
	switch n := leadingDigits(time); n {
	case 4:
		s.rest = day + " " + time[:2] + ":" + time[2:]
	case 6:
		s.rest = day + " " + time[:2] + ":" + time[2:4] + ":" + time[4:]
	}
}

// leadingDigits returns how many digits s begins with.
func leadingDigits(s string) (n int) {
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// clock reads what follows a date: nothing, or a time of day. It returns seconds since midnight, less the offset.
func (s *scanner) clock() (seconds float64, ok bool) {
	if s.rest == "" {
		return 0, true
	}
	if !s.skip("T ") {
		return 0, false
	}
	var t [3]int
	for i := range t {
		v, n := s.digits()
		if n == 0 || v > [...]int{24, 59, 60}[i] {
			return 0, false
		}
		if t[i] = v; !s.skip(":") {
			break
		}
	}
	seconds = float64(t[0]*3600 + t[1]*60 + t[2])
	if s.skip(".,") {
		v, n := s.digits()
		seconds += float64(v) / math.Pow10(n)
	}
	s.skip(" ")
	switch half := strings.ToLower(s.rest); {
	case half == "am" && t[0] == 12:
		return seconds - 12*3600, true
	case half == "pm" && t[0] < 12:
		return seconds + 12*3600, true
	case half == "am" || half == "pm" || half == "":
		return seconds, true
	}
	if hours, ok := zone(s.rest); ok {
		return seconds - 3600*hours, true
	}
	sign := 1.0
	if strings.HasPrefix(s.rest, "-") {
		sign = -1
	}
	if !s.skip("+-") {
		return 0, false
	}
	h, n := s.digits()
	minutes := 0
	if n == 4 {
		h, minutes = h/100, h%100
	} else if s.skip(":") {
		minutes, _ = s.digits()
	}
	if s.skip(" ") { // Go writes the name of a zone behind its offset
		s.rest = s.rest[s.letters():]
	}
	return seconds - sign*float64(h*3600+minutes*60), n > 0 && s.rest == ""
}

// zone returns how many hours a zone is before UTC: of RFC 822, section 5.1, and of Europe, whose names mean one zone each.
func zone(name string) (hours float64, ok bool) {
	switch strings.ToLower(name) {
	case "z", "ut", "utc", "gmt", "wet":
		return 0, true
	case "west", "cet":
		return 1, true
	case "cest", "eet":
		return 2, true
	case "eest", "msk":
		return 3, true
	case "edt":
		return -4, true
	case "est", "cdt":
		return -5, true
	case "cst", "mdt":
		return -6, true
	case "mst", "pdt":
		return -7, true
	case "pst":
		return -8, true
	}
	return 0, false
}

func valid(y, m, d int) bool {
	if y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 {
		return false
	}
	last := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
	if m == 2 && (y%4 == 0 && y%100 != 0 || y%400 == 0) {
		last = 29
	}
	return d <= last
}

// days returns the days from 1970-01-01 to a date of the Gregorian calendar. Years begin in March, so that a leap day is
// the last of its year (Hinnant, chrono-Compatible Low-Level Date Algorithms, days_from_civil).
func days(y, m, d int) int {
	if m <= 2 {
		y, m = y-1, m+12
	}
	era := floor(y, 400)
	year := y - era*400
	return era*146097 + year*365 + year/4 - year/100 + (153*(m-3)+2)/5 + d - 1 - 719468
}

// civil is the inverse of days. Of the years up to some 180,000 it takes products in place of most divisions (Neri and
// Schneider, Euclidean Affine Functions and their Application to Calendar Algorithms, Software: Practice and Experience
// 53(4), 2023, figure 12).
func civil(z int) (y, m, d int) {
	z += 719468
	if z >= 0 && z < 1<<26 {
		n := 4*uint32(z) + 3
		century := n / 146097
		p := 2939745 * uint64(n%146097|3)
		day := uint32(p) / 2939745 / 4 // of the year, from March on
		n = 2141*day + 197913
		y, m, d = int(100*century+uint32(p>>32)), int(n>>16), int(n&0xffff/2141)+1
		if day >= 306 {
			y, m = y+1, m-12
		}
		return y, m, d
	}
	era := floor(z, 146097)
	day := z - era*146097
	year := (day - day/1460 + day/36524 - day/146096) / 365
	day -= 365*year + year/4 - year/100
	month := (5*day + 2) / 153
	y, m, d = year+era*400, month+3, day-(153*month+2)/5+1
	if m > 12 {
		y, m = y+1, m-12
	}
	return y, m, d
}

func floor(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Time writes seconds since 1970 as a date, with the time of day unless that is midnight.
func Time(seconds float64) string {
	day := math.Floor(seconds / 86400)
	y, m, d := civil(int(day))
	text := padded(y, 4) + "-" + two(m) + "-" + two(d)
	if rest := int(math.Round(seconds - day*86400)); rest > 0 {
		text += "T" + two(rest/3600) + ":" + two(rest/60%60) + ":" + two(rest%60)
	}
	return text
}

func two(v int) string { return padded(v, 2) }

// padded writes a number that is not negative with at least n digits.
func padded(v, n int) string {
	s := strconv.Itoa(v)
	return strings.Repeat("0", max(n-len(s), 0)) + s
}

// moment is a time, taken apart.
type moment struct {
	day     int // since 1970
	y, m, d int
	rest    float64 // seconds of the day that are over
}

// momentOf takes a time apart, in seconds since 1970.
func momentOf(seconds float64) moment {
	day := math.Floor(seconds / 86400)
	t := moment{day: int(day), rest: seconds - float64(day*86400)}
	t.y, t.m, t.d = civil(t.day)
	return t
}

// put writes the numbers of a part of a time.
func (p Part) put(x []float32, t *moment) {
	switch p {
	case Year:
		x[0] = float32(t.y)
	case Month:
		copy(x, ofYear[t.m-1][:])
	case Day:
		copy(x, ofMonth[t.d-1][:])
	case Weekday:
		copy(x, ofWeek[t.day+3-7*floor(t.day+3, 7)][:]) // 1970-01-01 was a Thursday
	case Hour:
		turn(x, t.rest/86400)
	case YearDay:
		copy(x, ofDays[t.day-days(t.y, 1, 1)][:])
	}
}

// putDate writes the numbers of a column of dates.
func (c *Column) putDate(x []float32, seconds float64) {
	t := momentOf(seconds)
	c.putMoment(x, &t)
}

// putMoment is putDate of a time taken apart.
func (c *Column) putMoment(x []float32, t *moment) {
	for _, p := range c.Parts {
		p.put(x, t)
		x = x[p.width():]
	}
}

// The sine and cosine of each month of a year, of each day of a year, of a month and of a week.
var (
	ofYear  = turns(12)
	ofDays  = turns(366)
	ofMonth = turns(31)
	ofWeek  = turns(7)
)

// turns returns the sine and cosine of 0, 1, … nths of a turn.
func turns(n int) [][2]float32 {
	all := make([][2]float32, n)
	for k := range all {
		turn(all[k][:], float64(k)/float64(n))
	}
	return all
}

// turn writes the sine and cosine of a share of a turn. The series of both go on side by side, so that a processor
// works at them at the same time.
func turn(x []float32, share float64) {
	a, b := arc(share), arc(share+0.25)
	u, v := float64(a*a), float64(b*b)
	p, q := 1-u/(16*17), 1-v/(16*17)
	p, q = 1-float64(u/(14*15)*p), 1-float64(v/(14*15)*q)
	p, q = 1-float64(u/(12*13)*p), 1-float64(v/(12*13)*q)
	p, q = 1-float64(u/(10*11)*p), 1-float64(v/(10*11)*q)
	p, q = 1-float64(u/(8*9)*p), 1-float64(v/(8*9)*q)
	p, q = 1-float64(u/(6*7)*p), 1-float64(v/(6*7)*q)
	p, q = 1-float64(u/(4*5)*p), 1-float64(v/(4*5)*q)
	p, q = 1-float64(u/(2*3)*p), 1-float64(v/(2*3)*q)
	x[0], x[1] = float32(a*p), float32(b*q)
}

// arc returns the arc between -π/2 and π/2 whose sine is that of t turns.
//
// That sine is the arc times its Taylor series about 0, Σ (-arc²)ᵏ/(2k+1)!, by Horner's rule. Products are rounded before
// they are added, which keeps compilers from fusing them: every machine gets the same bits. The term left out is below
// (π/2)¹⁹/19! < 5·10⁻¹⁴.
func arc(t float64) float64 {
	t -= math.Floor(t)
	half := 2 * math.Pi
	if t >= 0.5 {
		t, half = t-0.5, -half
	}
	if t > 0.25 {
		t = 0.5 - t
	}
	return half * t
}
