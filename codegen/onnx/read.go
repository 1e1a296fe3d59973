package onnx

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/nngen/nngen/codegen/regular"
)

// maxModel bounds the bytes of a model's file; numbers beyond it belong in files of external data.
const maxModel = 2 << 30

// Read returns the contents of a model's file.
func Read(name string) ([]byte, error) {
	return regular.Read(name, maxModel)
}

// format is a way to write models, or what may be taken for one.
type format struct {
	is   func(b []byte) bool
	what string // of the file, and what to do
}

// formats are those that are not read but known by their first bytes, or by what an archive holds.
var formats = []format{
	{prefix("\x89HDF"),
		"an HDF5 file, as Keras wrote: model.save(\"model.keras\") writes one that is imported, with its weights by nngen " +
			"import weights"},
	{archive(func(name string) bool {
		return strings.HasSuffix(name, "data.pkl") || strings.HasSuffix(name, "constants.pkl")
	}),
		"a file of torch.save: write the model with torch.onnx.export first, or its numbers with " +
			"safetensors.torch.save_file for nngen import weights"},
	{archive(func(name string) bool { return strings.HasSuffix(name, ".npy") }),
		"an npz file of arrays: nngen import weights reads it"},
	// Before pickles: the length of a header may begin with the same byte.
	{isSafetensors,
		"a safetensors file: nngen import weights reads it"},
	{prefix("\x80"),
		"a pickle of Python, which could run anything: write a model of PyTorch with torch.onnx.export first, one of " +
			"scikit-learn with skl2onnx"},
	{func(b []byte) bool { return len(b) > 8 && string(b[4:8]) == "TFL3" },
		"a model of TensorFlow Lite: write it with tf2onnx first"},
	{prefix("GGUF"), "a GGUF file: export the model in the ONNX format first"},
	{prefix("version https://git-lfs"), "a pointer of Git LFS: git lfs pull fetches what it stands for"},
	{isText, "a text: a table becomes a network with nngen init FOLDER --data FILE"},
}

// Recognized says what a file is that is no model in a form which is imported; "" if that is not known.
func Recognized(b []byte) string {
	if i := slices.IndexFunc(formats, func(f format) bool { return f.is(b) }); i >= 0 {
		return "not an ONNX file, but " + formats[i].what
	}
	return ""
}

func prefix(p string) func(b []byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(p)) }
}

// archive tells whether a zip archive holds a file of some name.
func archive(holds func(name string) bool) func(b []byte) bool {
	return func(b []byte) bool {
		if !bytes.HasPrefix(b, []byte("PK")) {
			return false
		}
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		return err == nil && slices.ContainsFunc(z.File, func(f *zip.File) bool { return holds(f.Name) })
	}
}

// isSafetensors tells whether a file begins with a length of less than 2⁴⁸ bytes, and what is so long with a brace.
func isSafetensors(b []byte) bool { return len(b) > 9 && b[8] == '{' && b[7] == 0 && b[6] == 0 }

// modelKinds has the wire type of each field of a ModelProto, in onnx.proto of ONNX 1.19. Those that are texts are texts.
var modelKinds = map[protowire.Number]struct {
	typ  protowire.Type
	text bool
}{
	1:  {protowire.VarintType, false}, // ir_version
	2:  {protowire.BytesType, true},   // producer_name
	3:  {protowire.BytesType, true},   // producer_version
	4:  {protowire.BytesType, true},   // domain
	5:  {protowire.VarintType, false}, // model_version
	6:  {protowire.BytesType, true},   // doc_string
	7:  {protowire.BytesType, false},  // graph
	8:  {protowire.BytesType, false},  // opset_import
	14: {protowire.BytesType, false},  // metadata_props
	20: {protowire.BytesType, false},  // training_info
	25: {protowire.BytesType, false},  // functions
	26: {protowire.BytesType, false},  // configuration
}

// mostIR bounds versions of the format, of which there are 13 after ten years.
const mostIR = 31

// Begins tells whether what may be the beginning of a file alone is that of an ONNX model: the version of the format,
// and then, up to where the graph or an operator set starts or the bytes end, fields of a model, one at least.
func Begins(b []byte) bool {
	if isSafetensors(b) {
		return false
	}
	for first := true; len(b) > 0; first = false {
		num, typ, n := protowire.ConsumeTag(b)
		kind, ok := modelKinds[num]
		if n < 0 || !ok || typ != kind.typ || first != (num == 1) {
			return false
		}
		b = b[n:]
		v, n := protowire.ConsumeVarint(b) // the number, or how many bytes follow
		if n < 0 || first && (v == 0 || v > mostIR) {
			return false
		}
		b = b[n:]
		switch {
		case typ == protowire.VarintType:
		case kind.text:
			s := b[:min(v, uint64(len(b)))]
			if bytes.IndexByte(s, 0) >= 0 || uint64(len(s)) == v && !utf8.Valid(s) {
				return false
			}
			if uint64(len(s)) < v {
				return true
			}
			b = b[v:]
		default:
			return startsMessage(b, v)
		}
	}
	return false
}

// startsMessage tells whether v bytes, of which b may be the first, are a message of fields with numbers and lengths.
func startsMessage(b []byte, v uint64) bool {
	if v == 0 || len(b) == 0 {
		return true
	}
	num, _, n := protowire.ConsumeTag(b)
	return n > 0 && num <= mostFields
}

// mostFields bounds the numbers of fields in messages of a model.
const mostFields = 31

// mostText is how much of a file is looked at to tell whether it is a text.
const mostText = 4096

// isText tells whether a file begins with a line of printable text.
func isText(b []byte) bool {
	b = b[:min(len(b), mostText)]
	for i := 0; len(b)-i >= utf8.UTFMax || i < len(b) && len(b) < mostText; {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n < 2 || r < ' ' && !strings.ContainsRune("\t\r\n", r) {
			return false
		}
		i += n
	}
	return len(b) > 0
}
