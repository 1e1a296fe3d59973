package main

import (
	"net/http/httptest"
	"sync"
	"testing"
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
