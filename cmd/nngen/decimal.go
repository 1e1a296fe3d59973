package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// decimal is a flag of the decimal mark of numbers.
type decimal string

func (d *decimal) String() string { return string(*d) }

func (*decimal) Type() string { return "mark" }

// Set reads the flag.
func (d *decimal) Set(text string) error {
	if text != "." && text != "," {
		return fmt.Errorf("a decimal mark is . or , and not %q", text)
	}
	*d = decimal(text)
	return nil
}

// decimalFlag adds --decimal to a command that reads a table which the spec does not name.
func decimalFlag(c *cobra.Command, d *decimal) {
	c.Flags().Var(d, "decimal",
		"mark before the decimals of the numbers of the file, . or , (default: that of the training data, which must be sure)")
}

// errDecimalOf is that of --decimal without a file.
var errDecimalOf = errors.New("--decimal is of the file that --data names; for those of the spec write it in their sources")
