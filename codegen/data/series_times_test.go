package data

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// workdays returns the days from a date on that are no Saturday nor Sunday.
func workdays(from string, n int) (days []string) {
	for d, _ := time.Parse(time.DateOnly, from); len(days) < n; d = d.AddDate(0, 0, 1) {
		if d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
			days = append(days, d.Format(time.DateOnly))
		}
	}
	return days
}

// TestTimesGoOnAsTheyAreWritten foretells behind months, their ends, quarters, weeks, days, working days, whole numbers
// of 64 bits and decimals, in several forms.
func TestTimesGoOnAsTheyAreWritten(t *testing.T) {
	list := func(fields ...string) []string { return fields }
	for _, c := range []struct {
		fields []string
		layout encode.Layout
		none   bool // of dates
		want   []string
	}{
		{fields: list("202011", "202012"), want: list("202101", "202102")},
		{fields: list("2020Q3", "2020Q4"), want: list("2021Q1")},
		{fields: list("Q3 2020", "Q4 2020"), want: list("Q1 2021")},
		{fields: list("2020-W52", "2020-W53"), want: list("2021-W01")},
		{fields: list("Dec 30, 2020", "Dec 31, 2020"), want: list("Jan 1, 2021")},
		{fields: list("2020-12-31T22:00:00", "2020-12-31T23:00:00"),
			want: list("2021-01-01T00:00:00", "2021-01-01T01:00:00")},
		{fields: list("2020-12-31 22:00:00.250", "2020-12-31 22:00:00.500"), want: list("2020-12-31 22:00:00.750")},
		{fields: list("2020-12-31T22:00:00+02:00", "2020-12-31T23:00:00+02:00"), want: list("2021-01-01T00:00:00+02:00")},
		{fields: list("2020-12-31 22:00 -0330", "2020-12-31 23:00 -0330"), want: list("2021-01-01 00:00 -0330")},
		{fields: list("2020-12-31 22:00:00-05", "2020-12-31 23:00:00-05"), want: list("2021-01-01 00:00:00-05")},
		{fields: list("2024-01-01T00:00:00+01:00", "2024-02-01T00:00:00+01:00"), want: list("2024-03-01T00:00:00+01:00")},
		{fields: list("2024-03-31T00:00:00+01:00", "2024-03-31T01:00:00+01:00", "2024-03-31T03:00:00+02:00"),
			want: list("2024-03-31T02:00:00Z")}, // of two offsets
		{fields: list("2020-12-31T22:00:00Z", "2020-12-31T23:00:00Z"), want: list("2021-01-01T00:00:00Z")},
		{fields: list("20201130", "20201231"), want: list("20210131", "20210228", "20210331")},
		{fields: list("2022-12-31", "2023-01-31", "2023-02-28"), want: list("2023-03-31", "2023-04-30")},
		{fields: list("2023-12-30", "2024-01-30", "2024-02-29"), want: list("2024-03-30")},
		{fields: list("2023-06-30", "2023-09-30"), want: list("2023-12-31")},
		{fields: list("2024-01-01", "2024-02-01", "2024-04-01"), want: list("2024-05-01")},
		{fields: list("2024-02-29", "2025-02-28"), want: list("2026-02-28", "2027-02-28", "2028-02-29")},
		{fields: list("2024-01-29", "2024-02-05"), want: list("2024-02-12")},
		{fields: workdays("2024-03-04", 15), want: list("2024-03-25", "2024-03-26")},
		{fields: workdays("2024-03-04", 16), want: list("2024-03-26")},
		{fields: list("9/30/2021", "10/1/2021"), layout: encode.MonthFirst, want: list("10/2/2021")},
		{fields: list("9007199254740992", "9007199254740993"), none: true,
			want: list("9007199254740994", "9007199254740995")},
		{fields: list("1700000000000000001", "1700000000500000001"), none: true, want: list("1700000001000000001")},
		{fields: list("0.1", "0.2"), none: true, want: list("0.3", "0.4")},
		{fields: list("0,75", "1,00"), none: true, want: list("1,25")},
		{fields: list("7", "", "9"), none: true, want: list("11")},
		{fields: list("5"), none: true, want: list("")}, {fields: list("2020-01-01"), want: list("")},
	} {
		x := &times{dates: !c.none, layout: c.layout, fields: c.fields}
		for k, want := range c.want {
			if got := x.at(len(c.fields) + k); got != want {
				t.Errorf("%v: number %d is %s, want %s", c.fields, k+1, got, want)
			}
		}
	}
}

// TestDecimalsInGapsKeepTheirMark fills between decimals, and foretells beyond 64 bits.
func TestDecimalsInGapsKeepTheirMark(t *testing.T) {
	x := &times{}
	for _, c := range []struct{ a, b, want string }{
		{"1,5", "5,5", "3,5"}, {"1.0", "2.0", "1.5"}, {"1.50", "2.50", "2.00"}, {"1,5", "2,0", "1,75"}, {"1", "4", "2.5"},
	} {
		if _, got := x.between(c.a, c.b, 1, 1); got != c.want {
			t.Errorf("between %s and %s is %s, want %s", c.a, c.b, got, c.want)
		}
	}
	x = &times{dates: true}
	if _, got := x.between("2020-12-31T22:00:00+02:00", "2021-01-01T00:00:00+02:00", 1,
		1); got != "2020-12-31T23:00:00+02:00" {
		t.Errorf("%s is between", got)
	}
	x = &times{}
	x.fields = []string{"9223372036854775805", "9223372036854775806"}
	if a, b := x.at(2), x.at(3); a != "9223372036854775807" || b != "" {
		t.Errorf("%s and %s come next", a, b)
	}
}

// TestRowsInGapsHaveTheirTimes leaves rows out of an index: what is filled in has the times that were left out.
func TestRowsInGapsHaveTheirTimes(t *testing.T) {
	for name, at := range map[string]func(i int) string{
		"months": func(i int) string { return fmt.Sprintf("%d-%02d", 2020+i/12, i%12+1) },
		"ends": func(i int) string {
			return time.Date(2020, time.Month(i+2), 0, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		},
		"quarters": func(i int) string {
			return fmt.Sprintf("%dQ%d", 2020+i/4, i%4+1)
		},
		"hours": func(i int) string {
			return time.Date(2020, 1, 1, i, 0, 0, 0, time.UTC).Format("2006-01-02 15:04")
		},
		"numbers": func(i int) string { return fmt.Sprint(9007199254740993 + i) },
	} {
		var b strings.Builder
		b.WriteString("at,v\n")
		for i := range 40 {
			if i != 20 && i != 30 && i != 31 {
				fmt.Fprintf(&b, "%s,%d\n", at(i), i)
			}
		}
		_, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n")
		s := series("v")
		s.Index, s.Gaps = "at", "fill"
		notes := &Notes{}
		set, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(b.String())), Series: s}, "", network,
			Options{Unlabeled: true, Notes: notes})
		if err != nil || set.N != 39 {
			t.Errorf("%s: %d windows, %v", name, set.N, err)
			continue
		}
		for i := range set.N {
			if got, want := notes.Times[i], at(i+2); got != want || set.X[0][2*i+1] != float32(i+1) {
				t.Errorf("%s: window %d ends with %v and foretells %s, want %s", name, i, set.X[0][2*i+1], got, want)
			}
		}
		if s.Gaps = "error"; name == "numbers" {
			_, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(b.String())), Series: s}, "", network,
				Options{})
			if want := at(21) + " comes after " + at(19); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("a gap of one number: %v, want %q", err, want)
			}
		}
	}
}

// TestTheDayOrTheMonthComesFirst reads an index of dates that may be either, by how evenly they follow each other, and
// another file as the training file is read.
func TestTheDayOrTheMonthComesFirst(t *testing.T) {
	table := func(n int, at func(i int) time.Time, form string) string {
		var b strings.Builder
		b.WriteString("at,v\n")
		for i := range n {
			fmt.Fprintf(&b, "%s,%d\n", at(i).Format(form), i)
		}
		return b.String()
	}
	day := func(i int) time.Time { return time.Date(2021, 3, 1+i, 0, 0, 0, 0, time.UTC) }
	month := func(i int) time.Time { return time.Date(2021, time.Month(3+i), 1, 0, 0, 0, 0, time.UTC) }
	_, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n")
	s := series("v")
	s.Index = "at"
	for _, c := range []struct {
		train, file string
		after       string
	}{
		{table(40, day, "01/02/2006"), table(6, day, "01/02/2006"), "03/07/2021"},
		{table(40, day, "02/01/2006"), table(6, day, "02/01/2006"), "07/03/2021"},
		{table(13, day, "01/02/2006"), table(6, day, "01/02/2006"), "03/07/2021"},
		{table(24, month, "01/02/2006"), table(14, month, "01/02/2006"), "05/01/2022"},
		{table(24, month, "02/01/2006"), table(14, month, "02/01/2006"), "01/05/2022"},
	} {
		src := &spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(c.train)), Series: s}
		like := HeaderAndUnitsOf(src, "", network)
		notes := &Notes{}
		_, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "y.csv", []byte(c.file)), Series: s}, "", network,
			Options{Unlabeled: true, Notes: notes, Like: like})
		if got := notes.After(1); err != nil || got != c.after {
			t.Errorf("after\n%sfollows %s, want %s; %v", c.file, got, c.after, err)
		}
	}
}

// TestRowsThatCannotBeReadAreBadNotMissing has a row with a field too many, and one without a date, in a series without
// gaps: they are bad rows, no window reaches over them, and a row that is missing besides is a gap.
func TestRowsThatCannotBeReadAreBadNotMissing(t *testing.T) {
	table := func(but int) string {
		var b strings.Builder
		b.WriteString("day,v\n")
		for i := range 40 {
			switch day := time.Date(2021, 3, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly); i {
			case but:
			case 10:
				fmt.Fprintf(&b, "%s,%d,%d\n", day, i, i)
			case 20:
				fmt.Fprintf(&b, "soon,%d\n", i)
			default:
				fmt.Fprintf(&b, "%s,%d\n", day, i)
			}
		}
		return b.String()
	}
	_, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n")
	for _, gaps := range []string{"error", "fill"} {
		s := series("v")
		s.Index, s.Gaps = "day", gaps
		for _, but := range []int{-1, 21, 30} {
			src := &spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(table(but))), Series: s}
			set, bad, err := Read(src, "", network, Options{SkipBadRows: 1})
			if gaps == "error" && but > 0 {
				if err == nil || !strings.Contains(err.Error(), "rows are missing") {
					t.Errorf("without row %d: %v", but, err)
				}
				continue
			}
			if err != nil || len(bad) != 2 {
				t.Errorf("gaps: %s without row %d: %d bad rows, %v", gaps, but, len(bad), err)
				continue
			}
			for i := range set.N {
				if x := set.X[0][2*i:]; x[1] != x[0]+1 || set.Y[0][i] != x[1]+1 {
					t.Errorf("gaps: %s without row %d: a window of %v, then %v", gaps, but, x[:2], set.Y[0][i])
				}
			}
		}
	}
}
