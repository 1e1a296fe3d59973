package op

// Literal is a value of a type of the runtime that generated code writes down, such as optim.SGD{WeightDecay: 0.01}.
type Literal struct {
	Package, Type string
	Fields        []Field
	Pointer       bool // &T{…}: it has a state of its own
}

// Field is a field of a Literal.
type Field struct {
	Name  string
	Value any // a float64, int, bool, string, []int or Literal
}
