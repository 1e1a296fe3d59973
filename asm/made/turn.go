package made

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// turnIn emits the way of n numbers from rows of x, one for each of sixteen examples, to lanes: those of number j and
// half r of the examples go to to(j, r), where both halves lie side by side.
func (k *kernel) turnIn(n int, x reg.Register, to func(j, r int) operand.Mem) {
	if k.Wide() && n > 2 {
		k.turnInWide(n, x, func(j int) operand.Mem { return to(j, 0) })
		return
	}
	for r := range 2 {
		row := func(i, from int) operand.Mem { return operand.Mem{Base: x, Disp: 4 * (n*(lanes*r+i) + from)} }
		switch n {
		case 1:
			k.VMOVUPS(k.load(row(0, 0)), to(0, r))
		case 2:
			a, b := k.load(row(0, 0)), k.load(row(4, 0))
			low, high, t := k.YMM(), k.YMM(), k.YMM()
			k.VPERM2F128(operand.Imm(0x20), b, a, low)  // examples 0, 1 and 4, 5
			k.VPERM2F128(operand.Imm(0x31), b, a, high) // 2, 3 and 6, 7
			k.VSHUFPS(operand.Imm(0x88), high, low, t)
			k.VMOVUPS(t, to(0, r))
			k.VSHUFPS(operand.Imm(0xdd), high, low, t)
			k.VMOVUPS(t, to(1, r))
		case 3:
			k.fourIn(3, func(i int) operand.Mem { return row(i, 0) }, func(j int) operand.Mem { return to(j, r) })
		}
	}
	if n < 4 {
		return
	}
	k.groups(4, n, func(from int, rows, values reg.Register) {
		for r := range 2 {
			k.fourIn(4, func(i int) operand.Mem {
				return indexed(operand.Mem{Base: x, Disp: 4 * (n*(lanes*r+i) + from)}, rows)
			}, func(j int) operand.Mem { return indexed(to(from+j, r), values) })
		}
	})
}

// groups emits body for groups of size numbers of n ≥ size, the last of which may overlap the one before; the indices
// count the bytes of rows and of values that stand before a group in a loop, whose from is 0.
func (k *kernel) groups(size, n int, body func(from int, rows, values reg.Register)) {
	from := 0
	if n >= 2*size {
		loop, rows, values := k.NewLabel("group"), k.GP64(), k.GP64()
		k.XORQ(rows, rows)
		k.XORQ(values, values)
		k.Label(loop)
		body(0, rows, values)
		k.ADDQ(operand.U32(4*size), rows)
		k.ADDQ(operand.U32(stride*size), values)
		from = n / size * size
		k.CMPQ(rows, operand.U32(4*from))
		k.JNE(operand.LabelRef(loop))
	}
	for ; from < n; from += size {
		body(min(from, n-size), nil, nil)
	}
}

// fourIn emits the way of count numbers, 3 or 4, of eight examples: from where each begins in its row, four numbers
// being read, to registers. Of three, the last row is read from a number before, since behind it there may be no
// memory.
func (k *kernel) fourIn(count int, row, to func(i int) operand.Mem) {
	var v [4]reg.VecVirtual
	for i := range v {
		v[i] = k.YMM()
		k.VBROADCASTF128(row(i), v[i])
		if count == 3 && i == 3 {
			t := k.XMM()
			k.VMOVUPS(row(7).Offset(-4), t)
			k.VPSRLDQ(operand.Imm(4), t, t)
			k.VINSERTF128(operand.Imm(1), t, v[i], v[i])
			continue
		}
		k.VINSERTF128(operand.Imm(1), row(i+4), v[i], v[i])
	}
	t := k.Transpose(v)
	for j := range count {
		k.VMOVUPS(t[j], to(j))
	}
}

// turnOut emits the way of n numbers from lanes to rows of y, as turnIn that of others to lanes.
func (k *kernel) turnOut(n int, y reg.Register, from func(j, r int) operand.Mem) {
	if k.Wide() && n > 2 {
		k.turnOutWide(n, y, func(j int) operand.Mem { return from(j, 0) })
		return
	}
	for r := range 2 {
		row := func(i int) operand.Mem { return operand.Mem{Base: y, Disp: 4 * n * (lanes*r + i)} }
		switch n {
		case 1:
			k.VMOVUPS(k.load(from(0, r)), row(0))
		case 2:
			a, b := k.load(from(0, r)), k.load(from(1, r))
			low, high, t := k.YMM(), k.YMM(), k.YMM()
			k.VUNPCKLPS(b, a, low)  // examples 0, 1 and 4, 5
			k.VUNPCKHPS(b, a, high) // 2, 3 and 6, 7
			k.VPERM2F128(operand.Imm(0x20), high, low, t)
			k.VMOVUPS(t, row(0))
			k.VPERM2F128(operand.Imm(0x31), high, low, t)
			k.VMOVUPS(t, row(4))
		case 3:
			k.fourOut(3, func(j int) operand.Mem { return from(j, r) }, row)
		}
	}
	if n < 4 {
		return
	}
	k.groups(4, n, func(first int, rows, values reg.Register) {
		for r := range 2 {
			k.fourOut(4, func(j int) operand.Mem { return indexed(from(first+j, r), values) }, func(i int) operand.Mem {
				return indexed(operand.Mem{Base: y, Disp: 4 * (n*(lanes*r+i) + first)}, rows)
			})
		}
	})
}

// fourOut emits the way of count numbers, 3 or 4, of eight examples from registers to where each begins in its row. Of
// three, four are written, in the order of the rows, of which the next overwrites the fourth; of the last only three.
func (k *kernel) fourOut(count int, from, row func(i int) operand.Mem) {
	var v [4]reg.VecVirtual
	for j := range v {
		v[j] = k.load(from(min(j, count-1)))
	}
	t := k.Transpose(v)
	for i := range 4 {
		k.VMOVUPS(t[i].AsX(), row(i))
	}
	for i := range 4 {
		if count == 3 && i == 3 {
			last := k.XMM()
			k.VEXTRACTF128(operand.Imm(1), t[i], last)
			k.VMOVLPS(last, row(7))
			k.VEXTRACTPS(operand.Imm(2), last, row(7).Offset(8))
			continue
		}
		k.VEXTRACTF128(operand.Imm(1), t[i], row(i+4))
	}
}

// turnInWide is turnIn for n > 2 numbers with AVX-512: all examples of a number are a register.
func (k *kernel) turnInWide(n int, x reg.Register, to func(j int) operand.Mem) {
	four := func(count, from int, rows, values reg.Register) {
		row := func(i int) operand.Mem { return indexed(operand.Mem{Base: x, Disp: 4 * (n*i + from)}, rows) }
		var v [4]reg.VecVirtual
		for i := range v {
			v[i] = k.ZMM()
			k.VBROADCASTF32X4(row(i), v[i])
			for q := 1; q < 4; q++ {
				if count == 3 && i == 3 && q == 3 { // behind the last row there may be no memory
					t := k.XMM()
					k.VMOVUPS(row(15).Offset(-4), t)
					k.VPSRLDQ(operand.Imm(4), t, t)
					k.VINSERTF32X4(operand.Imm(3), t, v[i], v[i])
					continue
				}
				k.VINSERTF32X4(operand.Imm(uint64(q)), row(4*q+i), v[i], v[i])
			}
		}
		t := k.Transpose(v)
		for j := range count {
			k.VMOVUPS(t[j], indexed(to(from+j), values))
		}
	}
	switch {
	case n == 3:
		four(3, 0, nil, nil)
	case n < 8:
		k.groups(4, n, func(from int, rows, values reg.Register) { four(4, from, rows, values) })
	default:
		k.groups(8, n, func(from int, rows, values reg.Register) { k.eightIn(n, from, x, rows, values, to) })
	}
}

// eightIn emits the way of eight numbers of sixteen examples, from one on, to registers. An example fills half of one
// at first, with half as many loads as in groups of four; then their quarters are turned, and those of a number put
// together.
func (k *kernel) eightIn(n, from int, x, rows, values reg.Register, to func(j int) operand.Mem) {
	row := func(i int) operand.Mem { return indexed(operand.Mem{Base: x, Disp: 4 * (n*i + from)}, rows) }
	var pairs [2][4]reg.VecVirtual // of examples i and 4+i, and of 8+i and 12+i
	for h := range pairs {
		for i := range 4 {
			t := k.ZMM()
			k.VMOVUPS(row(8*h+i), t.AsY())
			k.VINSERTF32X8(operand.Imm(1), row(8*h+4+i), t, t)
			pairs[h][i] = t
		}
	}
	low, high := k.Transpose(pairs[0]), k.Transpose(pairs[1])
	for j := range 4 {
		t := k.ZMM()
		k.VSHUFF32X4(operand.Imm(0x88), high[j], low[j], t)
		k.VMOVUPS(t, indexed(to(from+j), values))
		k.VSHUFF32X4(operand.Imm(0xdd), high[j], low[j], t)
		k.VMOVUPS(t, indexed(to(from+4+j), values))
	}
}

// turnOutWide is turnOut for n > 2 numbers with AVX-512. Of three, four are written, as by fourOut.
func (k *kernel) turnOutWide(n int, y reg.Register, from func(j int) operand.Mem) {
	four := func(count, first int, rows, values reg.Register) {
		row := func(i int) operand.Mem { return indexed(operand.Mem{Base: y, Disp: 4 * (n*i + first)}, rows) }
		var v [4]reg.VecVirtual
		for j := range v {
			v[j] = k.ZMM()
			k.VMOVUPS(indexed(from(first+min(j, count-1)), values), v[j])
		}
		t := k.Transpose(v)
		for i := range 4 {
			k.VMOVUPS(t[i].AsX(), row(i))
		}
		for q := 1; q < 4; q++ {
			for i := range 4 {
				if count == 3 && i == 3 && q == 3 {
					last := k.XMM()
					k.VEXTRACTF32X4(operand.Imm(3), t[i], last)
					k.VMOVLPS(last, row(15))
					k.VEXTRACTPS(operand.Imm(2), last, row(15).Offset(8))
					continue
				}
				k.VEXTRACTF32X4(operand.Imm(uint64(q)), t[i], row(4*q+i))
			}
		}
	}
	if n == 3 {
		four(3, 0, nil, nil)
		return
	}
	k.groups(4, n, func(first int, rows, values reg.Register) { four(4, first, rows, values) })
}
