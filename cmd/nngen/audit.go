package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/audit"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/regular"
)

func auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "audit DIR|SPEC",
		Short: "Read generated code and compare it with the spec, by other means than those that wrote it: exit 1 if they differ",
		Long: `Read the Go files in the folder of an inference package and in that of its training package, and compare them with the
network of the spec, by a reader that shares nothing with the compiler: which calls compute a layer and from what, that
every slice lies in its array, that nothing is read that was not written or was overwritten, that each parameter is read and
has its gradient, that outputs are whole. A finding names file and line. Nothing is built or run, and nothing written.

It reads prediction, evaluation and gradient; go doc github.com/nngen/nngen/codegen/audit says what form they have.
Of the steps of a stream, guards, optimizer and Fit it says nothing: nngen verify runs those.`,
		Args: cobra.ExactArgs(1),
	}
	out := outFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		file, dir := args[0], *out
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			spec := output.SpecOf(file)
			if spec == "" {
				return fmt.Errorf("%s: there is no %s that names a spec; name the spec in place of the folder", file,
					output.Manifest)
			}
			file, dir = filepath.Join(file, filepath.FromSlash(spec)), file
		}
		p, err := open(c, file, dir)
		if err != nil {
			return err
		}
		r, err := auditProject(p)
		if err != nil {
			return err
		}
		for _, f := range r.Findings {
			fmt.Fprintf(c.OutOrStdout(), "%s\n", audit.Finding{File: filepath.Join(p.Dir, filepath.FromSlash(f.File)),
				Line: f.Line, Text: f.Text})
		}
		if len(r.Findings) > 0 {
			return errFailed
		}
		fmt.Fprintf(c.OutOrStdout(), "%s: %d functions of %d statements are as the spec has them\n", p.Spec.Name,
			len(r.Functions), r.Statements)
		return nil
	}
	return c
}

// auditProject audits the packages in the folder of a project.
func auditProject(p *project.Project) (*audit.Report, error) {
	n, err := p.Network()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, folder := range []string{".", p.Spec.Name + "train"} {
		entries, err := os.ReadDir(filepath.Join(p.Dir, folder))
		if os.IsNotExist(err) && folder != "." && !p.Spec.Generate.Train {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !e.Type().IsRegular() && e.Type() != fs.ModeSymlink || !strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			name := path.Join(folder, e.Name())
			if files[name], err = regular.Read(filepath.Join(p.Dir, filepath.FromSlash(name)), project.MaxSpec); err != nil {
				return nil, err
			}
		}
	}
	return audit.Run(n, files)
}
