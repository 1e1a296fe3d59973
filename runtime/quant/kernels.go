package quant

import "github.com/nngen/nngen/runtime/cpu"

// shape is that of a multiply: its lines, the rows of each, the runs and quads of each row, and the panels of w; cols are the
// columns from the first of these on, and panelBytes, xLine, xRow and xRun the distances of panels, lines, rows and runs.
type shape struct {
	lines, rows, runs, quads, panels, cols int
	panelBytes, xLine, xRow, xRun          int
}

// multiplyArgs is what the kernels of multiply take; distances are in bytes.
type multiplyArgs struct {
	s, start *int32
	words    *int16 // for AVX2
	bytes    *int8  // for VNNI and NEON
	w        *int8

	lines, rows, runs, quads, panels, cols int
	panelBytes, xLine, xRow, xRun, sRow    int
	//lint:ignore U1000 a variable of the kernels: what they have passed of s and start
	at int
	//lint:ignore U1000 a variable of the kernels: what they have passed of w
	wAt int
}

// multiply is multiplyGeneric, for at most about work products, and with bytes for whole panels. What it stores in columns
// that are not there is undefined.
func multiply(s, start []int32, x numbers, w []int8, a *shape) {
	if !cpu.HasSIMD() {
		multiplyGeneric(s, start, x.words, w, a)
		return
	}
	_, _ = s[a.lines*a.rows*a.panels*panel-1], start[a.panels*panel-1]
	last := (a.lines-1)*a.xLine + (a.rows-1)*a.xRow + (a.runs-1)*a.xRun + a.quads*quad - 1
	args := multiplyArgs{
		s: &s[0], start: &start[0], w: &w[0],
		lines: a.lines, rows: a.rows, runs: a.runs, quads: a.quads, panels: a.panels, cols: a.cols,
		panelBytes: a.panelBytes, xLine: a.xLine, xRow: a.xRow, xRun: a.xRun, sRow: 4 * a.panels * panel,
	}
	if x.bytes != nil {
		_ = x.bytes[last]
		args.bytes = &x.bytes[0]
		if cpu.HasNEON {
			_ = w[(a.panels-1)*a.panelBytes+a.runs*a.quads*quad*panel-1]
			if cpu.HasDotProducts {
				multiplyDot(&args)
			} else {
				multiplyNEON(&args)
			}
			return
		}
		_ = w[a.panels*a.panelBytes-1]
		multiplyVNNI(&args)
		return
	}
	_, _ = x.words[last], w[(a.panels-1)*a.panelBytes+a.runs*a.quads*quad*panel-1]
	args.words = &x.words[0]
	args.xLine, args.xRow, args.xRun = 2*a.xLine, 2*a.xRow, 2*a.xRun
	multiplyAVX2(&args)
}

// What kernels of a row have room for in their frame, and the least that they read of a row; and up to how many rows they
// are faster than multiply, which reads the weights once for several, but needs memory between its steps.
const (
	rowMost, rowLeast = 2048, 32
	rowsMost          = 3
)

// rowArgs is what the kernels of a row of a Dense, or of a DenseFloat if float is not nil, take.
type rowArgs struct {
	y          *int8
	float      *float32
	x, w       *int8
	bias, m, t *int32
	scale      *float32

	length, quads, cols int
	at                  int // a variable of the kernels: the channels that they have passed
	zero, lo, hi        int32
}

// fewRows tells whether kernels of a row, where there are any, compute a product.
func fewRows(rows, k int) bool { return rows <= rowsMost && k <= rowMost }

// rowsRescaled is Dense by kernels of a row.
func rowsRescaled(rows, n, k int, y, x, w []int8, r *Rescale) {
	var long [rowLeast]int8
	lo, hi := r.bounds()
	args := rowArgs{quads: quads(k), zero: r.Range[zeroY], lo: lo, hi: hi}
	most := rowCols(n, k)
	for i := range rows {
		x := atLeast(&long, x[i*k:][:k])
		args.x, args.length = &x[0], len(x)
		for j := 0; j < n; j += most {
			args.cols, args.at = min(n-j, most), 0
			w := w[j/panel*panelLen(1, k):][:PackedLen(1, k, args.cols)]
			args.w, args.y, args.bias, args.m, args.t = &w[0], &y[i*n+j], &r.Bias[j], &r.Multiplier[j], &r.Shift[j]
			row(&args)
		}
	}
}

// rowsFloat is DenseFloat by kernels of a row.
func rowsFloat(rows, n, k int, y []float32, x, w []int8, bias []int32, scale []float32) {
	var long [rowLeast]int8
	args := rowArgs{quads: quads(k)}
	most := rowCols(n, k)
	for i := range rows {
		x := atLeast(&long, x[i*k:][:k])
		args.x, args.length = &x[0], len(x)
		for j := 0; j < n; j += most {
			args.cols, args.at = min(n-j, most), 0
			w := w[j/panel*panelLen(1, k):][:PackedLen(1, k, args.cols)]
			args.w, args.float, args.bias, args.scale = &w[0], &y[i*n+j], &bias[j], &scale[j]
			row(&args)
		}
	}
}

// rowCols returns how many of n columns a call computes.
func rowCols(n, k int) int {
	if n*k <= work {
		return n
	}
	return work / (k * panel) * panel
}

// atLeast returns x, in long if it is shorter than what kernels read at once.
func atLeast(long *[rowLeast]int8, x []int8) []int8 {
	if len(x) >= rowLeast {
		return x
	}
	copy(long[:], x)
	return long[:]
}

// row computes columns of a row.
func row(a *rowArgs) {
	if cpu.HasVNNI {
		rowVNNI(a)
		return
	}
	rowAVX2(a)
}

// widen is widenGeneric, for at most a chunk of numbers.
func widen(y []int16, x []int8) {
	if !cpu.HasAVX2FMA || len(y) < 8 {
		widenGeneric(y, x)
		return
	}
	_ = x[len(y)-1]
	widenAVX2(&y[0], &x[0], len(y))
}

// unsigned is unsignedGeneric, for at most a chunk of numbers.
func unsigned(y, x []int8) {
	if !cpu.HasAVX2FMA || len(y) < 16 {
		unsignedGeneric(y, x)
		return
	}
	_ = x[len(y)-1]
	unsignedAVX2(&y[0], &x[0], len(y))
}

// rescaleArgs is what the kernel of a Rescale takes; distances are in bytes.
type rescaleArgs struct {
	y                      *int8
	s, m, t                *int32
	cols, rows, yRow, sRow int
	//lint:ignore U1000 a variable of the kernel: the channels that it has passed
	at           int
	zero, lo, hi int32
}

// apply is rescaleGeneric, for at most as many as sums numbers. The sums of a row fill whole panels.
func (r *Rescale) apply(y []int8, s []int32, j, cols, rows, yRow, sRow int) {
	if !cpu.HasSIMD() {
		r.rescaleGeneric(y, s, j, cols, rows, yRow, sRow)
		return
	}
	_, _ = y[(rows-1)*yRow+cols-1], s[(rows-1)*sRow+panels(cols)*panel-1]
	_, _ = r.Multiplier[j+cols-1], r.Shift[j+cols-1]
	lo, hi := r.bounds()
	rescaleSIMD(&rescaleArgs{
		y: &y[0], s: &s[0], m: &r.Multiplier[j], t: &r.Shift[j], cols: cols, rows: rows, yRow: yRow, sRow: 4 * sRow,
		zero: r.Range[zeroY], lo: lo, hi: hi,
	})
}

// largestArgs is what the kernel of largest takes.
type largestArgs struct {
	y, x          *int8
	n, rows, step int
}

// largest is largestGeneric, for at most a chunk of numbers.
func largest(y, x []int8, rows, step int) {
	if !cpu.HasSIMD() || len(y) < 32 {
		largestGeneric(y, x, rows, step)
		return
	}
	_ = x[(rows-1)*step+len(y)-1]
	largestSIMD(&largestArgs{y: &y[0], x: &x[0], n: len(y), rows: rows, step: step})
}

// windowsArgs is what the kernel of windows takes.
type windowsArgs struct {
	y, x                   *int8
	windows, cols, c, step int
}

// windows is windowsGeneric, for at most a chunk of numbers, with 15 more behind those that x is read of.
func windows(y, x []int8, count, cols, c, step int) {
	if !cpu.HasSIMD() {
		windowsGeneric(y, x, count, cols, c, step)
		return
	}
	_, _ = y[count*c-1], x[(count-1)*step+cols*c-1+15]
	windowsSIMD(&windowsArgs{y: &y[0], x: &x[0], windows: count, cols: cols, c: c, step: step})
}

// quantizeArgs is what the kernel of quantize takes.
type quantizeArgs struct {
	y                *int8
	x                *float32
	n                int
	scale, near, far float32
	zero, lo, hi     int32
}

// quantize is quantizeGeneric, a chunk at a time: Go does not interrupt a kernel.
func quantize(y []int8, x []float32, scale float32, zero int32) {
	if !cpu.HasSIMD() {
		quantizeGeneric(y, x, scale, zero)
		return
	}
	for len(x) >= 8 {
		cpu.Preempt()
		n := min(len(x)/8*8, chunk)
		quantizeSIMD(&quantizeArgs{y: &y[0], x: &x[0], n: n, scale: scale, near: -far, far: far, zero: zero, lo: -128, hi: 127})
		x, y = x[n:], y[n:]
	}
	quantizeGeneric(y, x, scale, zero)
}

// addArgs is what the kernel of Add takes.
type addArgs struct {
	y, a, b *int8
	n       int

	zeroA, multiplierA, shiftA int32
	zeroB, multiplierB, shiftB int32
	multiplier, shift          int32
	zero, lo, hi               int32
}

// add is addGeneric, a chunk at a time: Go does not interrupt a kernel, which takes zeros of 8 bits alone, as all are but in
// a damaged file: others overflow before they are multiplied.
func (p *addArgs) add(y, a, b []int8) {
	narrow := p.zeroA == int32(int8(p.zeroA)) && p.zeroB == int32(int8(p.zeroB))
	for cpu.HasSIMD() && narrow && len(y) >= 8 {
		cpu.Preempt()
		n := min(len(y)&^7, chunk)
		_, _ = a[n-1], b[n-1]
		args := *p
		args.y, args.a, args.b, args.n = &y[0], &a[0], &b[0], n
		addSIMD(&args)
		y, a, b = y[n:], a[n:], b[n:]
	}
	p.addGeneric(y, a, b)
}

// gatesArgs is what the kernel of gates takes; distances are in bytes.
type gatesArgs struct {
	y, s, m, t             *int32
	cols, rows, yRow, sRow int
	//lint:ignore U1000 a variable of the kernel: the channels that it has passed
	at int
}

// gates is gatesGeneric, for at most as many as sums numbers.
func (r *Rescale) gates(y, s []int32, j, cols, rows, yRow, sRow int) {
	if !cpu.HasSIMD() || cols < 8 {
		r.gatesGeneric(y, s, j, cols, rows, yRow, sRow)
		return
	}
	n := cols / 8 * 8
	_, _ = y[(rows-1)*yRow+n-1], s[(rows-1)*sRow+n-1]
	_, _ = r.Multiplier[j+n-1], r.Shift[j+n-1]
	gatesSIMD(&gatesArgs{
		y: &y[0], s: &s[0], m: &r.Multiplier[j], t: &r.Shift[j], cols: n, rows: rows, yRow: 4 * yRow, sRow: 4 * sRow,
	})
	if n < cols {
		r.gatesGeneric(y[n:], s[n:], j+n, cols-n, rows, yRow, sRow)
	}
}

// cellArgs is what the kernels of a step of a recurrent layer take.
type cellArgs struct {
	y             *int8
	s             *int16
	a, b          *int32
	sigmoid, tanh *int16
	gate          int // bytes from a gate to the next
	units         int

	multiplier, shift, zero int32
	// Of an LSTM: the shift, and a half, that the product of the gates i and g takes to the bits of the state; and the
	// shifts, and a half, that take the state to 12 bits.
	bits, half, left, right, rightHalf int32
}

// vectors takes a step for the units of whole vectors, and returns how many those are: 0 where there is no kernel.
func (g *Gates) vectors(c cell, h []int8, s []int16, a, b []int32) (done int) {
	if !cpu.HasSIMD() || c == gruBeforeCell {
		return 0
	}
	u := len(h)
	args := cellArgs{
		sigmoid: &sigmoidTable[0], tanh: &tanhTable[0], gate: 4 * u,
		multiplier: g.State[stateMultiplier], shift: g.State[stateShift], zero: g.State[stateZero],
	}
	if c == lstmCell {
		bits := g.bits()
		args.bits, args.half = int32(30-bits), 1<<(29-bits)
		if bits > 12 {
			args.right, args.rightHalf = int32(bits-12), 1<<(bits-13)
		} else {
			args.left = int32(12 - bits)
		}
	}
	for done+8 <= u {
		n := min((u-done)/8*8, chunk)
		args.y, args.s, args.a, args.b, args.units = &h[done], &s[done], &a[done], &b[done], n
		switch c {
		case simpleCell:
			simpleSIMD(&args)
		case lstmCell:
			_, _ = a[3*u+done+n-1], b[3*u+done+n-1]
			lstmSIMD(&args)
		default:
			_, _ = a[2*u+done+n-1], b[2*u+done+n-1]
			gruSIMD(&args)
		}
		done += n
		cpu.Preempt()
	}
	return done
}
