package onnx

import (
	"fmt"
	"slices"
)

// attr returns an attribute by name; nil if the node has none of it.
func (n *Node) attr(name string) *Attr {
	for _, a := range n.Attrs {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// int returns a whole attribute, or what it is when left out.
func (n *Node) int(name string, absent int) int {
	if a := n.attr(name); a != nil {
		return within(a.I)
	}
	return absent
}

// float returns a number, or what it is when left out.
func (n *Node) float(name string, absent float64) float64 {
	if a := n.attr(name); a != nil {
		return a.F
	}
	return absent
}

// word returns a string, or what it is when left out.
func (n *Node) word(name, absent string) string {
	if a := n.attr(name); a != nil {
		return a.S
	}
	return absent
}

// ints returns a list of whole numbers, or what it is when left out.
func (n *Node) ints(name string, absent ...int) []int {
	a := n.attr(name)
	if a == nil {
		return absent
	}
	out := make([]int, len(a.Ints))
	for i, v := range a.Ints {
		out[i] = within(v)
	}
	return out
}

// maxWhole bounds the whole numbers of attributes and constants that count or index: sums and products of two do not
// overflow. It is above all that a shape may have, and exporters write the largest number for «to the end».
const maxWhole = 1 << 31

// within returns a whole number, or the bound that lies before it.
func within(v int64) int { return int(max(-maxWhole, min(v, maxWhole))) }

// in returns the name of an input; "" if it is absent.
func (n *Node) in(i int) string {
	if i < len(n.In) {
		return n.In[i]
	}
	return ""
}

// String names a node for messages: its operator, and its own name if it has one.
func (n *Node) String() string {
	op := n.Op
	if n.Domain != "" && n.Domain != "ai.onnx" {
		op = n.Domain + "." + op
	}
	if n.Name == "" {
		return fmt.Sprintf("%s (which gives %q)", op, n.Out)
	}
	return fmt.Sprintf("%s %q", op, n.Name)
}

// sorted returns nodes in an order in which each comes after those that it reads.
func sorted(nodes []*Node) ([]*Node, error) {
	maker := map[string]*Node{}
	for _, n := range nodes {
		for _, o := range n.Out {
			if o == "" {
				continue
			}
			if maker[o] != nil {
				return nil, fmt.Errorf("two nodes give %q: %s and %s", o, maker[o], n)
			}
			maker[o] = n
		}
	}
	const (
		unseen = iota
		open
		done
	)
	state := map[*Node]int{}
	var out []*Node
	// The stack is our own: chains may be longer than a goroutine's stack is allowed to be in a hostile file.
	for _, root := range nodes {
		stack := []*Node{root}
		for len(stack) > 0 {
			n := stack[len(stack)-1]
			if state[n] == done {
				stack = stack[:len(stack)-1]
				continue
			}
			ready := true
			for _, in := range n.readNames() {
				m := maker[in]
				if m == nil || state[m] == done {
					continue
				}
				if state[m] == open || m == n {
					return nil, fmt.Errorf("nodes read one another in a circle: %s", m)
				}
				stack, ready = append(stack, m), false
			}
			if ready {
				state[n], stack, out = done, stack[:len(stack)-1], append(out, n)
				continue
			}
			state[n] = open
		}
	}
	return out, nil
}

// readers counts how often each value is read, by nodes or as an output.
func readers(nodes []*Node, outputs []string) map[string]int {
	count := map[string]int{}
	for _, n := range nodes {
		for _, in := range n.readNames() {
			count[in]++
		}
	}
	for _, o := range outputs {
		count[o]++
	}
	return count
}

// axis resolves an axis counted from the end.
func axis(i, rank int) (int, error) {
	if i < 0 {
		i += rank
	}
	if i < 0 || i >= rank {
		return 0, fmt.Errorf("axis %d of %d axes", i, rank)
	}
	return i, nil
}

// axesOf resolves several axes, sorted.
func axesOf(list []int, rank int) ([]int, error) {
	var out []int
	for _, i := range list {
		k, err := axis(i, rank)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
