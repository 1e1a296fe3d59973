package emulate

import "slices"

// wholeMoves are the moves of whole registers, by the bytes of the elements that a mask chooses.
var wholeMoves = map[string]int{
	"VMOVUPS": 4, "VMOVAPS": 4, "VMOVUPD": 8, "VMOVAPD": 8, "VMOVDQU": 4, "VMOVDQA": 4, "VMOVDQU8": 1, "VMOVDQU16": 2,
	"VMOVDQU32": 4, "VMOVDQU64": 8, "VMOVDQA32": 4, "VMOVDQA64": 8, "VMOVNTPS": 4, "VMOVNTDQ": 4,
}

// lowMoves are the moves of the lowest element between registers and memory.
var lowMoves = map[string]int{
	"VMOVSS": 4, "VMOVSD": 8, "VMOVD": 4, "VMOVQ": 8, "MOVSS": 4, "MOVSD": 8, "MOVD": 4, "MOVQ": 8,
}

// expansions are the vectors that a mask makes, by the bytes of their elements.
var expansions = map[string]int{"VPMOVM2B": 1, "VPMOVM2W": 2, "VPMOVM2D": 4, "VPMOVM2Q": 8}

// moveStep reads a move of vectors.
func moveStep(in *instruction) step {
	op := in.ops
	if size := wholeMoves[in.name]; size > 0 {
		return wholeMove(in, size)
	}
	if size := expansions[in.name]; size > 0 {
		return func(m *machine) {
			var v vector
			for i := range op[1].width / size {
				if m.k[op[0].n]>>i&1 != 0 {
					v.setInteger(i, size, ^uint64(0))
				}
			}
			m.v[op[1].n] = v
		}
	}
	switch in.name {
	case "VMASKMOVPS", "VPMASKMOVD":
		return maskedMove(op)
	case "VPGATHERDD":
		if op[0].kind == vectorReg {
			return gather(op)
		}
	case "VMOVLPS", "VMOVHPS", "VMOVLPD", "VMOVHPD":
		half := 0
		if in.name[4] == 'H' {
			half = 1
		}
		if len(op) == 2 {
			return func(m *machine) { op[1].put(m, 8, m.v[op[0].n].u64(half)) }
		}
		return func(m *machine) {
			var v vector
			v.set64(0, m.v[op[1].n].u64(0))
			v.set64(1, m.v[op[1].n].u64(1))
			v.set64(half, op[0].get(m, 8))
			m.v[op[2].n] = v
		}
	case "VBLENDVPS", "VPBLENDVB":
		size := 4
		if in.name == "VPBLENDVB" {
			size = 1
		}
		return func(m *machine) { // mask, second, first, to
			by, a := m.v[op[0].n], m.v[op[2].n]
			var b vector
			if op[1].kind == memory {
				copy(b[:], at(op[1].addr(m), op[3].width))
			} else {
				b = m.v[op[1].n]
			}
			var v vector
			for i := range op[3].width / size {
				from := &a
				if e := by.element(i, size); e[size-1]&0x80 != 0 {
					from = &b
				}
				copy(v.element(i, size), from.element(i, size))
			}
			m.v[op[3].n] = v
		}
	case "VMOVMSKPS", "VPMOVMSKB":
		size := 4
		if in.name == "VPMOVMSKB" {
			size = 1
		}
		return func(m *machine) {
			var x uint64
			for i := range op[0].width / size {
				if e := m.v[op[0].n].element(i, size); e[size-1]&0x80 != 0 {
					x |= 1 << i
				}
			}
			op[1].put(m, 8, x)
		}
	case "VPEXTRD", "VPEXTRQ":
		size := map[byte]int{'D': 4, 'Q': 8}[in.name[6]]
		return func(m *machine) { op[2].put(m, size, m.v[op[1].n].integer(int(op[0].value), size)) }
	case "VPTEST":
		return func(m *machine) {
			a, b := m.v[op[1].n], m.v[op[0].n]
			m.zf, m.cf, m.sf, m.of = true, true, false, false
			for i := range op[1].width {
				m.zf = m.zf && a[i]&b[i] == 0
				m.cf = m.cf && ^a[i]&b[i] == 0
			}
		}
	}
	size := lowMoves[in.name]
	if size == 0 || !slices.ContainsFunc(op, func(o operand) bool { return o.kind == vectorReg }) {
		return nil
	}
	legacy := in.name[0] == 'M'
	switch {
	case len(op) == 3: // of registers: the lowest element of one, the others of another
		return func(m *machine) {
			var v vector
			copy(v[:16], m.v[op[1].n][:16])
			v.setInteger(0, size, m.v[op[0].n].integer(0, size))
			m.v[op[2].n] = v
		}
	case op[1].kind == vectorReg && legacy:
		return func(m *machine) { // what is above 16 bytes stays; between registers MOVSS and MOVSD leave more
			v := &m.v[op[1].n]
			if op[0].kind != vectorReg {
				clear(v[:16])
			}
			v.setInteger(0, size, op[0].get(m, size))
		}
	}
	return func(m *machine) { op[1].put(m, size, op[0].get(m, size)) }
}

// wholeMove reads a move between registers and memory: source, [mask,] destination.
func wholeMove(in *instruction, size int) step {
	from, to := in.ops[0], in.ops[len(in.ops)-1]
	zero := slices.Contains(in.suffixes, "Z")
	width := max(from.width, to.width)
	return func(m *machine) {
		k := ^uint64(0)
		if len(in.ops) == 3 {
			k = m.k[in.ops[1].n]
		}
		var v vector
		if to.kind == vectorReg && !zero {
			copy(v[:width], m.v[to.n][:width])
		}
		var fromAddr, toAddr uint64
		if from.kind == memory {
			fromAddr = from.addr(m)
		}
		if to.kind == memory {
			toAddr = to.addr(m)
		}
		for i := range width / size {
			if k>>i&1 == 0 {
				continue
			}
			var e []byte
			if from.kind == memory {
				e = at(fromAddr+uint64(i*size), size)
			} else {
				e = m.v[from.n].element(i, size)
			}
			if to.kind == memory {
				copy(at(toAddr+uint64(i*size), size), e)
			} else {
				copy(v.element(i, size), e)
			}
		}
		if to.kind == vectorReg {
			m.v[to.n] = v
		}
	}
}

// maskedMove reads a move under a mask in a vector: VMASKMOVPS (memory), mask, to or from, mask, (memory).
func maskedMove(op []operand) step {
	return func(m *machine) {
		by := m.v[op[1].n]
		width := op[1].width
		if op[2].kind == memory {
			a := op[2].addr(m)
			for i := range width / 4 {
				if by.u32(i)>>31 != 0 {
					copy(at(a+uint64(4*i), 4), m.v[op[0].n].element(i, 4))
				}
			}
			return
		}
		a := op[0].addr(m)
		var v vector
		for i := range width / 4 {
			if by.u32(i)>>31 != 0 {
				copy(v.element(i, 4), at(a+uint64(4*i), 4))
			}
		}
		m.v[op[2].n] = v
	}
}

// gather reads VPGATHERDD mask, (memory), to, where the mask is a vector, which becomes 0.
func gather(op []operand) step {
	return func(m *machine) {
		by, v := m.v[op[0].n], m.v[op[2].n]
		for i := range op[2].width / 4 {
			if by.u32(i)>>31 != 0 {
				copy(v.element(i, 4), at(op[1].addrOf(m, i), 4))
			}
		}
		clear(v[op[2].width:])
		m.v[op[0].n], m.v[op[2].n] = vector{}, v
	}
}
