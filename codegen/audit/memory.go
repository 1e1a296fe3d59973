package audit

import "slices"

// value is what a stretch of an array holds.
type value struct {
	layer   *layer          // whose result it is; nil for others
	para    string          // layer whose paragraph wrote it, for others
	grad    bool            // whether it is a gradient
	behind  map[string]bool // of a gradient: the layers, or losses, that contributed
	masked  *layer          // of a gradient: the ReLU in front of a max-pool that it went through before that
	by      map[string]bool // parameters that its computation read
	param   string          // that it is
	rounded bool            // of a parameter: as 8-bit integers hold it
	carried *carried        // from the step before
	target  bool            // a target or weight of the examples
	of      *output         // whose target it is
	scaled  []string        // calls that made it of the target as it came
	terms   map[string]bool // of a gradient of attention: the kernels of the products that it is the sum of
	sum     string          // of quantiles: what it is of blocks of the scores
	zero    bool
	role    string // argument that it was written by, if it is no result: mean, gates
	part    string // of attention: query, key or value
	fn      string // that computed it
	read    bool
	at      region
}

// segment is a stretch of an array with its value.
type segment struct {
	from, to int
	v        *value
}

// memory holds the segments of each array, sorted; gaps hold nothing.
type memory map[string][]segment

// write puts a value in rows of an array, each of some numbers and stride numbers behind the one before.
func (m memory) write(array string, from, rows, row, stride int, v *value) {
	if row == stride {
		rows, row, stride = 1, rows*row, rows*row
	}
	if rows < 1 || row < 1 {
		return
	}
	lo, hi := func(i int) int { return from + i*stride }, func(i int) int { return from + i*stride + row }
	list := make([]segment, 0, len(m[array])+2*rows)
	first := 0 // row that ends behind the segment's beginning
	for _, s := range m[array] {
		for first < rows && hi(first) <= s.from {
			first++
		}
		for i := first; i < rows && lo(i) < s.to; i++ {
			if s.from < lo(i) {
				list = append(list, segment{s.from, lo(i), s.v})
			}
			s.from = max(s.from, hi(i))
		}
		if s.from < s.to {
			list = append(list, s)
		}
	}
	for i := range rows {
		list = append(list, segment{lo(i), hi(i), v})
	}
	slices.SortFunc(list, func(a, b segment) int { return a.from - b.from })
	m[array] = list
}

// read calls f for each segment of [from, to), and tells whether there was no gap.
func (m memory) read(array string, from, to int, f func(segment)) bool {
	at := from
	list := m[array]
	i, _ := slices.BinarySearchFunc(list, from, func(s segment, from int) int {
		if s.to <= from {
			return -1
		}
		return 1
	})
	for ; i < len(list) && list[i].from < to; i++ {
		s := list[i]
		if s.from > at {
			return false
		}
		f(segment{max(s.from, from), min(s.to, to), s.v})
		at = s.to
	}
	return at >= to
}

// cover is a set of elements as sorted stretches without gaps between them.
type cover []segment

// add adds [from, to).
func (c cover) add(from, to int) cover {
	if from >= to {
		return c
	}
	i, _ := slices.BinarySearchFunc(c, from, func(s segment, from int) int {
		if s.to < from {
			return -1
		}
		return 1
	})
	j := i
	for j < len(c) && c[j].from <= to {
		from, to = min(from, c[j].from), max(to, c[j].to)
		j++
	}
	return slices.Replace(c, i, j, segment{from: from, to: to})
}

// holds tells whether all of [from, to) is there.
func (c cover) holds(from, to int) bool {
	return from >= to || slices.ContainsFunc(c, func(s segment) bool { return s.from <= from && to <= s.to })
}

// meets tells whether some of [from, to) is there.
func (c cover) meets(from, to int) bool {
	return slices.ContainsFunc(c, func(s segment) bool { return s.from < to && from < s.to })
}

// size is the number of elements.
func (c cover) size() int {
	n := 0
	for _, s := range c {
		n += s.to - s.from
	}
	return n
}
