package golden

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// edition counts the changes of what vectors of the same network hold: of the reference, of examples, of the effort.
// Whoever changes one of those raises it, or vectors that are there already are taken for up to date:
// TestEditionIsRaisedWhenVectorsChange.
const edition = 5

// probeEdition does so for what probes hold.
const probeEdition = 6

// key returns the checksum of all that the vectors of a file depend on.
func (c *computation) key(path string, e Effort) string {
	var b strings.Builder
	s := c.Net.Spec
	edition := edition
	if path == ProbeFile {
		edition = probeEdition
	}
	fmt.Fprintf(&b, "edition %d %s %+v seed %d\nmodel %s\n", edition, path, e, s.Training.Seed, c.Net.ModelSum())
	if path == File {
		fmt.Fprintf(&b, "weights %s\n", c.Checksum)
	} else {
		fmt.Fprintf(&b, "batch %d\n", s.Training.BatchSize)
		if c := s.Training.Chunks; c > 0 {
			fmt.Fprintf(&b, "chunks %d\n", c)
		}
	}
	training := path != File && path != ProbeFile
	if training {
		fmt.Fprintf(&b, "optimizer %s clip %v %v\n", attribute(s.Optimizer), s.Training.ClipNorm, s.Training.ClipValue)
	}
	for _, l := range c.Net.Layers {
		fmt.Fprintf(&b, "layer %s %s %d", l.Def.Kind.Name, l.Shape, l.Stream)
		for _, a := range l.Node.Attrs {
			fmt.Fprintf(&b, " %s=%v", a.Name, attribute(a.V))
		}
		b.WriteByte('\n')
	}
	for _, in := range c.Net.Inputs {
		if path == ProbeFile && oneHot(c.Net, in) {
			fmt.Fprintf(&b, "one-hot %s\n", in.Name)
		}
	}
	for _, o := range c.Net.Outputs {
		fmt.Fprintf(&b, "output %s %s %s %v %v\n", o.Name, o.Loss.Kind.Name, o.Task, o.Weight, attribute(o.Node))
	}
	for _, p := range c.Net.Params {
		fmt.Fprintf(&b, "param %s %s %d %v %d %d %v %v %v %v %v\n", p.Name, p.Shape, p.Role, attribute(p.Init), p.FanIn,
			p.FanOut, p.Stream, p.L1, p.L2, p.Pattern, p.Values)
		if training {
			fmt.Fprintf(&b, "rate %v most %v\n", p.Rate(), p.MaxNorm)
		}
		if p.DType != ir.Float32 && path == File {
			fmt.Fprintf(&b, "dtype %s\n", p.DType)
		}
	}
	if g := c.Net.Guard; g != nil && path == File {
		fmt.Fprintf(&b, "guard %s features distance\n", g.Layer.Name)
	}
	return digest([]byte(b.String()))
}

// attribute returns the value of an attribute as text, without positions.
func attribute(v any) string {
	switch v := v.(type) {
	case spec.Node:
		text := v.Kind
		for _, a := range v.Attrs {
			text += fmt.Sprintf(" %s=%s", a.Name, attribute(a.V))
		}
		return "{" + text + "}"
	case []spec.Node:
		text := ""
		for _, n := range v {
			text += attribute(n)
		}
		return "[" + text + "]"
	case []spec.Ref:
		text := ""
		for _, r := range v {
			text += " " + r.Name
		}
		return "[" + text + "]"
	}
	return fmt.Sprint(v)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// fresh tells whether a file holds the vectors that a key stands for, as they were written.
func fresh(b []byte, key string) bool {
	f, err := safetensors.Open(b)
	if err != nil || f.Meta["of"] != key {
		return false
	}
	plain, err := Plain(f)
	return err == nil && digest(plain) == f.Meta["sum"]
}

// Plain returns a file of the tensors of another, without its metadata and with numbers of 16 bits as float32.
func Plain(f *safetensors.File) ([]byte, error) {
	var tensors []safetensors.Tensor
	for _, name := range f.Names() {
		shape, _ := f.ShapeOf(name)
		n := 1
		for _, d := range shape {
			n *= d
		}
		t := safetensors.Tensor{Name: name, Shape: shape, Data: make([]float32, n)}
		if err := f.ReadAny(t); err != nil {
			return nil, err
		}
		tensors = append(tensors, t)
	}
	return safetensors.Encode(nil, tensors)
}
