package pytorch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// spatialRank returns 1 for layers over sequences, 2 for those over images.
func spatialRank(l *op.Layer) int { return len(l.InShape(0)) - 1 }

// conv writes a module of a convolution and returns its name and its input.
func (w *writer) conv(l *op.Layer, suffix string, bias *ir.Param) (name string, x value) {
	p, rank := l.Params[0], spatialRank(l)
	size, strides, dilations := pair(l.Node, "kernel_size", rank), pair(l.Node, "strides", rank),
		pair(l.Node, "dilation_rate", rank)
	before, after := paddings(l, size, strides, dilations)
	x = w.channelsFirst(w.values[l.In[0]])
	args := ""
	if slices.Max(strides) > 1 {
		args += ", stride=" + tuple(strides)
	}
	if slices.Equal(before, after) && slices.Max(before) > 0 {
		args += ", padding=" + tuple(before)
	} else {
		x.text = padded(x.text, before, after, "")
	}
	if slices.Max(dilations) > 1 {
		args += ", dilation=" + tuple(dilations)
	}
	in := l.InShape(0)[rank]
	out, groups, then := p.Shape[rank+1], 1, ""
	if kind := l.Def.Kind.Name; strings.HasPrefix(kind, "depthwise") || strings.HasPrefix(kind, "separable") {
		groups, out = in, in*p.Shape[rank+1]
		then = fmt.Sprintf(".permute(%s).reshape(%d, 1, %s)", extents(append([]int{rank, rank + 1}, upTo(rank)...)),
			out, extents(p.Shape[:rank]))
	} else {
		groups = max(1, l.Node.Int("groups"))
		then = fmt.Sprintf(".permute(%s)", extents(append([]int{rank + 1, rank}, upTo(rank)...)))
	}
	if groups > 1 {
		args += fmt.Sprintf(", groups=%d", groups)
	}
	if bias == nil {
		args += ", bias=False"
	}
	if name = w.layers[p]; name == "" {
		name = w.field(suffix, "nn.Conv%dd(%d, %d, %s%s)", rank, in, out, tuple(size), args)
		w.copy(name+".weight", p, then)
		if bias != nil {
			w.copy(name+".bias", bias, "")
		}
		w.share(p, name)
	}
	return name, x
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func convolution(w *writer, l *op.Layer) (value, error) {
	var bias *ir.Param
	if len(l.Params) > 1 {
		bias = l.Params[1]
	}
	name, x := w.conv(l, "", bias)
	return value{text: fmt.Sprintf("%s(%s)", name, x.text), first: true}, nil
}

func separable(w *writer, l *op.Layer) (value, error) {
	name, x := w.conv(l, "_depthwise", nil)
	p, rank := l.Params[1], spatialRank(l)
	point := w.layers[p]
	if point == "" {
		point = w.field("_pointwise", "nn.Conv%dd(%d, %d, 1, bias=%s)", rank, p.Shape[0], p.Shape[1],
			boolean(len(l.Params) > 2))
		w.copy(point+".weight", p, fmt.Sprintf(".T.reshape(%d, %d, %s)", p.Shape[1], p.Shape[0],
			extents(slices.Repeat([]int{1}, rank))))
		if len(l.Params) > 2 {
			w.copy(point+".bias", l.Params[2], "")
		}
		w.share(p, point)
	}
	return value{text: fmt.Sprintf("%s(%s(%s))", point, name, x.text), first: true}, nil
}

// transposed writes a transposed convolution without padding, and cuts off what the spec's has not.
func transposed(w *writer, l *op.Layer) (value, error) {
	p, x := l.Params[0], w.channelsFirst(w.values[l.In[0]])
	size, strides, dilations, in := l.Node.Ints("kernel_size"), l.Node.Ints("strides"),
		l.Node.Ints("dilation_rate"), l.InShape(0)
	cuts, extra := "[:, :", make([]int, 2)
	for i := range 2 {
		span, before := (size[i]-1)*dilations[i]+1, 0
		switch l.Node.Word("padding") {
		case "":
			b, _ := border(l.Node, "padding", 2)
			before = b[i]
		case "same":
			before = max(0, span-strides[i]) / 2
		}
		whole := (in[i]-1)*strides[i] + span
		extra[i] = max(0, before+l.Shape[i]-whole)
		cuts += fmt.Sprintf(", %d:%d", before, before+l.Shape[i])
	}
	args := ""
	if slices.Max(strides) > 1 {
		args += ", stride=" + tuple(strides)
	}
	if slices.Max(dilations) > 1 {
		args += ", dilation=" + tuple(dilations)
	}
	if slices.Max(extra) > 0 {
		args += ", output_padding=" + tuple(extra)
	}
	if g := l.Node.Int("groups"); g > 1 {
		args += fmt.Sprintf(", groups=%d", g)
	}
	if len(l.Params) == 1 {
		args += ", bias=False"
	}
	name := w.layers[p]
	if name == "" {
		name = w.field("", "nn.ConvTranspose2d(%d, %d, %s%s)", in[2], l.Shape[2], tuple(size), args)
		w.copy(name+".weight", p, ".permute(3, 2, 0, 1)")
		if len(l.Params) > 1 {
			w.copy(name+".bias", l.Params[1], "")
		}
		w.share(p, name)
	}
	return value{text: fmt.Sprintf("%s(%s)%s]", name, x.text, cuts), first: true}, nil
}

func pool(w *writer, l *op.Layer) (value, error) {
	rank, x := spatialRank(l), w.channelsFirst(w.values[l.In[0]])
	size := pair(l.Node, "pool_size", rank)
	strides := size
	if l.Node.Has("strides") {
		strides = pair(l.Node, "strides", rank)
	}
	before, after := paddings(l, size, strides, slices.Repeat([]int{1}, rank))
	window := tuple(size)
	if !slices.Equal(size, strides) {
		window += ", " + tuple(strides)
	}
	if strings.HasPrefix(l.Def.Kind.Name, "max") {
		return value{text: fmt.Sprintf("F.max_pool%dd(%s, %s)", rank,
			padded(x.text, before, after, `, value=float("-inf")`), window), first: true}, nil
	}
	y := fmt.Sprintf("F.avg_pool%dd(%s, %s)", rank, padded(x.text, before, after, ""), window)
	if slices.Max(before) > 0 || slices.Max(after) > 0 { // the mean of the pixels that are there
		y += fmt.Sprintf(" / F.avg_pool%dd(%s, %s)", rank, padded(fmt.Sprintf("torch.ones_like(%s)", x.text),
			before, after, ""), window)
	}
	return value{text: y, first: true}, nil
}

// global is a pool of all places, over those that a mask keeps if there is one.
func global(what string) row {
	return func(w *writer, l *op.Layer) (value, error) {
		x := w.in(l, 0).text
		if len(l.In) == 1 {
			return value{text: fmt.Sprintf("%s.%s((%s))", x, what, strings.TrimSuffix(extents([]int{1, 2}[:spatialRank(l)])+
				",", ",")+pairComma(spatialRank(l)))}, nil
		}
		keep := fmt.Sprintf("(%s > 0.5).unsqueeze(-1)", w.in(l, 1).text)
		if what == "mean" {
			return value{text: fmt.Sprintf("(%s * %s).sum(1) / %s.sum(1).clamp(min=1)", x, keep, keep)}, nil
		}
		const most = `torch.where(%[2]s.any(1), %[1]s.masked_fill(~%[2]s, float("-inf")).amax(1), torch.zeros(()))`
		return value{text: fmt.Sprintf(most, x, keep)}, nil
	}
}

// pairComma is what makes a tuple of one.
func pairComma(n int) string {
	if n == 1 {
		return ","
	}
	return ""
}

func zeroPadding(w *writer, l *op.Layer) (value, error) {
	x := w.channelsFirst(w.values[l.In[0]])
	before, after := border(l.Node, "padding", spatialRank(l))
	x.text = padded(x.text, before, after, "")
	return x, nil
}

func cropping(w *writer, l *op.Layer) (value, error) {
	before, after := border(l.Node, "cropping", spatialRank(l))
	y := w.in(l, 0).text + "[:"
	for i, b := range before {
		y += fmt.Sprintf(", %d:%d", b, l.InShape(0)[i]-after[i])
	}
	return value{text: y + "]"}, nil
}

func upSampling(w *writer, l *op.Layer) (value, error) {
	rank, x := spatialRank(l), w.channelsFirst(w.values[l.In[0]])
	mode := `mode="nearest"`
	if l.Node.Word("interpolation") == "bilinear" {
		mode = fmt.Sprintf("mode=%q, align_corners=False", []string{"linear", "bilinear"}[rank-1])
	}
	x.text = fmt.Sprintf("F.interpolate(%s, scale_factor=%s, %s)", x.text, tuple(pair(l.Node, "size", rank)), mode)
	return x, nil
}
