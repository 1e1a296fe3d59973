package project

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"syscall"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// Int8Source is the key under which the metadata of int8 weights hold the checksum of the file that they were made
// from.
const Int8Source = "of"

// IOKey is the key of the metadata of int8 weights that says what the network takes and gives, where the spec does not.
const IOKey = "io"

// SetIO says what the package of 8-bit integers takes and gives, in place of a spec that does not say; "" for nothing.
// It is an error if the spec says something else, or if there is no such thing.
func (p *Project) SetIO(io string) error {
	q := &p.Spec.Quantize
	switch at := q.IOPos; {
	case io == "":
		p.readIO()
		return nil
	case io != spec.FloatIO && io != spec.Int8IO:
		return fmt.Errorf("there is no io %q: it is %s or %s", io, spec.FloatIO, spec.Int8IO)
	case at.Line > 0 && q.IO != io:
		return fmt.Errorf("%s:%d:%d: quantize: io is %s, and not %s as the flag says", at.File, at.Line, at.Col, q.IO, io)
	}
	q.IO, p.ioKnown = io, true
	return nil
}

// readIO finds what the package of 8-bit integers takes and gives, if neither the spec nor the caller says so: what it
// did when it was quantised.
func (p *Project) readIO() {
	if p.ioKnown || p.Spec.Quantize.IOPos.Line > 0 {
		return
	}
	p.ioKnown = true
	b, err := regular.Read(filepath.Join(p.Dir, filepath.FromSlash(p.Int8Weights())), MaxWeights)
	if err != nil {
		return // which who needs the file reports
	}
	if f, err := safetensors.Open(b); err == nil && f.Meta[IOKey] == spec.Int8IO {
		p.Spec.Quantize.IO = spec.Int8IO
	}
}

// Int8Weights returns the path of the weights of the package of 8-bit integers, below the folder of the inference
// package.
func (p *Project) Int8Weights() string {
	return path.Join(codegen.Int8Package(p.Spec.Name), output.Weights)
}

// int8 returns the int8 weights that are there; nil if there are none, or those of another network, which a note says,
// and which stay as those of the inference package do: the spec may be put back.
func (p *Project) int8(weights []byte) ([]byte, error) {
	name := filepath.Join(p.Dir, filepath.FromSlash(p.Int8Weights()))
	run := fmt.Sprintf("%s quantize %s", Command(), p.Spec.File)
	anew := run
	if weights == nil {
		anew = fmt.Sprintf("%s train %s, then: %s", Command(), p.Spec.File, run)
	}
	p.idle, p.aged, p.unmade, p.unmadeWhy = nil, "", "", ""
	b, err := regular.Read(name, MaxWeights)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // what is in the way is found when writing
		if p.Spec.Quantize.Written && weights != nil {
			p.unmade = fmt.Sprintf("%s: there is no package of 8-bit integers until you run: %s", filepath.Dir(name), run)
			p.unmadeWhy = fmt.Sprintf("%s: the spec has quantize, but there is no package of 8-bit integers in %s; run: %s",
				p.Spec.File, filepath.Dir(name), run)
			p.note(p.unmade)
		}
		return nil, nil
	case err != nil:
		return nil, err
	}
	f, err := safetensors.Open(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	network, err := p.Network()
	if err != nil {
		return nil, err
	}
	p.readIO()
	q, _ := quant.Divide(network, p.Spec.Quantize.Skip)
	otherwise := readOtherwise(network, f.Meta)
	switch {
	case q == nil || f.Meta["spec"] != q.Sum():
		p.leaveInt8(weights, name, fmt.Sprintf("%s: these int8 weights are of another network; they stay, but the package of "+
			"8-bit integers goes until you put the spec back, or run: %s", name, anew))
		return nil, nil
	case otherwise != "":
		p.leaveInt8(weights, name, fmt.Sprintf("%s: %s; the package of 8-bit integers goes until then", name, otherwise))
		return nil, nil
	case weights != nil && f.Meta[Int8Source] != output.Sum(weights):
		p.aged = fmt.Sprintf("%s: these int8 weights were made from other weights than those of the package; bring them up "+
			"to date by: %s", name, run)
		p.note(p.aged)
	}
	return b, nil
}

// leaveInt8 leaves int8 weights where they are that are not those of the network, which a note says. Beside weights of
// the package in float32 that are, a package of 8-bit integers is missing.
func (p *Project) leaveInt8(weights []byte, name, note string) {
	p.note(note)
	p.idle = []string{p.Int8Weights()}
	if weights != nil {
		p.unmade = note
		p.unmadeWhy = fmt.Sprintf("%s: there is no package of 8-bit integers: the int8 weights in %s are not of the network as "+
			"the spec has it; run: %s quantize %[1]s, or, to have none, remove them", p.Spec.File, name, Command())
	}
}

// HasInt8 tells whether there is a package of 8-bit integers of this spec, or is to be since the spec asks for it.
func (p *Project) HasInt8() (bool, error) {
	notes := p.Notes
	b, err := p.int8(nil)
	p.Notes = notes // a compilation says them
	return b != nil || p.Spec.Quantize.Written, err
}

// int8Numbers returns the numbers of a network in 8-bit integers, whose ranges it sets. It is an error if there are
// none, or if they were made from other weights than those that are given.
func (p *Project) int8Numbers(q *quant.Network, weights []byte) (quant.Numbers, error) {
	name := filepath.Join(p.Dir, filepath.FromSlash(p.Int8Weights()))
	run := fmt.Sprintf("run: %s quantize %s", Command(), p.Spec.File)
	b, err := regular.Read(name, MaxWeights)
	if err != nil {
		return nil, fmt.Errorf("there are no int8 weights to export: %w; %s", err, run)
	}
	f, err := safetensors.Open(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if f.Meta[Int8Source] != output.Sum(weights) {
		return nil, fmt.Errorf("%s: these int8 weights were made from other weights than those of the package; %s", name, run)
	}
	all, err := q.Decode(b)
	if err == nil {
		err = q.SetRanges(f.Meta[quant.RangesKey])
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; %s", name, err, run)
	}
	return all, nil
}

// note adds a note, once.
func (p *Project) note(text string) {
	for _, n := range p.Notes {
		if n == text {
			return
		}
	}
	p.Notes = append(p.Notes, text)
}

// Int8Module returns the files of a module of some name with the package of 8-bit integers, as it is compiled now, its
// weights, and vectors that the reference computes anew; nil if there are no int8 weights.
func (p *Project) Int8Module(module string) (map[string][]byte, error) {
	weights, err := p.embedded()
	if err != nil || weights == nil {
		return nil, err
	}
	int8s, err := p.int8(weights)
	if err != nil || int8s == nil {
		return nil, err
	}
	return p.int8Module(module, weights, int8s, nil)
}

// QuantizedModule is Int8Module for int8 weights that are not in their place yet, with the vectors of the packages that
// Quantized returned for them.
func (p *Project) QuantizedModule(module string, int8s []byte, pkg *output.Package) (map[string][]byte, error) {
	weights, err := p.embedded()
	if err != nil {
		return nil, err
	}
	return p.int8Module(module, weights, int8s, pkg.Files[p.int8Vectors()])
}

// int8Module is Int8Module for weights in float32 and int8 weights; old are vectors that may be theirs.
func (p *Project) int8Module(module string, weights, int8s, old []byte) (map[string][]byte, error) {
	fitted, err := Fitted(p.Spec, weights)
	if err != nil {
		return nil, err
	}
	q, s := *p, *p.Spec
	s.Generate.Runtime = "copy"
	q.Spec = &s
	out, err := q.Compile(codegen.Options{ImportPath: module, Int8: true, Int8Weights: int8s, Fitted: fitted})
	if err != nil {
		return nil, err
	}
	return out.Files, p.addInt8(out, int8s, old)
}

// oldInt8 returns the vectors of the package of 8-bit integers that are there; nil for none, which are then computed.
func (p *Project) oldInt8() []byte {
	vectors := p.int8Vectors()
	b, _ := regular.Read(filepath.Join(p.Dir, filepath.FromSlash(vectors)), MaxWeights)
	return b
}

// int8Vectors returns the path of the vectors of the package of 8-bit integers, below the folder of the inference package.
func (p *Project) int8Vectors() string { return path.Join(path.Dir(p.Int8Weights()), golden.File) }

// addInt8 adds what the package of 8-bit integers has beside Go; old are the vectors that are there.
func (p *Project) addInt8(out *codegen.Output, weights, old []byte) error {
	file, vectors := p.Int8Weights(), p.int8Vectors()
	all, err := out.Int8.Decode(weights)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(p.Dir, filepath.FromSlash(file)), err)
	}
	b, remark, err := golden.Int8(out.Int8, all, output.Sum(weights), old)
	if err != nil {
		return err
	}
	if remark != "" {
		p.note(path.Dir(file) + ": " + remark)
	}
	out.Files[file], out.Files[vectors] = weights, b
	return nil
}

// Quantized compiles the spec for int8 weights, and returns the packages with them.
func (p *Project) Quantized(int8s []byte) (*output.Package, error) {
	weights, err := p.embedded()
	if err != nil {
		return nil, err
	}
	out, err := p.generate(weights, int8s, nil, "")
	if err != nil {
		return nil, err
	}
	if err := p.renewProof(out, weights); err != nil {
		return nil, err
	}
	return p.Package(out.Files, nil), nil
}
