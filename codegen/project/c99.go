package project

import (
	"fmt"
	"path/filepath"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/c99"
	"github.com/nngen/nngen/codegen/output"
)

// C returns the prediction of the trained network as C99: see c99.Write. It is an error if the folder holds no weights
// of this spec.
func (p *Project) C() (*c99.Files, error) {
	_, b, weights, err := p.trained()
	if err != nil {
		return nil, err
	}
	fitted, err := Fitted(p.Spec, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(p.Dir, output.Weights), err)
	}
	out, err := p.Compile(codegen.Options{Fitted: fitted})
	if err != nil {
		return nil, err
	}
	files, err := c99.Write(out.Net, out.Infer, out.Stream, weights, p.Spec.Name+".h", Version())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Spec.File, err)
	}
	return files, nil
}
