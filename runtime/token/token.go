// Package token turns text into tokens, the whole numbers that a network reads, and back, and draws text from what a
// network says of the next token.
//
// Token 0 is the boundary: it stands before a text, behind it, and wherever there is none. Those from 1 on are the
// characters, bytes or words of a vocabulary. A network reads a text in one of two forms: all of it, the boundary first,
// and says after each token which comes next; or the last tokens of it, boundaries before them where it is short, and
// says which comes next.
package token

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nngen/nngen/runtime/rng"
	"github.com/nngen/nngen/runtime/vec"
)

// Boundary is the token at both ends of a text.
const Boundary = 0

// SampleStream is the stream of random numbers that texts are drawn from.
const SampleStream = 4 << 16

// Vocabulary is what tokens stand for. It is immutable and safe for any number of goroutines.
type Vocabulary struct {
	texts  []string       // of the tokens from 1 on
	tokens map[string]int // of those texts
	split  func(text string) (first, rest string)
	join   string // between two texts
}

// Bytes returns the vocabulary of the 256 bytes: byte b is token b + 1.
func Bytes() *Vocabulary {
	texts := make([]string, 256)
	for i := range texts {
		texts[i] = string([]byte{byte(i)})
	}
	return newVocabulary(texts, func(s string) (string, string) { return s[:1], s[1:] }, "")
}

// Characters returns the vocabulary of the characters of a text, in that order from token 1 on.
func Characters(all string) *Vocabulary {
	var texts []string
	for _, r := range all {
		texts = append(texts, string(r))
	}
	return newVocabulary(texts, func(s string) (string, string) {
		_, size := utf8.DecodeRuneInString(s)
		return s[:size], s[size:]
	}, "")
}

// Words returns the vocabulary of words, in that order from token 1 on. In a text there is white space between them.
func Words(words ...string) *Vocabulary {
	return newVocabulary(words, func(s string) (string, string) {
		if i := strings.IndexFunc(s, isSpace); i >= 0 {
			return s[:i], strings.TrimLeftFunc(s[i:], isSpace)
		}
		return s, ""
	}, " ")
}

func isSpace(r rune) bool { return r == ' ' || '\t' <= r && r <= '\r' }

func newVocabulary(texts []string, split func(string) (string, string), join string) *Vocabulary {
	v := &Vocabulary{texts: texts, tokens: make(map[string]int, len(texts)), split: split, join: join}
	for i, t := range texts {
		v.tokens[t] = i + 1
	}
	return v
}

// Size returns the number of tokens, the boundary among them.
func (v *Vocabulary) Size() int { return len(v.texts) + 1 }

// Tokens returns the tokens of a text, without boundaries. It is an error if a part of it is not in the vocabulary.
func (v *Vocabulary) Tokens(text string) ([]float32, error) {
	var x []float32
	if v.join != "" {
		text = strings.TrimFunc(text, isSpace)
	}
	for rest := text; rest != ""; {
		var first string
		first, rest = v.split(rest)
		t, ok := v.tokens[first]
		if !ok {
			return nil, errors.New(strconv.Quote(first) + " of " + strconv.Quote(clip(text)) + " is not in the vocabulary of " +
				strconv.Itoa(v.Size()) + " tokens")
		}
		x = append(x, float32(t))
	}
	return x, nil
}

// clip shortens a long text.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Text returns what tokens stand for, without the boundaries among them. It panics if one is not in the vocabulary.
func (v *Vocabulary) Text(tokens []float32) string {
	var parts []string
	for _, t := range tokens {
		if !(t >= 0 && t < float32(v.Size())) || t != float32(int(t)) {
			panic("token: a token is not in the vocabulary")
		}
		if t != Boundary {
			parts = append(parts, v.texts[int(t)-1])
		}
	}
	return strings.Join(parts, v.join)
}

// Whole fills x with the boundary, the tokens of a text, and boundaries. It is an error if they do not fit.
func Whole(x, tokens []float32) error {
	if len(tokens) >= len(x) {
		return tooLong(len(tokens), len(x))
	}
	x[0] = Boundary
	clear(x[1+copy(x[1:], tokens):])
	return nil
}

// tooLong is the error of a text that a network of some steps cannot read.
func tooLong(tokens, steps int) error {
	return errors.New(strconv.Itoa(tokens) + " tokens and the boundary before them are more than the " +
		strconv.Itoa(steps) + " steps of the network")
}

// Last fills x with the last tokens of a text, behind boundaries if they are fewer.
func Last(x, tokens []float32) {
	n := max(0, len(x)-len(tokens))
	clear(x[:n])
	copy(x[n:], tokens[max(0, len(tokens)-len(x)):])
}

// Sampling says how a text is drawn.
type Sampling struct {
	Start       string  // of the text
	Most        int     // tokens of the whole text; with 0, as with no more than Start has, the text is Start
	Temperature float64 // from 0 on: probabilities are raised to 1/Temperature; 0 takes the most probable token
	Seed        uint64
}

// Sample draws a text. predict runs a network that reads len(x) tokens and writes to y the probabilities of the next
// one, after each of them if steps says so, else after the last. The text ends where a boundary is drawn, after Most tokens,
// or where a network that reads whole texts has no step left. It is an error, whatever Most is, if Start does not fit, or
// if Temperature is not from 0 on.
func (v *Vocabulary) Sample(o Sampling, x, y []float32, steps bool, predict func(x, y []float32)) (string, error) {
	text, err := v.begin(o)
	if err != nil {
		return "", err
	}
	if !steps {
		return v.extend(o, text, o.Most, func(text []float32) []float32 {
			Last(x, text)
			predict(x, y)
			return y
		}), nil
	}
	if len(text) > len(x) {
		return "", tooLong(len(text), len(x))
	}
	return v.extend(o, text, min(o.Most, len(x)), func(text []float32) []float32 {
		clear(x[1+copy(x[1:], text):])
		x[0] = Boundary
		predict(x, y)
		return y[len(text)*v.Size():]
	}), nil
}

// SampleBlocks is Sample with a network that reads whole texts of so many tokens, the boundary before them included, some
// tokens after others: next takes those, and writes to y the probabilities of what is behind each. It takes the boundary
// and Start at once, and then each token that was drawn.
func (v *Vocabulary) SampleBlocks(o Sampling, steps int, next func(x, y []float32)) (string, error) {
	text, err := v.begin(o)
	if err != nil {
		return "", err
	}
	if len(text) > steps {
		return "", tooLong(len(text), steps)
	}
	x := append([]float32{Boundary}, text...)
	y := make([]float32, len(x)*v.Size())
	return v.extend(o, text, min(o.Most, steps), func(text []float32) []float32 {
		if drawn := len(text) - (len(x) - 1); drawn > 0 {
			x, y = append(x[:0], text[len(text)-1]), y[:v.Size()]
		}
		next(x, y)
		return y[len(y)-v.Size():]
	}), nil
}

// begin returns the tokens that a text begins with.
func (v *Vocabulary) begin(o Sampling) ([]float32, error) {
	if t := o.Temperature; t < 0 || t-t != 0 {
		return nil, errors.New("a temperature of " + strconv.FormatFloat(t, 'g', -1, 64) + ", want one from 0 on")
	}
	return v.Tokens(o.Start)
}

// extend draws further tokens of a text, until it has so many or a boundary is drawn; next returns the probabilities of
// the one behind it.
func (v *Vocabulary) extend(o Sampling, text []float32, most int, next func(text []float32) []float32) string {
	row := make([]float32, v.Size())
	for len(text) < most {
		p := next(text)
		drawn := Draw(row, p[:len(row)], o.Temperature, rng.Float64(o.Seed, SampleStream, 0, len(text)))
		if drawn == Boundary {
			break
		}
		text = append(text, float32(drawn))
	}
	return v.Text(text)
}

// coldest is the temperature below which the largest of probabilities that differ is all that is drawn, and beyond
// which logarithms of probabilities, at least −104 in float32, could leave float32 when they are divided by it.
const coldest = 0x1p-100

// Draw returns the place in p, probabilities each raised to 1/temperature, that the number u of [0, 1) falls on; for a
// temperature of 0, or nearly so, that of the largest. room, as long as p, is overwritten.
func Draw(room, p []float32, temperature, u float64) int {
	if temperature < coldest {
		return vec.ArgMax(p)
	}
	vec.Log(room, p)
	vec.Scale(room, room, float32(1/temperature))
	vec.Softmax(1, len(room), room, room)
	sum, last := 0.0, 0
	for i, q := range room {
		if q > 0 {
			last = i
		}
		if sum += float64(q); u < sum {
			return last
		}
	}
	return last
}
