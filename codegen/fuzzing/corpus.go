package fuzzing

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// title is the first line of a file of Go's corpus.
const title = "go test fuzz v1"

// encode writes an input as a file of Go's corpus: a line for each argument, which is a Go expression.
func encode(in []any) []byte {
	b := []byte(title + "\n")
	for _, v := range in {
		switch v := v.(type) {
		case []byte:
			b = fmt.Appendf(b, "[]byte(%q)\n", v)
		case string:
			b = fmt.Appendf(b, "string(%q)\n", v)
		case float32:
			b = fmt.Appendf(b, "math.Float32frombits(%#x)\n", math.Float32bits(v))
		case float64:
			b = fmt.Appendf(b, "math.Float64frombits(%#x)\n", math.Float64bits(v))
		default:
			b = fmt.Appendf(b, "%T(%v)\n", v, v)
		}
	}
	return b
}

// decode reads a file of Go's corpus as the arguments of a target behind its *testing.T.
func decode(b []byte, target reflect.Type) ([]any, error) {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if lines[0] != title || len(lines) != target.NumIn() {
		return nil, fmt.Errorf("%d lines below %q, want %d below %q", len(lines)-1, lines[0], target.NumIn()-1, title)
	}
	var in []any
	for i, line := range lines[1:] {
		kind, text, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(line), ")"), "(")
		if !ok {
			return nil, fmt.Errorf("%q is no expression", line)
		}
		v := reflect.New(target.In(i + 1)).Elem()
		if err := parse(v, kind, text); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		in = append(in, v.Interface())
	}
	return in, nil
}

// parse sets an argument to the literal text, converted by kind: a type, or math.Float64frombits.
func parse(v reflect.Value, kind, text string) error {
	size := int(v.Type().Size()) * 8
	switch v.Kind() {
	case reflect.Slice, reflect.String:
		s, err := strconv.Unquote(text)
		if err == nil && v.Kind() == reflect.String {
			v.SetString(s)
		} else if err == nil {
			v.SetBytes([]byte(s))
		}
		return err
	case reflect.Bool:
		x, err := strconv.ParseBool(text)
		v.SetBool(x)
		return err
	case reflect.Float32, reflect.Float64:
		if !strings.HasPrefix(kind, "math.") {
			x, err := strconv.ParseFloat(text, size)
			v.SetFloat(x)
			return err
		}
		bits, err := strconv.ParseUint(text, 0, size)
		if x := math.Float64frombits(bits); size == 64 {
			v.Set(reflect.ValueOf(x))
		} else {
			v.Set(reflect.ValueOf(math.Float32frombits(uint32(bits))))
		}
		return err
	}
	var x int64
	var err error
	switch literal := []byte(text); {
	case bytes.HasPrefix(literal, []byte("'")):
		var c rune
		c, _, _, err = strconv.UnquoteChar(strings.Trim(text[1:], "'"), '\'')
		x = int64(c)
	case v.CanInt():
		x, err = strconv.ParseInt(text, 0, size)
	default:
		var u uint64
		u, err = strconv.ParseUint(text, 0, size)
		x = int64(u)
	}
	if v.CanInt() {
		v.SetInt(x)
	} else {
		v.SetUint(uint64(x))
	}
	return err
}
