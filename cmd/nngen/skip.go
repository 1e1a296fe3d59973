package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// share is a flag of a share of rows, written as 20% or 0.2.
type share struct{ v *float64 }

func (s share) String() string {
	if s.v == nil || *s.v == 0 {
		return ""
	}
	return strconv.FormatFloat(100*(*s.v), 'g', -1, 64) + "%"
}

func (share) Type() string { return "share" }

// Set reads the flag. true and false stand for its default and for none.
func (s share) Set(text string) error {
	number, isPercent := strings.CutSuffix(text, "%")
	switch text {
	case "true":
		number, isPercent = "5", true
	case "false":
		number = "0"
	}
	v, err := strconv.ParseFloat(number, 64)
	if isPercent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) {
		return fmt.Errorf("a share of the rows is written as 20%% or 0.2, not %q", text)
	}
	*s.v = v
	return nil
}

// skipFlag adds --skip-bad-rows to a command.
func skipFlag(c *cobra.Command, v *float64) {
	f := c.Flags().VarPF(share{v}, "skip-bad-rows", "",
		"leave bad rows out, up to this share of all, instead of stopping; counts them by reason and column")
	f.NoOptDefVal = "5%"
}
