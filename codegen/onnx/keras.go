package onnx

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// Keras turns the configuration of a Keras model into a spec: what model.to_json() of Keras 2 or 3 gives, of a
// Sequential or Functional model, or a .keras file, of which the configuration is read. There are no weights in it;
// package weights reads those. Layers keep their names. An *Unsupported error lists all that has no counterpart.
//
// A model with channels first becomes one with channels last: filters have the same layout in both, and Flatten of
// Keras counts channels last in either case. With the layout spec.ChannelsFirst its inputs keep them first.
//
// Source: Keras 2.15 and 3, Serialization; the layers' get_config.
func Keras(b []byte, name, layout string) (*Result, error) {
	b, err := kerasConfig(b)
	if err != nil {
		return nil, err
	}
	var model kerasLayer
	if err := json.Unmarshal(b, &model); err != nil {
		return nil, fmt.Errorf("not a configuration of Keras: %w", err)
	}
	k := &kerasImporter{importer: importer{layout: layout}, values: map[string]*kerasValue{}}
	switch model.Class {
	case "Sequential":
		err = k.sequential(model.Config)
	case "Functional", "Model":
		err = k.functional(model.Config)
	default:
		err = fmt.Errorf("a configuration of %q: Sequential and Functional models are read", model.Class)
	}
	if err != nil {
		return nil, err
	}
	if len(k.errs) > 0 {
		return nil, &Unsupported{k.errs}
	}
	return k.result(name)
}

// IsKeras tells whether the bytes of a file are a configuration of Keras or a .keras file, not an ONNX file.
func IsKeras(b []byte) bool { return bytes.HasPrefix(b, []byte("PK")) || IsConfig(b) }

// IsConfig tells whether a file may be a configuration of Keras as text.
func IsConfig(b []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{")) }

// maxConfig bounds the bytes of a configuration.
const maxConfig = 64 << 20

// kerasConfig returns the configuration, out of a .keras file if b is one.
func kerasConfig(b []byte) ([]byte, error) {
	if !bytes.HasPrefix(b, []byte("PK")) {
		return b, nil
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	f, err := z.Open("config.json")
	if err != nil {
		return nil, errors.New("an archive without a config.json, which a .keras file has: not a model that is imported")
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxConfig))
}

// kerasLayer is the serialized form of a layer or model.
type kerasLayer struct {
	Class   string          `json:"class_name"`
	Config  json.RawMessage `json:"config"`
	Name    string          `json:"name"`
	Inbound json.RawMessage `json:"inbound_nodes"`
}

// config holds the attributes of a layer.
type config map[string]any

func (c config) word(key, absent string) string {
	if s, ok := c[key].(string); ok {
		return s
	}
	return absent
}

func (c config) flag(key string, absent bool) bool {
	if b, ok := c[key].(bool); ok {
		return b
	}
	return absent
}

func (c config) float(key string, absent float64) float64 {
	if v, ok := c[key].(float64); ok {
		return v
	}
	return absent
}

// whole returns a whole number; absent too for one that is none.
func (c config) whole(key string, absent int) int {
	if v, ok := c[key].(float64); ok && v == math.Trunc(v) && math.Abs(v) < 1<<31 {
		return int(v)
	}
	return absent
}

// list returns whole numbers: a list, or one for a number alone; nil if there are none.
func (c config) list(key string) []int {
	return integers(c[key])
}

func integers(v any) []int {
	all, ok := v.([]any)
	if !ok {
		all = []any{v}
	}
	var out []int
	for _, v := range all {
		f, ok := v.(float64)
		if !ok || f != math.Trunc(f) || math.Abs(f) >= 1<<31 {
			return nil
		}
		out = append(out, int(f))
	}
	return out
}

// kerasValue is what a layer gives where it is applied.
type kerasValue struct {
	layer *layer
	steps []*layer // its state, where the layer gives that
	mask  *layer   // of the steps that count; nil for all
	shape []int    // of an input, in the spec's order
}

type kerasImporter struct {
	importer
	values  map[string]*kerasValue // by name and number of the application
	first   *bool                  // whether channels come first, once a layer has told
	ends    []string               // the names of the outputs
	states  map[*layer]*layer      // owners of the layers that stand for states
	applied map[string]*layer      // the first application of each layer, whose weights others share
}

func (k *kerasImporter) fail(name, class, format string, args ...any) {
	k.errs = append(k.errs, fmt.Errorf("layer %q (%s): %s", name, class, fmt.Sprintf(format, args...)))
}

// sequential imports layers that read one another in their order.
func (k *kerasImporter) sequential(raw json.RawMessage) error {
	var c struct{ Layers []kerasLayer }
	if err := json.Unmarshal(raw, &c); err != nil {
		return fmt.Errorf("not a Sequential model of Keras: %w", err)
	}
	last := ""
	for i, l := range c.Layers {
		cfg, err := l.attributes()
		if err != nil {
			return err
		}
		if shape, ok := inputShape(cfg); i == 0 && ok && l.Class != "InputLayer" {
			last = cfg.word("name", "layer") + "_input"
			k.input(last, shape)
		}
		switch {
		case l.Class == "InputLayer":
			shape, ok := inputShape(cfg)
			if !ok {
				return fmt.Errorf("layer %q has no shape", cfg.word("name", ""))
			}
			last = cfg.word("name", "input")
			k.input(last, shape)
		case last == "":
			return errors.New("the model has no input shape: give its first layer one, or build it before to_json")
		case l.Class == "Sequential":
			var inner struct{ Layers []kerasLayer }
			if err := json.Unmarshal(l.Config, &inner); err != nil {
				return fmt.Errorf("not a Sequential model of Keras: %w", err)
			}
			for _, l := range inner.Layers {
				if cfg, err = l.attributes(); err != nil {
					return err
				}
				if l.Class != "InputLayer" {
					last = k.apply(l.Class, cfg, cfg.word("name", l.Class), 0, []string{last}, nil)
				}
			}
		default:
			last = k.apply(l.Class, cfg, cfg.word("name", l.Class), 0, []string{last}, nil)
		}
	}
	k.ends = []string{last}
	return nil
}

func (l kerasLayer) attributes() (config, error) {
	var c config
	if err := json.Unmarshal(l.Config, &c); err != nil {
		return nil, fmt.Errorf("the configuration of a %s: %w", l.Class, err)
	}
	return c, nil
}

// inputShape returns the shape of an example that a layer declares.
func inputShape(c config) ([]int, bool) {
	for _, key := range []string{"batch_shape", "batch_input_shape"} {
		if all, ok := c[key].([]any); ok && len(all) > 1 {
			shape := integers(all[1:])
			return shape, shape != nil
		}
	}
	return nil, false
}

func (k *kerasImporter) input(name string, shape []int) {
	l := &layer{kind: "input", hint: name}
	k.inputs = append(k.inputs, l)
	k.values[ref0(name)] = &kerasValue{layer: l, shape: shape}
}

// ref0 names the result of the first application of a layer.
func ref0(name string) string { return reference(name, 0) }

func reference(name string, node int) string { return fmt.Sprintf("%s\x00%d", name, node) }

// functional imports a graph of layers.
func (k *kerasImporter) functional(raw json.RawMessage) error {
	var c struct {
		Layers  []kerasLayer
		Outputs any `json:"output_layers"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return fmt.Errorf("not a Functional model of Keras: %w", err)
	}
	// A layer that is applied several times reads what comes behind it in the list; so the list is gone through until
	// all is done.
	type application struct {
		layer kerasLayer
		cfg   config
		node  int
		reads []string
		args  map[string][]string
	}
	var open []application
	for _, l := range c.Layers {
		cfg, err := l.attributes()
		if err != nil {
			return err
		}
		if l.Name == "" {
			l.Name = cfg.word("name", l.Class)
		}
		if l.Class == "InputLayer" {
			shape, ok := inputShape(cfg)
			if !ok {
				return fmt.Errorf("layer %q has no shape, or one with open dimensions beside the batch", l.Name)
			}
			k.input(l.Name, shape)
			continue
		}
		var nodes []any
		if err := json.Unmarshal(l.Inbound, &nodes); err != nil {
			return fmt.Errorf("layer %q: its inbound_nodes: %w", l.Name, err)
		}
		for i, n := range nodes {
			reads, args := inbound(n)
			open = append(open, application{l, cfg, i, reads, args})
		}
	}
	for len(open) > 0 {
		before := len(open)
		open = slices.DeleteFunc(open, func(a application) bool {
			ready := !slices.ContainsFunc(a.reads, func(r string) bool { return k.values[r] == nil })
			for _, list := range a.args {
				ready = ready && !slices.ContainsFunc(list, func(r string) bool { return k.values[r] == nil })
			}
			if ready {
				k.applyTo(a.layer.Class, a.cfg, a.layer.Name, a.node, a.reads, a.args)
			}
			return ready
		})
		if len(open) == before {
			return fmt.Errorf("layer %q reads what no layer gives", open[0].layer.Name)
		}
	}
	k.ends, _ = inbound(c.Outputs)
	if len(k.ends) == 0 {
		return errors.New("the model has no output_layers")
	}
	for _, e := range k.ends {
		if k.values[e] == nil {
			name, _, _ := strings.Cut(e, "\x00")
			return fmt.Errorf("output layer %q is not there", name)
		}
	}
	return nil
}

// inbound collects the values that an application reads, as both versions of Keras write them: in the order of its
// arguments, and by name for those of keywords, empty for one that is true. The results of a layer beyond its first
// have their number behind.
func inbound(v any) (reads []string, args map[string][]string) {
	args = map[string][]string{}
	value := func(list []any) (string, bool) {
		if len(list) < 3 {
			return "", false
		}
		name, ok := list[0].(string)
		node, ok2 := list[1].(float64)
		result, ok3 := list[2].(float64)
		if !ok || !ok2 || !ok3 {
			return "", false
		}
		r := reference(name, int(node))
		if result > 0 {
			r += fmt.Sprintf("\x00%d", int(result))
		}
		return r, true
	}
	var walk func(v any, depth int) []string
	keywords := func(more map[string]any, depth int) {
		for key, x := range more {
			if list := walk(x, depth+1); len(list) > 0 || x == true {
				args[key] = list
			}
		}
	}
	walk = func(v any, depth int) (all []string) {
		if depth > 16 {
			return nil
		}
		switch v := v.(type) {
		case []any:
			if r, ok := value(v); ok {
				if len(v) > 3 {
					if more, ok := v[3].(map[string]any); ok {
						keywords(more, depth)
					}
				}
				return []string{r}
			}
			for _, x := range v {
				all = append(all, walk(x, depth+1)...)
			}
		case map[string]any:
			if c, ok := v["config"].(map[string]any); ok && v["class_name"] == "__keras_tensor__" {
				if h, ok := c["keras_history"].([]any); ok {
					if r, ok := value(h); ok {
						return []string{r}
					}
				}
				return nil
			}
			if list, ok := v["args"]; ok {
				all = walk(list, depth+1)
				if more, ok := v["kwargs"].(map[string]any); ok {
					keywords(more, depth)
				}
			}
		}
		return all
	}
	return walk(v, 0), args
}

// apply is applyTo of layers by name; it returns the name of the result.
func (k *kerasImporter) apply(class string, cfg config, name string, node int, reads []string,
	args map[string][]string) string {
	for i, r := range reads {
		reads[i] = ref0(r)
	}
	k.applyTo(class, cfg, name, node, reads, args)
	return name
}

// applyTo makes the layers of one application.
func (k *kerasImporter) applyTo(class string, cfg config, name string, node int, reads []string,
	args map[string][]string) {
	a := &application{importer: k, class: class, config: cfg, name: name, args: args}
	for _, r := range reads {
		if v := k.values[r]; v != nil {
			a.in = append(a.in, v)
		}
	}
	if node > 0 {
		name = fmt.Sprintf("%s_%d", name, node+1)
	}
	v := &kerasValue{}
	if len(a.in) == 0 {
		a.fail("it reads nothing")
		v.layer = &layer{kind: "input"}
	} else {
		v = a.result(name)
		if first := k.applied[a.name]; first != nil && first.kind == v.layer.kind && node > 0 && hasWeights(first.kind) {
			v.layer.set("share", sharing{first})
		} else if node == 0 {
			if k.applied == nil {
				k.applied = map[string]*layer{}
			}
			k.applied[a.name] = v.layer
		}
	}
	k.values[reference(a.name, node)] = v
	for i, s := range v.steps {
		k.values[fmt.Sprintf("%s\x00%d", reference(a.name, node), i+1)] = &kerasValue{layer: s}
	}
}

// sharing is the value of share: the layer, whose name is given at the end.
type sharing struct{ layer *layer }

// hasWeights tells whether layers of a kind have weights.
func hasWeights(kind string) bool {
	if kind == "bidirectional" {
		return true
	}
	d := op.Lookup(kind)
	return d != nil && d.Params != nil
}

// result writes the spec.
func (k *kerasImporter) result(name string) (*Result, error) {
	for _, l := range k.inputs {
		shape := k.values[ref0(l.hint)].shape
		if k.first != nil && *k.first && len(shape) > 1 {
			shape = append(slices.Clone(shape[1:]), shape[0])
			l.keep(k.layout)
		}
		for _, d := range shape {
			l.shape = append(l.shape, []*atom{{size: d}})
		}
	}
	for i, e := range k.ends {
		if !strings.Contains(e, "\x00") {
			e = ref0(e)
		}
		end := k.values[e]
		if end == nil {
			return nil, fmt.Errorf("output %d of the model is that of no layer", i+1)
		}
		l, readers := end.layer, 0
		for _, r := range k.layers {
			for _, in := range r.in {
				if in == l {
					readers++
				}
			}
		}
		hint := l.hint
		o := &Output{Name: fmt.Sprintf("output%d", i+1), value: &value{layer: l, store: axes{{{size: width(l)}}}}}
		if err := k.output(o, readers == 0, len(k.ends) == 1); err != nil {
			return nil, err
		}
		o.keepTargets()
		if o.value.layer == l {
			l.hint = hint
		}
		k.found = append(k.found, o)
	}
	k.nameLayers()
	for state, owner := range k.states {
		state.name = owner.name + "." + state.name
	}
	for _, l := range k.layers {
		for i, a := range l.attrs {
			switch v := a.value.(type) {
			case sharing:
				l.attrs[i].value = asName(v.layer.name)
			case []*layer:
				var refs []string
				for _, s := range v {
					refs = append(refs, s.name)
				}
				l.attrs[i].value = list(refs)
			}
		}
	}
	r := &Result{Report: k.report}
	k.remarkLayout(r)
	var err error
	if r.Spec, err = spec.Format(name+".yaml", []byte(k.yaml(name))); err != nil {
		return nil, fmt.Errorf("BUG: the imported spec is no YAML: %w", err)
	}
	s, problems := spec.Parse(name+".yaml", r.Spec, op.Schema())
	if problems.Err() != nil {
		return nil, fmt.Errorf("the imported spec is refused: %w\n%s", problems.Err(), r.Spec)
	}
	var refused spec.ErrorList
	if r.Net, refused = net.Build(s, nil); refused.Err() != nil {
		return nil, fmt.Errorf("the imported spec is refused: %w\n%s", refused.Err(), r.Spec)
	}
	return r, nil
}

// asName returns a text that YAML needs no quotes for.
func asName(s string) name { return name(s) }

// width returns the features of what a layer gives, as far as the layers before it tell.
func width(l *layer) int {
	for range 1 << 16 {
		for _, key := range []string{"units", "filters"} {
			if n, ok := l.attr(key).(int); ok {
				return n
			}
		}
		if len(l.in) == 0 {
			break
		}
		l = l.in[0]
	}
	return 1
}
