package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/audit"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/regular"
)

func auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "audit DIR|SPEC",
		Short: "Read generated code and compare it with the spec, by other means than those that wrote it: exit 1 if " +
			"they differ",
		Long: `Read the Go files in the folder of an inference package and in that of its training package, and compare them with the
network of the spec, by a reader that shares nothing with the compiler: which calls compute a layer and from what, that
every slice lies in its array, that nothing is read that was not written or was overwritten, that each parameter is read and
has its gradient, that outputs are whole. A finding names file and line. Nothing is built or run, and nothing written.

It reads how a model is made of weights, prediction, the steps of a stream, evaluation, gradient, the optimizer's update
and guards; go doc github.com/nngen/nngen/codegen/audit says what form they have. What it found nothing to say of because it
did not read it, it lists, and trusts: the bodies of kernels, the loop of Fit and the rest of the runtime. nngen verify
runs that, and nngen check compares it with what this nngen writes. A package of 8-bit integers in the folder is read
too: its calls, extents and arrays; go test holds its numbers against the reference.`,
		Args: cobra.ExactArgs(1),
	}
	out := outFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		file, dir := args[0], *out
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			spec := output.SpecOf(file)
			if why := partOf(file); spec == "" && why != "" {
				return fmt.Errorf("%s", why)
			}
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
		if len(r.Findings) == 0 {
			fmt.Fprintf(c.OutOrStdout(), "%s: %d functions of %d statements are as the spec has them\n", p.Spec.Name,
				len(r.Functions), r.Statements)
		}
		for _, u := range r.Unread {
			fmt.Fprintf(c.OutOrStdout(), "not read: %s\n", u)
		}
		if len(r.Findings) > 0 {
			return errFailed
		}
		return nil
	}
	return c
}

// partOf says of a folder that lies in that of an inference package, and is written with it, what an audit does with
// it; "" for others.
func partOf(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	above, name := filepath.Dir(abs), filepath.Base(abs)
	spec := output.SpecOf(above)
	if spec == "" {
		return ""
	}
	of := strings.TrimSuffix(path.Base(spec), path.Ext(spec))
	switch name {
	case codegen.Int8Package(of):
		return fmt.Sprintf("%s is the package of 8-bit integers of %s, which is audited with it: nngen audit %s", dir, of,
			filepath.Dir(dir))
	case of + "train":
		return fmt.Sprintf("%s is the training package of %s, which is audited with it: nngen audit %s", dir, of,
			filepath.Dir(dir))
	}
	return ""
}

// auditProject audits the packages in the folder of a project.
func auditProject(p *project.Project) (*audit.Report, error) {
	n, err := p.Network()
	if err != nil {
		return nil, err
	}
	files, err := sources(p)
	if err != nil {
		return nil, err
	}
	return audit.Run(n, files)
}

// sources reads the code in the folder of a project and below it; of folders that hold no package of the network itself
// the names alone.
func sources(p *project.Project) (map[string][]byte, error) {
	files, train, ints := map[string][]byte{}, p.Spec.Name+"train", codegen.Int8Package(p.Spec.Name)
	err := filepath.WalkDir(p.Dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(p.Dir, at)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		code := strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".s")
		switch folder := path.Dir(name); {
		case e.IsDir() && name != "." && other(at):
			return fs.SkipDir
		case e.IsDir() || !code || !e.Type().IsRegular() && e.Type() != fs.ModeSymlink:
			return nil
		case folder != "." && folder != train && folder != ints:
			files[name] = nil
			return nil
		}
		files[name], err = regular.Read(at, project.MaxSpec)
		return err
	})
	if _, missing := os.Stat(filepath.Join(p.Dir, train)); err == nil && os.IsNotExist(missing) && p.Spec.Generate.Train {
		return nil, missing
	}
	return files, err
}

// other tells whether a folder is of test data, or of another network's packages.
func other(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, output.Manifest))
	return err == nil || filepath.Base(dir) == "testdata"
}
