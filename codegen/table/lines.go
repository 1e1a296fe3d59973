package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lines reads the lines of a text, ahead where a row may go over several of them.
//
// They are cut from blocks of about as many bytes as peeked, each one string: what is true of the characters of a whole
// block need not be checked line by line.
type lines struct {
	in     *bufio.Reader
	line   int    // of the last line, from 1
	block  string // the lines behind those that were read
	sound  bool   // the block is text as rows may hold it: see check
	ahead  []string
	end    error
	guess  *guess   // of the encoding; nil where it is known
	fields []string // of the row that was read last
}

// peeked is the size of the sample that the delimiter is found in.
const peeked = 1 << 16

// newLines returns the lines of a text. If a carriage return alone ends each, as of old on the Macintosh, that is what
// ends them.
func newLines(r io.Reader) *lines {
	in := bufio.NewReaderSize(r, peeked)
	if head, _ := in.Peek(peeked); endsInReturns(bytes.TrimRight(head, "\r")) {
		in = bufio.NewReaderSize(returns{in}, peeked)
	}
	return &lines{in: in}
}

// endsInReturns tells whether lines of a text end in a carriage return alone, and none in a line feed: those within
// quotes are of a field.
func endsInReturns(text []byte) bool {
	if bytes.IndexByte(text, '\r') < 0 {
		return false
	}
	inside, returns := false, false
	for i, c := range text {
		switch {
		case c == '"':
			inside = !inside
		case inside:
		case c == '\n':
			return false
		case c == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			returns = true
		}
	}
	return returns
}

// returns reads carriage returns as ends of lines.
type returns struct{ r io.Reader }

func (r returns) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	for i, c := range p[:n] {
		if c == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// peek returns the beginning of the text, whole lines if there is an end of one.
func (l *lines) peek() ([]byte, error) {
	head, err := l.in.Peek(peeked)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if i := bytes.LastIndexByte(head, '\n'); i > 0 && err == nil {
		head = head[:i]
	}
	return head, nil
}

// next returns the next line without its end.
func (l *lines) next() (line string, err error) {
	if len(l.ahead) > 0 {
		line, l.ahead = l.ahead[0], l.ahead[1:]
	} else if line, err = l.read(); err != nil {
		return "", err
	}
	l.line++
	return line, nil
}

// peekAt returns the line k behind the next one, without taking it.
func (l *lines) peekAt(k int) (string, error) {
	for len(l.ahead) <= k {
		line, err := l.read()
		if err != nil {
			return "", err
		}
		l.ahead = append(l.ahead, line)
	}
	return l.ahead[k], nil
}

// read reads a line behind those that are read ahead.
func (l *lines) read() (string, error) {
	if l.block == "" {
		if err := l.fill(); err != nil {
			return "", err
		}
	}
	line := l.block
	if i := strings.IndexByte(line, '\n'); i >= 0 {
		line, l.block = line[:i], line[i+1:]
	} else {
		l.block = ""
	}
	for line != "" && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	return line, nil
}

// fill reads the next block: the whole lines that the buffer holds, or one that is longer than it.
func (l *lines) fill() error {
	if l.end != nil {
		return l.end
	}
	head, err := l.in.Peek(peeked)
	if err != nil {
		l.end = err
	} else if n := bytes.LastIndexByte(head, '\n') + 1; n > 0 {
		head = head[:n]
	} else {
		return l.fillLong()
	}
	if len(head) == 0 {
		return l.end
	}
	l.setBlock(string(head))
	_, err = l.in.Discard(len(head))
	return err
}

// fillLong reads a line that is longer than the buffer.
func (l *lines) fillLong() error {
	var line []byte
	for {
		part, err := l.in.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxRow {
			l.end = fmt.Errorf("a line is longer than %d MiB", maxRow>>20)
			return l.end
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		l.end = err
		l.setBlock(string(line))
		return nil
	}
}

func (l *lines) setBlock(text string) {
	l.block, l.sound = text, l.check(text) == nil
}

// The errors of rows that are no text.
var (
	errUTF8 = errors.New("the row is not UTF-8")
	errRune = errors.New("the row is neither UTF-8 nor windows-1252; say encoding: in the spec, " +
		"or init --encoding, with the name of another")
	errZero = errors.New("there is a zero byte in the row")
)

// check says what is wrong with the characters of a text; nil if a row may hold them.
func (l *lines) check(text string) error {
	switch {
	case !utf8.ValidString(text):
		return errUTF8
	case l.guess != nil && l.guess.latin && strings.ContainsRune(text, utf8.RuneError):
		return errRune
	case strings.IndexByte(text, 0) >= 0:
		return errZero
	}
	return nil
}

// row reads the next row. A field in quotes may hold ends of lines; a quote that is never closed makes a bad row of the
// line where it stands, and reading goes on with the next one. Its fields are valid until the next row is read.
func (l *lines) row(delimiter string) (Row, error) {
	sound := len(l.ahead) == 0 && l.block != "" && l.sound // of the line that is next
	line, err := l.next()
	if err != nil {
		return Row{}, err
	}
	r := Row{Line: l.line}
	if line == "" || delimiter != "\t" && strings.TrimSpace(line) == "" {
		return r, nil
	}
	if !sound {
		if r.Err = l.check(line); r.Err != nil {
			return r, nil
		}
	}
	var ok bool
	if l.fields, ok = split(l.fields[:0], line, delimiter); ok {
		r.Fields = l.fields
		return r, nil
	}
	if open(line, delimiter, false) {
		whole := line
		closed := false
		k := 0
		for ; k < maxQuoted && len(whole) < maxRow; k++ {
			more, err := l.peekAt(k)
			if err != nil {
				break
			}
			whole += "\n" + more
			if closed = !open(more, delimiter, true); closed {
				break
			}
		}
		if closed {
			r.Fields, r.Err = quoted(whole, delimiter)
		}
		if !closed || r.Err != nil {
			return Row{Line: r.Line, Err: errors.New("a quote is opened, but not closed")}, nil
		}
		for range k + 1 {
			if _, err := l.next(); err != nil {
				return Row{}, err
			}
		}
		if err := l.check(whole); err != nil { // of which the first line alone was looked at
			return Row{Line: r.Line, Err: err}, nil
		}
		return r, nil
	}
	r.Fields, r.Err = quoted(line, delimiter)
	return r, nil
}

// split appends the fields of a line to list. It is not ok where a field in quotes is none that RFC 4180 knows, does
// not end with the line, or a carriage return stands among quotes, which is for quoted.
func split(list []string, line, delimiter string) (fields []string, ok bool) {
	switch {
	case delimiter == Spaces:
		return splitSpaces(list, line), true
	case len(delimiter) != 1 || strings.IndexByte(line, '"') >= 0:
		return splitQuoted(list, line, delimiter)
	}
	d := delimiter[0]
	for {
		i := strings.IndexByte(line, d)
		if i < 0 {
			return append(list, line), true
		}
		list, line = append(list, line[:i]), line[i+1:]
	}
}

// splitSpaces appends the fields of a line that stand apart by blanks. Some may be in quotes, as R writes words; where
// such a field does not end behind them, the quotes of the line are characters like others.
func splitSpaces(list []string, line string) []string {
	before := len(list)
	for rest := line; ; {
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if rest == "" {
			return list
		}
		if rest[0] == '"' {
			field, behind, ok := cutQuoted(rest)
			if behind != "" && strings.IndexFunc(behind, unicode.IsSpace) != 0 {
				ok = false
			}
			if !ok {
				return append(list[:before], strings.Fields(line)...)
			}
			list, rest = append(list, field), behind
			continue
		}
		end := strings.IndexFunc(rest, unicode.IsSpace)
		if end < 0 {
			end = len(rest)
		}
		list, rest = append(list, rest[:end]), rest[end:]
	}
}

// cutQuoted cuts a field in quotes from the beginning of a text, and returns it without them. It is not ok where none
// closes it.
func cutQuoted(text string) (field, rest string, ok bool) {
	end, twice := 1, false // of the field, and whether two quotes stand for one
	for {
		i := strings.IndexByte(text[end:], '"')
		if i < 0 {
			return "", "", false
		}
		if end += i; end+1 == len(text) || text[end+1] != '"' {
			break
		}
		twice, end = true, end+2
	}
	if field = text[1:end]; twice {
		field = strings.ReplaceAll(field, `""`, `"`)
	}
	return field, text[end+1:], true
}

// splitQuoted is split of a line of which some fields may be in quotes, two of which are one within them.
func splitQuoted(list []string, line, delimiter string) (fields []string, ok bool) {
	if strings.IndexByte(line, '"') < 0 {
		for field := range strings.SplitSeq(line, delimiter) {
			list = append(list, field)
		}
		return list, true
	}
	if !isDelimiter(delimiter) || strings.IndexByte(line, '\r') >= 0 {
		return list, false
	}
	for {
		if line == "" || line[0] != '"' {
			field, rest, more := strings.Cut(line, delimiter)
			if strings.IndexByte(field, '"') >= 0 {
				return list, false
			}
			list = append(list, field)
			if !more {
				return list, true
			}
			line = rest
			continue
		}
		field, behind, ok := cutQuoted(line)
		if !ok {
			return list, false
		}
		if list = append(list, field); behind == "" {
			return list, true
		}
		rest, found := strings.CutPrefix(behind, delimiter)
		if !found {
			return list, false
		}
		line = rest
	}
}

// splitAside splits a line, or several of which one row is, where blanks stand between quotes and delimiters: they do
// not count. It is not ok where anything else does.
func splitAside(text, delimiter string) (list []string, ok bool) {
	blanks := strings.ReplaceAll(" \t", delimiter, "")
	for {
		if trimmed := strings.TrimLeft(text, blanks); strings.HasPrefix(trimmed, `"`) {
			field, behind, ok := cutQuoted(trimmed)
			behind = strings.TrimLeft(behind, blanks)
			if list = append(list, field); !ok || behind == "" {
				return list, ok
			}
			if text, ok = strings.CutPrefix(behind, delimiter); !ok {
				return list, false
			}
			continue
		}
		field, rest, more := strings.Cut(text, delimiter)
		if list = append(list, field); !more || strings.IndexByte(field, '"') >= 0 {
			return list, strings.IndexByte(field, '"') < 0
		}
		text = rest
	}
}

// isDelimiter tells whether encoding/csv takes a delimiter.
func isDelimiter(d string) bool {
	r, n := utf8.DecodeRuneInString(d)
	return n > 0 && n == len(d) && r != '"' && r != '\r' && r != '\n' && r != 0 && r != utf8.RuneError
}

// open tells whether a line ends within quotes, if it begins inside of some or not. Blanks may stand before them.
func open(line, delimiter string, inside bool) bool {
	if !inside && strings.IndexByte(line, '"') < 0 {
		return false
	}
	start := true // of a field
	for i := 0; i < len(line); i++ {
		switch {
		case inside && line[i] == '"' && i+1 < len(line) && line[i+1] == '"':
			i++
		case inside && line[i] == '"':
			inside = false
		case inside:
		case start && line[i] == '"':
			inside = true
		case strings.HasPrefix(line[i:], delimiter):
			start = true
			i += len(delimiter) - 1
			continue
		case start && (line[i] == ' ' || line[i] == '\t'):
			continue
		}
		start = false
	}
	return inside
}

// fields splits a line.
func fields(line string, delimiter string) ([]string, error) {
	if list, ok := split(nil, line, delimiter); ok {
		return list, nil
	}
	return quoted(line, delimiter)
}

// quoted splits a line with quotes, or several of which one row is, as encoding/csv does, or else splitAside.
func quoted(line string, delimiter string) ([]string, error) {
	row, err := quotedCSV(line, delimiter)
	switch {
	case err == nil:
		return row, nil
	case delimiter == None: // a text that begins with a word in quotes
		return []string{line}, nil
	}
	if aside, ok := splitAside(line, delimiter); ok && isDelimiter(delimiter) {
		return aside, nil
	}
	if strings.Contains(line, `\"`) {
		err = fmt.Errorf(`%w; a quote within quotes is written as two and not as \"`, err)
	}
	return row, err
}

// quotedCSV splits a line with quotes, or several of which one row is, as encoding/csv does.
func quotedCSV(line string, delimiter string) ([]string, error) {
	c := csv.NewReader(strings.NewReader(line))
	c.Comma, _ = utf8.DecodeRuneInString(delimiter)
	c.FieldsPerRecord = -1
	row, err := c.Read()
	var syntax *csv.ParseError
	if errors.As(err, &syntax) {
		err = syntax.Err
	}
	return row, err
}
