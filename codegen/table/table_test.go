package table

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/nngen/nngen/codegen/fuzzing"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// all reads a table to its end.
func all(t *testing.T, text, name string, o Options) (*Table, []Row) {
	t.Helper()
	in, err := Read(strings.NewReader(text), name, o)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var rows []Row
	for {
		r, err := in.Next()
		if errors.Is(err, io.EOF) {
			return in, rows
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		r.Fields = slices.Clone(r.Fields)
		rows = append(rows, r)
	}
}

const twoLines = "Size,,Weight,\nmin,max,least,most\n"

// twice writes a table of rows of numbers, and behind it another with the same header.
func twice(header string, rows int) string {
	var b strings.Builder
	for i := range 2 * rows {
		if i%rows == 0 {
			b.WriteString(header)
		}
		b.WriteString(strconv.Itoa(i))
		for range strings.Count(header[:strings.Index(header, "\n")], ",") {
			fmt.Fprintf(&b, ",%d", i%7)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestFormsAreFound(t *testing.T) {
	for _, c := range []struct {
		text, want string
		names      []string
		rows       int
	}{
		{"a,b\n1,2\n3,4\n", "columns apart by commas, a header", []string{"a", "b"}, 2},
		{"a;b\n0,5;1,5\n3,5;4,1\n", "columns apart by semicolons, decimal commas, a header", []string{"a", "b"}, 2},
		{"0,5;1,5\n3,5;4,1\n", "columns apart by semicolons, decimal commas, no header", nil, 2},
		// Units, and marks of thousands, beside decimal commas that every row has as many of.
		{"p;q;y\n" + strings.Repeat("6 036,75;58,2 %;6 167,20 €\n1 090,53;59,1 %;4 602,20 €\n", 10),
			"columns apart by semicolons, decimal commas, a header", []string{"p", "q", "y"}, 20},
		{"7.362,76 €;0,5\n731,77 €;1,5\n8.967,37 €;2,5\n", "columns apart by semicolons, decimal commas, no header", nil, 3},
		{"a|b|c\n" + strings.Repeat("1,5 kg|1.234,5 kg|2,5\n", 10), "columns apart by bars, decimal commas, a header",
			[]string{"a", "b", "c"}, 10},
		{"a,b,c\n5 %,6 €,7\n4 %,3 €,2\n", "columns apart by commas, a header", []string{"a", "b", "c"}, 2},
		{"a\tb\n1\t2\n", "columns apart by tabs, a header", []string{"a", "b"}, 1},
		{"Size,Size,Weight,Weight\nmin,max,min,max\n1,2,3,4\n2,3,4,5\n3,4,5,6\n",
			"columns apart by commas, a header of two lines",
			[]string{"Size min", "Size max", "Weight min", "Weight max"}, 3},
		{"Size,,Size,\nmin,max,least,most\n1,2,3,4\n2,3,4,5\n3,4,5,6\n", "columns apart by commas, a header of two lines",
			[]string{"Size min", "Size max", "Size least", "Size most"}, 3},
		{"a,b\n1,x\n2,y\na, b \n3,x\n", "columns apart by commas, rows left out that repeat the header: 1, a header",
			[]string{"a", "b"}, 3},
		{"cat,size\nx,s\ny,s\ncat,size\nx,m\ny,m\n",
			"columns apart by commas, rows left out that repeat the header: 1, a header",
			[]string{"cat", "size"}, 4},
		{"x,s,1\ny,s,2\nx,s,1\nx,m,3\ny,m,2\n", "columns apart by commas, no header", nil, 5},
		{"x,s\ny,s\nx,s\nx,m\ny,m\nx,s\n", "columns apart by commas, no header", nil, 6},
		{"a,b\n" + strings.Repeat("1,x\n2,y\n", 900) + "a,b\n3,x\n",
			"columns apart by commas, rows left out that repeat the header: 1, a header",
			[]string{"a", "b"}, 1801},
		{twice(twoLines, 4000), "columns apart by commas, rows left out that repeat the header: 2, a header of two lines",
			[]string{"Size min", "Size max", "Weight least", "Weight most"}, 8000},
		{twice(twoLines, 30) + twoLines + "1,2,3,4\n",
			"columns apart by commas, rows left out that repeat the header: 4, a header of two lines",
			[]string{"Size min", "Size max", "Weight least", "Weight most"}, 61},
		{twice("weight,height\nkg,m\n", 30),
			"columns apart by commas, rows left out that repeat the header: 2, a header of two lines",
			[]string{"weight", "height"}, 60},
		{twice("weight,height\n", 30), "columns apart by commas, rows left out that repeat the header: 1, a header",
			[]string{"weight", "height"}, 60},
		{twice("id,2019,,2020,\n-,min,max,min,max\n", 30),
			"columns apart by commas, rows left out that repeat the header: 2, a header of two lines",
			[]string{"id -", "2019 min", "2019 max", "2020 min", "2020 max"}, 60},
		{"a|b\nx, y|2\nz|3\n", "columns apart by bars, a header", []string{"a", "b"}, 2},
		{"sep=;\na;b\n0,5;1,5\n3,5;4,1\n", "columns apart by semicolons, decimal commas, a header", []string{"a", "b"}, 2},
		{"\"sep=\t\"\r\na\tb\r\n1\t2\r\n", "columns apart by tabs, a header", []string{"a", "b"}, 1},
		{"sep=:\na:b\n1:2\n", "columns apart by \":\", a header", []string{"a", "b"}, 1},
		{"2019,2020,2021,class\n0.5,1.5,0.1,x\n0.7,1.1,0.3,y\n0.6,1.2,0.2,x\n", "columns apart by commas, a header",
			[]string{"2019", "2020", "2021", "class"}, 3},
		{"2019,2020,2021\n0.5,1.5,0.1\n0.7,1.1,0.3\n0.6,1.2,0.2\n", "columns apart by commas, a header",
			[]string{"2019", "2020", "2021"}, 3},
		{"2019Q1,2019-02\n1,2\n2,3\n", "columns apart by commas, a header", []string{"2019Q1", "2019-02"}, 2},
		{"100,200,900\n101,202,903\n102,204,906\n", "columns apart by commas, no header", nil, 3},
		{"400.5,410.5,kind\n0.5,1.5,x\n0.7,1.1,y\n0.6,1.2,x\n", "columns apart by commas, a header",
			[]string{"400.5", "410.5", "kind"}, 3},
		{"5,1.5,rare\n0.5,1.5,x\n0.7,1.1,y\n0.6,1.2,x\n", "columns apart by commas, no header", nil, 4},
		{"a   b\n1  2\n3 4\n", "columns apart by spaces, a header", []string{"a", "b"}, 2},
		{"4,3,ash,elm\n5.1,3.5,1.4,0\n4.9,3,1.5,1\n5.2,3.1,1.4,1\n4.8,3.2,1.6,0\n",
			"columns apart by commas, rows left out before it: 1, no header", nil, 4},
		{"4,2,ash,elm\n5.1,3.5,1.4,0\n4.9,3,1.5,1\n5.2,3.1,1.4,1\n4.8,3.2,1.6,0\n", // not the number of its features
			"columns apart by commas, a header", []string{"4", "2", "ash", "elm"}, 4},
		{"5,3,ash,elm\n5.1,3.5,1.4,0\n4.9,3,1.5,1\n5.2,3.1,1.4,1\n4.8,3.2,1.6,0\n", // nor that of its rows
			"columns apart by commas, a header", []string{"5", "3", "ash", "elm"}, 4},
		{"4,3,ash,elm\n5.1,3.5,1.4,0\n4.9,3,1.5,1\n5.2,3.1,1.4,2\n4.8,3.2,1.6,0\n", // nor those of its classes
			"columns apart by commas, a header", []string{"4", "3", "ash", "elm"}, 4},
		{"Report 2020\n\na,b,c\n1,2,x\n3,4,y\n", "columns apart by commas, rows left out before it: 1, a header",
			[]string{"a", "b", "c"}, 2},
		{"# made 2020\n# by X, version 3\n# columns: a,b,c\n#\na,b,c\n1,2,3\n# part 2, of all\n4,5,6\n",
			"columns apart by commas, rows left out before it: 4, comments among its rows left out: 1, a header",
			[]string{"a", "b", "c"}, 2},
		{"# a,b,c\n1,2,3\n4,5,6\n", "columns apart by commas, rows left out before it: 1, a header", []string{"a", "b", "c"},
			2},
		{"# a;\"b in\r\nm²\";\"c\n\n(x)\";\"d, \"\"e\"\"\"\r\n1;2;3;x\n4;5;6;y\n",
			"columns apart by semicolons, rows left out before it: 1, a header",
			[]string{"a", "b in\nm²", "c\n\n(x)", "d, \"e\""}, 2},
		{"# of 5\" tubes, \"so\na,b\n1,x\n4,y\n", "columns apart by commas, rows left out before it: 1, a header",
			[]string{"a", "b"}, 2},
		{"# a b\n1 2\n4 5\n", "columns apart by spaces, rows left out before it: 1, a header", []string{"a", "b"}, 2},
		{"# a,b,label\n1,2,x\n4,5,y\n7,8,x\n", "columns apart by commas, rows left out before it: 1, a header",
			[]string{"a", "b", "label"}, 3},
		{"# by X, in May\na,b\n1,x\n4,y\n", "columns apart by commas, rows left out before it: 1, a header",
			[]string{"a", "b"}, 2},
		{"weight,,height,y\nkg,s,m,USD\n1,2,3,4\n4,5,6,7\n7,8,9,9\n", "columns apart by commas, a header of two lines",
			[]string{"weight", "", "height", "y"}, 3},
		{"weight,,speed,y\n(kg),[°C],m/s^2,kWh\n1,2,3,4\n4,5,6,7\n7,8,9,9\n",
			"columns apart by commas, a header of two lines",
			[]string{"weight", "", "speed", "y"}, 3},
		{"a,,c,y\nthis,that,more,less\n1,2,3,4\n4,5,6,7\n7,8,9,9\n", "columns apart by commas, a header of two lines",
			[]string{"a this", "a that", "c more", "y less"}, 3},
		{"#a,b\n1,2\n4,5\n", "columns apart by commas, a header", []string{"#a", "b"}, 2},
		{"Person,,Size,,\nage,sex,height,weight,ill\n1,m,2,3,x\n4,f,5,6,y\n7,m,8,9,x\n",
			"columns apart by commas, a header of two lines",
			[]string{"age", "sex", "height", "weight", "ill"}, 3},
		{"id,2019,,2020,\n-,min,max,min,max\n1,2,3,4,5\n2,4,6,8,10\n3,6,9,12,15\n",
			"columns apart by commas, a header of two lines",
			[]string{"id -", "2019 min", "2019 max", "2020 min", "2020 max"}, 3},
		{"# made by\n# a tool\na,b\n1,2\n3,4\n5,6\n", "columns apart by commas, rows left out before it: 2, a header",
			[]string{"a", "b"}, 3},
		{"Report,,\na,b,c\n1,2,x\n3,4,y\n", "columns apart by commas, rows left out before it: 1, a header",
			[]string{"a", "b", "c"}, 2},
		{"a,b\n1,2,\n3,4,\n", "columns apart by commas, a header", []string{"a", "b", ""}, 2},
		{"a,b\nr1,1,2\nr2,3,4\n", "columns apart by commas, a header", []string{"", "a", "b"}, 2},
		{"a,b\r1,2\r3,4\r", "columns apart by commas, a header", []string{"a", "b"}, 2},
		// Carriage returns end lines where the only line feeds are in fields.
		{"a,b\r1,\"two\nlines\"\r3,\"x\n\ny\"\r", "columns apart by commas, a header", []string{"a", "b"}, 2},
		{"a,b\n1,\"two\rlines\"\n3,x\n", "columns apart by commas, a header", []string{"a", "b"}, 2},
		// A title stands above a header that lacks a name.
		{"Report\na,b,c\n1,2,x,\n3,4,y,\n5,6,y,\n", "columns apart by commas, rows left out before it: 1, a header",
			[]string{"a", "b", "c", ""}, 3},
		{"Report\n\na;b;c\nr1;1;2;x\nr2;3;4;y\nr3;5;6;y\n",
			"columns apart by semicolons, rows left out before it: 1, a header",
			[]string{"", "a", "b", "c"}, 3},
		{"a,b,c\n1,2,x,\n3,4,y,\n5,6,y,\n# end, of file\n",
			"columns apart by commas, comments among its rows left out: 1, a header", []string{"a", "b", "c", ""}, 3},
		// Blanks beside quotes, and quotes among blanks.
		{"\"a\", \"b, c\"\n1, \"x y\"\n3 , \"z, w\"\n", "columns apart by commas, a header", []string{"a", "b, c"}, 2},
		{"\"a\" ; \"b\"\n\"0,5\" ; \"1,5\"\n\"0,7\" ; \"1,7\"\n",
			"columns apart by semicolons, decimal commas, a header", []string{"a", "b"}, 2},
		{"\"x\" \"y\"\n\"1\" 5.1 \"red oak\"\n\"2\" 4.9 \"ash\"\n", "columns apart by spaces, a header",
			[]string{"", "x", "y"}, 2},
		{"\"a\"\t\"b\"\n\"1\"\t\"x\"\n\"2\"\t\"y\"\n# end of it\n",
			"columns apart by tabs, comments among its rows left out: 1, a header", []string{"a", "b"}, 2},
		{"{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2, \"b\": \"y\"}\n", "JSON lines", []string{"a", "b"}, 2},
		{"red,big\nred,small\nblue,big\nred,big\n", "columns apart by commas, no header", nil, 4},
		{"color,size\nred,small\nblue,big\nred,big\n", "columns apart by commas, a header", []string{"color", "size"}, 3},
		{",0,1,y\n0,1.5,2.5,a\n1,0.5,7.5,b\n", "columns apart by commas, a header", []string{"", "0", "1", "y"}, 2},
		{"5.1,3.5,setosa\n4.9,3.0,setosa\n6.1,2.9,other\n", "columns apart by commas, no header", nil, 3},
		{"day,temp\n2020-01-01,5\n2020-01-02,6\n", "columns apart by commas, a header", []string{"day", "temp"}, 2},
		{"mass,size\n(g),(mm)\n1,2\n3,4\n5,6\n", "columns apart by commas, a header of two lines",
			[]string{"mass", "size"}, 3},
		{"id;a;when;w\n;km;TT.MM.JJJJ;ja/nein\nx;1;01.02.2020;ja\ny;2;02.02.2020;nein\nz;;03.02.2020;nein\n",
			"columns apart by semicolons, a header of two lines", []string{"id", "a", "when", "w"}, 3},
		{"a,b,price\n,,EUR\n1,2,3\n4,5,6\n", "columns apart by commas, a header of two lines",
			[]string{"a", "b", "price"}, 2},
		{"name,a\nAnna,unknown\nBob,1\nCid,unknown\nDan,2\n", "columns apart by commas, a header", []string{"name", "a"}, 4},
		{"color,a\nred,x\nred,1\nblue,2\nblue,3\n", "columns apart by commas, a header", []string{"color", "a"}, 4},
		{"\"Body Mass\n(g)\",y\n1,2\n", "columns apart by commas, a header", []string{"Body Mass\n(g)", "y"}, 1},
		{"\ufeffa,b\r\n1,2\r\n\r\n3,4\r\n", "columns apart by commas, a header", []string{"a", "b"}, 2},
	} {
		in, rows := all(t, c.text, "x.csv", Options{})
		if in.String() != c.want || !slices.Equal(in.Names, c.names) || len(rows) != c.rows {
			t.Errorf("%q: %s, names %q, %d rows; want %s, %q, %d", c.text, in, in.Names, len(rows), c.want, c.names, c.rows)
		}
		for _, r := range rows {
			if r.Err != nil {
				t.Errorf("%q: line %d: %v", c.text, r.Line, r.Err)
			}
		}
	}
}

// TestNamesInACommentStandWithAHeaderToo reads a table as the spec says that is written of it.
func TestNamesInACommentStandWithAHeaderToo(t *testing.T) {
	yes, no := true, false
	for _, text := range []string{"# a,b\n1,2\n3,4\n", "# a,b\n1,x\n3,y\n2,x\n"} {
		if in, rows := all(t, text, "x.csv", Options{Header: &yes}); !slices.Equal(in.Names, []string{"a", "b"}) ||
			rows[0].Line != 2 || in.Lines != 1 {
			t.Errorf("%q: %q, %v", text, in.Names, rows)
		}
		if in, rows := all(t, text, "x.csv", Options{Header: &no}); in.Names != nil || rows[0].Line != 2 {
			t.Errorf("%q without a header: %q, %v", text, in.Names, rows)
		}
	}
}

// TestCommentsAmongRowsAreCounted tells them from short rows.
func TestCommentsAmongRowsAreCounted(t *testing.T) {
	long := strings.Repeat("1,2,3\n", sampled)
	for text, want := range map[string][2]int{ // comments, bad rows
		"a,b,c\n1,2,3\n# note, of May\n4,5,6\n#\n#end\n":      {3, 0},
		"a,b,c\n1,2,3\n#30,4\n4,5,6\n":                        {0, 1},
		"a,b,c\n#1,2,3\n#30,4\n#4,5,6\n":                      {0, 1},
		"a,b,c\n#x1,2,3\n#x2,4\n#x3,5,6\n":                    {0, 1},
		"a,b,c\n" + long + "# late\n#9,9\n1,2,3\n#late too\n": {2, 1},
	} {
		in, rows := all(t, text, "x.csv", Options{})
		bad := 0
		for _, r := range rows {
			if r.Err != nil {
				bad++
			}
		}
		said := strings.Contains(in.String(), fmt.Sprintf("comments among its rows left out: %d", want[0]))
		if in.Comments != want[0] || bad != want[1] || said != (want[0] > 0) {
			t.Errorf("%.60q: %d comments, %d bad rows, want %v: %s", text, in.Comments, bad, want, in)
		}
	}
}

func TestEncodingsAreFound(t *testing.T) {
	const text = "Ort,Größe\nZürich,1\nKöln,2\n"
	late := "a,b\n" + strings.Repeat("x,1\n", 40_000) + "Größe,2\n" // beyond what is looked at first
	for name, encode := range map[string]func(string) (string, error){
		"utf-8":        func(s string) (string, error) { return s, nil },
		"windows-1252": charmap.Windows1252.NewEncoder().String,
		"utf-16le":     unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String,
		"utf-16be":     unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String,
	} {
		for _, s := range []string{text, late} {
			b, err := encode(s)
			if err != nil {
				t.Fatal(err)
			}
			in, rows := all(t, b, "x.csv", Options{})
			got := strings.Join(append(in.Names, rows[len(rows)-1].Fields...), ",")
			want := map[string]string{text: "Ort,Größe,Köln,2", late: "a,b,Größe,2"}[s]
			if got != want || s == text && in.Encoding != name {
				t.Errorf("%s: %q, found %s", name, got, in.Encoding)
			}
		}
	}
	if _, rows := all(t, "a,b\nПривет,1\n", "x.csv", Options{Encoding: "utf-8"}); rows[0].Fields[0] != "Привет" {
		t.Error(rows)
	}
	cyrillic, _ := charmap.Windows1251.NewEncoder().String("слово,b\nПривет,1\n")
	if in, _ := all(t, cyrillic, "x.csv", Options{Encoding: "windows-1251"}); in.Names[0] != "слово" {
		t.Error(in.Names)
	}
}

// TestOtherEncodingsAreRefused reads what no guess fits.
func TestOtherEncodingsAreRefused(t *testing.T) {
	sjis, err := japanese.ShiftJIS.NewEncoder().String("a,y\n1,東京\n2,大阪\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, rows := all(t, "k,l\n1,2\n"+sjis, "x.csv", Options{}); rows[3].Err == nil ||
		!strings.Contains(rows[3].Err.Error(), "--encoding") {
		t.Error(rows)
	}
	if _, rows := all(t, sjis, "x.csv", Options{Encoding: "shift_jis"}); rows[1].Fields[1] != "大阪" {
		t.Error(rows)
	}
	wide, err := utf32.UTF32(utf32.LittleEndian, utf32.UseBOM).NewEncoder().String("a,y\n1,2\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(strings.NewReader(wide), "x.csv", Options{}); err == nil ||
		!strings.Contains(err.Error(), "UTF-32") {
		t.Error(err)
	}
}

// TestAFileOfTheKindMayBeWrittenOtherwise reads tables by what is known of another one.
func TestAFileOfTheKindMayBeWrittenOtherwise(t *testing.T) {
	latin, err := charmap.Windows1252.NewEncoder().String("Größe;y\n1;Köln\n")
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("Größe;y\n1;Köln\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{latin, wide, "Größe;y\n1;Köln\n", "\ufeffGröße;y\n1;Köln\n",
		"Größe,y\n1,Köln\n", "Größe\ty\n1\tKöln\n"} {
		in, rows := all(t, text, "x.csv", Options{Delimiter: ";", Encoding: "windows-1252", Other: true})
		if !slices.Equal(in.Names, []string{"Größe", "y"}) || len(rows) != 1 ||
			!slices.Equal(rows[0].Fields, []string{"1", "Köln"}) {
			t.Errorf("%q: %q, %v", text, in.Names, rows)
		}
	}
	if in, rows := all(t, "when\n2020-01-01 10:00\n2020-01-02 11:00\n2020-01-03 12:00\n", "x.csv",
		Options{Delimiter: ";", Other: true}); in.Columns != 1 || len(rows) != 3 {
		t.Error(in.Names, rows)
	}
	if in, _ := all(t, "a,b;c\n1,2;3\n", "x.csv", Options{Delimiter: ";", Other: true}); in.Columns != 2 {
		t.Error(in.Columns)
	}
}

// TestAnotherDelimiterIsNamed looks at tables of one column that something else cuts into several.
func TestAnotherDelimiterIsNamed(t *testing.T) {
	for text, want := range map[string]string{"a:b\n1:2\n3:4\n": ":", "a^b\n1^2\n": "^", "\"a,b\"\n\"1,2\"\n": ",",
		"a\n1\n2\n": "", "a\nx:y\nz\nw\n": ""} {
		if in, _ := all(t, text, "x.csv", Options{}); in.Columns != 1 || in.Instead != want {
			t.Errorf("%q: %d columns, instead %q; want %q", text, in.Columns, in.Instead, want)
		}
	}
}

// TestBadRowsAreBadAlone reads on behind a ragged row and a quote that is never closed, each reported where it stands.
func TestBadRowsAreBadAlone(t *testing.T) {
	_, rows := all(t, "a,b\n1,2\n\"open,3\n4,5\n6\n\"two\nlines\",7\n8,9\n", "x.csv", Options{})
	var got []string
	for _, r := range rows {
		if r.Err != nil {
			got = append(got, fmt.Sprintf("%d: %v", r.Line, r.Err))
		} else {
			got = append(got, fmt.Sprintf("%d: %q", r.Line, r.Fields))
		}
	}
	text := strings.Join(got, "\n")
	for _, part := range []string{`2: ["1" "2"]`, "3: ", `4: ["4" "5"]`, `6: ["two\nlines" "7"]`,
		`8: ["8" "9"]`, "5: 1 columns, want 2"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in\n%s", part, text)
		}
	}
	_, rows = all(t, "a,b\n1,2\n\"open,3\n"+strings.Repeat("4,5\n", 3000), "x.csv", Options{})
	if len(rows) != 3002 || rows[1].Err == nil || rows[1].Line != 3 || rows[2].Err != nil {
		t.Errorf("%d rows; the second is %v of line %d", len(rows), rows[1].Err, rows[1].Line)
	}
}

func TestJSONLines(t *testing.T) {
	text := `{"b": "x", "geo": {"lat": 1, "at": {"z": 2}}, "tags": ["p q", 1, {"r": []}], "y": 1}
{"b": "y", "a": 1.5, "geo": {"lat": null}, "tags": [], "y": 0}
[1]
{"y": true, "late": 3}
{"a": 2
{"a": 2} 3
`
	in, rows := all(t, text, "x.jsonl", Options{Keys: []string{"none", "a"}})
	if want := []string{"b", "a", "geo.lat", "geo.at.z", "tags", "y", "late", "none"}; !slices.Equal(in.Names, want) ||
		len(rows) != 6 {
		t.Fatalf("%q, %d rows; want %q", in.Names, len(rows), want)
	}
	for i, want := range []string{`x||1|2|["p q",1,{"r":[]}]|1||`, "y|1.5|||[]|0||", "", "|||||true|3|", "", ""} {
		got := strings.Join(rows[i].Fields, "|")
		if (want == "") != (rows[i].Err != nil) || want != "" && got != want {
			t.Errorf("row %d: %q, %v", i, got, rows[i].Err)
		}
	}
	_, rows = all(t, "{\"a\":1,\"b\":{\"c\":1}}\n{\"a\":1,\"a\":2}\n{\"b\":{\"c\":1},\"b\":{\"c\":2}}\n{\"a\":3}\n",
		"x.jsonl", Options{})
	for i, want := range []string{"", `the key "a" comes twice`, `the key "b.c" comes twice`, ""} {
		if err := rows[i].Err; (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("row %d: %v, want %q", i, err, want)
		}
	}
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	if _, rows := all(t, `{"b":1}`+"\n"+deep+"\n", "x.jsonl", Options{}); rows[1].Err == nil {
		t.Error("40 objects within each other are a row")
	}
}

// TestHostileFiles opens what is no table, or unpacks without end.
func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	bomb := filepath.Join(dir, "bomb.csv.gz")
	f, err := os.Create(bomb)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	chunk := bytes.Repeat([]byte("0,"+strings.Repeat("0", 1020)+"\n"), 1<<10)
	for range 100 {
		if _, err := z.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{bomb: "unpacks to more than", dir: "a folder"}
	if runtime.GOOS == "linux" {
		files["/dev/zero"] = "a device"
	}
	for name, text := range map[string]string{
		"binary": "\x00\x01\x02\x00a", "zip.csv": "PK\x03\x04xxxx", "table.parquet": "PAR1\x15\x04xx",
		"table.arrow": "ARROW1\x00\x00xx",
		"sheet.xlsx":  "PK\x03\x04" + strings.Repeat("\x00", 22) + "\x13\x00\x00\x00[Content_Types].xml",
		"login.csv":   "<!DOCTYPE html><html>",
		"w.arff":      "% of Weka\n\n@RELATION x\n@attribute a numeric\n@data\n1\n",
		"w.libsvm":    "+1 1:0.5 3:-2e-3\n-1 2:.5\n+1 7:1 \n",
		"base.db":     "SQLite format 3\x00xx", "a.csv.xz": "\xfd7zXZ\x00x", "empty.csv": "\n \n",
		"line.csv": "a,b\n" + strings.Repeat("1", maxRow+1),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files[path] = map[string]string{"binary": "no text", "zip.csv": "zip", "table.parquet": "Parquet",
			"table.arrow": "Arrow or Feather", "sheet.xlsx": "Excel (xlsx)", "login.csv": "a page of HTML",
			"w.arff": "below @data", "w.libsvm": "load_svmlight_file", "base.db": "sqlite3 -csv",
			"a.csv.xz": "unxz", "x.npy": "write data: {train: {npy: FILE", "x.idx": "write data: {train: {idx: FILE",
			"empty.csv": "no rows", "line.csv": "longer than"}[name]
	}
	for path, want := range files {
		in, err := Open(path, path, Options{})
		for err == nil {
			_, err = in.Next()
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a,b\n1,2\n\"x"))
	f.Add([]byte("\xff\xfea\x00,\x00"))
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		for _, name := range []string{"x.csv", "x.jsonl"} {
			in, err := Read(bytes.NewReader(b), name, Options{})
			for n := 0; err == nil; n++ {
				var r Row
				if r, err = in.Next(); err == nil && r.Err == nil && len(r.Fields) != in.Columns {
					t.Fatalf("%q: %d fields, want %d", b, len(r.Fields), in.Columns)
				}
				if n > len(b) {
					t.Fatalf("%q: more rows than bytes", b)
				}
			}
		}
	})
}

// TestPackedTablesAreRead reads a table that gzip or zstd packed, one that unpacks without end, and ones that are cut
// off or followed by something else.
func TestPackedTablesAreRead(t *testing.T) {
	const text = "a,b\n1,2\n3,4\n"
	long := strings.Repeat("1,"+strings.Repeat("2", 1000)+"\n", 50_000) // more than base
	pack := map[string]func(io.Writer) io.WriteCloser{
		"x.csv.gz": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"x.csv.zst": func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		},
	}
	for name, packer := range pack {
		for _, c := range []struct {
			text, want string
			cut        int // bytes that are missing at the end
			tail       string
		}{
			{text: text}, {text: long, want: "unpacks to more than"},
			{text: text, cut: 5, want: name + ": it cannot be unpacked to its end"},
			{text: text, tail: "junk and more of it", want: name + ": it cannot be unpacked to its end"},
		} {
			var b bytes.Buffer
			z := packer(&b)
			if _, err := io.WriteString(z, c.text); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, append(b.Bytes()[:b.Len()-c.cut:b.Len()-c.cut], c.tail...), 0o644); err != nil {
				t.Fatal(err)
			}
			in, err := Open(path, name, Options{})
			rows := 0
			for err == nil {
				if _, err = in.Next(); err == nil {
					rows++
				}
			}
			if c.want == "" && (rows != 2 || !errors.Is(err, io.EOF)) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %d bytes: %d rows, %v", name, len(c.text), rows, err)
			}
		}
	}
}

// TestTheDecimalMarkIsFound tells a mark before decimals from one between thousands, and says where nothing tells.
func TestTheDecimalMarkIsFound(t *testing.T) {
	for _, c := range []struct {
		text          string
		o             Options
		comma, unsure bool
	}{
		{"a;b\n7.414;0,50\n2.657;1,25\n143;3\n", Options{}, true, false},
		{"a;b\n1.440.000;x\n7.414;y\n", Options{}, true, false},
		{"a;b\n3.712,99;x\n7.414;y\n", Options{}, true, false},
		{"a;b\n1 147,49 €;x\n2 001,10 €;y\n", Options{}, true, false},
		{"a;b\n1'147,49;7\n2'001,10;8\n", Options{}, true, false},
		{"a;b\n1'147.49;7\n2'001.10;8\n", Options{}, false, false},
		{"a;b\n\"1,966\";0.910\n84;0.518\n", Options{}, false, false},
		{"a;b\n\"1,966,000\";x\n84;y\n", Options{}, false, false},
		{"a;b\n7.414;x\n2.657;y\n", Options{}, false, true},
		{"a;b\n7.414;x\n143;y\n", Options{}, true, true},
		{"a;b\n7.414;x\n143;y\n", Options{Point: true}, false, true},
		{"a;b\n7.414;x\n143;y\n", Options{Decimal: "."}, false, false},
		{"a;b\n7.414;x\n2.657;y\n", Options{Decimal: ","}, true, false},
		{"a;b\n\"7,414\";x\n\"2,657\";y\n", Options{}, true, true},
		{"a;b\n\"7,414\";x\n\"143\";y\n", Options{}, false, true},
		{"a;year\n\"7,414\";2019\n\"143\";2020\n", Options{}, false, true}, // a column without marks says nothing
		{"a,b\n7.414,x\n2.657,y\n", Options{}, false, false},
		{"a,b\n\"1.234,50\",x\n\"0,5\",y\n", Options{}, true, false},
		{"a,b\n\"1,234\",x\n\"5,678\",y\n", Options{}, false, true},
		{"a,b\n\"1,234\",0.5\n\"5,678\",1\n", Options{}, false, false},
		{"a,b\n\"1,234\",\"7,414\"\n\"5,678\",\"0,625\"\n", Options{}, false, true},
		{"a,b\n\"1,234\",x\n\"5,678\",y\n", Options{Decimal: "."}, false, false},
	} {
		in, _ := all(t, c.text, "x.csv", c.o)
		if in.Comma != c.comma || (in.Unsure != "") != c.unsure {
			t.Errorf("%q: decimal comma %v, unsure %q; want %v, %v", c.text, in.Comma, in.Unsure, c.comma, c.unsure)
		}
	}
}
