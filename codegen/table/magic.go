package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
)

// peekedMagic is the number of bytes by which files of other formats are recognized.
const peekedMagic = 256

// others are formats that are no text, by the bytes that their files begin with, and how to make text of one. Parquet
// has three libraries in pure Go. With their modules, parquet-go/parquet-go brings 20, apache/arrow-go 68 and
// xitongsys/parquet-go 89 to the module graph of whoever has nngen as a tool, for what one line of DuckDB or pandas
// does.
var others = []struct{ magic, what string }{
	{"PAR1", "Parquet, which is not read; write CSV: " + duck("parquet")},
	{"ARROW1\x00\x00", "Arrow or Feather, which is not read; write CSV: " + pandas("read_feather")},
	{"FEA1", "Feather, which is not read; write CSV: " + pandas("read_feather")},
	{"ORC", "ORC, which is not read; write CSV: " + pandas("read_orc")},
	{"Obj\x01", "Avro, which is not read; write JSON lines: avro-tools tojson FILE > FILE.jsonl"},
	{"\xd0\xcf\x11\xe0", "a spreadsheet or document of old Microsoft Office; save the table as CSV"},
	{"SQLite format 3\x00", "a database of SQLite; write CSV: sqlite3 -csv -header FILE 'select * from TABLE' > FILE.csv"},
	{"\x89HDF\r\n", "HDF5, which is not read; write CSV: " + pandas("read_hdf")},
	{"BZh", "packed by bzip2, which is not read; unpack it: bunzip2 FILE"},
	{"\xfd7zXZ\x00", "packed by xz, which is not read; unpack it: unxz FILE"},
	{"\x04\x22\x4d\x18", "packed by lz4, which is not read; unpack it: unlz4 FILE"},
	{"7z\xbc\xaf\x27\x1c", "an archive of 7-Zip; unpack it"},
	{"Rar!\x1a\x07", "an archive of RAR; unpack it"},
	{"<stata_dta>", "a table of Stata; write CSV: " + pandas("read_stata")},
	{"$FL2", "a table of SPSS; write CSV: " + pandas("read_spss")},
	{"%PDF-", "a PDF; copy the table out of it, and save it as CSV"},
	{"\x80\x05\x95", "a pickle of Python; write CSV: " + pandas("read_pickle")},
	{"\x80\x04\x95", "a pickle of Python; write CSV: " + pandas("read_pickle")},
	{"<!doctype html", "a page of HTML, as a download gives that wants a login; fetch the file itself"},
	{"<html", "a page of HTML, as a download gives that wants a login; fetch the file itself"},
}

func pandas(read string) string {
	return "python3 -c 'import pandas; pandas." + read + "(\"FILE\").to_csv(\"FILE.csv\", index=False)'"
}

func duck(format string) string {
	return "duckdb -c \"copy (from 'FILE." + format + "') to 'FILE.csv'\", or " + pandas("read_"+format)
}

// recognized says what a file is that begins with head, if it is no text that a table may be; else "".
func recognized(head []byte) string {
	for _, o := range others {
		if begins(head, o.magic) {
			return o.what
		}
	}
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return ""
	}
	switch name := zipped(head); {
	case name == "[Content_Types].xml", strings.HasPrefix(name, "xl/"), strings.HasPrefix(name, "_rels/"),
		strings.HasPrefix(name, "docProps/"):
		return "a spreadsheet of Excel (xlsx); save the sheet as CSV, or " + pandas("read_excel")
	case name == "mimetype":
		return "a spreadsheet of OpenDocument (ods); save the sheet as CSV"
	case strings.HasSuffix(name, ".npy"):
		return "an archive of NumPy (npz); unpack it, and take it from there: " + Array("npy").Error()
	}
	return "a zip archive; unpack it"
}

// Array is the error of a file that holds an array, of what the spec calls its format: npy or idx.
type Array string

func (a Array) Error() string {
	return fmt.Sprintf("an array (%s), no table: write data: {train: {%[1]s: FILE, labels: FILE}} in place of csv: in the "+
		"spec", string(a))
}

// arrayIn returns the format of a file that begins with head, if it holds an array; else "".
func arrayIn(head []byte) Array {
	switch {
	case bytes.HasPrefix(head, []byte("\x93NUMPY")):
		return "npy"
	case len(head) >= 4 && head[0] == 0 && head[1] == 0 && bytes.IndexByte([]byte{8, 9, 11, 12, 13, 14}, head[2]) >= 0 &&
		head[3] >= 1 && head[3] <= maxIDX:
		return "idx"
	}
	return ""
}

// maxIDX is the most axes of a file that is taken for IDX.
const maxIDX = 8

// begins tells whether a file that begins with head is of a format. Tags of HTML may be of any case; where a magic is
// letters and digits alone, as names of columns are, a byte that no text has must follow.
func begins(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	front := string(head[:len(magic)])
	switch {
	case strings.HasPrefix(magic, "<"):
		return strings.EqualFold(front, magic)
	case front != magic:
		return false
	case wordlike.MatchString(magic):
		return bytes.ContainsFunc(head, func(c rune) bool { return c < ' ' && c != '\t' && c != '\n' && c != '\r' })
	}
	return true
}

var wordlike = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// zipped returns the name of the first file of a zip archive: see APPNOTE.TXT of PKWARE, 4.3.7.
func zipped(head []byte) string {
	const at = 30
	if len(head) < at {
		return ""
	}
	n := int(binary.LittleEndian.Uint16(head[26:]))
	return string(head[at:min(len(head), at+n)])
}
