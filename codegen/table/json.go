package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// What begins a list of objects in JSON, and an object that is a line by itself.
var (
	jsonList   = regexp.MustCompile(`^\s*\[\s*\{\s*"`)
	jsonObject = regexp.MustCompile(`^\s*\{\s*"[^\n]*\}\s*(\n|$)`)
)

func isJSONLines(name string) bool {
	name = strings.ToLower(name)
	for _, packed := range []string{".gz", ".zst"} {
		name = strings.TrimSuffix(name, packed)
	}
	return strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".ndjson")
}

// beginJSON reads the sample of a file of objects, one a line: their keys are the columns, in the order in which
// objects have them. An object without a key of others, or with null, has no value there.
func (t *Table) beginJSON(o Options) error {
	t.Header, t.Delimiter = true, ","
	t.Comma = o.Other && o.Decimal == "," // of texts, as the training rows have it; numbers of JSON have a point
	for len(t.sample) < sampled {
		r, err := t.object()
		if err != nil {
			t.err = t.placed(err)
			break
		}
		r.Fields = slices.Clone(r.Fields)
		t.sample = append(t.sample, r)
	}
	for _, key := range o.Keys {
		taken := func(found string) bool { return o.Taken != nil && o.Taken(key, found) }
		if !slices.Contains(t.Names, key) && !slices.ContainsFunc(t.Names, taken) {
			t.order, t.Names = append(t.order, key), append(t.Names, key)
		}
	}
	t.Columns = len(t.Names)
	if t.Columns == 0 && t.err != nil && t.err != io.EOF {
		return t.err
	}
	for i := range t.sample {
		r := &t.sample[i]
		found, bare := r.Fields, r.Bare
		r.Fields, r.Bare = make([]string, t.Columns), make([]bool, t.Columns)
		for c, field := range found {
			at := slices.Index(t.order, t.Names[c])
			r.Fields[at], r.Bare[at] = field, bare[c]
		}
	}
	t.Names, t.HeaderRow = t.order, t.order
	return nil
}

// object reads the next object of a file of them.
func (t *Table) object() (Row, error) {
	line, err := t.lines.next()
	for err == nil && strings.TrimSpace(line) == "" {
		line, err = t.lines.next()
	}
	if err != nil {
		return Row{}, err
	}
	r := Row{Line: t.lines.line}
	r.Fields = make([]string, t.Columns, max(t.Columns, len(t.Names)))
	r.Bare = make([]bool, t.Columns, cap(r.Fields))
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	t.before = -1
	token, err := d.Token()
	if err != nil || token != json.Delim('{') {
		r.Err = errNoObject
		return r, nil
	}
	if r.Err = t.members(d, &r, ""); r.Err == nil && d.More() {
		r.Err = errors.New("something follows the object")
	}
	return r, nil
}

// IsBare tells whether a field is a number, or true or false, of JSON.
func (r *Row) IsBare(column int) bool { return r.Bare != nil && r.Bare[column] }

var errNoObject = errors.New("the line is no JSON object")

// maxNested is the deepest level of objects within objects whose members are columns.
const maxNested = 16

// members reads the members of an object behind its brace. Those of an object within it are columns of their own,
// geo.lat and geo.lon; a list is a field as it is written. Keys that no object of the sample has
// are of no column.
func (t *Table) members(d *json.Decoder, r *Row, prefix string) error {
	if strings.Count(prefix, ".") > maxNested {
		return fmt.Errorf("more than %d objects within each other", maxNested)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return errNoObject
		}
		name := prefix + key.(string)
		value, err := d.Token()
		if err != nil {
			return errNoObject
		}
		var field string
		bare := false
		switch v := value.(type) {
		case string:
			field = v
		case json.Number, bool:
			field, bare = fmt.Sprint(v), true
		case json.Delim:
			if v == '{' {
				if err := t.members(d, r, name+"."); err != nil {
					return err
				}
				continue
			}
			if field, err = list(d); err != nil {
				return err
			}
		}
		c := slices.Index(t.Names, name)
		switch {
		case c < 0 && t.Columns > 0:
			r.Beyond = append(r.Beyond, name)
			continue
		case c < 0 && len(t.Names) == maxColumns:
			return fmt.Errorf("more than %d keys", maxColumns)
		case c < 0:
			c, t.Names = len(t.Names), append(t.Names, name)
			if t.before < 0 {
				t.before = len(t.order) - 1
			}
			t.order = slices.Insert(t.order, t.before+1, name)
		}
		for len(t.stamps) <= c {
			t.stamps = append(t.stamps, 0)
		}
		if t.stamps[c] == r.Line {
			return fmt.Errorf("the key %q comes twice in the object", name)
		}
		t.stamps[c] = r.Line
		for len(r.Fields) <= c {
			r.Fields, r.Bare = append(r.Fields, ""), append(r.Bare, false)
		}
		r.Fields[c], r.Bare[c] = field, bare
		if t.Columns == 0 {
			t.before = slices.Index(t.order, name)
		}
	}
	if _, err := d.Token(); err != nil {
		return errNoObject
	}
	return nil
}

// list reads a list behind its bracket, and returns it as it is written, without blanks.
func list(d *json.Decoder) (string, error) {
	var items []string
	for d.More() {
		var item json.RawMessage
		if err := d.Decode(&item); err != nil {
			return "", errNoObject
		}
		var b bytes.Buffer
		if err := json.Compact(&b, item); err != nil {
			return "", errNoObject
		}
		items = append(items, b.String())
	}
	if _, err := d.Token(); err != nil {
		return "", errNoObject
	}
	return "[" + strings.Join(items, ",") + "]", nil
}
