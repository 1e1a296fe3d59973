package verify

import (
	"encoding/binary"
	"math"
	"os"
	"sync"

	"github.com/nngen/nngen/runtime/mem"
)

// numbers are the arrays that the driver wrote to a file, one after another in little-endian order. Each is read where
// it is compared: all of them, the traces of a network with much work in an example above all, are many times what is
// needed at a time.
type numbers struct {
	file *os.File
	mu   sync.Mutex
	err  error // the first that reading gave
}

// load reads an array. What cannot be read is 0, and the error is kept.
func (n *numbers) load(a array) []float32 {
	b := make([]byte, 4*a.N)
	if _, err := n.file.ReadAt(b, int64(a.At)); err != nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.err == nil {
			n.err = err
		}
	}
	if x, ok := mem.Floats(b); ok {
		return x
	}
	x := make([]float32, a.N)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x
}
