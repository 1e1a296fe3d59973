package encode

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen/fuzzing"
)

var (
	format  = &Format{Missing: []string{"NA", "none"}}
	columns = []Column{{Name: "size"}, {Name: "color", Kind: Words, Values: []string{"red", "green", "blue"}}, {Name: "age"}}
)

func TestWordsBecomeOneNumberEach(t *testing.T) {
	x := []float32{9, 9, 9, 9, 9}
	if err := Row(x, []string{"1.5", " green ", "-2"}, columns, format); err != nil {
		t.Fatal(err)
	}
	if want := []float32{1.5, 0, 1, 0, -2}; !slices.Equal(x, want) {
		t.Errorf("got %v, want %v", x, want)
	}
}

func TestErrorsNameTheColumn(t *testing.T) {
	x := make([]float32, 5)
	for want, fields := range map[string][]string{
		`column color: "pink" is none of red, green, blue`:                      {"1", "pink", "2"},
		`column age: "old" is not a number`:                                     {"1", "red", "old"},
		`column age: "NaN" is no finite number`:                                 {"1", "red", "NaN"},
		`column size: "-Inf" is no finite number`:                               {"-Inf", "red", "1"},
		`column size: "1e39" is beyond the range of float32`:                    {"1e39", "red", "1"},
		`column size: "0x10" is not a number`:                                   {"0x10", "red", "1"},
		`column size: there is no value, and nothing fills it in`:               {" ", "red", "1"},
		`column color: "NA" is a missing value, and no training row lacked one`: {"1", "NA", "1"},
		`2 fields, want 3`: {"1", "red"},
	} {
		if err := Row(x, fields, columns, format); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %s", fields, err, want)
		}
	}
}

// read reads a number of a unit.
func read(unit, field string, f *Format) (float32, error) {
	var x [1]float32
	err := (&Column{Unit: unit}).Put(x[:], field, f)
	return x[0], err
}

func TestSumsOfMoneyMayBeInThousandsAndMillions(t *testing.T) {
	for field, want := range map[string]float32{"$830K": 830_000, "$3.735M": 3_735_000, "-$2.5k": -2500, "($1 m)": -1e6,
		"1.2bn $": 1.2e9, "$ 3B": 3e9, "$1,250K": 1_250_000, "5 k$": 5000} {
		if v, err := read("$", field, &Format{}); err != nil || v != want {
			t.Errorf("%q: %v, %v, want %v", field, v, err, want)
		}
	}
	if v, err := read("€", "3,5M €", &Format{Comma: true}); err != nil || v != 3_500_000 {
		t.Errorf("with a decimal comma: %v, %v", v, err)
	}
	for _, field := range []string{"830K", "3.5 M", "$K", "$5KM", "$5T", "K$", "€5K", "$5e3K", "5M US$"} {
		for _, unit := range []string{"$", "", "kg"} { // without its currency K is Kelvin as well
			if v, err := read(unit, field, &Format{}); err == nil {
				t.Errorf("%q of %s: %v", field, unit, v)
			}
		}
	}
	if v, err := read("kg", "5K kg", &Format{}); err == nil {
		t.Errorf("5K kg: %v", v)
	}
}

// TestNothingIsLeftOutOfANumber reads what people write with numbers in columns without a unit: as it is meant, or not
// at all.
func TestNothingIsLeftOutOfANumber(t *testing.T) {
	for field, want := range map[string]float32{"(12)": -12, "12-": -12, "\u221212": -12, "1e5": 1e5, "1E-2": .01, "+5": 5, "5.": 5,
		".5": .5, "1,234": 1234, "1'234": 1234, "1\u2019234": 1234, "1\u00a0234": 1234, "1\u2009234": 1234, "1\u202f234": 1234,
		"\u00a05\u00a0": 5, "007": 7, "- 5": -5} {
		if v, err := read("", field, &Format{}); err != nil || v != want {
			t.Errorf("%q: %v, %v, want %v", field, v, err, want)
		}
	}
	for _, field := range strings.Split("50%|50 %|$5|5 €|€200,000|200,000 USD|$200m|5k|5M|5 kg|12*|12†|12²|12¹|1²3|12[1]|12 (a)|0x10|0b1|0o7|1_000|"+
		"１２|١٢|1/2|½|5½|12:30|>100|<0.5|≥5|~5|≈5|±5|5±1|5 ± 1|5+1|10-20|10–20|10..20|10 to 20|#5|№5|5!|5?|'5|\"5|5;6|5,6,7|1.2.3|"+
		"1,23|12,34,567|1 23|5 6|--5|+-5|5--|(-5)|((5))|(5|5)|-(5)|1e|e5|1e5.5|1d5|1e5e3|5e|0,5|Infinity|NaN|inf|1.234,5|"+
		"5\u200b|5\u00b0|٫5|1٬000|1·5|5.0.|true|5\x00", "|") {
		for unit, c := range map[string]bool{"": true, "lb": true, "€": !strings.Contains(field, "€"), Percent: !strings.Contains(field, "%")} {
			if v, err := read(unit, field, &Format{}); c && err == nil {
				t.Errorf("%q of %q: %v, want an error", field, unit, v)
			}
		}
	}
}

// TestSharesAreNoPercent reads fields of columns of percent.
func TestSharesAreNoPercent(t *testing.T) {
	for field, want := range map[string]float32{"50%": 50, "0.5%": .5, "1 %": 1, "50": 50, "0": 0, "1.5": 1.5, "(3%)": -3} {
		if v, err := read(Percent, field, &Format{}); err != nil || v != want {
			t.Errorf("%q: %v, %v, want %v", field, v, err, want)
		}
	}
	for _, field := range []string{"0.5", "1", "-0.25", "1e-3", "(0.5)"} {
		if v, err := read(Percent, field, &Format{}); err == nil || !strings.Contains(err.Error(), "may be a share or percent") {
			t.Errorf("%q: %v, %v", field, v, err)
		}
		var into *float32
		if err := Object([]byte(`{"a": "`+field+`"}`), []Column{{Name: "a", Unit: Percent}}, &Format{}, &into); err == nil {
			t.Errorf("%q in an object: %v", field, *into)
		}
	}
	x := []float32{9}
	if err := (&Column{Unit: Percent, Fill: "0.5"}).Put(x, "", &Format{}); err != nil || x[0] != .5 {
		t.Errorf("what fills a missing field is %v, %v", x[0], err)
	}
}

func TestMissingFieldsAndOtherWords(t *testing.T) {
	words := Column{Kind: Words, Values: []string{"a", "none"}, Other: true, Missing: true}
	number := Column{Fill: "5.5", Indicator: true}
	flag := Column{Kind: Flag, Values: []string{"no", "yes"}, Fill: "yes"}
	date := Column{Kind: Date, Parts: []Part{Year, Month}, Fill: "1999-01-01"}
	for _, c := range []struct {
		column Column
		field  string
		want   []float32
	}{
		{words, "a", []float32{1, 0, 0, 0}},
		{words, "none", []float32{0, 1, 0, 0}}, // a word of the column is no missing value
		{words, "zebra", []float32{0, 0, 1, 0}},
		{words, "NA", []float32{0, 0, 0, 1}},
		{words, "", []float32{0, 0, 0, 1}},
		{number, "3", []float32{3, 0}},
		{number, "none", []float32{5.5, 1}},
		{flag, "YES", []float32{1}},
		{flag, "no", []float32{0}},
		{flag, "NA", []float32{1}},
		{date, "2020-01-05", []float32{2020, 0, 1}},
		{date, "", []float32{1999, 0, 1}},
	} {
		x := slices.Repeat([]float32{9}, c.column.Width())
		if err := c.column.Put(x, c.field, format); err != nil {
			t.Errorf("%+v: %q: %v", c.column, c.field, err)
		}
		if !slices.Equal(x, c.want) {
			t.Errorf("%+v: %q: %v, want %v", c.column, c.field, x, c.want)
		}
	}
}

func TestNumbersWithADecimalComma(t *testing.T) {
	f := &Format{Comma: true}
	for s, want := range map[string]float32{
		"-0,25": -0.25, "1.000,5": 1000.5, "7.414": 7414, "1.440.000": 1440000, "-12.000": -12000, "143": 143, ",5": 0.5, "2,5e3": 2500,
		"1 147,49": 1147.49, "1\u00a0147,49": 1147.49, "1\u202f147,49": 1147.49, "1\u2009147,49": 1147.49, "1'720,03": 1720.03,
		"1\u2019720,03": 1720.03, "277 196": 277196,
	} {
		if v, err := f.Number(s); err != nil || v != want {
			t.Errorf("%s: %v, %v, want %v", s, v, err, want)
		}
	}
	for s, want := range map[string]float32{"1 978,53 €": 1978.53, "€ 1.978,53": 1978.53, "1.500 €": 1500} {
		if v, err := read("€", s, f); err != nil || v != want {
			t.Errorf("%s: %v, %v, want %v", s, v, err, want)
		}
	}
	for s, want := range map[string]error{
		"12,5 %": ErrNumber, "1,2,3": ErrNumber, "1.00,5": ErrNumber, "1.000,5.0": ErrNumber, "1 14,5": ErrNumber, "1.234 567,8": ErrNumber,
		"7.5": ErrPoint, "0.500": ErrPoint, "1234.567": ErrPoint, "1.5e3": ErrPoint,
	} {
		if v, err := f.Number(s); err != want {
			t.Errorf("%s: %v, %v, want %v", s, v, err, want)
		}
	}
}

// TestWhatFillsHasADecimalPoint fills a missing field by a number that nngen has written, whose point marks no thousands.
func TestWhatFillsHasADecimalPoint(t *testing.T) {
	x := []float32{9}
	c := &Column{Fill: "7.414"}
	if err := c.Put(x, "", &Format{Comma: true}); err != nil || x[0] != 7.414 {
		t.Errorf("%v, %v, want 7.414", x[0], err)
	}
}

// TestMarksOfNumbersAreOfTheirColumn reads fields of columns of money.
func TestMarksOfNumbersAreOfTheirColumn(t *testing.T) {
	for _, c := range []struct {
		unit, field string
		want        float32
	}{
		{"$", "$1,234.50", 1234.5}, {"$", "-$5", -5}, {"$", "$-5", -5}, {"€", "€ 20", 20}, {"EUR", "20 EUR", 20}, {"$", "($1,234.50)", -1234.5},
		{"$", "$(5)", -5}, {"$", "1,234,567", 1234567}, {"", "1 234,567", 0}, {"", "0,123", 0}, {"", "1,2345", 0}, {"%", "%", 0}, {"$", "$", 0},
		{"$", "$$5", 0}, {"", "5 kg", 0}, {"", "1,,234", 0}, {"%", "1.5e3%", 1500}, {"", ",123", 0}, {"", "()", 0}, {"", "1,234.5-", -1234.5},
		{"", "-12-", 0}, {"", "-", 0}, {"", "5-6", 0}, {"$", "€200,000", 0}, {"$", "200,000 USD", 0}, {"$", "50%", 0}, {"$", "5 US$", 0},
		{"$", "5 kg", 0}, {"%", "$5", 0}, {"€", "$200m", 0},
	} {
		if v, err := read(c.unit, c.field, &Format{}); err == nil && v != c.want || (err == nil) != (c.want != 0) {
			t.Errorf("%q of %s: %v, %v, want %v", c.field, c.unit, v, err, c.want)
		}
	}
}

func TestATimeOfDayIsNoDate(t *testing.T) {
	hours := &Column{Kind: Date, Parts: []Part{Hour}}
	x := make([]float32, 2)
	if err := hours.Put(x, "18:00", &Format{}); err != nil || x[0] != -1 {
		t.Errorf("18:00: %v, %v, want [-1 0]", x, err)
	}
	years := &Column{Kind: Date, Parts: []Part{Year, Hour}}
	if err := years.Put(make([]float32, 3), "18:00", &Format{}); err == nil {
		t.Error("18:00 has a year")
	}
}

func TestDates(t *testing.T) {
	for _, c := range []struct {
		layout Layout
		field  string
		want   string // RFC 3339; "" for an error
	}{
		{YearFirst, "2020-02-29", "2020-02-29T00:00:00Z"},
		{YearFirst, "2020/2/9", "2020-02-09T00:00:00Z"},
		{YearFirst, "20200131", "2020-01-31T00:00:00Z"},
		{YearFirst, "202002", "2020-02-01T00:00:00Z"},
		{YearFirst, "2020Q1", "2020-01-01T00:00:00Z"},
		{YearFirst, "2020-q4", "2020-10-01T00:00:00Z"},
		{YearFirst, "Q3 2020", "2020-07-01T00:00:00Z"},
		{YearFirst, "2020-W01", "2019-12-30T00:00:00Z"},
		{YearFirst, "2020W53", "2020-12-28T00:00:00Z"},
		{YearFirst, "2021-W01-7", "2021-01-10T00:00:00Z"},
		{YearFirst, "20200131235958", "2020-01-31T23:59:58Z"},
		{YearFirst, "20200131T235958", "2020-01-31T23:59:58Z"},
		{YearFirst, "20200131T2359Z", "2020-01-31T23:59:00Z"},
		{YearFirst, "20200131T235958+0100", "2020-01-31T22:59:58Z"},
		{YearFirst, "20200131T23595", ""},
		{YearFirst, "2020013123", ""},
		{YearFirst, "2020-01-31 12:30:15 EST", "2020-01-31T17:30:15Z"},
		{YearFirst, "2020-07-31T12:30 CEST", "2020-07-31T10:30:00Z"},
		{YearFirst, "2020-01-31 12:30:15 +0100 CET", "2020-01-31T11:30:15Z"},
		{YearFirst, "2020-01-31 12:30:15 XYZ", ""},
		{YearFirst, "2020-01-31 12:30:15 +0100 CET 5", ""},
		{YearFirst, "1949-01", "1949-01-01T00:00:00Z"},
		{YearFirst, "2020-01-31T12:30:15Z", "2020-01-31T12:30:15Z"},
		{YearFirst, "2020-01-31 12:30:15.25+02:30", "2020-01-31T10:00:15.25Z"},
		{YearFirst, "2020-01-31T23:00-0300", "2020-02-01T02:00:00Z"},
		{YearFirst, "Fri, 31 Jan 2020 07:05:00 GMT", "2020-01-31T07:05:00Z"},
		{YearFirst, "Friday, 31 January 2020", "2020-01-31T00:00:00Z"},
		{YearFirst, "Fri Jan 31 07:05:00 2020", "2020-01-31T07:05:00Z"},
		{YearFirst, "Fri Jan 31 07:05:00 +0100 2020", "2020-01-31T06:05:00Z"},
		{YearFirst, "7:05", "1970-01-01T07:05:00Z"},
		{YearFirst, "25:05", ""},
		{YearFirst, "Someday, 31 January 2020", ""},
		{DayFirst, "31.01.2020 07:05", "2020-01-31T07:05:00Z"},
		{DayFirst, "1/2/99", "1999-02-01T00:00:00Z"},
		{DayFirst, "31-Jan-2020", "2020-01-31T00:00:00Z"},
		{MonthFirst, "01/31/2020 12:05 AM", "2020-01-31T00:05:00Z"},
		{MonthFirst, "January 31, 2020 1:05 pm", "2020-01-31T13:05:00Z"},
		{Unix, "86400", "1970-01-02T00:00:00Z"},
		{UnixMillis, "-1000", "1969-12-31T23:59:59Z"},
		{YearFirst, "2021-02-29", ""},
		{YearFirst, "2020-13-01", ""},
		{YearFirst, "2020-01-01x", ""},
		{YearFirst, "2020-01-01 25:00", ""},
		{YearFirst, "", ""},
		{YearFirst, "5", ""},
		{YearFirst, "1.2.3", ""},
		{YearFirst, "1.2.103", ""},
		{DayFirst, "1.2.3", ""},
		{DayFirst, "1.2.103", ""},
		{DayFirst, "1.2.20030", ""},
		{MonthFirst, "1.2.3", ""},
		{MonthFirst, "Jan 2 3", ""},
		{DayFirst, "1.2.0103", "0103-02-01T00:00:00Z"},
		{YearFirst, "202013", ""},
		{YearFirst, "190000", ""},
		{YearFirst, "210101", ""},
		{YearFirst, "2020Q5", ""},
		{YearFirst, "Q0 2020", ""},
		{YearFirst, "2021-W53", ""},
		{YearFirst, "2020-W00", ""},
		{DayFirst, "202002", ""},
		{DayFirst, "31/31/2020", ""},
		{Unix, "soon", ""},
	} {
		got, err := c.layout.Parse(c.field)
		if c.want == "" {
			if err == nil {
				t.Errorf("%q: %v, want an error", c.field, got)
			}
			continue
		}
		want, _ := time.Parse(time.RFC3339, c.want)
		if err != nil || got != float64(want.UnixMilli())/1000 {
			t.Errorf("%q: %v, %v, want %s", c.field, got, err, c.want)
		}
	}
}

// TestCalendar compares days, parts and text of times with package time.
func TestCalendar(t *testing.T) {
	for s := int64(-60_000_000_000); s < 90_000_000_000; s += 86_400*83 + 3_607 {
		want := time.Unix(s, 0).UTC()
		c := Column{Kind: Date, Layout: Unix, Parts: []Part{Year, Month, Day, Weekday, Hour, YearDay}}
		x := make([]float32, c.Width())
		c.putDate(x, float64(s))
		shares := []float64{
			float64(want.Month()-1) / 12, float64(want.Day()-1) / 31, float64((want.Weekday()+6)%7) / 7,
			float64(want.Hour()*3600+want.Minute()*60+want.Second()) / 86400, float64(want.YearDay()-1) / 366,
		}
		if x[0] != float32(want.Year()) {
			t.Fatalf("%v: year %v", want, x[0])
		}
		for i, share := range shares {
			sin, cos := math.Sincos(2 * math.Pi * share)
			if math.Abs(float64(x[1+2*i])-sin) > 1e-7 || math.Abs(float64(x[2+2*i])-cos) > 1e-7 {
				t.Fatalf("%v: part %d is (%v, %v), want (%v, %v)", want, i+1, x[1+2*i], x[2+2*i], sin, cos)
			}
		}
		text := want.Format("2006-01-02T15:04:05")
		if got := Time(float64(s)); got != strings.TrimSuffix(text, "T00:00:00") {
			t.Fatalf("%s, want %s", got, text)
		}
	}
}

func TestRowDoesNotAllocate(t *testing.T) {
	x := make([]float32, 5)
	fields := []string{"1.5", "green", "-2"}
	if n := testing.AllocsPerRun(100, func() { _ = Row(x, fields, columns, format) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDate(f *testing.F) {
	f.Add("2020-01-31T12:30:15Z", uint8(0))
	f.Add("NAN", uint8(Unix))
	fuzzing.Fuzz(f, func(t *testing.T, s string, l uint8) {
		if v, err := Layout(l % 5).Parse(s); err == nil && math.IsNaN(v) {
			t.Errorf("%q gives NaN", s)
		}
	})
}

// TestWordsInAnotherCase has words that differ from one of a column in case alone, or from two.
func TestWordsInAnotherCase(t *testing.T) {
	f := &Format{Missing: []string{"none"}}
	columns := []Column{{Name: "region", Kind: Words, Values: []string{"South", "us", "US", "None"}, Other: true, Missing: true}}
	for field, want := range map[string]int{"South": 0, "south": 0, " SOUTH ": 0, "us": 1, "US": 2, "Us": 4, "Mars": 4,
		"None": 3, "none": 5, "NONE": 3, "": 5} {
		var x, same [6]float32
		if err := Row(x[:], []string{field}, columns, f); err != nil {
			t.Fatal(err)
		}
		e := Into(same[:], columns, f)
		e.Text(field)
		if err := e.Err(); err != nil || same != x {
			t.Errorf("%q: %v and %v, %v", field, x, same, err)
		}
		if x[want] != 1 || columns[0].IsOther(x[:], field, f) != (want == 4) {
			t.Errorf("%q: %v, want 1 at %d", field, x, want)
		}
	}
}
