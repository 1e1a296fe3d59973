package safetensors

// The types of integers.
var (
	I8  = &Type{"I8", "I8", false, 1, nil, nil, viewInt8, decodeInt8, appendInt8, anyInteger}
	I32 = &Type{"I32", "I32", false, 4, nil, nil, viewInt32, decodeInt32, appendInt32, anyInteger}
)

func viewInt8(t Tensor, b []byte) Tensor {
	t.Int8, t.bits = make([]int8, len(b)), nil
	decodeInt8(t, b)
	return t
}

func decodeInt8(t Tensor, b []byte) {
	for i := range t.Int8 {
		t.Int8[i] = int8(b[i])
	}
}

func appendInt8(t Tensor, b []byte) []byte {
	for _, v := range t.Int8 {
		b = append(b, byte(v))
	}
	return b
}

func viewInt32(t Tensor, b []byte) Tensor {
	t.Int32, t.bits = make([]int32, len(b)/4), nil
	decodeInt32(t, b)
	return t
}

func decodeInt32(t Tensor, b []byte) {
	for i := range t.Int32 {
		t.Int32[i] = int32(word(b[4*i:]))
	}
}

func appendInt32(t Tensor, b []byte) []byte {
	for _, v := range t.Int32 {
		b = append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	return b
}

// anyInteger is the check of integers, which are what they are.
func anyInteger(Tensor) error { return nil }
