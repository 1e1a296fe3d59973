package plan

import "github.com/nngen/nngen/codegen/ir"

// Arg is an argument of a call: one of the types below.
type Arg interface{ arg() }

type (
	// Int is a whole constant.
	Int int
	// Uint is a whole constant that may be as large as 64 bits allow.
	Uint uint64
	// Ints is a list of whole constants.
	Ints []int
	// Real is a constant with a fraction.
	Real float64
	// Flag is true or false.
	Flag bool
	// Nil stands for an array that the call is to do without.
	Nil struct{}
	// Count is a number of rows: so many for each example of the function.
	Count int
	// Extent is the number of things that a worker has of a Divide of so many.
	Extent struct{ Things, Unit int }
	// Bound is lo or hi, which bound the things that a worker has of a Divide.
	Bound string
	// Shares is the number of workers that share a function out.
	Shares struct{}
	// Name is a constant of a package of the runtime, such as gemm.ReLU.
	Name struct{ Pkg, Name string }
	// Ident is a constant of the package.
	Ident string
	// Text is a constant of characters, Texts a list of some.
	Text  string
	Texts []string
	// Seed is that of the trainer.
	Seed struct{}
	// StepNumber counts the updates of the trainer.
	StepNumber struct{}
	// FirstElement is the number, within its batch, of the first of some elements that each example has.
	FirstElement int
	// Started tells whether a stream is at its first step.
	Started struct{}
	// Taken is the number of steps that a stream has taken.
	Taken struct{}
	// LossScale is the factor of the gradients of a loss: that of the function times a weight, 1 for none.
	LossScale float64
	// Var is the address of a variable of the package, or of the inference package.
	Var struct {
		Name  string
		Model bool // of the inference package, as the training package names it
	}
)

// Field is a field of a Struct.
type Field struct {
	Name string
	Arg  Arg
}

// Struct is a value of a struct type of the runtime, or the address of one.
type Struct struct {
	Pkg, Type string
	Fields    []Field
	Pointer   bool
}

// Epilogue says what a product does to its sums before it stores them: see package gemm of the runtime.
type Epilogue struct {
	Act   string   // function of ir, "" for none
	Bias  Arg      // added before the function; nil for none
	Saved Arg      // output whose derivative multiplies the sum; nil for none
	Alpha *float64 // parameter of the function
}

// Memory is the kind of array that a Span is in.
type Memory int

// The kinds of memory.
const (
	Slot       Memory = iota // of the workspace
	Parameter                // of the model, or of the weights in training
	Gradient                 // of a parameter
	Carried                  // of the state of a stream
	Input                    // of the caller
	Target                   // of the caller
	Output                   // of the caller
	RowWeights               // the weights of the examples
	ClassRows                // of the trainer: those weights, times the weights of the classes of the output Port
	Constant                 // a parameter that is a constant of the package: see Tiny
	Scratch                  // of the workspace: what calls work in beside slots
)

// Span is a range of an array of float32 numbers.
type Span struct {
	Mem   Memory
	Slot  *ir.Slot
	Param *Param // of Parameter, Constant, Gradient and Carried
	Port  int    // of Input, Target and Output
	Int8  bool   // whether the numbers of such a port are int8
	From  int    // the elements that are left out at the start
	// Len is where the range ends: for each row of the function if PerRow; −1 for the end of the array.
	Len    int
	PerRow bool
	// ByStep says that the array has Len numbers for each step of a stream, of which those of the current one are
	// meant.
	ByStep bool
	// Part is the number of elements for each thing that workers share out, be it an example or a thing of a Divide:
	// the range begins with those of the worker's first thing, From elements on, and ends behind those of its last; if
	// Open, where it would end anyway. 0 for what is not shared out.
	Part int
	Open bool
}

// DType returns the type of the numbers of the range, as calls take them.
func (s Span) DType() ir.DType {
	switch {
	case s.Slot != nil:
		return s.Slot.DType
	case s.Param != nil:
		return s.Param.Param.DType.Computed()
	case s.Int8:
		return ir.Int8
	}
	return ir.Float32
}

func (Int) arg()          {}
func (Ints) arg()         {}
func (Real) arg()         {}
func (Flag) arg()         {}
func (Text) arg()         {}
func (Ident) arg()        {}
func (Texts) arg()        {}
func (Uint) arg()         {}
func (Nil) arg()          {}
func (Count) arg()        {}
func (Extent) arg()       {}
func (Bound) arg()        {}
func (Shares) arg()       {}
func (Name) arg()         {}
func (Seed) arg()         {}
func (StepNumber) arg()   {}
func (FirstElement) arg() {}
func (Started) arg()      {}
func (Taken) arg()        {}
func (LossScale) arg()    {}
func (Var) arg()          {}
func (Struct) arg()       {}
func (Epilogue) arg()     {}
func (Span) arg()         {}
func (Call) arg()         {}

// Stmt is a statement of a function: one of the types below.
type Stmt interface{ stmt() }

// Callee is a function of the runtime; with Field, it is a method of what the model prepared in that field, of a type
// of package Pkg.
type Callee struct{ Pkg, Name, Field string }

// Call calls a function.
type Call struct {
	Callee
	Args []Arg
}

// Clear sets a span to 0.
type Clear struct{ Dst Arg }

// Copy copies Src, a span or a call that returns one, to Dst.
type Copy struct{ Dst, Src Arg }

// AddLoss adds a loss, times a weight, to the sum that the function returns. Only says that there is no other.
type AddLoss struct {
	Weight float64
	Loss   Call
	Only   bool
}

// Guarded is a call that is left out where a mask, the first number of a span, is not above ½.
type Guarded struct {
	Mask Arg
	Call Call
}

// Divide does for a worker its share of some things, in multiples of a unit.
type Divide struct {
	Extent
	Stmts []Stmt
}

// Turn does what only one worker may do; which, follows from Index.
type Turn struct {
	Index int
	Stmts []Stmt
}

// Watch looks for numbers that are not finite in what a layer computes.
type Watch struct {
	What  string
	Value Arg
}

func (Call) stmt()     {}
func (Clear) stmt()    {}
func (Copy) stmt()     {}
func (*AddLoss) stmt() {}
func (Guarded) stmt()  {}
func (Watch) stmt()    {}
func (Divide) stmt()   {}
func (Turn) stmt()     {}

// Visit hands out the arguments of a statement, and theirs.
func Visit(s Stmt, each func(Arg)) {
	var arg func(a Arg)
	arg = func(a Arg) {
		if a == nil {
			return
		}
		each(a)
		switch a := a.(type) {
		case Call:
			for _, x := range a.Args {
				arg(x)
			}
		case Struct:
			for _, f := range a.Fields {
				arg(f.Arg)
			}
		case Epilogue:
			arg(a.Bias)
			arg(a.Saved)
		}
	}
	switch s := s.(type) {
	case Call:
		arg(s)
	case Clear:
		arg(s.Dst)
	case Copy:
		arg(s.Dst)
		arg(s.Src)
	case *AddLoss:
		arg(s.Loss)
	case Guarded:
		arg(s.Mask)
		arg(s.Call)
	case Watch:
		arg(s.Value)
	case Divide:
		for _, x := range s.Stmts {
			Visit(x, each)
		}
	case Turn:
		for _, x := range s.Stmts {
			Visit(x, each)
		}
	}
}

// plain returns statements without those that share them out.
func plain(all []Stmt) []Stmt {
	var list []Stmt
	for _, s := range all {
		switch s := s.(type) {
		case Divide:
			list = append(list, s.Stmts...)
		case Turn:
			list = append(list, s.Stmts...)
		default:
			list = append(list, s)
		}
	}
	return list
}
