// Command mpi trains the digits in several processes that mpirun, srun or Kubeflow's MPI operator starts: CC=mpicc go
// build, then mpirun -np 4 ./mpi digits.csv.gz. Process 0 keeps the progress and prints the checksum of the weights,
// which are the same bits for any number of processes.
package main

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"example.com/mpi/digits"
	"example.com/mpi/digits/digitstrain"
)

var (
	progress = flag.String("progress", "", "file of the progress")
	resume   = flag.Bool("resume", false, "whether to go on from there")
	patience = flag.Duration("patience", 10*time.Second, "how long to wait for another process before it counts as dead")
	die      = flag.Int("die", 0, "epoch in which the last process kills itself, for tests")
	hang     = flag.Int("hang", 0, "epoch from which on the last process does nothing, for tests")
)

func main() {
	flag.Parse()
	rank, size := begin()
	if err := train(rank, size); err != nil {
		fmt.Fprintf(os.Stderr, "process %d: %v\n", rank, err)
		time.Sleep(time.Second / 2) // mpirun of MPICH drops what it has not passed on yet when a process aborts
		abort()
	}
	finish()
}

func train(rank, size int) error {
	examples, validation, err := read(flag.Arg(0))
	if err != nil {
		return err
	}
	t := digitstrain.New(digitstrain.Seed)
	if err := t.Join(rank, size, impatient(rank, adder(rank, size))); err != nil {
		return err
	}
	o := digitstrain.Options()
	if *progress != "" && rank == 0 {
		o.OnProgress = func(p *digitstrain.Progress) error { return p.Save(*progress) }
	}
	if *resume {
		if o.Resume, err = digitstrain.LoadProgress(*progress); err != nil {
			return err
		}
	}
	o.OnStep = func(_ context.Context, epoch, _ int, _, _ float64) error {
		if epoch == *die && rank == size-1 {
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		if epoch == *hang && rank == size-1 {
			time.Sleep(time.Hour)
		}
		return nil
	}
	history, err := t.Fit(context.Background(), examples, validation, o)
	if err != nil || rank > 0 {
		return err
	}
	hash := sha256.New()
	for _, w := range t.Weights.Tensors() {
		binary.Write(hash, binary.LittleEndian, w.Data)
	}
	fmt.Printf("%x\n%v\nstopped %v best %d\n", hash.Sum(nil), history.Epochs, history.Stopped, history.Best)
	return nil
}

// impatient returns a Reduce that ends the process, and by that all, once it has waited for another longer than
// -patience, whether MPI has noticed that one is dead or not.
func impatient(rank int, reduce func(sums []float32, totals []float64)) func(sums []float32, totals []float64) {
	return func(sums []float32, totals []float64) {
		defer time.AfterFunc(*patience, func() {
			fmt.Fprintf(os.Stderr, "process %d: another has not answered for %v\n", rank, *patience)
			os.Exit(1)
		}).Stop()
		reduce(sums, totals)
	}
}

// read returns 500 rows of a table for training, which no batch of 32 divides, and 200 for validation.
func read(name string) (examples, validation digitstrain.Set, err error) {
	f, err := os.Open(name)
	if err != nil {
		return examples, validation, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return examples, validation, err
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		return examples, validation, err
	}
	set := func(rows [][]string) digitstrain.Set {
		x, y := make([]float32, 0, len(rows)*digits.InputSize), make([]float32, len(rows)*digits.OutputSize)
		for i, row := range rows {
			for _, field := range row[:digits.InputSize] {
				v, _ := strconv.ParseFloat(field, 32)
				x = append(x, float32(v))
			}
			label, _ := strconv.Atoi(row[digits.InputSize])
			y[i*digits.OutputSize+label] = 1
		}
		return digitstrain.Set{N: len(rows), X: [][]float32{x}, Y: [][]float32{y}}
	}
	return set(rows[:500]), set(rows[500:700]), nil
}
