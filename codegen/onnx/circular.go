package onnx

import (
	"fmt"
	"slices"
)

// remarkCircular tells of circular paddings as older exporters of PyTorch write them, that of 1.13 for one: x between
// its last p elements along an axis and its first, of which the former are taken one too early, [−p−1, −1) in place of
// [−p, end). The graph counts, as it does for other runtimes, and gives other numbers than the module that was
// exported.
func (im *importer) remarkCircular() {
	maker := map[string]*Node{}
	for _, n := range im.nodes {
		for _, o := range n.Out {
			maker[o] = n
		}
	}
	var found []string
	for _, n := range im.nodes {
		if n.Op != "Concat" || len(n.In) < 2 {
			continue
		}
		s := maker[n.In[0]]
		if s == nil || s.Op != "Slice" || s.in(0) != n.In[1] {
			continue
		}
		start, end := im.listed(s, 1, "starts"), im.listed(s, 2, "ends")
		if len(start) == 1 && len(end) == 1 && start[0] < -1 && end[0] == -1 {
			found = append(found, n.String())
		}
	}
	if len(found) > 0 {
		im.remark(fmt.Sprintf("%s takes elements of the other end one too early: exporters of older PyTorch, 1.13 for one, "+
			"write circular padding so, "+
			"and it gives other numbers than the module, in every runtime; export it with a newer PyTorch, or pad by torch.cat",
			found[0]))
	}
}

// listed returns whole numbers that are a constant input of a node or one of its attributes; nil for others.
func (im *importer) listed(n *Node, input int, attr string) []int {
	if a := n.attr(attr); a != nil {
		return n.ints(attr)
	}
	v := im.values[n.in(input)]
	if v == nil || v.konst == nil || len(v.konst.data) == 0 {
		return nil
	}
	return slices.Clone(v.konst.ints())
}
