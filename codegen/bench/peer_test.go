package bench

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A peersNet computes outputs with weights in the peers' order, in float64 and by the formulas.
type peersNet struct {
	weights, inputs int
	outputs         func(w, x []float64) []float64
}

var peersNets = map[string]peersNet{
	"lstm": {4*16 + 4*16*16 + 8*16 + 17, 64, lstmOutputs},
	"gru":  {3*24 + 3*24*24 + 6*24 + 25, 64, gruOutputs},
	"lenet": {156 + 2416 + 48120 + 10164 + 850, 256 * 784, func(w, x []float64) (y []float64) {
		for image := range slices.Chunk(x, 784) {
			y = append(y, lenetOutputs(w, image)...)
		}
		return y
	}},
}

// sums returns b + W·x, of which b is nil for none.
func sums(w, x, b []float64) []float64 {
	y := make([]float64, len(w)/len(x))
	for o := range y {
		for i, v := range x {
			y[o] += w[o*len(x)+i] * v
		}
		if b != nil {
			y[o] += b[o]
		}
	}
	return y
}

func lstmOutputs(w, x []float64) (y []float64) {
	const u = 16
	input, state, b1, b2, out := w[:4*u], w[4*u:][:4*u*u], w[4*u+4*u*u:][:4*u], w[8*u+4*u*u:][:4*u], w[12*u+4*u*u:]
	h, c := make([]float64, u), make([]float64, u)
	for _, v := range x {
		a, s := sums(input, []float64{v}, b1), sums(state, h, b2)
		gate := func(g, k int) float64 { return a[g*u+k] + s[g*u+k] }
		for k := range u {
			c[k] = sigmoid(gate(1, k))*c[k] + sigmoid(gate(0, k))*math.Tanh(gate(2, k))
			h[k] = sigmoid(gate(3, k)) * math.Tanh(c[k])
		}
		y = append(y, sums(out[:u], h, out[u:])...)
	}
	return y
}

func gruOutputs(w, x []float64) (y []float64) {
	const u = 24
	input, state, b1, b2, out := w[:3*u], w[3*u:][:3*u*u], w[3*u+3*u*u:][:3*u], w[6*u+3*u*u:][:3*u], w[9*u+3*u*u:]
	h := make([]float64, u)
	for _, v := range x {
		a, s := sums(input, []float64{v}, b1), sums(state, h, b2)
		for k := range u {
			r, z := sigmoid(a[k]+s[k]), sigmoid(a[u+k]+s[u+k])
			n := math.Tanh(a[2*u+k] + r*s[2*u+k])
			h[k] = (1-z)*n + z*h[k]
		}
		y = append(y, sums(out[:u], h, out[u:])...)
	}
	return y
}

// lenetOutputs computes those of one image, with all images of a layer one behind the other.
func lenetOutputs(w, x []float64) []float64 {
	conv := func(x []float64, channels, size, pad, filters int) []float64 {
		next := size + 2*pad - 4
		y := make([]float64, filters*next*next)
		for e := range y {
			o, r, c := e/next/next, e/next%next, e%next
			y[e] = w[filters*channels*25+o]
			for k := range channels * 25 {
				if i, j := r+k%25/5-pad, c+k%5-pad; i >= 0 && i < size && j >= 0 && j < size {
					y[e] += w[o*channels*25+k] * x[(k/25*size+i)*size+j]
				}
			}
		}
		w = w[filters*(channels*25+1):]
		pooled := make([]float64, len(y)/4) // of the rectifier too, which is below 0
		for e := range y {
			o, r, c := e/next/next, e/next%next/2, e%next/2
			p := &pooled[(o*next/2+r)*next/2+c]
			*p = max(*p, y[e])
		}
		return pooled
	}
	x = conv(conv(x, 1, 28, 2, 6), 6, 14, 0, 16)
	for _, n := range []int{120, 84, 10} {
		y := slices.Clone(w[len(x)*n:][:n])
		for i, v := range x {
			for o := range n {
				y[o] += v * w[i*n+o]
			}
		}
		w = w[(len(x)+1)*n:]
		if n > 10 {
			for o := range y {
				y[o] = max(y[o], 0)
			}
		}
		x = y
	}
	return x
}

// write writes numbers as the peers' files have them.
func write(t *testing.T, file string, x []float64) {
	var b bytes.Buffer
	for _, v := range x {
		b.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(v))))
	}
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestThePeersProgramHasTheirResults builds the program of networks whose weights have another order at the peers, and
// of a training, and runs it with weights that are made up.
func TestThePeersProgramHasTheirResults(t *testing.T) {
	dir, draw := t.TempDir(), rand.New(rand.NewPCG(1, 2))
	random := func(n int, scale float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(float32(scale * (2*draw.Float64() - 1)))
		}
		return x
	}
	for name, n := range peersNets {
		w, x := random(n.weights, 0.2), random(n.inputs, 1)
		write(t, filepath.Join(dir, name+".w.bin"), w)
		write(t, filepath.Join(dir, name+".x.bin"), x)
		write(t, filepath.Join(dir, name+".y.bin"), n.outputs(w, x))
	}
	var list []*subject
	for i := range rivals {
		if _, ok := peersNets[rivals[i].Net]; ok && rivals[i].Optimizer != "adam" {
			list = append(list, rivals[i].subject())
		}
	}
	exe := filepath.Join(dir, "peer.exe")
	if err := buildPeer(t.Context(), list, exe); err != nil {
		t.Fatal(err)
	}
	for workload, want := range map[string][]string{
		"infer": {"infer-b1 lenet maxdiff", "infer-b1 lenet ns", "infer-b256 lenet maxdiff", "infer-b256 lenet samples/s",
			"infer-b1 lstm maxdiff", "infer-b1 lstm ns", "infer-b1 gru maxdiff", "infer-b1 gru ns"},
		"train": {"train-sgd-b128 lenet loss1", "train-sgd-b128 lenet loss20", "train-sgd-b128 lenet samples/s"},
	} {
		cmd := exec.CommandContext(t.Context(), exe, dir, workload)
		cmd.Env = append(os.Environ(), "BENCH_S=1e-6", "BENCH_N=1")
		var failed bytes.Buffer
		cmd.Stderr = &failed
		out, err := cmd.Output()
		if err != nil || failed.Len() > 0 {
			t.Errorf("%s: %v\n%s", workload, err, &failed)
		}
		var got []string
		for line := range strings.Lines(string(out)) {
			fields := strings.Split(line, "\t")
			got = append(got, strings.Join(fields[1:len(fields)-1], " "))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: rows %q, want %q", workload, got, want)
		}
	}
}
