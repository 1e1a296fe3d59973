// Command device learns where it runs: it begins with the weights that are embedded in it, and adapts the last layer to
// a sensor that measures other than the one in the laboratory did, four measurements a step.
//
//	device -state FILE [-steps 200]
//
// After each step it saves what it has learned, so that it may lose its power at any moment: started again it goes on,
// at most one step behind, to the same bits.
package main

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"strconv"
	"time"

	"example.com/device/sensor"
	"example.com/device/sensor/sensortrain"
)

var (
	//go:embed sensor/weights.safetensors
	factory []byte
	//go:embed iris.csv
	flowers []byte

	file  = flag.String("state", "state", "file of what was learned")
	steps = flag.Int("steps", 200, "when to end")
	pace  = flag.Duration("pace", 0, "from one step to the next")
)

// measurement is what the sensor gives, and what a person says that it is.
type measurement struct {
	x       [sensor.InputSize]float32
	y       [sensor.OutputSize]float32
	species string
}

func main() {
	flag.Parse()
	stream, err := measurements()
	if err != nil {
		log.Fatal(err)
	}
	t := sensortrain.New(sensortrain.Seed)
	if err := t.Weights.Load(factory); err != nil {
		log.Fatal(err)
	}
	before := right(sensor.New(&t.Weights), stream)
	if err := t.Load(*file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Fatal(err)
	}
	done := t.Progress().Steps
	fmt.Println("going on behind step", done)
	const n = 4
	var x [n * sensor.InputSize]float32
	var y [n * sensor.OutputSize]float32
	for ; done < *steps; done++ {
		for i := range n {
			m := &stream[(done*n+i)*37%len(stream)] // in any order
			copy(x[i*sensor.InputSize:], m.x[:])
			copy(y[i*sensor.OutputSize:], m.y[:])
		}
		t.Step(x[:], y[:], nil)
		fmt.Println("step", done+1)
		if err := t.Save(*file); err != nil {
			log.Fatal(err)
		}
		time.Sleep(*pace)
	}
	fmt.Printf("right: %d of %d before, %d after\n", before, len(stream), right(sensor.New(&t.Weights), stream))
}

// measurements returns what the sensor measures of the flowers: all 0.9 cm too much.
func measurements() (list []measurement, err error) {
	rows, err := csv.NewReader(bytes.NewReader(flowers)).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, row := range rows[1:] {
		m := measurement{species: row[sensor.InputSize]}
		for i := range m.x {
			v, err := strconv.ParseFloat(row[i], 32)
			if err != nil {
				return nil, err
			}
			m.x[i] = float32(v) + 0.9
		}
		for i, name := range sensor.Classes {
			if name == m.species {
				m.y[i] = 1
			}
		}
		list = append(list, m)
	}
	return list, nil
}

// right counts the measurements that a model puts into the right class.
func right(m *sensor.Model, stream []measurement) (n int) {
	for i := range stream {
		if label, _ := m.Classify(&stream[i].x); label == stream[i].species {
			n++
		}
	}
	return n
}
