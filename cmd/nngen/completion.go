package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen"
)

// completeArgs completes the arguments that a command's usage line calls SPEC by the files that may hold one, and all
// others by any file.
func completeArgs(c *cobra.Command) {
	for _, sub := range c.Commands() {
		completeArgs(sub)
	}
	words := strings.Fields(c.Use)
	if c.ValidArgsFunction != nil || len(words) < 2 {
		return
	}
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		word := words[min(1+len(args), len(words)-1)] // the last may stand for several
		if strings.Contains(word, "SPEC") {
			return []string{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt
		}
		return nil, cobra.ShellCompDirectiveDefault
	}
}

// completePasses completes the name of a pass.
func completePasses(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	list := []string{"all\tevery pass"}
	for _, p := range codegen.Passes() {
		list = append(list, p.Name+"\t"+p.Doc)
	}
	return beginning(list, begun), cobra.ShellCompDirectiveNoFileComp
}

// completeOps completes what ops explains.
func completeOps(_ *cobra.Command, args []string, begun string) (list []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, g := range opsGroups() {
		list = append(list, strings.ToLower(g.title)+"\tall of them")
		for _, k := range g.kinds {
			list = append(list, k.Name+"\t"+k.Doc)
		}
	}
	return beginning(list, begun), cobra.ShellCompDirectiveNoFileComp
}

// beginning returns those of a list that begin with a text.
func beginning(list []string, text string) (found []string) {
	for _, s := range list {
		if strings.HasPrefix(s, text) {
			found = append(found, s)
		}
	}
	return found
}
