package train

import (
	"context"
	"slices"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/codegen/verify"
	"github.com/nngen/nngen/runtime/safetensors"
)

// Verify compares the generated code of a project with the reference.
func Verify(ctx context.Context, p *project.Project, o verify.Options) (*verify.Report, error) {
	return verifyWith(ctx, p, nil, o)
}

// VerifyTrained is Verify with a search for the largest errors of the weights of the package, if it has some.
func VerifyTrained(ctx context.Context, p *project.Project, o verify.Options) (*verify.Report, error) {
	weights, err := p.TrainedTensors()
	if err != nil {
		return nil, err
	}
	return verifyWith(ctx, p, weights, o)
}

// VerifyInt8 runs the self-test of the package of 8-bit integers, on vectors that the reference in integers of any size
// computes anew; nil if there is no such package.
func VerifyInt8(ctx context.Context, p *project.Project) (*verify.Tensor, error) {
	files, err := p.Int8Module(modulePath + p.Spec.Name)
	if err != nil || files == nil {
		return nil, err
	}
	network, err := p.Network()
	if err != nil {
		return nil, err
	}
	return testInt8(ctx, network, files)
}

// testInt8 tests the package of 8-bit integers of a network.
func testInt8(ctx context.Context, network *net.Net, files map[string][]byte) (*verify.Tensor, error) {
	name := network.Spec.Name
	folder := codegen.Int8Package(name)
	vectors, err := safetensors.Open(files[folder+"/"+golden.File])
	if err != nil {
		return nil, err
	}
	m, err := sandbox.New(modulePath+name, files)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	t := &verify.Tensor{Kind: verify.Integers, Name: folder}
	for _, o := range network.Outputs {
		for _, kind := range []string{"y.", "int8.y."} {
			if shape, ok := vectors.ShapeOf(kind + o.Name); ok {
				t.Elements += ir.Shape(shape).Size()
			}
		}
	}
	err = m.Test(ctx, append(slices.Clone(compileFlags), "-vet=off", "-count=1", "./"+folder)...)
	if err != nil && ctx.Err() == nil {
		t.Failure, err = err.Error(), nil
	}
	return t, err
}

func verifyWith(ctx context.Context, p *project.Project, weights map[string][]float32,
	o verify.Options) (*verify.Report, error) {
	s := *p.Spec
	forTraining(&s)
	reports, err := verify.Run(ctx, []*verify.Subject{{Spec: &s, Files: p.Files(), Weights: weights}}, o)
	if err != nil {
		return nil, err
	}
	return reports[0], nil
}
