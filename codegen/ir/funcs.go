package ir

// Func is one row of the table of functions that the primitives map and grad apply.
type Func struct {
	Name string
	Doc  string
	// FromOutput says that the derivative is computed from y = f(x), so that x need not be kept;
	// else it is computed from x.
	FromOutput bool
	// Mask says that the derivative is 1 or 0, as y = f(x) tells.
	Mask bool
	// Flat says that the derivative is 0 wherever it exists.
	Flat bool
	// Alpha says that the function has a parameter.
	Alpha bool
	// InTile says that a gemm can apply the function, or its derivative from the output, to the register tile before it
	// stores it.
	InTile bool
	// GradInTile says the latter alone.
	GradInTile bool
}

var functions = []Func{
	{Name: "abs", Doc: "|x|"},
	{Name: "ceil", Doc: "⌈x⌉", Flat: true},
	{Name: "cos", Doc: "cos x"},
	{Name: "elu", Doc: "x where x > 0, else α·(eˣ − 1)", FromOutput: true, Alpha: true},
	{Name: "erf", Doc: "erf x"},
	{Name: "exp", Doc: "eˣ", FromOutput: true},
	{Name: "floor", Doc: "⌊x⌋", Flat: true},
	{Name: "gelu", Doc: "x·Φ(x), Φ by erf"},
	{Name: "gelu_tanh", Doc: "x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))"},
	{Name: "hard_sigmoid", Doc: "min(max(x/6 + 1/2, 0), 1)"},
	{Name: "hard_swish", Doc: "x·hard_sigmoid(x)"},
	{Name: "leaky_relu", Doc: "x where x > 0, else α·x", FromOutput: true, Alpha: true, InTile: true},
	{Name: "log", Doc: "ln x"},
	{Name: "mish", Doc: "x·tanh(softplus(x))"},
	{Name: "quick_gelu", Doc: "x·sigmoid(1.702·x)"},
	{Name: "reciprocal", Doc: "1/x", FromOutput: true},
	{Name: "relu", Doc: "max(x, 0)", FromOutput: true, Mask: true, InTile: true},
	{Name: "round", Doc: "the whole number next to x, of two as near the even one", Flat: true},
	{Name: "selu", Doc: "λ·x where x > 0, else λα·(eˣ − 1)", FromOutput: true},
	{Name: "sigmoid", Doc: "1/(1 + e⁻ˣ)", FromOutput: true, GradInTile: true},
	{Name: "silu", Doc: "x·sigmoid(x)"},
	{Name: "sin", Doc: "sin x"},
	{Name: "softplus", Doc: "ln(1 + eˣ)", FromOutput: true},
	{Name: "softsign", Doc: "x/(1 + |x|)", FromOutput: true},
	{Name: "sqrt", Doc: "√x", FromOutput: true},
	{Name: "square", Doc: "x²"},
	{Name: "step", Doc: "1 where x ≥ 0, else 0", Flat: true},
	{Name: "tanh", Doc: "tanh x", FromOutput: true, GradInTile: true},
}

// Function returns the row of a function; it panics if there is none.
func Function(name string) Func {
	for _, f := range functions {
		if f.Name == name {
			return f
		}
	}
	panic("BUG: no function " + name)
}

// Functions returns the names of all functions, sorted.
func Functions() []string {
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i] = f.Name
	}
	return names
}
