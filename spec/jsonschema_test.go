package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// validator checks values against a JSON Schema, as far as JSONSchema uses the language; a keyword
// that it does not know is an error.
type validator struct {
	root map[string]any
}

func (v validator) check(schema map[string]any, value any, path string) error {
	keys := make([]string, 0, len(schema))
	for k := range schema {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if err := v.keyword(schema, k, schema[k], value, path); err != nil {
			return err
		}
	}
	return nil
}

func (v validator) keyword(schema map[string]any, key string, arg, value any, path string) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...))
	}
	num, isNum := value.(float64)
	str, isStr := value.(string)
	arr, isArr := value.([]any)
	obj, isObj := value.(map[string]any)
	size := func(is bool, n int, low bool) error {
		if is && (low && n < int(arg.(float64)) || !low && n > int(arg.(float64))) {
			return fail("%s is %v, but the size is %d", key, arg, n)
		}
		return nil
	}
	switch key {
	case "$schema", "title", "description", "default", "$defs", "then", "else":
	case "if":
		branch := "then"
		if v.check(arg.(map[string]any), value, path) != nil {
			branch = "else"
		}
		return v.check(schema[branch].(map[string]any), value, path)
	case "$ref":
		name := strings.TrimPrefix(arg.(string), "#/$defs/")
		def, ok := v.root["$defs"].(map[string]any)[name].(map[string]any)
		if !ok {
			return fail("no definition %s", name)
		}
		return v.check(def, value, path)
	case "type":
		types, ok := arg.([]any)
		if !ok {
			types = []any{arg}
		}
		is := map[any]bool{
			"number": isNum, "integer": isNum && num == math.Trunc(num), "string": isStr, "array": isArr,
			"object": isObj, "null": value == nil, "boolean": value == true || value == false,
		}
		if !slices.ContainsFunc(types, func(t any) bool { return is[t] }) {
			return fail("%v is no %v", value, arg)
		}
	case "const":
		if !reflect.DeepEqual(arg, value) {
			return fail("%v is not %v", value, arg)
		}
	case "enum":
		if !slices.ContainsFunc(arg.([]any), func(e any) bool { return reflect.DeepEqual(e, value) }) {
			return fail("%v is none of %v", value, arg)
		}
	case "anyOf", "oneOf", "allOf":
		good := 0
		var all []string
		for _, s := range arg.([]any) {
			if err := v.check(s.(map[string]any), value, path); err != nil {
				all = append(all, err.Error())
			} else {
				good++
			}
		}
		if good == 0 || key == "oneOf" && good > 1 || key == "allOf" && len(all) > 0 {
			return fail("%s holds %d times: %s", key, good, strings.Join(all, "; "))
		}
	case "minimum":
		if isNum && num < arg.(float64) {
			return fail("%v < %v", num, arg)
		}
	case "maximum":
		if isNum && num > arg.(float64) {
			return fail("%v > %v", num, arg)
		}
	case "exclusiveMinimum":
		if isNum && num <= arg.(float64) {
			return fail("%v ≤ %v", num, arg)
		}
	case "exclusiveMaximum":
		if isNum && num >= arg.(float64) {
			return fail("%v ≥ %v", num, arg)
		}
	case "pattern":
		if isStr && !regexp.MustCompile(arg.(string)).MatchString(str) {
			return fail("%q does not match %v", str, arg)
		}
	case "minLength":
		return size(isStr, utf8.RuneCountInString(str), true)
	case "minItems":
		return size(isArr, len(arr), true)
	case "maxItems":
		return size(isArr, len(arr), false)
	case "minProperties":
		return size(isObj, len(obj), true)
	case "maxProperties":
		return size(isObj, len(obj), false)
	case "uniqueItems":
		for i := range arr {
			for j := range i {
				if reflect.DeepEqual(arr[i], arr[j]) {
					return fail("items %d and %d are the same", j, i)
				}
			}
		}
	case "items":
		for i, e := range arr {
			if err := v.check(arg.(map[string]any), e, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case "required":
		for _, name := range arg.([]any) {
			if _, ok := obj[name.(string)]; isObj && !ok {
				return fail("%v is missing", name)
			}
		}
	case "properties":
		for name, s := range arg.(map[string]any) {
			if e, ok := obj[name]; ok {
				if err := v.check(s.(map[string]any), e, path+"."+name); err != nil {
					return err
				}
			}
		}
	case "additionalProperties":
		props, _ := schema["properties"].(map[string]any)
		for name, e := range obj {
			if _, ok := props[name]; ok {
				continue
			}
			s, ok := arg.(map[string]any)
			if !ok {
				return fail("unknown key %s", name)
			}
			if err := v.check(s, e, path+"."+name); err != nil {
				return err
			}
		}
	default:
		return fail("unknown keyword %s", key)
	}
	return nil
}

// validate checks a spec in YAML against the JSON Schema of local.
func validate(t *testing.T, src []byte) error {
	t.Helper()
	text, err := JSONSchema(local)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	var value any
	if err := yaml.Unmarshal(src, &value); err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(plain, &value); err != nil {
		t.Fatal(err)
	}
	return validator{root}.check(root, value, "spec")
}

func TestJSONSchemaAcceptsGoodSpecs(t *testing.T) {
	for name, src := range map[string]string{
		"digits": digits,
		"forms": `version: 1
name: m
inputs:
  - {name: a, shape: 4}
  - {name: b, shape: [2, 2], columns: [0, x]}
preprocess: standardize
classes: 3
layers:
  - dense: 4
  - dense: {units: 3, activation: {leaky_relu: 0.1}, sparsity: {pairs: [[0, 1], [1, 0]]}, share: dense1}
  - dropout: 0.5
  - flatten:
  - conv2d: {filters: 1, kernel_size: [1, 2]}
  - add: {from: [a, dropout1]}
  - output: {loss: {huber: {}}}
optimizer: sgd
training: {batch_size: full, class_weights: {x: 2}, metrics: [accuracy], kernel_regularizer: {l2: 0.1}}
limits: {flash: 1.5MB, ram: 65536}
generate: {runtime: import, train: false}
`,
	} {
		if err := validate(t, []byte(src)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		mustParse(t, src)
	}
}

// TestJSONSchemaRejectsWhatParseRejects holds for the codes that do not depend on other parts of the
// spec or on its text.
func TestJSONSchemaRejectsWhatParseRejects(t *testing.T) {
	for _, code := range []string{
		"form", "length", "missing", "range", "too-deep", "type", "unknown-key", "unknown-kind", "version", "word",
	} {
		for _, path := range examplePaths(t) {
			if exampleCode(path) != code {
				continue
			}
			_, src, _ := readExample(t, path)
			src = bytes.ReplaceAll(src, []byte(".nan"), []byte("-1"))
			src = bytes.ReplaceAll(src, []byte(".inf"), []byte("-1"))
			src = bytes.ReplaceAll(src, []byte("1e400"), []byte("-1"))
			if err := validate(t, src); err == nil {
				t.Errorf("%s is valid", path)
			}
		}
	}
}

func TestJSONSchemaIsDeterministic(t *testing.T) {
	a, err := JSONSchema(local)
	if err != nil {
		t.Fatal(err)
	}
	b, err := JSONSchema(local)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("two runs differ")
	}
}

// TestJSONSchemaSaysAllOnce has a key at most once in each object, as JSON wants it, and lines that a person may read.
func TestJSONSchemaSaysAllOnce(t *testing.T) {
	text, err := JSONSchema(local)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	var walk func(path string)
	walk = func(path string) {
		open, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		seen := map[any]bool{}
		switch open {
		case json.Delim('{'):
			for d.More() {
				key, err := d.Token()
				if err != nil {
					t.Fatal(err)
				}
				if seen[key] {
					t.Errorf("%s has %v twice", path, key)
				}
				seen[key] = true
				walk(fmt.Sprintf("%s.%v", path, key))
			}
		case json.Delim('['):
			for i := 0; d.More(); i++ {
				walk(fmt.Sprintf("%s[%d]", path, i))
			}
		default:
			return
		}
		d.Token()
	}
	walk("")
	defs := map[string]bool{}
	for _, m := range regexp.MustCompile(`"#/\$defs/([^"]*)"`).FindAllSubmatch(text, -1) {
		defs[string(m[1])] = true
	}
	if !defs["layers_name"] || !defs["each_of_inputs"] {
		t.Errorf("what stands in several places is not shared: the definitions are %v", slices.Sorted(maps.Keys(defs)))
	}
}
