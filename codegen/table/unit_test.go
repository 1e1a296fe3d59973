package table

import (
	"testing"

	"github.com/nngen/nngen/runtime/encode"
)

func TestUnitsStandBesideNumbers(t *testing.T) {
	const no = "no number"
	for field, want := range map[string]string{
		"5 kg": "kg", "5kg": "kg", "-5°C": "°C", "12 %": "%", "$1,200": "$", "-$5": "$", "€ 5": "€", "5 €": "€", "₹5,000": "₹", "Rs. 5": "Rs.",
		"3.5h": "h", "12 km/h": "km/h", "5 m3": "m3", "1e5 Pa": "Pa", "USD 5": "USD", "(5)": "", "5": "", "5.5": "", "5-": "", "1 200 kr": "kr",
		"5 mi.": "mi.", "A12": no, "kg": no, "": no, "-": no, "2020-01-31": no, "12:30": no, "12/5": no, "5-10": no, "SKU 12": no, "$5 per kg 3": no,
		"soon": no, "+49 123 456 7": no, "1.2.3": no, "5_": no, "10,000+": no, "5 a\x1bb": no, "5 duration": no,
	} {
		unit, ok := Unit(field, &encode.Format{})
		if !ok {
			unit = no
		}
		if unit != want {
			t.Errorf("%q: %q, want %q", field, unit, want)
		}
	}
}
