package encode

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// passengers has a column of each kind.
var passengers = []Column{
	{Name: "age", Fill: "28", Indicator: true}, {Name: "fare"}, {Name: "size"}, {Name: "weight"}, {Name: "score"}, {Name: "level"},
	{Name: "class", Kind: Words, Values: []string{"first", "second", "third"}, Other: true, Missing: true},
	{Name: "adult", Kind: Flag, Values: []string{"no", "yes"}, Fill: "yes"},
	{Name: "born", Kind: Date, Parts: []Part{Year, Month, Weekday, Hour}, Fill: "1970-01-02"},
}

func widthOf(columns []Column) (n int) {
	for i := range columns {
		n += columns[i].Width()
	}
	return n
}

// passenger is a row of passengers.
type passenger struct {
	numbers [6]*float32
	class   string
	adult   *bool
	born    time.Time
}

func (p *passenger) encode(x []float32) error {
	e := Into(x, passengers, format)
	for _, v := range p.numbers {
		e.Number(v)
	}
	e.Text(p.class)
	e.Flag(p.adult, 1)
	e.Time(p.born.Unix(), p.born.Nanosecond(), p.born.IsZero())
	return e.Err()
}

func full() passenger {
	v, yes := []float32{31.5, 7.25, -1, 0.125, 1e-20, 3}, true
	p := passenger{class: "second", adult: &yes, born: time.Date(1881, 2, 28, 23, 59, 59, 250_000_000, time.FixedZone("", 5400))}
	for i := range p.numbers {
		p.numbers[i] = &v[i]
	}
	return p
}

// TestValuesGiveTheNumbersOfTheirFields encodes rows as values and as the fields of a table.
func TestValuesGiveTheNumbersOfTheirFields(t *testing.T) {
	no := false
	all := []string{"31.5", "7.25", "-1", "0.125", "1e-20", "3", "second", "yes", "1881-02-28T23:59:59.25+01:30"}
	for _, c := range []struct {
		what   string
		change func(p *passenger, fields []string)
	}{
		{"all there", func(*passenger, []string) {}},
		{"a missing number", func(p *passenger, f []string) { p.numbers[0], f[0] = nil, "NA" }},
		{"a missing word", func(p *passenger, f []string) { p.class, f[6] = "", "" }},
		{"a word for it", func(p *passenger, f []string) { p.class, f[6] = " none ", "none" }},
		{"another word", func(p *passenger, f []string) { p.class, f[6] = "crew", "crew" }},
		{"a flag", func(p *passenger, f []string) { p.adult, f[7] = &no, "No" }},
		{"a word between blanks", func(p *passenger, f []string) { p.class, f[6] = " third ", "third" }},
		{"a whole second", func(p *passenger, f []string) {
			p.born, f[8] = time.Date(1969, 12, 31, 23, 0, 1, 0, time.UTC), "1969-12-31 23:00:01"
		}},
		{"a missing flag", func(p *passenger, f []string) { p.adult, f[7] = nil, "" }},
		{"a missing date", func(p *passenger, f []string) { p.born, f[8] = time.Time{}, "" }},
		{"the first second", func(p *passenger, f []string) {
			p.born, f[8] = time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), "0001-01-01 00:00:01"
		}},
		{"the last", func(p *passenger, f []string) {
			p.born, f[8] = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), "9999-12-31 23:59:59"
		}},
	} {
		p, fields := full(), slices.Clone(all)
		c.change(&p, fields)
		got, want := make([]float32, widthOf(passengers)), make([]float32, widthOf(passengers))
		for i := range got {
			got[i] = 7 // of the row before
		}
		if err := p.encode(got); err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if err := Row(want, fields, passengers, format); err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, but as fields %v", c.what, got, want)
		}
	}
}

func TestDatesAreThoseOfTheirFields(t *testing.T) {
	c := []Column{{Kind: Date, Parts: []Part{Year, Month, Day, Weekday, Hour, YearDay}}}
	for s := int64(-62_135_596_800); s < 253_402_300_800; s += 1_234_567_890 + s%89 {
		at := time.Unix(s, (s%1000+1000)%1000*1_000_000).UTC()
		got, want := make([]float32, c[0].Width()), make([]float32, c[0].Width())
		e := Into(got, c, format)
		e.Time(at.Unix(), at.Nanosecond(), false)
		if err := e.Err(); err != nil {
			t.Fatal(err)
		}
		if err := Row(want, []string{at.Format(time.RFC3339Nano)}, c, format); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: %v, but as a field %v", at, got, want)
		}
	}
}

// TestWordsOfAColumnAreTheirText sets each word by its number, with blanks around it, and in another case.
func TestWordsOfAColumnAreTheirText(t *testing.T) {
	columns := []Column{{Name: "a", Kind: Words, Values: []string{"x", " y ", "é"}, Most: 4, Other: true, Missing: true,
		Fixed: []Fixed{{At: 4}}}, {Name: "b"}}
	v := float32(7)
	for _, c := range []struct {
		text string
		k    int
	}{{"x", 0}, {" x\t", 0}, {"X", 0}, {"é", 2}, {"\u00a0é", 2}, {" y ", -1}, {"y", -1}, {"other", -1}} {
		var x, y, z [7]float32
		e := Into(x[:], columns, format)
		if c.k >= 0 {
			e.Word(c.k)
			e.Number(&v)
		} else {
			x[6] = 7
		}
		e = Into(y[:], columns, format)
		e.Text(c.text)
		e.Number(&v)
		if err := e.Err(); err != nil {
			t.Fatal(err)
		}
		if err := Row(z[:], []string{c.text, "7"}, columns, format); err != nil {
			t.Fatal(err)
		}
		if x != y || y != z {
			t.Errorf("%q: by its number %v, as a value %v, as a field %v", c.text, x, y, z)
		}
	}
}

// TestDaysAreTheirDates goes through all days that a date may have, and some beyond.
func TestDaysAreTheirDates(t *testing.T) {
	y, m, d := 0, 12, 31
	for z := days(1, 1, 1); z <= days(10_000, 1, 1); z++ {
		if d++; !valid(max(1, y), m, d) {
			if d, m = 1, m+1; m > 12 {
				y, m = y+1, 1
			}
		}
		if a, b, c := civil(z); a != y || b != m || c != d {
			t.Fatalf("day %d is %d-%d-%d, want %d-%d-%d", z, a, b, c, y, m, d)
		}
	}
	for _, z := range []int{-1 << 29, -719469, -719468, 1<<26 - 719469, 1<<26 - 719468, 1 << 29} {
		if y, m, d := civil(z); days(y, m, d) != z || m < 1 || m > 12 || d < 1 || d > 31 {
			t.Errorf("day %d is %d-%d-%d, of day %d", z, y, m, d, days(y, m, d))
		}
	}
}

func TestValuesThatTrainingRefuses(t *testing.T) {
	inf, nan := float32(math.Inf(-1)), float32(math.NaN())
	for want, change := range map[string]func(p *passenger){
		`column age: "NaN" is no finite number`:                   func(p *passenger) { p.numbers[0] = &nan },
		`column level: "-Inf" is no finite number`:                func(p *passenger) { p.numbers[5] = &inf },
		`column fare: there is no value, and nothing fills it in`: func(p *passenger) { p.numbers[1] = nil },
		`column size: there is no value, and nothing fills it in`: func(p *passenger) { p.numbers[2], p.numbers[3], p.born = nil, &nan, time.Unix(1e15, 0) },
		`column born: "1000000000000000 s" is beyo`:               func(p *passenger) { p.born = time.Unix(1e15, 0) },
	} {
		p := full()
		change(&p)
		if err := p.encode(make([]float32, widthOf(passengers))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestEncodingValuesDoesNotAllocate(t *testing.T) {
	p, x := full(), make([]float32, widthOf(passengers))
	p.numbers[0] = nil
	if n := testing.AllocsPerRun(100, func() { _ = p.encode(x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkRow fills an input from values and from the fields of the same row, of all kinds and of each alone.
func BenchmarkRow(b *testing.B) {
	p := full()
	fields := []string{"31.5", "7.25", "-1", "0.125", "1e-20", "3", "second", "yes", "1881-02-28T23:59:59.25+01:30"}
	for _, c := range []struct {
		name    string
		columns []Column
		fields  []string
		encode  func(x []float32, columns []Column) error
	}{
		{"all", passengers, fields, func(x []float32, _ []Column) error { return p.encode(x) }},
		{"numbers", passengers[1:6], fields[1:6], func(x []float32, columns []Column) error {
			e := Into(x, columns, format)
			for _, v := range p.numbers[1:] {
				e.Number(v)
			}
			return e.Err()
		}},
		{"words", slices.Repeat(passengers[6:7], 5), slices.Repeat(fields[6:7], 5), func(x []float32, columns []Column) error {
			e := Into(x, columns, format)
			for range 5 { // as generated code does
				switch p.class {
				case "first":
					e.Word(0)
				case "second":
					e.Word(1)
				case "third":
					e.Word(2)
				default:
					e.Text(p.class)
				}
			}
			return e.Err()
		}},
		{"flags", slices.Repeat(passengers[7:8], 5), slices.Repeat(fields[7:8], 5), func(x []float32, columns []Column) error {
			e := Into(x, columns, format)
			for range 5 {
				e.Flag(p.adult, 1)
			}
			return e.Err()
		}},
		{"dates", slices.Repeat(passengers[8:9], 5), slices.Repeat(fields[8:9], 5), func(x []float32, columns []Column) error {
			e := Into(x, columns, format)
			for range 5 {
				e.Time(p.born.Unix(), p.born.Nanosecond(), p.born.IsZero())
			}
			return e.Err()
		}},
	} {
		x := make([]float32, widthOf(c.columns))
		b.Run(c.name+"/values", func(b *testing.B) {
			for b.Loop() {
				_ = c.encode(x, c.columns)
			}
		})
		b.Run(c.name+"/fields", func(b *testing.B) {
			for b.Loop() {
				_ = Row(x, c.fields, c.columns, format)
			}
		})
	}
}

// TestFixedNumbersStay fills columns, of which some numbers were the same in all training rows, by fields and by values.
func TestFixedNumbersStay(t *testing.T) {
	columns := []Column{
		{Name: "n", Fill: "1", Indicator: true, Fixed: []Fixed{{At: 1}}},
		{Name: "c", Fixed: []Fixed{{Value: 7}}},
		{Name: "f", Kind: Flag, Values: []string{"no", "yes"}, Fixed: []Fixed{{Value: 1}}},
		{Name: "w", Kind: Words, Values: []string{"a", "b"}, Other: true, Fixed: []Fixed{{At: 1}, {At: 2}}},
		{Name: "d", Kind: Date, Parts: []Part{Year}, Fixed: []Fixed{{Value: 2020}}},
	}
	f, no := &Format{}, false
	v := float32(3)
	for fields, want := range map[[5]string][7]float32{
		{"3", "3", "no", "a", "2021-01-01"}:   {3, 0, 7, 1, 1, 0, 0},
		{"", "3", "no", "b", "2021-01-01"}:    {1, 0, 7, 1, 0, 0, 0},
		{"3", "3", "no", "odd", "2021-01-01"}: {3, 0, 7, 1, 0, 0, 0},
	} {
		var x, y [8]float32
		if err := Row(x[:], fields[:], columns, f); err != nil || [7]float32(x[:7]) != want || x[7] != 2020 {
			t.Errorf("%q: %v, %v, want %v", fields, x, err, want)
		}
		e := Into(y[:], columns, f)
		n := &v
		if fields[0] == "" {
			n = nil
		}
		e.Number(n)
		e.Number(&v)
		e.Flag(&no, 1)
		e.Text(fields[3])
		e.Time(1609459200, 0, false)
		if err := e.Err(); err != nil || y != x {
			t.Errorf("%q by values: %v, %v, want %v", fields, y, err, x)
		}
	}
}
