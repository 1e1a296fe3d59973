package onnx

import "testing"

// TestFilesTellWhoWroteThem has files of nngen and of others.
func TestFilesTellWhoWroteThem(t *testing.T) {
	for writer, want := range map[string]bool{producer: true, "pytorch": false, "nngenerator": false, "": false} {
		file := (&Model{Producer: writer, Opsets: map[string]int64{"": 17}, Graph: &Graph{Name: "nngen"}}).Encode()
		if got := Written(file); got != want {
			t.Errorf("%q: %v, %q", writer, got, file)
		}
	}
	if Written(nil) || Written([]byte("precious")) {
		t.Error("no file of ONNX is taken for one of nngen")
	}
}
