package main

import (
	"net/http/httptest"
	"sync"
	"testing"

	"example.com/service/shop"
)

// TestRequestsAtOnceGetTheSameAnswer asks from many goroutines.
func TestRequestsAtOnceGetTheSameAnswer(t *testing.T) {
	ask := func() string {
		w := httptest.NewRecorder()
		buys(w, httptest.NewRequest("GET", "/buys?age=30&colour=red", nil))
		return w.Body.String()
	}
	want := ask()
	var wg sync.WaitGroup
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if got := ask(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}()
	}
	wg.Wait()
}

// BenchmarkEncode compares a Row with its fields as text.
func BenchmarkEncode(b *testing.B) {
	var x [shop.InputSize]float32
	age := float32(30)
	row, fields := shop.Row{Age: &age, Colour: "red"}, []string{"30", "red"}
	b.Run("row", func(b *testing.B) {
		for range b.N {
			_ = row.Encode(&x)
		}
	})
	b.Run("fields", func(b *testing.B) {
		for range b.N {
			_ = shop.Encode(fields, &x)
		}
	})
}
