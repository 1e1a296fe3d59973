package audit

import (
	"fmt"
	"go/token"
)

// blocks returns what a call of the paragraph of quantiles computes, in terms of the blocks of scores x0, x1 …
func (p *pass) blocks(fn string, reads []operand) string {
	var args []string
	size := p.cur.layer.size
	block := size / p.cur.layer.geometry["count"][0]
	for _, o := range reads {
		arg := ""
		p.mem.read(o.array, o.from, o.from+o.row, func(s segment) {
			if arg = s.v.sum; s.v.layer != nil {
				arg = fmt.Sprintf("%d numbers from %d", o.row, (o.from-s.v.at.from)%size)
				if at := (o.from - s.v.at.from) % size; o.row == block && at%block == 0 {
					arg = fmt.Sprint("x", at/block)
				}
			}
		})
		args = append(args, arg)
	}
	switch {
	case fn == "vec.CopyCols" && len(args) == 1:
		return args[0]
	case fn == "vec.Softplus" && len(args) == 1:
		return "softplus(" + args[0] + ")"
	case fn == "vec.Add" && len(args) == 2:
		return args[0] + " + " + args[1]
	}
	return fn
}

// quantiles checks the result of quantiles: the first block of scores, and each further one what the softplus of its
// scores adds to the block before.
func (p *pass) quantiles(l *layer, at token.Pos, r region) {
	count := l.geometry["count"][0]
	want := []string{"x0"}
	for j := 1; j < count; j++ {
		want = append(want, fmt.Sprintf("%s + softplus(x%d)", want[j-1], j))
	}
	p.mem.read(r.array, r.from, r.from+r.len, func(s segment) {
		if j := (s.from - r.from) % l.size / (l.size / count); s.v.sum != want[j] {
			p.add(at, "quantile %d of %s is %q, want %s", j, l.name, s.v.sum, want[j])
		}
	})
}
