package describe

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

func TestTheTablesOfKindsAreUpToDate(t *testing.T) {
	b, err := os.ReadFile("../op/README.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Insert(string(b))
	if err != nil {
		t.Fatal(err)
	}
	if want == string(b) {
		return
	}
	if os.Getenv("NNGEN_UPDATE") == "" {
		t.Fatal("codegen/op/README.md is stale; run: go run ./cmd/nngen docs -w codegen/op/README.md")
	}
	if err := os.WriteFile("../op/README.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTheDrawingIsXMLWithALaneForEachOverlap(t *testing.T) {
	s := &Summary{Name: "<net>", Layers: []Layer{
		{Name: "x", Kind: "input", Shape: []int{4}},
		{Name: "a", Kind: "dense", Shape: []int{4}, From: []string{"x"}, Params: 20},
		{Name: "b", Kind: "dense", Shape: []int{4}, From: []string{"a"}, Params: 20},
		{Name: "sum", Kind: "add", Shape: []int{4}, From: []string{"a", "b"}},
		{Name: "all", Kind: "concatenate", Shape: []int{8}, From: []string{"x", "sum"}},
		{Name: "c", Kind: "dense", Shape: []int{8}, From: []string{"all"}},
		{Name: "last", Kind: "add", Shape: []int{8}, From: []string{"all", "c"}},
	}}
	svg := s.SVG()
	d := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	skips := []skip{{from: 1, to: 3}, {from: 0, to: 4}, {from: 4, to: 6}}
	for i := range skips {
		skips[i].lane = freeLane(skips[:i], skips[i])
	}
	if skips[0].lane != 0 || skips[1].lane != 1 || skips[2].lane != 0 {
		t.Errorf("lanes are %v, want 0, 1, 0", skips)
	}
}

// TestDescribeSaysWhatAFirstBatchAdds names what of a model takes no memory before.
func TestDescribeSaysWhatAFirstBatchAdds(t *testing.T) {
	s := &Summary{Memory: Memory{Model: 6 << 10, InPlace: 4 << 10, Activation: 1 << 10}}
	want := "7.0 KiB for predictions one by one: model 6.0 KiB (4.0 KiB of it from the first batch on, " +
		"where embedded weights stay in place), activations 1.0 KiB\n"
	if !strings.Contains(s.String(), want) {
		t.Errorf("there is no %q in\n%s", want, s)
	}
}

// TestScratchMemoryOnTheHeapIsTold names what kernels keep on the heap wherever it counts.
func TestScratchMemoryOnTheHeapIsTold(t *testing.T) {
	s := &Summary{Memory: Memory{Model: 1 << 10, Activation: 1 << 10, Batch: 4 << 10, State: 100, Steps: 2 << 10,
		Rooms: 3 << 10, BatchRooms: 5 << 10, StepRooms: 7 << 10}}
	for _, want := range []string{
		"5.0 KiB for predictions one by one: model 1.0 KiB, activations 1.0 KiB, scratch memory on the heap 3.0 KiB\n",
		"9.0 KiB for each PredictBatch that runs: activations 4.0 KiB, scratch memory on the heap 5.0 KiB\n",
		"9.0 KiB for each Step or StepBlock that runs: activations 2.0 KiB, scratch memory on the heap 7.0 KiB\n",
	} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("there is no %q in\n%s", want, s)
		}
	}
}

// TestDescribeSaysWhatIsMadeAndKeptForTraining names kernels that are made for the network, also for its gradients alone,
// and what a Trainer keeps on the heap.
func TestDescribeSaysWhatIsMadeAndKeptForTraining(t *testing.T) {
	s := &Summary{Made: []string{"predictions", "gradients"}, Memory: Memory{Training: 4 << 10, Counted: 1 << 10}}
	for _, want := range []string{
		"made for the network: for predictions and gradients\n",
		"5.0 KiB for a Trainer: parameters, gradients, optimizer state, activations, on the heap the steps that count 1.0 KiB\n",
	} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("there is no %q in\n%s", want, s)
		}
	}
}

// TestARowOfManyInputsIsShort describes a layer that reads a thousand others: the table is as wide in each row as in the
// longest.
func TestARowOfManyInputsIsShort(t *testing.T) {
	s := &Summary{}
	var all []string
	for i := range 1000 {
		all = append(all, fmt.Sprintf("layer%d", i))
		s.Layers = append(s.Layers, Layer{Name: all[i], Kind: "dense", From: []string{"x"}})
	}
	s.Layers = append(s.Layers, Layer{Name: "sum", Kind: "add", From: all})
	got := s.String()
	if !strings.Contains(got, "layer0, layer1, layer2 and 997 more") || len(got) > 200*len(s.Layers) {
		t.Errorf("%d bytes, or no 997 more", len(got))
	}
}
