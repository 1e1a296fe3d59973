package ir

// DType returns the type of the numbers of a value: for parameters that of integers that they hold, for views that of
// what they show, for others what the row of the primitive says.
func (v *Value) DType() DType {
	switch {
	case v.Def.Prim == ParamPrim:
		return v.Def.Param.DType.Computed()
	case v.Def.Prim.View:
		return v.Def.Args[0].DType()
	}
	return v.Def.Prim.DType
}

// Integer tells whether the type is one that quantised networks compute with.
func (t DType) Integer() bool { return t == Int8 || t == Int32 }

// Computed returns the type in which numbers of the type are computed with.
func (t DType) Computed() DType {
	if t.Integer() {
		return t
	}
	return Float32
}
