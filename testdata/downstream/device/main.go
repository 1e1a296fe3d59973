// Command device learns where it runs: it begins with the weights that are embedded in it, and adapts the last layer to a
// sensor that measures other than the one in the laboratory did, four measurements a step.
//
//	device -state FILE [-steps 200]
//
// After each step it saves what it has learned, so that it may lose its power at any moment: started again it goes on, at
// most one step behind, to the same bits.
package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
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
	done, err := load(*file, &t.Weights.Params)
	if err != nil {
		log.Fatal(err)
	}
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
		if err := save(*file, done+1, &t.Weights.Params); err != nil {
			log.Fatal(err)
		}
		time.Sleep(*pace)
	}
	fmt.Printf("right: %d of %d before, %d after\n", before, len(stream), right(sensor.New(&t.Weights), stream))
	fmt.Printf("%x\n", sha256.Sum256(encode(done, &t.Weights.Params)))
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

// encode returns the number of steps done and the parameters that are trained, behind their checksum.
func encode(done int, p *sensor.Params) []byte {
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, uint64(done)) // to memory, which takes all
	binary.Write(&b, binary.LittleEndian, p)
	sum := sha256.Sum256(b.Bytes())
	return append(sum[:], b.Bytes()...)
}

// save puts the state in the place of the one before, once the storage has the whole of it.
func save(name string, done int, p *sensor.Params) error {
	f, err := os.Create(name + ".new")
	if err != nil {
		return err
	}
	_, err = f.Write(encode(done, p))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// load reads what save wrote, and returns the steps that were done: 0 if nothing was saved yet.
func load(name string, p *sensor.Params) (done int, err error) {
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	const head = sha256.Size + 8
	if sum := sha256.Sum256(b[min(len(b), sha256.Size):]); len(b) < head || !bytes.Equal(b[:sha256.Size], sum[:]) {
		return 0, fmt.Errorf("%s: it is damaged; without it the device begins anew", name)
	}
	if err := binary.Read(bytes.NewReader(b[head:]), binary.LittleEndian, p); err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return int(binary.LittleEndian.Uint64(b[sha256.Size:])), nil
}
