package emit

import (
	"regexp"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/runtime/abi"
)

// A kernel may have two parts: for AVX2, which is what other machines print too, and behind it for AVX-512. It begins
// with a look at the variable avx512 of its package, which points to that of package cpu, so that the Go code that
// calls it is one for both. The part for AVX-512, and what leads to it, are sections that copies may do without.

// ToWide emits the jump to the part for AVX-512.
func ToWide() { toWide(global{}, nil) }

// ToWideOfUnless is ToWideUnless for a context; few may be nil.
func ToWideOfUnless(c *Context, few func(label string)) { toWide(c, few) }

// ToWideUnless is ToWide for a kernel whose part for AVX2 is the faster one for some arguments, for which few emits a
// jump to the label that it gets.
func ToWideUnless(few func(label string)) { toWide(global{}, few) }

// jumper is what a jump to the part for AVX-512 takes of a context.
type jumper interface {
	Comment(lines ...string)
	GP64() reg.GPVirtual
	MOVQ(from, to Op)
	CMPB(a, b Op)
	JNE(to Op)
	Label(name string)
}

// global is avo's context that its functions share.
type global struct{}

func (global) Comment(lines ...string) { Comment(lines...) }
func (global) GP64() reg.GPVirtual     { return GP64() }
func (global) MOVQ(from, to Op)        { MOVQ(from, to) }
func (global) CMPB(a, b Op)            { CMPB(a, b) }
func (global) JNE(to Op)               { JNE(to) }
func (global) Label(name string)       { Label(name) }

// toWide emits the jump, which few, if not nil, may lead around.
func toWide(c jumper, few func(label string)) {
	c.Comment("section " + abi.PartAVX512)
	narrow := ""
	if few != nil {
		narrow = NewLabel("narrow")
		few(narrow)
	}
	has := c.GP64()
	c.MOVQ(NewDataAddr(Symbol{Name: "·" + abi.PartAVX512}, 0), has)
	c.CMPB(Mem{Base: has}, Imm(0))
	c.JNE(LabelRef(abi.PartAVX512))
	if few != nil {
		c.Label(narrow)
	}
	c.Comment("end " + abi.PartAVX512)
}

// Wide emits the part for AVX-512, behind the other.
func Wide(body func()) {
	Comment("section " + abi.PartAVX512)
	Label(abi.PartAVX512)
	body()
	Comment("end " + abi.PartAVX512)
}

// BeginWide begins the part for AVX-512, behind the other, and returns what ends it. The labels in between may have the
// names of those of the other part, and get names of their own.
func BeginWide(c *Context) (end func()) {
	file, _ := c.Result() // whose errors show at the end
	functions := file.Functions()
	f := functions[len(functions)-1]
	c.Comment("section " + abi.PartAVX512)
	from := len(f.Nodes)
	c.Label(abi.PartAVX512)
	return func() {
		for i, n := range f.Nodes[from+1:] {
			switch n := n.(type) {
			case ir.Label:
				f.Nodes[from+1+i] = abi.PartAVX512 + "_" + n
			case *ir.Instruction:
				for j, op := range n.Operands {
					if l, ok := op.(LabelRef); ok {
						n.Operands[j] = abi.PartAVX512 + "_" + l
					}
				}
			}
		}
		c.Comment("end " + abi.PartAVX512)
	}
}

// wide matches the parts for AVX-512 in the text of a kernel.
var wide = regexp.MustCompile(`(?s)// section ` + abi.PartAVX512 + `\n.*?// end ` + abi.PartAVX512 + `\n`)

// Narrow returns the text of kernels without their parts for AVX-512.
func Narrow(text []byte) []byte { return wide.ReplaceAll(text, nil) }

// withoutWide returns a program without the parts for AVX-512, for other machines.
func withoutWide(f *ir.File) *ir.File {
	narrow := *f
	narrow.Sections = nil
	for _, s := range f.Sections {
		if fn, ok := s.(*ir.Function); ok {
			cut := *fn
			cut.Nodes = nil
			within := false
			for _, n := range fn.Nodes {
				c, ok := n.(*ir.Comment)
				begins := ok && slices.Equal(c.Lines, []string{"section " + abi.PartAVX512})
				ends := ok && slices.Equal(c.Lines, []string{"end " + abi.PartAVX512})
				within = (within || begins) && !ends
				if !within && !ends {
					cut.Nodes = append(cut.Nodes, n)
				}
			}
			s = &cut
		}
		narrow.Sections = append(narrow.Sections, s)
	}
	return &narrow
}
