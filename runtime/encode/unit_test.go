package encode

import (
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
)

func TestDurationsAreSeconds(t *testing.T) {
	for field, want := range map[string]float64{
		"1:30:00": 5400, "30:00": 1800, "0:00:01.5": 1.5, "100:00:00": 360000, "90 s": 90, "1h 30m": 5400, "1h30": -1, "1.5 h": 5400,
		"2 days, 3:00:00": 183600, "2 days 03:00:00": 183600, "PT1H30M": 5400, "P1DT2H": 93600, "PT0.5S": 0.5, "-1:00": -60,
		"1 hour, 2 minutes": 3720, "250ms": 0.25, "2 weeks": 1209600,
		"": -1, "-": -1, "P": -1, "PT": -1, "P1M": -1, "1:2:3": -1, "1:60": -1, "1:30:": -1, "h": -1, "5 kg": -1, "1:00:00:00": -1, "13:45 x": -1,
	} {
		got, ok := Seconds(field, false)
		if known := want != -1; ok != known || ok && got != want {
			t.Errorf("%q: %v, %v, want %v", field, got, ok, want)
		}
	}
	if got, ok := Seconds("1,5 h", true); !ok || got != 5400 {
		t.Errorf("with a decimal comma: %v, %v", got, ok)
	}
}

func TestNumbersMayHaveTheUnitOfTheirColumn(t *testing.T) {
	for _, c := range []struct {
		unit, field string
		want        float32
		problem     string
	}{
		{"kg", "5 kg", 5, ""}, {"kg", "5kg", 5, ""}, {"kg", "5", 5, ""}, {"kg", "-1,200.5 kg", -1200.5, ""},
		{"₹", "₹1,200", 1200, ""}, {"₹", "-₹5", -5, ""}, {"°C", "-5°C", -5, ""}, {"%", "5 %", 5, ""},
		{"kg", "(10 kg)", -10, ""}, {"kg", "(10) kg", -10, ""}, {"kg", "10 kg-", -10, ""}, {"₹", "\u2212₹4", -4, ""},
		{"₹", "₹\u22124", -4, ""}, {"$", "($1,200)", -1200, ""}, {"$", "$(4)", -4, ""}, {"€", "(4) €", -4, ""},
		{"", "$(4)", 0, `"$(4)" is not a number; those of the column are without a unit`}, {"", "x", 0, `"x" is not a number`},
		{"kr", "kr 5.-", 5, ""}, {"", "5.-", 5, ""}, {"", "5-", -5, ""}, {"Pa", "1e5 Pa", 1e5, ""}, {"kg", "+.5 kg", .5, ""},
		{"kg", "$5", 0, `"$5" is no number of kg`}, {"kg", "5 %", 0, `"5 %" is no number of kg`},
		{"kg", "$5 kg", 0, `"$5 kg" is no number of kg`}, {"$", "€5", 0, `"€5" is no number of $`},
		{"kg", "-(5 kg)", 0, `"-(5 kg)" is no number of kg`}, {"kg", "(-5 kg)", 0, `"(-5 kg)" is no number of kg`},
		{"kg", "5 g", 0, `"5 g" is no number of kg`}, {"m", "5 mm", 0, `"5 mm" is no number of m`}, {"kg", "kg", 0, `"kg" is no number of kg`},
		{"duration", "1:30", 90, ""}, {"duration", "90", 90, ""}, {"duration", "soon", 0, `"soon" is no duration, such as 1:30:00 or 90 s`},
	} {
		var x [1]float32
		err := (&Column{Unit: c.unit}).Put(x[:], c.field, &Format{})
		if c.problem == "" && (err != nil || x[0] != c.want) || c.problem != "" && (err == nil || err.Error() != c.problem) {
			t.Errorf("%q of %s: %v, %v, want %v %s", c.field, c.unit, x[0], err, c.want, c.problem)
		}
	}
}

// FuzzObject reads objects that may be no valid JSON.
func FuzzObject(f *testing.F) {
	for _, text := range []string{`{"a": 1, "b": "\u00e9\ud83d\ude00", "c": {"d": [1, "}"]}}`, `{`, `{"`, `{:::}`, `"\u12`, `{"a":"\`, `null`} {
		f.Add([]byte(text))
	}
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		var n *float32
		var s string
		_ = Object(b, []Column{{Name: "a"}, {Name: "b", Kind: Words}}, &Format{}, &n, &s)
	})
}
