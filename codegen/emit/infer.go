package emit

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
)

// source is a file of a generated package: its name, what writes it, and the doc of the package if it holds that.
type source struct {
	name  string
	write func(*file)
	doc   string
	build string // its build constraint; "" for none
}

// Inference writes the inference package.
func Inference(net *Network) (Files, error) {
	sources := []source{
		{name: net.Name + ".go", write: net.emitModel, doc: net.doc()},
		{name: "forward.go", write: net.emitForward},
		{name: net.Name + "_test.go", write: net.emitModelTest},
	}
	if net.madeKernels() != nil {
		sources = append(sources, kernelSources(net.Name, net.madeFunctions())...)
	}
	if net.Plan.Step != nil {
		sources = append(sources, source{name: "step.go", write: net.emitStream})
	}
	if net.Plan.Core != nil {
		sources = append(sources, source{name: "int8.go", write: net.emitIntegers})
	}
	if slices.ContainsFunc(net.Inputs, func(p Port) bool { return p.Rows != nil }) {
		sources = append(sources, source{name: "encode_test.go", write: net.emitEncodeTest})
	}
	if net.Guard != nil {
		sources = append(sources, source{name: "guard.go", write: net.emitGuard},
			source{name: "guard_test.go", write: net.emitGuardTest})
	}
	files, err := net.writePackage(net.ImportPath, net.Name,
		append(sources, source{name: "weights.go", write: net.emitDefault}))
	if k := net.madeKernels(); err == nil && k != nil {
		net.addAssembly(files, *k)
	}
	return files, err
}

// writePackage writes the files of a package. It is an error, Clashes, if a name would be declared twice.
//
// By which name a file knows the inference package follows from all names of the package, but files are printed while
// they are made: so they are made once more, where that package cannot have its own name in each.
func (net *Network) writePackage(path, name string, sources []source) (Files, error) {
	models := make([]string, len(sources))
	for i := range models {
		models[i] = net.Name
	}
	for {
		pkg := newSymbols()
		parts := net.declareFiles(pkg, path, name, sources, models)
		if err := pkg.err(); err != nil {
			return nil, err
		}
		settled := slices.Clone(models)
		for i, f := range parts {
			settled[i] = f.modelName()
		}
		if slices.Equal(settled, models) {
			return printFiles(sources, parts)
		}
		models = settled
	}
}

// declareFiles makes the files of a package, each of which knows the inference package by a name of models.
func (net *Network) declareFiles(pkg *symbols, path, name string, sources []source, models []string) (parts []*file) {
	for i, s := range sources {
		o := Origin{}
		if s.doc != "" {
			o = Origin{What: fmt.Sprintf("the name %q", net.Name), Pos: net.Pos}
		}
		pkg.declare(filesScope, s.name, o)
		f := net.newFile(pkg, path, name, s.doc, models[i])
		switch {
		case s.doc == "":
		case net.Pin != "":
			net.emitPin(f, "The shared runtime", shared, net.Pin)
		case net.Edition != "":
			net.emitPin(f, "The edition of the runtime", "abi", net.Edition)
		}
		s.write(f)
		parts = append(parts, f)
	}
	return parts
}

// printFiles returns the texts of files.
func printFiles(sources []source, parts []*file) (Files, error) {
	files := Files{}
	for i, f := range parts {
		src, err := f.render()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sources[i].name, err)
		}
		if b := sources[i].build; b != "" {
			src = constrained(src, b)
		}
		files[sources[i].name] = src
	}
	return files, nil
}

// emitPin writes what does not compile beside another runtime than the one that the package was compiled for:
//
//	// The shared runtime that this package was compiled for. Where it is undefined there is another one by now: run nngen
//	// compile iris.yaml.
//	const _ = nnrt.RunNngenCompile5e0c41d9ab12
func (net *Network) emitPin(f *file, what, pkg, pin string) {
	for _, line := range comment(what + " that this package was compiled for. Where it is undefined " +
		"there is another one by now: run nngen compile " + inline(net.SpecBase) + ".") {
		f.next.Comment(line)
	}
	f.next.Const().Id("_").Op("=").Add(f.qual(pkg, pin))
	f.end()
}

// emitDefault writes what embeds trained weights:
//
//	//go:embed weights.safetensors
//	var weights []byte
func (net *Network) emitDefault(f *file) {
	f.pkg.declare("", "weights", Origin{}) // taken without weights too, since those may come
	if !net.Embed {
		net.emitNoDefault(f)
		return
	}
	f.jen.Anon("embed")
	f.next.Comment("//go:embed weights.safetensors")
	f.next.Var().Id("weights").Index().Byte()
	f.end()
	decoded := jen.Id("Decode").Call(jen.Id("weights"))
	if net.anyInPlace() {
		decoded = jen.Id("decode").Call(jen.Id("weights"), jen.True())
	}
	f.variable("Default returns the model with the embedded weights, the same at each call.", "Default", Origin{},
		f.qual("sync", "OnceValue").Call(jen.Func().Params().Op("*").Id("Model").Block(
			jen.List(jen.Id("m"), jen.Err()).Op(":=").Add(decoded),
			jen.If(jen.Err().Op("!=").Nil()).Block(
				jen.Panic(quoted(net.Name+": embedded weights: ").Op("+").Err().Dot("Error").Call()),
			),
			jen.Return(jen.Id("m")),
		)))
	for i, e := range net.MaxErrors {
		net.emitMaxError(f, i, e)
	}
}

// MaxError bounds the error of an output.
type MaxError struct {
	Bound  float64
	Inputs string // for which it holds
	Why    string // there is none; "" if there is
}

// emitMaxError yields
//
//	// MaxError bounds …
//	const MaxError = 1.3e-05
//
// or, where there is no bound, a comment that says why.
func (net *Network) emitMaxError(f *file, i int, e MaxError) {
	name := "MaxError"
	if len(net.Outputs) > 1 {
		name += net.Outputs[i].Ident
	}
	if e.Why != "" {
		f.end()
		f.doc(fmt.Sprintf("There is no %s, a bound of the error of %s in float32: %s.", name, net.Outputs[i].Name, e.Why))
		return
	}
	means := "A number that is further than that from a limit is on the same side in exact arithmetic."
	if net.Outputs[i].Task == "multiclass" {
		means = "A class is certain, as that of this network in exact arithmetic, if its probability exceeds all others " +
			"by more than twice that."
	}
	f.constant(fmt.Sprintf("%s bounds how far %s in float32 is from exact arithmetic with the embedded weights, "+
		"for %s. %s",
		name, net.Outputs[i].Name, e.Inputs, means), name, jen.Op(strconv.FormatFloat(e.Bound, 'g', 3, 64)))
}

// emitNoDefault writes what stands for Default in a package without weights, so that programs build before a training,
// and where weights are not kept with the source:
//
//	func Default() *Model {
//		panic("digits: Default: " +
//			"the package has no weights: …")
//	}
func (net *Network) emitNoDefault(f *file) {
	f.function("Default stands for the model with embedded weights, of which the package has none: it panics. "+
		"What embeds\n"+
		"them is nngen train, or nngen compile where weights.safetensors lies beside this file.",
		function{name: "Default", results: []field{vars(jen.Op("*").Id("Model"))}},
		jen.Panic(quoted(net.Name+": Default: ").Op("+").Line().Add(quoted("the package has no weights: run nngen train; "+
			"or put weights.safetensors beside weights.go, and run nngen compile"))))
}

// doc returns the package doc with the architecture table.
func (net *Network) doc() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Package %s is a network compiled from %s.\n\n", net.Name, inline(net.SpecBase))
	if net.About != "" {
		b.WriteString(net.About + "\n\n")
	}
	rows := [][]string{{"layer", "kind", "input", "output", "parameters", "MAC/example"}}
	var params, macs int64
	for _, r := range net.Table {
		rows = append(rows, []string{r.Layer, r.Kind, r.Input, r.Output, fmt.Sprint(r.Params), fmt.Sprint(r.MACs)})
		params += r.Params
		macs += r.MACs
	}
	rows = append(rows, []string{"", "", "", "", fmt.Sprint(params), fmt.Sprint(macs)})
	for _, line := range align(rows, 4) {
		fmt.Fprintf(&b, "\t%s\n", line)
	}
	if layout := net.layoutDoc(); layout != "" {
		fmt.Fprintf(&b, "\nOf an example, %s\n", strings.TrimSpace(layout))
	}
	if net.Tiny {
		b.WriteString(net.tinyDoc())
		return b.String()
	}
	b.WriteString("\nA Model is immutable and safe for use by any number of goroutines.\n")
	if net.Plan.Step != nil {
		b.WriteString("A State runs it step by step, or some steps at once; it belongs to one goroutine at a time.\n")
	}
	if net.Plan.Core != nil {
		b.WriteString("PredictInt8 takes and gives int8 numbers and computes with whole numbers alone; the others take " +
			"and give float32.\n")
	}
	b.WriteString("Functions panic where they say so, and at nil pointers.\n")
	return b.String()
}

// align pads the columns of a table; those from number on are flush right.
func align(rows [][]string, number int) []string {
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		var b strings.Builder
		for j, c := range r {
			space := strings.Repeat(" ", width[j]-len([]rune(c)))
			if j > 0 {
				b.WriteString("  ")
			}
			if j >= number {
				b.WriteString(space + c)
			} else {
				b.WriteString(c + space)
			}
		}
		lines[i] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// arg returns the name that a port has as an argument: x or y where there is only one, else its own
// in lower case.
func arg(ports []Port, i int, single string) string {
	if len(ports) == 1 {
		return single
	}
	return single + ports[i].Ident
}

// sizeName returns the constant that holds the size of a port.
func sizeName(ports []Port, i int, single string) string {
	if len(ports) == 1 {
		return single + "Size"
	}
	return ports[i].Ident + "Size"
}

func (net *Network) inSize(i int) string { return sizeName(net.Inputs, i, "Input") }

func (net *Network) outSize(i int) string { return sizeName(net.Outputs, i, "Output") }

// byRole returns the parameters that are trained, those that are frozen, and all others.
func (net *Network) byRole() (params, frozen, stats []*ir.Param) {
	for _, p := range net.Params {
		switch p.Role {
		case ir.Trained:
			params = append(params, p)
		case ir.Frozen:
			frozen = append(frozen, p)
		default:
			stats = append(stats, p)
		}
	}
	return params, frozen, stats
}

func (net *Network) classesName(i int) string {
	if len(net.Outputs) == 1 {
		return "Classes"
	}
	return net.Outputs[i].Ident + "Classes"
}

// Rename puts the files below a folder.
func (files Files) Rename(folder string) Files {
	out := Files{}
	for name, src := range files {
		out[path.Join(folder, name)] = src
	}
	return out
}
