// Command stream follows a signal from its first sample on. Samples that are there already, such as a log that is read
// on start, or what has come in while the program was away, are taken in blocks, whose products of matrices are larger;
// the next ones come one by one. The state, and so each further output, does not depend on how the samples were cut.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"math"
	"os"

	"example.com/stream/level"
	"example.com/stream/level/leveltrain"
)

func main() {
	known := flag.Int("known", 1000, "samples that are there already")
	size := flag.Int("block", 256, "samples of a block")
	flag.Parse()
	model := level.New(&leveltrain.New(leveltrain.Seed).Weights) // of your program: level.Default()

	var s level.State
	x := make([]float32, *size*level.StepInputSize)
	y := make([]float32, *size*level.StepOutputSize)
	for at := 0; at < *known; {
		n := min(*size, *known-at)
		for i := range n {
			x[i] = sample(at + i)
		}
		s.StepBlock(model, x[:n*level.StepInputSize], y[:n*level.StepOutputSize])
		at += n
	}
	if err := save(&s, "state"); err != nil {
		log.Fatal(err)
	}

	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	for at := *known; at < *known+5; at++ {
		x, y := [level.StepInputSize]float32{sample(at)}, [level.StepOutputSize]float32{}
		s.Step(model, &x, &y)
		fmt.Fprintf(w, "%d %08x\n", at, math.Float32bits(y[0]))
	}
}

// save writes what a program that starts again goes on from.
func save(s *level.State, name string) error {
	b, err := s.MarshalBinary()
	if err != nil {
		return err
	}
	return os.WriteFile(name, b, 0o644)
}

// sample stands for what measures.
func sample(at int) float32 { return float32(math.Sin(float64(at)/3) * math.Cos(float64(at)/70)) }
