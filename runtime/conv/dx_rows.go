package conv

import "github.com/nngen/nngen/runtime/gemm"

//go:noinline
func dxOnStack(n int, g *Geometry, dx, dy, w []float32) {
	if g.FH*g.FW*(g.OC/g.Groups) > stackSize {
		dxGeneric(n, g, dx, dy, w)
		return
	}
	var rows, filter [stackSize]float32
	dxRows(n, g, dx, dy, w, space{rows[:], filter[:]})
}

// dxRows is dxGeneric by products of matrices, with the same bits. Pixels of x whose coordinates, with
// the padding, leave the same remainders by the strides are read by the same taps; they make one
// product, with these taps of the filter turned around, as many channels of x at a time as there is
// room for.
func dxRows(n int, g *Geometry, dx, dy, w []float32, s space) {
	clear(dx[:n*g.H*g.W*g.C])
	per := g.C / g.Groups
	for y := range min(g.SH, g.H) {
		for x := range min(g.SW, g.W) {
			p := phase{Geometry: g, y: newAxis(y, g.FH, g.SH, g.DH, g.PT), x: newAxis(x, g.FW, g.SW, g.DW, g.PL)}
			if p.k = p.y.taps * p.x.taps * (g.OC / g.Groups); p.k == 0 {
				continue
			}
			width := min(per, len(s.filter)/p.k)
			if width > nr && width < per {
				width -= width % nr
			}
			for group := range g.Groups {
				for c := 0; c < per; c += width {
					m := min(width, per-c)
					p.turn(s.filter, w, group, c, m)
					p.run(n, dx, dy, group, c, m, s)
				}
			}
		}
	}
}

// A phase is the pixels of x that the same taps read; k numbers of dy and of the filter make one of
// their sums.
type phase struct {
	*Geometry
	y, x axis
	k    int
}

// An axis is the coordinates of x from first on in steps of the stride, and the taps that read them, from the
// last one down: tap last − i·between reads the coordinate for a pixel of y that lies i·step after that of
// tap last.
type axis struct {
	first, last, taps, between, step int
	stride, dilation, pad            int
}

func newAxis(first, taps, stride, dilation, pad int) axis {
	a := axis{first: first, stride: stride, dilation: dilation, pad: pad}
	for f := taps - 1; f >= 0; f-- {
		if _, ok := target(first, stride, f, dilation, pad); !ok {
			continue
		}
		switch a.taps++; a.taps {
		case 1:
			a.last = f
		case 2:
			a.between = a.last - f
			a.step = a.between * dilation / stride
		}
	}
	return a
}

// start returns the pixel of y that reads a coordinate with the last tap.
func (a *axis) start(at int) int { return (at + a.pad - a.last*a.dilation) / a.stride }

// turn writes the k×m matrix of m channels of a group, from c on: row after row the taps from the last to the
// first, each with its output channels.
func (p *phase) turn(dst, w []float32, group, c, m int) {
	per, cols := p.C/p.Groups, p.OC/p.Groups
	for i := range p.y.taps {
		for j := range p.x.taps {
			tap := (p.y.last-i*p.y.between)*p.FW + p.x.last - j*p.x.between
			for ci := range m {
				row := w[(tap*per+c+ci)*p.OC+group*cols:][:cols]
				for oc, v := range row {
					dst[oc*m+ci] = v
				}
			}
			dst = dst[cols*m:]
		}
	}
}

// run adds the products for m channels of a group, from c on, to the pixels of the phase.
func (p *phase) run(n int, dx, dy []float32, group, c, m int, s space) {
	step := s.count(p.k)
	at := group*(p.C/p.Groups) + c
	rows, pending, to := 0, 0, 0 // rows that are gathered, and the index in dx of the first
	flush := func() {
		if rows > 0 {
			gemm.NN(rows, m, p.k, s.rows, p.k, s.filter, m, dx[to:], p.SW*p.C, gemm.Accumulate())
		}
		rows, pending = 0, 0
	}
	for image := range n {
		for y := p.y.first; y < p.H; y += p.SH {
			// Pixels of further lines go on at the same distance only without strides.
			if p.SW > 1 || p.SH > 1 {
				flush()
			}
			for x := p.x.first; x < p.W; x += p.SW {
				if rows == step {
					flush()
				}
				if rows == 0 {
					to = ((image*p.H+y)*p.W+x)*p.C + at
				}
				p.read(s.rows[pending:pending+p.k], dy[image*p.OH*p.OW*p.OC:], y, x, group)
				pending += p.k
				rows++
			}
		}
	}
	flush()
}

// read writes to dst the pixels of dy, an image, that pixel (y, x) meets, in the order of turn.
func (p *phase) read(dst, dy []float32, y, x, group int) {
	cols := p.OC / p.Groups
	oy, ox := p.y.start(y), p.x.start(x)
	for range p.y.taps {
		row := dst[:p.x.taps*cols]
		dst = dst[len(row):]
		switch {
		case oy < 0 || oy >= p.OH:
			clear(row)
		case p.Groups == 1 && p.x.step <= 1:
			piece(row, dy[oy*p.OW*p.OC:][:p.OW*p.OC], ox, p.OC)
		default:
			line := dy[oy*p.OW*p.OC:][:p.OW*p.OC]
			for j := range p.x.taps {
				piece(row[j*cols:(j+1)*cols], line[group*cols:], ox+j*p.x.step, p.OC)
			}
		}
		oy += p.y.step
	}
}
