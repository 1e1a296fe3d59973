package train

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// curveOf returns what Find makes of a loss that is a function of the decade of the rate, from 1e-7 on.
func curveOf(loss func(at float64) float64) *Finding {
	f := &Finding{}
	for i := range 200 {
		at := -7 + 8*float64(i)/199
		f.Points = append(f.Points, FoundPoint{LR: math.Pow(10, at), Loss: loss(at)})
	}
	return f
}

// TestTheSuggestedRateIsWhereTheLossFallsFastest finds the places of a curve whose slope is known, under noise.
func TestTheSuggestedRateIsWhereTheLossFallsFastest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := func(float64) float64 { return 0.02 * r.NormFloat64() }
	f := curveOf(func(at float64) float64 { // steepest at 1e-3, least near 1e-1, then steeply up
		return 1 - 1/(1+math.Exp(-4*(at+3))) + math.Exp(6*(at+0.3)) + noise(at)
	})
	if err := f.suggest(); err != nil {
		t.Fatal(err)
	}
	if f.Steepest < 10e-4/1.6 || f.Steepest > 10e-4*1.6 {
		t.Errorf("the loss falls fastest at %v, want about 1e-3", f.Steepest)
	}
	if f.Tenth < 1e-3 || f.Tenth > 2e-2 {
		t.Errorf("a tenth of the minimum is %v, want about 6e-3", f.Tenth)
	}
	svg, err := f.SVG("net")
	if err != nil || !bytes.Contains(svg, []byte("falls fastest")) || bytes.Contains(svg, []byte("NaN")) {
		t.Errorf("the picture: %v, %d bytes", err, len(svg))
	}
	if !Drawn(svg) || Drawn(bytes.ReplaceAll(svg, []byte("nngen"), []byte("another"))) ||
		Drawn(bytes.ReplaceAll(svg, []byte("rates<"), []byte("epochs<"))) {
		t.Error("the picture is not told from others")
	}
}

// TestADipOfSomeBatchesIsNoFall: a dip before the loss falls for good does not draw the suggestion to it.
func TestADipOfSomeBatchesIsNoFall(t *testing.T) {
	f := curveOf(func(at float64) float64 { // falls by 0.6 around 1e-2, dips by 0.35 at 1.5e-4
		d := (at + 3.8) / 0.12
		return 0.6 - 0.6/(1+math.Exp(-4*(at+2))) - 0.35*math.Exp(-d*d/2) + math.Exp(6*(at-0.3))
	})
	if err := f.suggest(); err != nil {
		t.Fatal(err)
	}
	if f.Steepest < 1e-3 || f.Steepest > 3e-2 {
		t.Errorf("the loss falls fastest at %v, want about 1e-2", f.Steepest)
	}
}

func TestNoRateIsSuggestedWhereTheLossDoesNotFall(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, loss := range map[string]func(float64) float64{
		"flat": func(float64) float64 { return 2 + 0.1*r.NormFloat64() },
		"up":   func(at float64) float64 { return 2 + math.Exp(at) },
	} {
		f := curveOf(loss)
		if err := f.suggest(); err != nil || f.Steepest != 0 || !strings.Contains(f.String(), "no suggestion") {
			t.Errorf("%s: suggests %v, %v", name, f.Steepest, err)
		}
		if _, err := f.SVG("net"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (&Finding{}).suggest(); err == nil {
		t.Error("a curve without points is no error")
	}
}
