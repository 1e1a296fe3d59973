package encode

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// TestDecimalsAreThoseOfParseFloat reads a million decimals of all lengths, half of them a decimal of float64 half-way
// between two float32 or beside it, and compares their bits.
func TestDecimalsAreThoseOfParseFloat(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 24))
	read := 0
	for range 1_000_000 {
		var s string
		if r.IntN(2) == 0 {
			s = randomDecimal(r)
		} else {
			s = nearMiddle(r)
		}
		v, ok := decimal(s, '.')
		if !ok {
			continue
		}
		read++
		want, err := strconv.ParseFloat(s, 32)
		if err != nil || math.Float32bits(v) != math.Float32bits(float32(want)) {
			t.Fatalf("%q: %v, ParseFloat %v %v", s, v, want, err)
		}
	}
	if read < 500_000 {
		t.Fatalf("it read %d decimals alone", read)
	}
}

// randomDecimal returns up to 19 digits, with a sign and a point or without.
func randomDecimal(r *rand.Rand) string {
	digits := make([]byte, 1+r.IntN(longestDecimal))
	for i := range digits {
		digits[i] = '0' + byte(r.IntN(10))
	}
	for i := range r.IntN(len(digits) + 1) {
		digits[i] = '0'
	}
	at := r.IntN(len(digits) + 1)
	return []string{"", "-", "+"}[r.IntN(3)] + string(digits[:at]) + []string{"", "."}[r.IntN(2)] + string(digits[at:])
}

// nearMiddle returns the middle of two float32, cut to a few digits: that middle itself, or a number close to it.
func nearMiddle(r *rand.Rand) string {
	low := math.Float32frombits(uint32(127-40+r.IntN(80))<<23 | r.Uint32()>>9)
	middle := (float64(low) + float64(math.Nextafter32(low, math.MaxFloat32))) / 2
	return new(big.Float).SetFloat64(middle).Text('f', r.IntN(17))
}

// TestMiddlesOfFloat32AreLeftToParseFloat reads decimals whose nearest float64 is half-way between two float32 while
// they are not.
func TestMiddlesOfFloat32AreLeftToParseFloat(t *testing.T) {
	found := 0
	r := rand.New(rand.NewPCG(3, 5))
	for range 1_000_000 {
		s := nearMiddle(r)
		if len(s) > longestDecimal {
			continue
		}
		q, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		want, err := strconv.ParseFloat(s, 32)
		if err != nil {
			t.Fatal(err)
		}
		if float32(q) == float32(want) {
			continue
		}
		found++
		if v, ok := decimal(s, '.'); ok {
			t.Fatalf("%s is read as %v, and is %v", s, v, want)
		}
		if v, err := (&Format{}).Number(s); err != nil || v != float32(want) {
			t.Fatalf("%s: %v %v, want %v", s, v, err, want)
		}
	}
	if found < 10 {
		t.Fatalf("%d such decimals alone", found)
	}
}

// TestDecimalsReadNothingElse compares fields of all kinds of characters with what ParseFloat takes.
func TestDecimalsReadNothingElse(t *testing.T) {
	const characters = "0123456789.,+-eE_xn '"
	r := rand.New(rand.NewPCG(7, 1))
	for range 300_000 {
		s := make([]byte, r.IntN(6))
		for i := range s {
			s[i] = characters[r.IntN(len(characters))]
		}
		for point, field := range map[byte]string{'.': string(s), ',': strings.Replace(string(s), ",", ".", 1)} {
			v, ok := decimal(string(s), point)
			if !ok {
				continue
			}
			want, err := strconv.ParseFloat(field, 32)
			if err != nil || math.Float32bits(v) != math.Float32bits(float32(want)) {
				t.Fatalf("%q with the point %q: %v, ParseFloat %v %v", s, point, v, want, err)
			}
			if point == ',' && strings.Contains(string(s), ".") {
				t.Fatalf("%q has a point where numbers have a decimal comma, and is read as %v", s, v)
			}
		}
	}
	for _, s := range []string{"", "+", "-", ".", "-.", "+-1", "1..2", "1.2.", "12345678901234567890",
		"9007199254740992"} {
		if v, ok := decimal(s, '.'); ok {
			t.Errorf("%q is read as %v", s, v)
		}
	}
	if v, ok := decimal("-0.0", '.'); !ok || math.Float32bits(v) != 1<<31 {
		t.Errorf("-0.0 is %v, %v", v, ok)
	}
}
