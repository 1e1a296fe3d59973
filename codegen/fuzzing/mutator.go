package fuzzing

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

const (
	mostWords   = 4096
	longestWord = 40
)

// A mutator makes inputs out of those of a corpus.
type mutator struct {
	corpus [][]any
	words  [][]byte // of the texts of the corpus
	seen   map[string]bool
	most   int // bytes of an argument: twice the longest of the corpus, and some
	pcg    rand.PCG
}

// add adds an input to the corpus.
func (m *mutator) add(in []any) {
	m.corpus = append(m.corpus, in)
	for _, v := range in {
		var b []byte
		switch v := v.(type) {
		case []byte:
			b = v
		case string:
			b = []byte(v)
		}
		m.most = max(m.most, 2*len(b)+64)
		if m.seen == nil {
			m.seen = map[string]bool{}
		}
		for from, to := first(b, 0, inWord); from < len(b) && len(m.words) < mostWords; from, to = first(b, to, inWord) {
			if w := b[from:to]; len(w) > 1 && len(w) <= longestWord && !m.seen[string(w)] {
				m.seen[string(w)] = true
				m.words = append(m.words, bytes.Clone(w))
			}
		}
	}
}

// input returns the input of execution n: one of the corpus as it is, then changed ones. It shares no bytes with the
// corpus.
func (m *mutator) input(seed, n uint64) []any {
	changed := n >= uint64(len(m.corpus))
	m.pcg.Seed(seed, n)
	r := rand.New(&m.pcg)
	at := int(n)
	if changed {
		at = r.IntN(len(m.corpus))
	}
	in := slices.Clone(m.corpus[at])
	other := m.corpus[r.IntN(len(m.corpus))]
	must := r.IntN(len(in))
	for i, v := range in {
		change := changed && (i == must || r.IntN(2) == 0)
		switch v := v.(type) {
		case []byte:
			in[i] = bytes.Clone(v)
			if change {
				in[i] = m.bytes(r, bytes.Clone(v), other[i].([]byte))
			}
		case string:
			if change {
				in[i] = string(m.bytes(r, []byte(v), []byte(other[i].(string))))
			}
		default:
			if change {
				in[i] = scalar(r, v, other[i])
			}
		}
	}
	return in
}

// scalar returns another value of the type of v, which is a number or a bool.
func scalar(r *rand.Rand, v, other any) any {
	if r.IntN(8) == 0 {
		return other
	}
	switch v := v.(type) {
	case bool:
		return !v
	case int:
		return int(bits(r, uint64(v), strconv.IntSize))
	case int8:
		return int8(bits(r, uint64(v), 8))
	case int16:
		return int16(bits(r, uint64(v), 16))
	case int32:
		return int32(bits(r, uint64(v), 32))
	case int64:
		return int64(bits(r, uint64(v), 64))
	case uint:
		return uint(bits(r, uint64(v), strconv.IntSize))
	case uint8:
		return uint8(bits(r, uint64(v), 8))
	case uint16:
		return uint16(bits(r, uint64(v), 16))
	case uint32:
		return uint32(bits(r, uint64(v), 32))
	case uint64:
		return bits(r, v, 64)
	case float32:
		if r.IntN(2) == 0 {
			return float32(float(r))
		}
		return math.Float32frombits(uint32(bits(r, uint64(math.Float32bits(v)), 32)))
	case float64:
		if r.IntN(2) == 0 {
			return float(r)
		}
		return math.Float64frombits(bits(r, math.Float64bits(v), 64))
	}
	panic(fmt.Sprintf("%T is no argument of a fuzz target", v))
}

// bits returns other bits than those of x, an integer or a float of width bits. Those above are of no meaning.
func bits(r *rand.Rand, x uint64, width int) uint64 {
	switch r.IntN(5) {
	case 0:
		return x ^ 1<<r.IntN(width)
	case 1:
		return x + uint64(r.IntN(33)) - 16
	case 2:
		return edge(r, width)
	case 3:
		return r.Uint64() >> r.IntN(64) // of any magnitude
	}
	return r.Uint64()
}

// edge returns 2ᵏ or a neighbour of it, or minus that, for k up to width.
func edge(r *rand.Rand, width int) uint64 {
	x := uint64(1)<<r.IntN(width+1) + uint64(r.IntN(3)) - 1
	if r.IntN(2) == 0 {
		return -x
	}
	return x
}

// float returns a number as users write them, or one at an edge.
func float(r *rand.Rand) float64 {
	edges := [...]float64{0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64,
		math.SmallestNonzeroFloat64, math.MaxFloat32, math.SmallestNonzeroFloat32, 0x1p-126, 0x1p-1022, 1 << 53}
	switch r.IntN(3) {
	case 0:
		return edges[r.IntN(len(edges))]
	case 1:
		return r.Float64()
	}
	return r.NormFloat64() * math.Exp2(float64(r.IntN(40)-20))
}

// bytes changes b, which it may overwrite, one to 16 times.
func (m *mutator) bytes(r *rand.Rand, b, other []byte) []byte {
	for range 1 << r.IntN(5) {
		change := changes[r.IntN(len(changes))]
		if b = change(m, r, b, other); len(b) > m.most {
			b = b[:m.most]
		}
	}
	return b
}

// changes are what bytes does to a text, each as likely as the others. They may overwrite b, not other.
var changes = []func(m *mutator, r *rand.Rand, b, other []byte) []byte{
	func(_ *mutator, r *rand.Rand, b, _ []byte) []byte { // a bit is flipped
		if len(b) > 0 {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		}
		return b
	},
	func(_ *mutator, r *rand.Rand, b, _ []byte) []byte { // a byte is another
		if len(b) > 0 {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		return b
	},
	func(_ *mutator, r *rand.Rand, b, _ []byte) []byte { // an integer of 1, 2, 4 or 8 bytes, of either order, is another
		size := 1 << r.IntN(4)
		if len(b) < size {
			return b
		}
		var x [8]byte
		at := b[r.IntN(len(b)-size+1):][:size]
		if r.IntN(2) == 0 {
			copy(x[:], at)
			binary.LittleEndian.PutUint64(x[:], bits(r, binary.LittleEndian.Uint64(x[:]), 8*size))
			copy(at, x[:])
		} else {
			copy(x[8-size:], at)
			binary.BigEndian.PutUint64(x[:], bits(r, binary.BigEndian.Uint64(x[:]), 8*size))
			copy(at, x[8-size:])
		}
		return b
	},
	func(_ *mutator, r *rand.Rand, b, _ []byte) []byte { // a chunk goes
		from, to := chunk(r, b)
		return slices.Delete(b, from, to)
	},
	func(_ *mutator, r *rand.Rand, b, _ []byte) []byte { // a chunk stands in another place too
		return insert(r, b, piece(r, b))
	},
	func(_ *mutator, r *rand.Rand, b, _ []byte) []byte { // a chunk is written over another
		if p := piece(r, b); len(p) > 0 {
			copy(b[r.IntN(len(b)):], p)
		}
		return b
	},
	func(_ *mutator, r *rand.Rand, b, other []byte) []byte { // a chunk of the other comes in
		return insert(r, b, piece(r, other))
	},
	func(_ *mutator, r *rand.Rand, b, other []byte) []byte { // the rest is that of the other
		if len(b) == 0 || len(other) == 0 {
			return b
		}
		return append(b[:r.IntN(len(b))], other[r.IntN(len(other)):]...)
	},
	func(_ *mutator, r *rand.Rand, b, _ []byte) []byte { // random bytes come in
		p := make([]byte, 1+r.IntN(8))
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		return insert(r, b, p)
	},
	func(_ *mutator, r *rand.Rand, b, _ []byte) []byte { // one byte comes in again and again
		return insert(r, b, bytes.Repeat([]byte{byte(r.Uint32())}, 1<<r.IntN(8)))
	},
	func(m *mutator, r *rand.Rand, b, _ []byte) []byte { // a word of the corpus comes in
		if len(m.words) == 0 {
			return b
		}
		return insert(r, b, m.words[r.IntN(len(m.words))])
	},
	func(m *mutator, r *rand.Rand, b, _ []byte) []byte { // a word is another of the corpus
		if len(m.words) == 0 {
			return b
		}
		return replace(r, b, inWord, m.words[r.IntN(len(m.words))])
	},
	func(_ *mutator, r *rand.Rand, b, _ []byte) []byte { // a number in digits is another
		var text []byte
		switch r.IntN(3) {
		case 0:
			text = strconv.AppendInt(nil, int64(edge(r, 64)), 10)
		case 1:
			text = strconv.AppendInt(nil, int64(r.IntN(100)), 10)
		default:
			text = strconv.AppendFloat(nil, float(r), 'g', -1, 64)
		}
		return replace(r, b, inNumber, text)
	},
	func(_ *mutator, r *rand.Rand, b, _ []byte) []byte { // a line stands twice, or behind another, or goes
		lines := bytes.SplitAfter(b, []byte("\n"))
		from, to := r.IntN(len(lines)), r.IntN(len(lines))
		switch line := lines[from]; r.IntN(3) {
		case 0:
			lines = slices.Insert(lines, to, line)
		case 1:
			lines[from], lines[to] = lines[to], line
		default:
			lines = slices.Delete(lines, from, from+1)
		}
		return bytes.Join(lines, nil)
	},
}

// chunk returns bounds in b, of short chunks more often than of long ones.
func chunk(r *rand.Rand, b []byte) (from, to int) {
	if len(b) == 0 {
		return 0, 0
	}
	n := 1 + r.IntN(min(len(b), 1<<(1+r.IntN(12))))
	from = r.IntN(len(b) - n + 1)
	return from, from + n
}

// piece returns a copy of a chunk.
func piece(r *rand.Rand, b []byte) []byte {
	from, to := chunk(r, b)
	return bytes.Clone(b[from:to])
}

// insert puts p anywhere into b.
func insert(r *rand.Rand, b, p []byte) []byte { return slices.Insert(b, r.IntN(len(b)+1), p...) }

// replace puts p in the place of the first bytes of a kind behind anywhere in b.
func replace(r *rand.Rand, b []byte, kind func(byte) bool, p []byte) []byte {
	from, to := first(b, r.IntN(len(b)+1), kind)
	return slices.Replace(b, from, to, p...)
}

// first returns the bounds of the first bytes of a kind in b behind at, len(b) twice if there are none.
func first(b []byte, at int, kind func(byte) bool) (from, to int) {
	for from = at; from < len(b) && !kind(b[from]); from++ {
	}
	for to = from; to < len(b) && kind(b[to]); to++ {
	}
	return from, to
}

func inNumber(c byte) bool { return '0' <= c && c <= '9' }

func inWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || inNumber(c) || c == '_' || c == '.' || c >= 0x80
}
