package describe

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// The measures of the drawing, in pixels.
const (
	boxWidth  = 260
	boxHeight = 40
	gap       = 26
	lane      = 22 // distance of connections that run beside the boxes
	margin    = 24
)

// SVG draws the network: layers from top to bottom in order of evaluation, a straight arrow between
// neighbours, and connections that skip layers in lanes of their own at the right.
func (s *Summary) SVG() []byte {
	index := map[string]int{}
	for i, l := range s.Layers {
		index[l.Name] = i
	}
	var skips []skip
	used := 0
	for i, l := range s.Layers {
		for _, from := range l.From {
			if j := index[from]; j < i-1 {
				skips = append(skips, skip{from: j, to: i})
			}
		}
	}
	slices.SortStableFunc(skips, func(a, b skip) int { return (a.to - a.from) - (b.to - b.from) })
	for k := range skips {
		skips[k].lane = freeLane(skips[:k], skips[k])
		used = max(used, skips[k].lane+1)
	}

	width := 2*margin + boxWidth + used*lane
	if used > 0 {
		width += gap / 2
	}
	height := 2*margin + len(s.Layers)*(boxHeight+gap) - gap
	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(s.Name))
	b.WriteString(`<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>` + "\n")
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	for i, l := range s.Layers {
		for _, from := range l.From {
			if index[from] == i-1 {
				x := margin + boxWidth/2
				fmt.Fprintf(&b, `<path d="M%d,%d V%d" stroke="#555" fill="none" marker-end="url(#tip)"/>`+
					"\n", x, top(i)-gap, top(i)-1)
			}
		}
	}
	right := margin + boxWidth
	for _, k := range skips {
		x := right + gap/2 + (k.lane+1)*lane - lane/2
		y1, y2 := top(k.from)+boxHeight*2/3, top(k.to)+boxHeight/3
		fmt.Fprintf(&b,
			`<path d="M%d,%d H%d Q%d,%d %d,%d V%d Q%d,%d %d,%d H%d" stroke="#c2410c" fill="none" marker-end="url(#tip)"/>`+"\n",
			right, y1, x-8, x, y1, x, y1+8, y2-8, x, y2, x-8, y2, right+1)
	}
	for i, l := range s.Layers {
		y := top(i)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="5" fill="%s" stroke="#555"/>`+"\n", margin, y,
			boxWidth, boxHeight, l.color())
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="13" font-weight="bold">%s</text>`+"\n", margin+10, y+17,
			html.EscapeString(clip(l.Name, 20)))
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="12" text-anchor="end">%s</text>`+"\n",
			right-10, y+17, ir.Shape(l.Shape))
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="11" fill="#444">%s</text>`+"\n", margin+10, y+
			33, html.EscapeString(l.Kind))
		if l.Params > 0 {
			note := fmt.Sprintf("%d parameters", l.Params)
			if l.Connections != "" {
				note += ", sparse"
			}
			fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="11" fill="#444" text-anchor="end">%s</text>`+"\n", right-10, y+33,
				note)
		}
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// skip is a connection that passes layers by.
type skip struct{ from, to, lane int }

// freeLane returns the innermost lane that no other connection takes between the ends of k.
func freeLane(others []skip, k skip) int {
	for lane := 0; ; lane++ {
		if !slices.ContainsFunc(others, func(o skip) bool { return o.lane == lane && o.from < k.to && k.from < o.to }) {
			return lane
		}
	}
}

func top(i int) int { return margin + i*(boxHeight+gap) }

// color tells inputs, layers with parameters and all others apart.
func (l Layer) color() string {
	switch {
	case len(l.From) == 0:
		return "#dcfce7"
	case l.Params > 0:
		return "#dbeafe"
	}
	return "#f5f5f4"
}

func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
