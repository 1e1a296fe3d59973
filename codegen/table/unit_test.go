package table

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/encode"
)

func TestUnitsStandBesideNumbers(t *testing.T) {
	const no = "no number"
	for field, want := range map[string]string{
		"5 kg": "kg", "5kg": "kg", "-5°C": "°C", "12 %": "%", "$1,200": "$", "-$5": "$", "€ 5": "€", "5 €": "€",
		"₹5,000": "₹", "Rs. 5": "Rs.",
		"3.5h": "h", "12 km/h": "km/h", "5 m3": "m3", "1e5 Pa": "Pa", "USD 5": "USD", "(5)": "", "5": "", "5.5": "", "5-": "",
		"1 200 kr": "kr",
		"(10 kg)":  "kg", "(10) kg": "kg", "10 kg-": "kg", "\u2212₹4": "₹", "$(4)": "$", "($1,200)": "$", "kr 5.-": "kr",
		"$5-": "$", "(10": no,
		"-(5 kg)": no, "(-5 kg)": no, "5 kg)": "kg)", "$5 kg": no,
		"$3.5M": "$", "3.5M $": "$", "3.5M$": "$", "2 bn USD": "USD", "12*": no, "12†": no, "12²": no, "5±1": no,
		"5 (11 lb)": no, "5½": no, "12?": no,
		"5 x 10": no, "3 of 5": no, "5\"": "\"", "5 m²": "m²", "5 km2": "km2", "12[1]": no, "~5": no, ">5": no,
		"5 Mex$": "Mex$", "5 US$": "US$",
		"5 mi.": "mi.", "A12": no, "kg": no, "": no, "-": no, "2020-01-31": no, "12:30": no, "12/5": no, "5-10": no,
		"SKU 12": no, "$5 per kg 3": no,
		"soon": no, "+49 123 456 7": no, "1.2.3": no, "5_": no, "10,000+": no, "5 a\x1bb": no, "5 duration": no,
		"0001.png": no, "5.jpeg": no, "12,txt": no, "3.mp4": no, "7.5.png": no,
	} {
		unit, ok := Unit(field, &encode.Format{})
		if !ok {
			unit = no
		}
		if unit != want {
			t.Errorf("%q: %q, want %q", field, unit, want)
		}
		if err := (&encode.Column{Unit: unit}).Put(new([1]float32)[:], field, &encode.Format{}); ok && err != nil {
			t.Errorf("%q is of %q, and a column of that does not read it: %v", field, unit, err)
		}
	}
}

// TestUnitsMayHoldDigits has columns whose numbers have all the same behind them, with digits, and others, where it is a
// part of a code, a date or a time.
func TestUnitsMayHoldDigits(t *testing.T) {
	for of, want := range map[string]string{
		"%d.3 l/100km": "l/100km", "%d,5 g/100 g": "g/100 g", "%dl/100km": "l/100km", "%d mg per 24h": "mg per 24h",
		"%d kg":     "kg",
		"%d l/%dkm": "", "%d A %d": "", "%d Jan 2020": "", "%d Jan24": "", "%d March 5": "",
		"%d kWh/1000h": "kWh/1000h", "%d m2": "m2", "%d pm 12:30": "", "%d x 10": "x 10", "%d.1.2": "",
	} {
		u := &Units{}
		for i := range 40 {
			args := []any{i + 1, i%7 + 1}
			u.See(fmt.Sprintf(of, args[:strings.Count(of, "%d")]...), &encode.Format{Comma: strings.Contains(of, ",")})
		}
		if u.Settle(); u.Only() != want || (u.Other == 0) != (want != "") {
			t.Errorf("%s: unit %q with %d others, want %q", of, u.Only(), u.Other, want)
		}
		u.See("12", &encode.Format{}) // one that does not say
		if u.Settle(); u.Only() != want && want != "" {
			t.Errorf("%s: unit %q, want %q", of, u.Only(), want)
		}
	}
}

// TestAFewMarksAreNoUnitOfAColumn counts the fields of columns.
func TestAFewMarksAreNoUnitOfAColumn(t *testing.T) {
	for _, c := range []struct {
		fields, unit string
		several      bool
	}{
		{"5 kg|6 kg|7", "kg", false}, {"5|6|7|12?", "", false}, {"5|6|7|60k", "", false}, {"5k|6k|900", "", false},
		{"5k|6k", "k", false},
		{"5 kg|6 g|7", "kg g", true}, {"5|6|7|$8", "$", false}, {"5|6|7|8%", "%", false},
		{"5%|6%|0.5", "", true}, {"0.5|0.6|0.7|8%", "", true}, {"5%|0", "%", false}, {"$5|6%|7", "", true},
		{"5|6|7|€7|$8", "", false}, {"5|6|7|12?|9 g", "", false}, {"$5|€6", "$ €", true},
	} {
		u := &Units{}
		for _, field := range strings.Split(c.fields, "|") {
			u.See(field, &encode.Format{})
		}
		if u.Several() != c.several || !c.several && u.Only() != c.unit {
			t.Errorf("%s: %q, several: %v", c.fields, u.Only(), u.Several())
		}
	}
}

func TestDurationsAreToldFromTimesOfDay(t *testing.T) {
	for _, c := range []struct {
		name, fields string
		want         bool
	}{
		{"took", "0:10:00|1:20:30", true}, {"x", "0:10:00|1:20:30", false}, {"x", "30:00:00|1:20:30", true},
		{"x", "1h 5m|2h", true}, {"x", "1h 30m|2h 30m", true},
		{"x", "90 s|2 min", true}, {"x", "90 s|80 s", false}, {"x", "1h 5m|soon", false}, {"took", "1:00:00|5", false},
		{"took", "", false},
	} {
		u := &Units{}
		for _, field := range strings.Split(c.fields, "|") {
			u.See(field, &encode.Format{})
		}
		if u.AreDurations(c.name) != c.want {
			t.Errorf("%s: %s: durations: %v", c.name, c.fields, !c.want)
		}
	}
}

// TestTimesOfANightAreNoDurations has columns of times of day before six, and of durations of less than an hour.
func TestTimesOfANightAreNoDurations(t *testing.T) {
	night := func(i int) string { return fmt.Sprintf("%02d:%02d:%02d", i*5%6, i*7%60, i*11%60) }
	run := func(i int) string { return fmt.Sprintf("0:%02d:%02d", i*7%60, i*11%60) }
	ride := func(i int) string { return fmt.Sprintf("%02d:%02d:00", i*7%26, i%60) } // one of 26 beyond 25 hours
	for _, c := range []struct {
		names string
		field func(i int) string
		want  bool
		says  string
	}{
		{"time start_time timestamp Uhrzeit departure x", night, false, "times of day, though all are before six"},
		{"time start clock heure hora tid", run, false, "times of day, though all are before six"},
		{"x zeit", run, true, "durations, as the hour is always 0"},
		{"elapsed", run, true, ""}, {"elapsed", night, true, ""},
		{"x", ride, true, "durations, as 8 of 200 are no times of day"},
		{"x", func(i int) string { return fmt.Sprintf("%02d:%02d:00", i*7%24, i%60) }, false, ""},
	} {
		for name := range strings.FieldsSeq(c.names) {
			u := &Units{}
			for i := range 200 {
				u.See(c.field(i), &encode.Format{})
			}
			if got := u.SayClocks(name); u.AreDurations(name) != c.want || !strings.Contains(got, c.says) || c.says == "" &&
				got != "" {
				t.Errorf("%s, as %s: durations: %v, %q, want %q", name, c.field(1), !c.want, got, c.says)
			}
		}
	}
}

// TestWordsAmongNumbersCountWhereverTheyStand has numbers of a unit, and many times a word that is none.
func TestWordsAmongNumbersCountWhereverTheyStand(t *testing.T) {
	for name, isWord := range map[string]func(i int) bool{
		"at the head": func(i int) bool { return i < 1500 }, "at the end": func(i int) bool { return i >= 28_500 },
		"among them": func(i int) bool { return i%20 == 7 },
	} {
		u := &Units{}
		for i := range 30_000 {
			field := fmt.Sprintf("%d kg", i)
			if isWord(i) {
				field = "unknown"
			}
			u.See(field, &encode.Format{})
		}
		if u.Other != 1500 || u.Counts["kg"] != 28_500 {
			t.Errorf("%s: %d words, %d kg", name, u.Other, u.Counts["kg"])
		}
	}
}
