package spec

import "fmt"

const maxLayers = 10_000

// layers checks the entries of `layers:`. A layer with errors is still returned, as far as it was
// understood, so that references to it are no errors too.
func (p *parser) layers(a *Attr, t *tree) ([]Layer, bool) {
	if t.form != listForm {
		p.wrong("type", a, t, "", "begin each layer with `- `", "a list")
		return nil, false
	}
	if !p.length(a, t, len(t.items), "") {
		return nil, false
	}
	if len(t.items) > maxLayers {
		p.errs.Add("length", t.items[maxLayers].pos, "", "", "%s must have at most %d entries, but has %d",
			a.Name, maxLayers, len(t.items))
		return nil, false
	}
	ls := make([]Layer, 0, len(t.items))
	for i, item := range t.items {
		ls = append(ls, p.layer(i, item))
	}
	return ls, true
}

func (p *parser) layer(i int, t *tree) Layer {
	before := len(p.errs)
	subject := fmt.Sprintf("layer %d", i+1)
	if t.form == mapForm && len(t.keys) == 1 {
		subject = fmt.Sprintf("layer %d (%s)", i+1, clip(t.keys[0].key))
		if arg := t.keys[0].value; arg.form == mapForm {
			if e := arg.get("name"); e != nil && (e.value.form == plainForm || e.value.form == quotedForm) {
				subject = "layer " + quote(e.value.text)
			}
		}
	}
	n, _ := p.node(LayerFamily, layerAttrs, t, subject)
	if n.Kind == "" {
		n.Pos = t.pos
		if t.form == mapForm && len(t.keys) == 1 {
			n.Pos = t.keys[0].pos
			// Of a layer of unknown kind the name still counts, for references to it.
			if arg := t.keys[0].value; arg.form == mapForm {
				if e := arg.get("name"); e != nil && (e.value.form == plainForm || e.value.form == quotedForm) {
					n.Attrs = []Value{{Name: "name", V: e.value.text, Pos: e.value.pos, Written: true}}
				}
			}
		}
	}
	l := Layer{NamePos: n.Pos}
	l.Node = Node{Kind: n.Kind, Pos: n.Pos}
	for _, v := range n.Attrs {
		switch v.Name {
		case "name":
			l.Name, l.Named, l.NamePos = v.V.(string), true, v.Pos
		case "share":
			l.Share = &Ref{Name: v.V.(string), Pos: v.Pos}
		case "from":
			l.From = v.V.([]Ref)
		case "trainable":
			if l.Frozen = !v.V.(bool); v.Written {
				l.Trainable = v.Pos
			}
		case "lr_factor":
			if l.LRFactor = v.V.(float64); v.Written {
				l.LRFactorPos = v.Pos
			}
		case "weights":
			l.DType, l.DTypePos = v.V.(Node).Word("dtype"), v.Pos
		default:
			l.Attrs = append(l.Attrs, v)
		}
	}
	l.Faulty = n.Kind == "" || len(p.errs) > before
	return l
}
