package spec

import "fmt"

// Count writes a number of things in English: "1 epoch", "0 epochs", "20 epochs". It is for words whose plural ends in
// s.
func Count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
