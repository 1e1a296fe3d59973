package generated

import (
	"fmt"
	"testing"

	"github.com/nngen/nngen/generated/names_gru"
	"github.com/nngen/nngen/generated/names_transformer"
	"github.com/nngen/nngen/runtime/token"
)

// TestSamplesByStepsAreThoseOfTheWhole draws texts by steps, and by predictions of the whole for each token.
func TestSamplesByStepsAreThoseOfTheWhole(t *testing.T) {
	letters := token.Characters("abcdefghijklmnopqrstuvwxyz")
	gru, transformer := names_gru.Default(), names_transformer.Default()
	for _, c := range []struct {
		name    string
		in, out int
		whole   func(x, y []float32)
		sample  func(o token.Sampling) (string, error)
	}{
		{"names_gru", names_gru.InputSize, names_gru.OutputSize, gru.PredictBatch, gru.Sample},
		{"names_transformer", names_transformer.InputSize, names_transformer.OutputSize, transformer.PredictBatch,
			func(o token.Sampling) (string, error) { return transformer.Sample(names_transformer.Sampling(o)) }},
	} {
		x, y := make([]float32, c.in), make([]float32, c.out)
		for seed := range uint64(40) {
			for _, start := range []string{"", "an", "maximiliana", "abcdefghijklmnopqr"} {
				o := token.Sampling{Start: start, Most: 30, Temperature: float64(seed%4) / 2, Seed: seed}
				want, wantErr := letters.Sample(o, x, y, true, c.whole)
				got, err := c.sample(o)
				if got != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
					t.Errorf("%s, %+v: %q, %v, want %q, %v", c.name, o, got, err, want, wantErr)
				}
			}
		}
	}
}

// BenchmarkSample draws a name of the most tokens by steps, and by a prediction of the whole for each.
func BenchmarkSample(b *testing.B) {
	letters := token.Characters("abcdefghijklmnopqrstuvwxyz")
	m := names_transformer.Default()
	x, y := make([]float32, names_transformer.InputSize), make([]float32, names_transformer.OutputSize)
	o := token.Sampling{Start: "max", Most: 30, Temperature: 1, Seed: 3}
	for name, sample := range map[string]func() (string, error){
		"steps": func() (string, error) { return m.Sample(names_transformer.Sampling(o)) },
		"whole": func() (string, error) { return letters.Sample(o, x, y, true, m.PredictBatch) },
	} {
		b.Run(name, func(b *testing.B) {
			tokens := 0
			for b.Loop() {
				text, err := sample()
				if err != nil {
					b.Fatal(err)
				}
				tokens += len(text) + 1
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(tokens), "ns/token")
		})
	}
}
