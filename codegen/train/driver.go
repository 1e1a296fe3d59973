package train

import (
	"bytes"
	"text/template"
)

// driverSource is the program that trains a generated package: it reads a Job, writes the weights, and
// prints an Event for each step and epoch as a line of JSON.
var driverSource = template.Must(template.New("driver").Parse(`// Command driver trains {{.Name}}.
package main

import (
	"context"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"time"

	"{{.Import}}"
	"{{.Import}}/internal/fit"
	"{{.Import}}/{{.Name}}train"
)

type Job struct {
	Train, Validation, Test fit.Set
	Constants map[string][]float32
	Weights   map[string][]float32
	Seed      uint64
	Epochs    int
	Metrics   []string
	Save      string
}

type Event struct {
	Kind      string
	Epoch     int         
	Epochs    int         
	Seen, Of  int         
	Loss, LR  float64     
	Metrics   []fit.Metric
	Best      int         
	Stopped   bool        
	Outputs   [][]float32 ` + "`json:\",omitempty\"`" + `
	Nanos     float64     
	BatchNanos float64
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	f, err := os.Open(os.Args[1])
	if err != nil {
		return err
	}
	var job Job
	if err := gob.NewDecoder(f).Decode(&job); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	t := {{.Name}}train.New(job.Seed)
	for _, p := range t.Weights.Tensors() {
		copy(p.Data, job.Constants[p.Name])
		copy(p.Data, job.Weights[p.Name])
	}
	out := json.NewEncoder(os.Stdout)
	if job.Train.N > 0 {
		if err := train(ctx, t, job, out); err != nil {
			return err
		}
		if err := t.Weights.Save(job.Save); err != nil {
			return err
		}
	}
	if job.Test.N > 0 {
		_, outs := fit.Predict(t, job.Test)
		e := Event{Kind: "test", Outputs: outs}
		if len(job.Test.Y) > 0 {
			e.Metrics = t.Evaluate(job.Test, job.Metrics...)
		}
		if err := out.Encode(e); err != nil {
			return err
		}
	}
	one, batch := speed({{.Name}}.New(&t.Weights))
	return out.Encode(Event{Kind: "speed", Nanos: one, BatchNanos: batch})
}

func train(ctx context.Context, t *{{.Name}}train.Trainer, job Job, out *json.Encoder) error {
	o := {{.Name}}train.Options()
	o.Seed = job.Seed
	if job.Epochs > 0 {
		o.Epochs = job.Epochs
	}
	last := time.Now()
	o.OnStep = func(epoch, seen int, loss, lr float64) error {
		if time.Since(last) < 100*time.Millisecond {
			return nil
		}
		last = time.Now()
		if loss != loss || loss > 1e300 {
			return fmt.Errorf("epoch %d: the loss is %v: the training diverged; lower the learning rate", epoch, loss)
		}
		return out.Encode(Event{Kind: "step", Epoch: epoch, Epochs: o.Epochs, Seen: seen, Of: job.Train.N, Loss: loss, LR: lr})
	}
	o.OnEpoch = func(e fit.Epoch) error {
		for _, m := range e.Metrics {
			if m.Value != m.Value || m.Value > 1e300 || m.Value < -1e300 {
				return fmt.Errorf("epoch %d: %s is %v: the training diverged; lower the learning rate", e.Epoch, m.Name, m.Value)
			}
		}
		return out.Encode(Event{Kind: "epoch", Epoch: e.Epoch, Epochs: o.Epochs, Of: job.Train.N, LR: e.LR, Metrics: e.Metrics})
	}
	h, err := t.Fit(ctx, job.Train, job.Validation, o)
	if err != nil && ctx.Err() == nil {
		return err
	}
	return out.Encode(Event{Kind: "trained", Epoch: len(h.Epochs), Best: h.Best, Stopped: h.Stopped || err != nil})
}

// speed returns the median nanoseconds of a prediction, by itself and in a batch of 256.
func speed(m *{{.Name}}.Model) (one, batch float64) {
	{{range $i, $p := .Inputs}}x{{$i}} := make([]float32, 256*{{$p}})
	{{end}}{{range $i, $p := .Outputs}}y{{$i}} := make([]float32, 256*{{$p}})
	{{end -}}
	single := func() { m.Predict({{range $i, $p := .Inputs}}(*[{{$p}}]float32)(x{{$i}}), {{end}}{{range $i, $p := .Outputs}}(*[{{$p}}]float32)(y{{$i}}), {{end}}) }
	many := func() { m.PredictBatch({{range $i, $p := .Inputs}}x{{$i}}, {{end}}{{range $i, $p := .Outputs}}y{{$i}}, {{end}}) }
	return median(single), median(many) / 256
}

func median(f func()) float64 {
	n := 1
	for {
		start := time.Now()
		for range n {
			f()
		}
		if time.Since(start) > 5*time.Millisecond {
			break
		}
		n *= 2
	}
	var s [7]float64
	for i := range s {
		start := time.Now()
		for range n {
			f()
		}
		s[i] = float64(time.Since(start).Nanoseconds()) / float64(n)
	}
	for i := range s {
		for j := i; j > 0 && s[j] < s[j-1]; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
	return s[len(s)/2]
}
`))

// mainSource is a small program that predicts once, whose size tells what a binary with the model
// takes.
var mainSource = template.Must(template.New("main").Parse(`// Command predict predicts one example.
package main

import (
	"os"

	"{{.Import}}"
)

func main() {
	m, err := {{.Name}}.Load(os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	{{range $i, $p := .Inputs}}var x{{$i}} [{{$p}}]float32
	{{end}}{{range $i, $p := .Outputs}}var y{{$i}} [{{$p}}]float32
	{{end -}}
	m.Predict({{range $i, $p := .Inputs}}&x{{$i}}, {{end}}{{range $i, $p := .Outputs}}&y{{$i}}, {{end}})
	os.Stdout.Write([]byte{'0' + byte(y0[0]*10)})
}
`))

// shape is what the sources need of a network.
type shape struct {
	Import, Name    string
	Inputs, Outputs []int // sizes of one example
}

func render(t *template.Template, s shape) ([]byte, error) {
	var b bytes.Buffer
	err := t.Execute(&b, s)
	return b.Bytes(), err
}
