package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// attentionOperator is Attention of opset 23: softmax(q·kᵀ·scale)·v of three values with or without an axis of heads.
func attentionOperator(im *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) < 3 || slices.Contains(in[:3], nil) {
		return nil, errors.New("an attention needs queries, keys and values")
	}
	if len(in) > 6 && in[6] != nil {
		return nil, errors.New("nonpad_kv_seqlen: examples of different lengths are not imported")
	}
	if len(n.Out) > 3 && n.Out[3] != "" {
		return nil, errors.New("qk_matmul_output_mode: its scores are read, which no layer gives")
	}
	flat := len(in[0].axes) == 3
	var parts [3]*value
	for i := range parts {
		if in[i].konst != nil {
			return nil, errors.New("constant queries, keys or values")
		}
		v, err := im.plain(n, in[i])
		if err != nil {
			return nil, err
		}
		count := n.int("q_num_heads", 0)
		if i > 0 {
			count = n.int("kv_num_heads", count)
		}
		if d := v.axes.extents(); len(d) == 3 {
			if count < 1 || d[2]%count != 0 {
				return nil, fmt.Errorf("%d heads for %s", count, v.axes)
			}
			if v, err = v.regrouped([]int{d[0], d[1], count, d[2] / count}); err != nil {
				return nil, err
			}
			w := *v
			w.axes = axes{v.axes[0], v.axes[2], v.axes[1], v.axes[3]}
			v = &w
		}
		if len(v.axes) != 4 {
			return nil, fmt.Errorf("its input is %s, want n×heads×steps×columns or n×steps×columns", v.axes)
		}
		parts[i] = v
	}
	present := []*value{nil, parts[1], parts[2]}
	for i := 1; i < 3; i++ {
		past := 3 + i
		if past >= len(in) || in[past] == nil {
			continue
		}
		if in[past].konst != nil {
			return nil, errors.New("constant keys or values of the past")
		}
		joined, err := im.beside(n, []*value{in[past], parts[i]}, 2)
		if err != nil {
			return nil, err
		}
		parts[i], present[i] = joined, joined
	}
	y, err := im.attention(n, parts, in)
	if err != nil {
		return nil, err
	}
	if flat {
		y.axes = axes{y.axes[0], y.axes[2], slices.Concat(y.axes[1], y.axes[3])}
	}
	return []*value{y, present[1], present[2]}, nil
}

// attention is softmax(q·kᵀ·scale + mask)·v of values with an axis of heads.
func (im *importer) attention(n *Node, parts [3]*value, in []*value) (*value, error) {
	var of [3]sequence
	for i, v := range parts {
		s, err := sequenceOf(v, 2, 3)
		if err != nil {
			return nil, err
		}
		of[i] = s
	}
	width := func(i int) int { return product(axes{of[i].dim}.extents()) }
	queries, below := product(parts[0].axes[1:2].extents()), product(parts[1].axes[1:2].extents())
	steps, past := of[0].steps(), of[1].steps()-of[0].steps()
	switch {
	case queries%below != 0 || below != product(parts[2].axes[1:2].extents()):
		return nil, fmt.Errorf("%d heads of queries, %d of keys", queries, below)
	case width(0) != width(1) || of[1].steps() != of[2].steps():
		return nil, fmt.Errorf("queries of %s, keys of %s and values of %s",
			parts[0].axes, parts[1].axes, parts[2].axes)
	}
	keys := *parts[1]
	keys.axes = axes{keys.axes[0], keys.axes[1], keys.axes[3], keys.axes[2]}
	scale := n.float("scale", 0)
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(width(0)))
	}
	h := &heads{stage: scored, q: parts[0], k: &keys, head: of[0].head,
		softcap: n.float("softcap", 0), shared: queries / below}
	if h.shared == 1 {
		h.shared = 0
	}
	x := &value{axes: slices.Clone(parts[0].axes), scale: scale, heads: h}
	h.cols = []*atom{{size: of[1].steps()}}
	x.axes[3] = h.cols
	if mask, err := constantIn(in, 3, "mask"); err != nil {
		return nil, err
	} else if mask != nil {
		if mask.truth {
			mask = mapped(mask, func(v float64) float64 {
				if v != 0 {
					return 0
				}
				return math.Inf(-1)
			})
		}
		if x, err = im.headMask(x, mask); err != nil {
			return nil, err
		}
	}
	if n.int("is_causal", 0) != 0 {
		if past != 0 {
			return nil, fmt.Errorf("a causal attention of %d queries and %d keys", steps, steps+past)
		}
		causal := *x.heads
		causal.causal = true
		x.heads = &causal
	}
	p := *x
	weights := *x.heads
	weights.stage = weighted
	p.heads = &weights
	return im.attend(n, &p, parts[2])
}
