package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// GRUForward takes a step of gated recurrent units whose reset gate acts behind the product: the gates before their
// functions, and q, become those after,
//
//	z, r = sigmoid(z + b), sigmoid(r + b),  q = q + b,  g = tanh(g + r∘q)    in the order z, r, g
//	h = g + (last − g)∘z
//
//	gates  n×3u
//	q      n×u
//	h      n×u, row stride ldh
//	last   n×u, row stride ldlast, which may be 0: then all rows are the first
//	b      3u, for z, r and q
//
// Slices must not overlap; but last and h may be different columns of a matrix.
func GRUForward(n, u int, gates, q, h []float32, ldh int, last []float32, ldlast int, b []float32) {
	if !fits(3*n, u, len(gates)) || !fits(n, u, len(q)) || !strided(n, u, ldh, len(h)) || len(b) < 3*u ||
		!repeated(n, u, ldlast, len(last)) {
		panic(badShape)
	}
	if n == 0 || u == 0 {
		return
	}
	if cpu.HasSIMD() {
		cells(n, u, func(i, rows, j, cols int) {
			gruForwardSIMD(rows, cols, u, &gates[3*i*u+j], &q[i*u+j], &h[i*ldh+j], &last[i*ldlast+j], &b[j],
				3*u, u, ldh, ldlast, 0)
		})
		return
	}
	gruForwardGeneric(n, u, gates, q, h, ldh, last, ldlast, b)
}

// repeated is strided for rows that may all be the first, with a stride of 0.
func repeated(n, f, ld, length int) bool {
	if ld == 0 {
		n, ld = min(n, 1), f
	}
	return strided(n, f, ld, length)
}

func gruForwardGeneric(n, u int, gates, q, h []float32, ldh int, last []float32, ldlast int, b []float32) {
	for row := range n {
		gate := gates[3*row*u:][:3*u]
		z, r, g := gate[:u], gate[u:2*u], gate[2*u:]
		q, h, last := q[row*u:][:u], h[row*ldh:][:u], last[row*ldlast:][:u]
		for k := range u {
			z[k], r[k], q[k] = scalar.Sigmoid(z[k]+b[k]), scalar.Sigmoid(r[k]+b[u+k]), q[k]+b[2*u+k]
			g[k] = scalar.Tanh(g[k] + float32(r[k]*q[k]))
			h[k] = g[k] + float32((last[k]-g[k])*z[k])
		}
	}
}
