package scaffold

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// repeat writes a table of rows, each made of its number.
func repeat(header string, rows int, row func(i int) string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range rows {
		b.WriteString(row(i) + "\n")
	}
	return b.String()
}

// TestWhatColumnsHold looks at what init makes of columns, and of the last as the label.
func TestWhatColumnsHold(t *testing.T) {
	flip := func(i int) string { return [...]string{"no", "yes"}[i*7%5%2] }
	for name, c := range map[string]struct {
		text string
		want []string // lines of the report, with blanks as one
	}{
		"an index that was shuffled": {repeat(",a,ok", 40,
			func(i int) string { return fmt.Sprintf("%d,%d.5,%s", i*17%40+3, i, flip(i)) }),
			[]string{"#1 index 0 40 left out: it counts the rows"}},
		"units": {repeat("weight,price,load,temp,took,y", 40, func(i int) string {
			return fmt.Sprintf("%d.%d kg,₹%d,%d %%,%d°C,%d:%02d:00,%d.5", i, i%3, 1000*i, i%40, i-9, i, i%60, i*i)
		}), []string{"weight number 0 40 a number of kg", "price number 0 40 a number of ₹"}},
		"units with digits": {repeat("use,y", 40, func(i int) string {
			return fmt.Sprintf("%d.%d l/100km,%d.5", i%9+3, i%7, i*i)
		}), []string{"use number 0 40 a number of l/100km"}},
		"units but for some": {repeat("weight,y", 40, func(i int) string {
			return fmt.Sprintf("%d%s,%d.5", i, [...]string{" kg", "kg", ""}[i%3], i*i)
		}), []string{"weight number 0 40 a number of kg, which 13 fields do not say"}},
		"units among words for missing values": {repeat("weight,y", 40, func(i int) string {
			return fmt.Sprintf("%s,%d.5",
				[...]string{fmt.Sprint(i, "kg"), fmt.Sprint(2*i, " kg"), fmt.Sprint(i, ".5 kg"), fmt.Sprint(i, ".7 kg"),
					fmt.Sprint(i, ".9 kg"), "unknown"}[i%6], i*i)
		}), []string{"weight number 6", "a number of kg, the median", `"unknown" in line 7 taken for missing`}},
		"several units": {repeat("weight,cost,x,y", 40, func(i int) string {
			return fmt.Sprintf("%d.%d%s,%s%d.%d,%d,%d.5", i, i%7, [...]string{" kg", " g"}[i%2], [...]string{"$", "€"}[i%2], i,
				i%7, i*37%11, i*i)
		}),
			[]string{`weight mixed 0 40 left out: its numbers have several units, "g" 20 times, "kg" 20 times; write one`,
				`cost mixed 0 40 left out`}},
		"names of people": {repeat("Name,note,x,y", 60, func(i int) string {
			return fmt.Sprintf("\"Smith %c%c, Mr. John (the %dth) of X\",we met %d times and it was good,%d,%d.5", 'a'+i%26,
				'a'+i/26, i, i, i*37%11, i*i)
		}), []string{"Name identifier 0 60 left out: nearly every row has another", "note text 0 60"}},
		"letters before numbers": {repeat("code,x,y", 40,
			func(i int) string { return fmt.Sprintf("A%d,%d,%d.5", i, i*37%11, i*i) }),
			[]string{"code identifier 0 40"}},
		"digits behind zeros": {repeat("code,zip,shop,x,y", 300, func(i int) string {
			return fmt.Sprintf("%05d,%05d,%03d,%d,%d.5", i*7919%50021, 1000+i*37%400, i%9, i*37%11, i*i)
		}),
			[]string{"code identifier 0 300 left out: nearly every row has another", "zip identifier 0 300 left out",
				"shop code 0 9 its 9 most frequent words"}},
		"names of identifiers": {repeat("acct,kundennr,customerId,Account Number,grid,x,y", 300, func(i int) string {
			n := 100000 + i*7919%50021
			return fmt.Sprintf("%d,%d,%d,%d,%d,%d,%d.5", n, n+1, n+2, n+3, n+4, n+5, i*i)
		}),
			[]string{"acct identifier", "kundennr identifier", "customerId identifier", "Account Number identifier",
				"grid number",
				"x number"}},
		"an identifier as the label": {repeat("x,target", 300,
			func(i int) string { return fmt.Sprintf("%d.5,%d", i*37%11, 1000+i) }),
			[]string{`remark: the label "target" looks like an identifier`}},
		"durations": {repeat("iso,words,elapsed,start,y", 60, func(i int) string {
			return fmt.Sprintf("PT%dM,%dh %dm,%d:%02d:00,%02d:%02d,%d.5", i, i/7, i, i/9, i, i%24, i, i*i)
		}), []string{"iso number 0 60 a number, the seconds of a duration", "words number 0 60 a number, the seconds",
			"elapsed number 0 60 a number, the seconds", "start date 0 60 hour"}},
		"names of files and versions": {repeat("file;gewicht;version;saldo;y", 60, func(i int) string {
			return fmt.Sprintf("%04d.png;%d,5 kg;1.%d.%d;(%d);%d", i, i*7%50, i%3, i%7, i*i+1, i%2)
		}), []string{"file identifier 0 60 left out", "gewicht number 0 50 a number of kg", "version word 0",
			"saldo number 0 60 a number, below 0 in brackets or before a minus"}},
		"texts without blanks": {repeat("text,name,x,y", 60, func(i int) string {
			return fmt.Sprintf("\u8fd9\u4e2a\u4ea7\u54c1\u5f88\u597d%d,\u738b%c,%d.5,%d", i, rune('\u4e00'+i), i*i, i%2)
		}), []string{"text identifier 0 60 left out: nearly every row has another; if these are texts without blanks",
			"name identifier 0 60 left out: nearly every row has another x number"}},
		"texts that come again": {repeat("text,x,y", 300, func(i int) string {
			return fmt.Sprintf("we met %d times,%d.5,%d", i*i%311, i*i, i%2)
		}),
			[]string{"text identifier 0 156 left out: its 300 rows have 156 fields, too few of each; if these are " +
				"texts, tokens:"}},
		"many classes under a label's name": {repeat("label,x,y2", 400, func(i int) string {
			return fmt.Sprintf("w%d,%d.5,%d.25", i%80, i%80, i*i)
		}), []string{`label "label": by its name`, "task multiclass: 80 classes"}},
		"a total below a note": {repeat("a,b", 40, func(i int) string { return fmt.Sprintf("%d,%d.5", i*37%11, i) }) +
			"Total,820\n",
			[]string{"40 rows, 2 columns", "it sums up others, and is left out"}},
		"counted out": {repeat("a,ok,code", 40,
			func(i int) string { return fmt.Sprintf("%d.5,%s,%d", i, flip(i), 1000+7*(i*17%40)) }),
			[]string{"code identifier 0 40 left out", `label "ok"`}},
		"dates in digits": {repeat("seen,x,y", 60,
			func(i int) string { return fmt.Sprintf("%d,%d,%d.5", 20200101+100*(i%12)+i/12, i, i*i) }),
			[]string{"seen date"}},
		"seconds": {repeat("when,x,y", 40, func(i int) string {
			return fmt.Sprintf("%d,%d,%d.5",
				1577836800+7*3600*i, i, i*i)
		}),
			[]string{"when date 0 40 weekday, hour"}},
		"months alone": {repeat("month,x,y", 40,
			func(i int) string { return fmt.Sprintf("%d-%02d,%d,%d.5", 2000+i/12, 1+i%12, i, i*i) }),
			[]string{"month date 0 40 year, month"}},
		"months in digits": {repeat("a,x,y", 40,
			func(i int) string { return fmt.Sprintf("%d%02d,%d,%d.5", 2000+i/12, 1+i%12, i, i*i) }),
			[]string{"a date 0 40 year, month", `--time "a" foretells`}},
		"quarters": {repeat("a,x,y", 40, func(i int) string { return fmt.Sprintf("%dQ%d,%d,%d.5", 2000+i/4, 1+i%4, i, i*i) }),
			[]string{"a date 0 40 year, month"}},
		"seconds over years": {repeat("when,x,y", 40,
			func(i int) string { return fmt.Sprintf("%d,%d,%d.5", 1577836800+40*86400*i, i, i*i) }),
			[]string{"when date 0 40 year, month, weekday, hour", `--time "when" foretells`}},
		"whole numbers beyond float32": {repeat("a,x,y", 40,
			func(i int) string { return fmt.Sprintf("%d,%d,%d.5", 9007199254740993+i%7, i, i*i) }),
			[]string{`column "a" is the same in all training rows, to the 24 bits that float32 has`, "1 input,"}},
		"two digits for a year": {repeat("day,x,y", 120,
			func(i int) string { return fmt.Sprintf("%d/%d/%02d,%d,%d.5", 1+i%12, 1+i%28, 18+i/40, i, i*i) }),
			[]string{"the month first"}},
		"day or month": {repeat("day,x,y", 12, func(i int) string {
			return fmt.Sprintf("%d/%d/2020,%d,%d.5", 1+i, 12-i, i,
				i*i)
		}),
			[]string{"the day first, though it may be the month"}},
		"slashes and halves of the day": {repeat("sold,bought,x,y", 60, func(i int) string {
			return fmt.Sprintf("%d/%d/2023 %d:15 PM,%d/%d/2023 %d:15:30 am,%d,%d.5", 1+i%12, 1+i*5%12, 1+i%12, 1+i%28, 1+i%12,
				1+i%11, i, i*i)
		}), []string{"the month first, though it may be the day", "bought date 0 60 month, weekday, hour; the day first"}},
		"times of day": {repeat("at,x,y", 40, func(i int) string { return fmt.Sprintf("%d:%02d,%d,%d.5", i%24, i, i, i*i) }),
			[]string{"at date 0 40 hour"}},
		"steps alone": {repeat("x,y", 40, func(i int) string { return fmt.Sprintf("%d,%d.5", i, i*i) }),
			[]string{"x number 0 40 a number, as nothing else is left"}},
		"money": {repeat("a,price", 40, func(i int) string { return fmt.Sprintf("%d.5,\"$1,%03d\"", i, i*9) }),
			[]string{"price number 0 40 label", "task regression"}},
		"percent": {repeat("a,y", 40, func(i int) string { return fmt.Sprintf("%d %%,%d.5", i, i*i) }),
			[]string{"a number 0 40 a number of %"}},
		"a unit": {repeat("a,b,y", 40, func(i int) string { return fmt.Sprintf("%d kg,%d,%d.5", i, i*3%7, i*i) }),
			[]string{`a number 0 40 a number of kg`}},
		"whole numbers as fractions": {repeat("a,y", 40,
			func(i int) string { return fmt.Sprintf("%d.5,%s", i, [...]string{"0", "1.0", "1", "0.0"}[i%4]) }),
			[]string{"task binary: 2 classes, 0 50 %, 1 50 %"}},
		"case": {repeat("a,y", 40, func(i int) string {
			return fmt.Sprintf("%d.5,%s", i, [...]string{"red", "blue", "Red", "blue", "red"}[i%5])
		}),
			[]string{`binary: 2 classes, red 60 %, blue 40 %`, `differ from them in case alone, such as "Red" for "red"`}},
		"case of a feature": {repeat("a,y", 40,
			func(i int) string { return fmt.Sprintf("%s,%d.5", [...]string{"red", "Red", "blue"}[i%3], i) }),
			[]string{`"red" and "Red" differ in case alone, and are two words`}},
		"one number as two words": {repeat("a,b,y", 40, func(i int) string {
			return fmt.Sprintf("%s,%s,%d.5", [...]string{"01", "1", "02"}[i%3], [...]string{"1", "1.0", "A"}[i%3], i)
		}), []string{`column "a": "01" and "1" are one number, and two words`, `column "b": "1" and "1.0" are one number, and two words`}},
		"one number as two classes": {repeat("a,y", 40,
			func(i int) string { return fmt.Sprintf("%d.5,%s", i, [...]string{"01", "1", "02"}[i%3]) }),
			[]string{`column "y": "01" and "1" are one number, and two words`}},
		"offsets": {repeat("at,x,y", 40, func(i int) string {
			return fmt.Sprintf("2024-03-%02dT%02d:30:00%s,%d.5,%s", 1+i%28, i%24, [...]string{"+09:00", "-0500"}[i%2], i*i, flip(i))
		}), []string{`column "at": its times have several offsets, such as +09:00 and -0500, and are taken as of UTC: the hour of clocks`}},
		"case of flags": {repeat("a,b,y", 40, func(i int) string {
			return fmt.Sprintf("%s,%s,%s", [...]string{"Yes", "yes ", "No"}[i%3],
				[...]string{"Ja", "nein", "ja", "Nein", "ja"}[i%5], [...]string{"true", "TRUE", "False"}[i*7%11%3])
		}), []string{"a flag 0 3 0 for No, 1 for Yes", "b flag 0 4 0 for Nein, 1 for ja", "task binary: 2 classes, False "}},
		"a column again": {repeat("a,b,c,y", 40,
			func(i int) string { return fmt.Sprintf("%d.5,%d.50,%d.25,%s", i, i, i, flip(i)) }),
			[]string{`remark: column "b" holds the same as column "a" in all training rows`}},
		"a level": {repeat("a,price", 40, func(i int) string { return fmt.Sprintf("%d.5,%d.%d", i, 100000000+i, i%10) }),
			[]string{"so much alike, that float32 tells only"}},
		"numbers below float32's scales": {repeat("a,y", 40,
			func(i int) string { return fmt.Sprintf("%de-42,%s", i, flip(i)) }),
			[]string{`column "a": its numbers, from 1e-42 to 3.9e-41, are so much alike that float32 can't scale them up`}},
		"the same rows again": {repeat("a,b,y", 200,
			func(i int) string { return fmt.Sprintf("%d.25,%d,%s", i%50, i*i%50*3, flip(i%50)) }),
			[]string{"are among those for training as well"}},
		"a mark": {repeat("a,b,c,y", 40, func(i int) string {
			return fmt.Sprintf("%s,%s,%d.5,%s", []string{"x", ""}[i%3%2], []string{"", "7"}[i/39], i, flip(i))
		}), []string{"a word 13 1 its 1 word, and others, or missing", "b constant 39 1 left out: it does not vary"}},
		"flags of other languages": {repeat("a,b,c,y", 40, func(i int) string {
			return fmt.Sprintf("%s,%s,%d.5,%s", []string{"wahr", "falsch"}[i%2], []string{"да", "Нет"}[i*i%3%2], i,
				[]string{"sim", "não"}[i*7%5%2])
		}), []string{"a flag 0 2 0 for falsch, 1 for wahr", "b flag 0 2 0 for Нет, 1 for да", "task binary: 2 classes, não"}},
		"accounts": {repeat("a,y", 40, func(i int) string { return fmt.Sprintf("(%d.5),%d.5", i, i*i) }),
			[]string{"a number 0 40 a number, below 0 in brackets or before a minus"}},
		"words for what is missing": {repeat("a,y", 100, func(i int) string {
			return fmt.Sprintf("%s,%d.5",
				[]string{"n.a.", "missing", "unknown", "#N/A", "not measured", "1.5", "2.5", "3.25", "4",
					"5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20"}[i%25], i*i)
		}), []string{"a number 20 20 a number, the median where it is missing, and whether it is",
			`"n.a." in line 2, "missing" in line 3, "unknown" in line 4, "#N/A" in line 5, "not measured" in line 6 taken for missing`}},
		"one field of another form": {repeat("price,x,y", 400, func(i int) string {
			field := fmt.Sprintf(`"$%d,%03d"`, 100+i, i*7%1000)
			if i == 37 {
				field = `"200,00"`
			}
			return fmt.Sprintf("%s,%d.5,%d.25", field, i*i%91, i*i)
		}), []string{`price number 0 399 a number of $; but for "200,00" in line 39, a bad row`, "skip_bad_rows: 0.1"}},
		"several fields of other forms": {repeat("a,y", 1000, func(i int) string {
			field := fmt.Sprintf("%d.5", i)
			if i%125 == 30 {
				field = []string{`"200,00"`, "12*", "n/k", "1.2.3", "~5", "<1", ">100", "5 or 6"}[i/125]
			}
			return fmt.Sprintf("%s,%d.25", field, i*i)
		}), []string{`a number 0 992 a number; but for 8 fields, such as "200,00" in line 32: bad rows`}},
		"a label of another form": {repeat("a,y", 400, func(i int) string {
			return fmt.Sprintf("%d.5,%s", i*i%91, []string{fmt.Sprintf("%d.25", i*i), `"1,5"`}[i/399])
		}), []string{`y number 0 399 label; but for "1,5" in line 401, a bad row`, "task regression"}},
		"more odd fields than a few": {repeat("a,b,y", 400, func(i int) string {
			return fmt.Sprintf("%s,%d.5,%d.25", []string{fmt.Sprint(i), fmt.Sprintf("~%d", i)}[(i%50)/49], i, i*i)
		}), []string{`a mixed 0 400 left out: 392 of 400 fields are numbers, others, such as "~149", are not`}},
		"odd dates": {repeat("day,y", 300, func(i int) string {
			return fmt.Sprintf("%s,%d.25",
				[]string{fmt.Sprintf("2020-%02d-%02d", 1+i%12, 1+i*7%28), "unknown", "0000-00-00"}[i%40/38*(1+i%2)], i*i)
		}), []string{"day date 14", "month, the median", `"unknown" in line 40, "0000-00-00" in line 41 taken for missing`}},
		"dates among many words": {repeat("day,seen,y", 300, func(i int) string {
			return fmt.Sprintf("%s,%s,%d.25", []string{fmt.Sprintf("2020-%02d-%02d", 1+i%12, 1+i*7%28), "unknown"}[i%3/2],
				[]string{fmt.Sprintf("%d-%02d-%02d", 1900+i/12, 1+i%12, 1+i*7%28), "soon"}[i%3/2], i*i)
		}),
			[]string{`remark: column "day": 200 of its 300 fields are dates, but it is none of dates, as others, such as "unknown", are not`,
				`remark: column "seen": 200 of its 300 fields are dates`}},
		"a date that there is not": {repeat("day,y", 500, func(i int) string {
			bad := []string{"", "2020-02-30", "2020-02-31", "2020-13-01", "2020-00-10"}
			field := fmt.Sprintf("2020-%02d-%02d", 1+i%12, 1+i*7%28)
			if i%100 == 50 {
				field = bad[i/100]
			}
			return fmt.Sprintf("%s,%d.25", field, i*i)
		}), []string{`day date 1 12 `, `; but for 4 fields, such as "2020-02-30" in line 152: bad rows`}},
		"an odd unit": {repeat("weight,y", 300, func(i int) string {
			return fmt.Sprintf("%d.5 %s,%d.25", i, []string{"kg", "lb"}[i/299], i*i)
		}), []string{`weight number 0 299 a number of kg; but for "299.5 lb" in line 301, a bad row`}},
		"durations of less than a day": {repeat("zeit,ran,y", 100, func(i int) string {
			return fmt.Sprintf("0:%02d:%02d,%d:%02d:00,%d.25", i%60, i*7%60, i, i%60, i*i)
		}),
			[]string{"zeit number 0 60 a number, the seconds of a duration",
				"ran number 0 100 a number, the seconds of a duration"}},
		"a log of a night": {repeat("x,time,y", 200, func(i int) string {
			return fmt.Sprintf("%d,%02d:%02d:%02d,%d.25", i*37%11, i*5%6, i*7%60, i*11%60, i*i)
		}),
			[]string{"time date 0 60 hour",
				`remark: column "time": fields such as "00:00:00" are taken for times of day, though all are before six; ` +
					`{name: "time", unit: duration} in the spec takes`}},
		"durations of less than an hour": {repeat("x,zeit,y", 200, func(i int) string {
			return fmt.Sprintf("%d,0:%02d:%02d,%d.25", i*37%11, i*7%60, i*11%60, i*i)
		}),
			[]string{"zeit number 0 60 a number, the seconds of a duration",
				`remark: column "zeit": fields such as "0:00:00" are taken for ` +
					`durations, as the hour is always 0; {name: "zeit", date: [hour]} in the spec takes`}},
		"an odd duration": {repeat("ran,y", 200, func(i int) string {
			return fmt.Sprintf("%s,%d.25", []string{fmt.Sprintf("%d:%02d:00", i, i%60), "DNF"}[i/199], i*i)
		}), []string{"ran number 1 199 a number, the seconds of a duration", `"DNF" in line 201 taken for missing`}},
		"times of a whole day": {repeat("zeit,y", 100,
			func(i int) string { return fmt.Sprintf("%d:%02d:%02d,%d.25", i%24, i%60, i*7%60, i*i) }),
			[]string{"zeit date 0 100 hour"}},
		"a last row of sums": {repeat("region,units,revenue", 40, func(i int) string {
			return fmt.Sprintf("%c,%d,%d.5", 'a'+i%3, i, 3*i)
		}) + ",780,2360\n",
			[]string{"40 rows, 3 columns", "region word 0 3", ":42: the last row adds up those above it, and is left out"}},
		"a class among missing values": {repeat("a,kind", 300, func(i int) string {
			return fmt.Sprintf("%s,%s", []string{fmt.Sprintf("%d.5", i*37%300), "unknown"}[i%40/39],
				[]string{"cat", "dog", "unknown"}[i*37%300/100])
		}), []string{"a number 7", "kind word 0 3 label", `"unknown" in line 41 taken`}},
		"numbers among words": {repeat("a,y", 100,
			func(i int) string { return fmt.Sprintf("%s%d.5,%d.5", []string{"", "<"}[i/2%2], i%10, i*i) }),
			[]string{`remark: column "a": 50 of its 100 fields are numbers, and all are taken for words, as others, such as "<`}},
		"money for a few": {repeat("a,b,y", 100, func(i int) string {
			return fmt.Sprintf("%s%d.5,%s%d,%d.5", []string{"", "$"}[i/99], i, []string{"", "€", "$"}[i%3*(i/90)], i, i*i)
		}),
			[]string{"a number 0 100 a number of $, which 99 fields do not say",
				"b mixed 0 100 left out: 94 of 100 fields are numbers"}},
		"a code for what is missing": {repeat("a,y", 100, func(i int) string {
			return fmt.Sprintf("%s,%d.5", []string{"-999", "1.5", "2.5", "3.25", "4"}[i%5], i*i)
		}), []string{`column "a": -999 comes`, "if it stands for a missing value"}},
		"places": {repeat("x,y,kind", 40, func(i int) string { return fmt.Sprintf("%d.5,%d.25,%s", i, i*i%11, flip(i)) }),
			[]string{`label "kind": the last`}},
		"y behind x": {repeat("x,y", 40, func(i int) string { return fmt.Sprintf("%d.5,%d.25", i, i*i%11) }),
			[]string{`label "y": by its name`}},
		"counts": {repeat("a,count", 200, func(i int) string { return fmt.Sprintf("%d.5,%d", i, i%9*(i%7)/(1+i%5)) }),
			[]string{"task regression: the label is a number; --task multiclass takes its"}},
		"few whole numbers": {repeat("a,grade", 200, func(i int) string { return fmt.Sprintf("%d.5,%d", i, i%7) }),
			[]string{"task multiclass: 7 classes"}},
		"a leak": {repeat("a,code,animal", 60, func(i int) string {
			return fmt.Sprintf("%d.5,%s,%s", i, []string{"k1", "k2", "k3"}[i*i%7%3], []string{"cat", "dog", "eel"}[i*i%7%3])
		}), []string{`column "code" alone gives the label "animal" away`}},
		"basic dates": {repeat("a,y", 40,
			func(i int) string { return fmt.Sprintf("20200%d%02dT101500,%d.5", 1+i%3, 1+i%28, i*i) }),
			[]string{"a date 0 40"}},
		"many columns": {repeat(strings.Join(strings.Fields(names(60)), ",")+",y", 40, func(i int) string {
			return strings.Repeat(fmt.Sprintf("%d.5,", i), 60) + flip(i)
		}), []string{"c0 … c59 number"}},
	} {
		folder := t.TempDir()
		file := filepath.Join(folder, "t.csv")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		if _, err := Write(Options{Folder: filepath.Join(folder, "net"), Data: file, Log: &log}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		report := log.String()
		for _, want := range c.want {
			if !strings.Contains(strings.Join(strings.Fields(report), " "), want) {
				t.Errorf("%s: the report lacks %q:\n%s", name, want, report)
			}
		}
	}
}

func names(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "c%d ", i)
	}
	return b.String()
}

// TestOddFieldsCountWhereverTheyStand has columns of dates, numbers, durations and money with a word among them, at the
// head, the end, or in between.
func TestOddFieldsCountWhereverTheyStand(t *testing.T) {
	const rows = 1200
	for want, field := range map[string]func(i int) string{
		" a date ":                   func(i int) string { return fmt.Sprintf("2020-%02d-%02d", 1+i%12, 1+i*7%28) },
		"a number":                   func(i int) string { return fmt.Sprintf("%d.5", i*37%1009) },
		"the seconds of a duration":  func(i int) string { return fmt.Sprintf("%d:%02d:00", i*11%120, i%60) },
		"a number of $, the median":  func(i int) string { return fmt.Sprintf("$%d.25", i*53%997) },
		"a number of kg, the median": func(i int) string { return fmt.Sprintf("%d kg", i*59%991) },
	} {
		for place, isOdd := range map[string]func(i int) bool{
			"the head": func(i int) bool { return i < 12 }, "the end": func(i int) bool { return i >= rows-12 },
			"in between": func(i int) bool { return i%100 == 3 }, "many at the head": func(i int) bool { return i < 120 },
			"many in between": func(i int) bool { return i%10 == 3 },
		} {
			text := repeat("a,x,y", rows, func(i int) string {
				field := field(i)
				if isOdd(i) {
					field = "unknown"
				}
				return fmt.Sprintf("%s,%d,%d.75", field, i%7, i*i%1013)
			})
			file := filepath.Join(t.TempDir(), "t.csv")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			if _, err := Write(Options{Folder: filepath.Join(filepath.Dir(file), "net"), Data: file, Log: &log}); err != nil {
				t.Fatal(err)
			}
			report := strings.Join(strings.Fields(log.String()), " ")
			if !strings.Contains(report, want) || !strings.Contains(report, `"unknown" in line`) {
				t.Errorf("odd fields at %s: the report lacks %q:\n%s", place, want, &log)
			}
		}
	}
}

// TestTheOneColumnOfWordsIsTheLabel has a table without names, whose first column is the class.
func TestTheOneColumnOfWordsIsTheLabel(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "t.csv")
	text := repeat("a,0.5,0.25", 40,
		func(i int) string { return fmt.Sprintf("%s,%d.5,%d.25", []string{"a", "b", "c"}[i*i%7%3], i, i*i) })
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	if _, err := Write(Options{Folder: filepath.Join(folder, "net"), Data: file, Log: &log}); err != nil ||
		!strings.Contains(log.String(), `label "0": the one column of words`) {
		t.Errorf("%v:\n%s", err, &log)
	}
}

// TestClassesAsAsked has a label of 40 words, which are classes where the user says that it is the label, and there are
// enough rows of each.
func TestClassesAsAsked(t *testing.T) {
	for _, c := range []struct {
		rows  int
		label []string
		want  string
	}{
		{400, []string{"kind"}, "task multiclass: 40 classes"},
		{100, []string{"kind"}, "the label column holds 40 different words in 100 rows, fewer than 5 of each"},
		{400, nil, `label "b"`},
	} {
		folder := t.TempDir()
		file := filepath.Join(folder, "t.csv")
		text := repeat("a,b,kind", c.rows, func(i int) string { return fmt.Sprintf("%d.5,%d.25,k%d", i, i*i, i%40) })
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		_, err := Write(Options{Folder: filepath.Join(folder, "net"), Data: file, Label: c.label, Log: &log})
		if err != nil {
			log.WriteString(err.Error())
		}
		if !strings.Contains(log.String(), c.want) {
			t.Errorf("%d rows, label %q: want %s:\n%s", c.rows, c.label, c.want, &log)
		}
	}
}

// TestLabelsThatCannotBeOne has numbers with both decimal marks, and a column called like a label whose fields are
// none.
func TestLabelsThatCannotBeOne(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{repeat("a;b", 60, func(i int) string {
			mark := []string{".", ".", ","}[i%3]
			return fmt.Sprintf("%d%s25;%d%s75", i, mark, i, mark)
		}),
			`the label column has numbers with both decimal marks: 20 fields, such as "2,75" in line 4, have a decimal comma, where the table has decimal points; write all alike`},
		{repeat("a;price;b", 60, func(i int) string { return fmt.Sprintf("%d.25;%dx%d;%d.5", i, i, i*i, i%7) }),
			`remark: column "price" is called like a label, but cannot be one: 0 of its 60 fields are numbers`},
	} {
		folder := t.TempDir()
		file := filepath.Join(folder, "t.csv")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		o := Options{Folder: filepath.Join(folder, "net"), Data: file, Log: &log}
		_, err := Write(o)
		if err != nil {
			log.WriteString(err.Error())
		}
		if !strings.Contains(log.String(), c.want) {
			t.Errorf("want %s:\n%s", c.want, &log)
		}
		if err != nil {
			continue
		}
		log.Reset()
		if _, err := Write(o); err == nil || !strings.Contains(err.Error(), "such a file already") || log.Len() > 0 {
			t.Errorf("again: %v, after\n%s", err, &log)
		}
	}
}

// TestLabelsOfAnyName names labels and columns to drop that have commas, quotes or blanks in them, or are nearly right.
func TestLabelsOfAnyName(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "t.csv")
	text := repeat(`"a,b",c d,"e""f",g`, 40,
		func(i int) string { return fmt.Sprintf("%d.5,%d.5,%d.5,%d.5", i, i*i%13, i%7, i*3%11) })
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		label, drop []string
		want        string
	}{
		{[]string{"a", "b"}, nil, `label "a,b": as asked`}, {[]string{"c d"},
			[]string{"a", "b"}, "a,b number 0 40 left out, as asked"},
		{[]string{`e"f`, "g"}, nil, `label "e\"f", "g": as asked`},
		{[]string{"C d"}, nil, `no column "C d"; did you mean "c d"?`},
	} {
		var log strings.Builder
		_, err := Write(Options{Folder: filepath.Join(folder, fmt.Sprint("net", i)), Data: file,
			Label: c.label, Drop: c.drop, Log: &log})
		if err != nil {
			log.WriteString(err.Error())
		}
		if !strings.Contains(strings.Join(strings.Fields(log.String()), " "), c.want) {
			t.Errorf("want %s:\n%s", c.want, &log)
		}
	}
}

// TestWindowsHoldASeason looks at the windows of series of one column or two, by the month or by the hour.
func TestWindowsHoldASeason(t *testing.T) {
	for _, c := range []struct {
		text  string
		label []string
		want  string
	}{
		{repeat("at,a,b", 120, func(i int) string { return fmt.Sprintf("%d-%02d,%d.5,%d.5", 2000+i/12, 1+i%12, i, i*i) }),
			[]string{"a"}, "12 inputs"},
		{repeat("at,a,b", 120, func(i int) string { return fmt.Sprintf("%d-%02d,%d.5,%d.5", 2000+i/12, 1+i%12, i, i*i) }),
			[]string{"a", "b"}, "24 inputs"},
		{repeat("at,a", 600, func(i int) string { return fmt.Sprintf("%d,%d.5", 1577836800+3600*i, i%24) }),
			[]string{"a"}, "24 inputs"},
		{repeat("at,a", 1400, func(i int) string { return fmt.Sprintf("%d,%d.5", 1577836800+3600*i, i%24+40*(i/24%7/5)) }),
			[]string{"a"}, "168 inputs"},
		{repeat("at,a", 1300, func(i int) string { return fmt.Sprintf("%d,%d.5", 1577836800+3600*i, i%24+40*(i/24%7/5)) }),
			[]string{"a"}, "24 inputs"}, // too few rows for windows of a week
		{repeat("at,a", 1400, func(i int) string { return fmt.Sprintf("%d,%d.5", 1577836800+3600*i, i%24) }),
			[]string{"a"}, "24 inputs"},
	} {
		folder := t.TempDir()
		file := filepath.Join(folder, "t.csv")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		if _, err := Write(Options{Folder: filepath.Join(folder, "net"), Data: file, Time: "at", Label: c.label,
			Log: &log}); err != nil || !strings.Contains(log.String(), c.want) {
			t.Errorf("%v, want %s:\n%s", err, c.want, &log)
		}
	}
}

// TestTablesThatAreRefused looks at what init says of tables that it can't use.
func TestTablesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"a list in JSON": {"t.json", `[{"a": 1}, {"a": 2}]`, "jq -c"},
		"objects in objects": {"t.jsonl", "{\"a\": {\"b\": 1}}\n{\"a\": {\"b\": 2}}\n",
			`no column is left to predict "a.b" from`},
		"a long class": {"t.csv", "a,y\n1,x\n2,y\n3," + strings.Repeat("z", 300) + "\n",
			"too long for the name of a class"},
		"a line without end": {"t.csv", "a,y\n1,x\n" + strings.Repeat("1", 17<<20), "t.csv:3: a line is longer"},
		"a header alone":     {"t.csv", "a,b\n", "0 rows are too few"},
		"a key twice": {"t.jsonl", "{\"a\": 1, \"y\": 1, \"a\": 2}\n{\"a\": 1, \"y\": 0}\n{\"a\": 2, \"y\": 0}\n",
			`t.jsonl:1: the key "a" comes twice`},
		"another delimiter": {"t.csv", "a:b\n1:2\n3:4\n", `the delimiter seems to be ":"; if so, say --delimiter ":"`},
		"rows in quotes":    {"t.csv", "\"a,b\"\n\"1,2\"\n\"3,4\"\n", "each row is one field in quotes"},
		"single quotes":     {"t.csv", "'a','b'\n'1','x'\n'2','y'\n", "single quotes"},
		"Shift-JIS": {"t.csv", "a,y\n1,\x93\x8c\x8b\x9e\n2,\x91\xe5\x8d\xe3\n3,\x91\xe5\x8d\xe3\n",
			"neither UTF-8 nor windows-1252"},
		"a label that is fixed": {"t.csv", "a,price\n1,5\n2,5\n3,5\n", `holds nothing but "5"`},
	} {
		folder := t.TempDir()
		file := filepath.Join(folder, c.file)
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Write(Options{Folder: filepath.Join(folder, "net"), Data: file})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestColumnsThatWindowsLeaveOutSayWhy looks at a series with a second column of numbers, and one of words.
func TestColumnsThatWindowsLeaveOutSayWhy(t *testing.T) {
	text := repeat("day,rain,wind,temp", 60, func(i int) string {
		return fmt.Sprintf("%d,%d.5,%s,%d.25", i+1, i*i%13, []string{"N", "SW"}[i%2], i%7)
	})
	for label, want := range map[string]string{
		"temp": "windows hold what is foretold; --label names several", "rain": "windows hold numbers",
		"temp,rain": "windows hold numbers",
	} {
		folder := t.TempDir()
		file := filepath.Join(folder, "t.csv")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		if _, err := Write(Options{Folder: filepath.Join(folder, "net"), Data: file, Time: "day",
			Label: strings.Split(label, ","), Log: &log}); err != nil || !strings.Contains(log.String(), want) {
			t.Errorf("label %s: %v, no %q in\n%s", label, err, want, &log)
		}
	}
}

// TestSeriesAreFoundWhateverTheLabel looks at rows in the order of a date whose last column is a flag, and at the
// columns that windows may hold beside what is foretold, which the spec then reads.
func TestSeriesAreFoundWhateverTheLabel(t *testing.T) {
	row := func(i int) string {
		return fmt.Sprintf("2024-%02d-%02d,%d.5,%d.25,%d", 1+i/28, 1+i%28, i*i%97, i*i%89, i%7/5)
	}
	words := repeat("ts,mood", 140, func(i int) string {
		return fmt.Sprintf("2024-%02d-%02d,%s", 1+i/28, 1+i%28, []string{"good", "bad"}[i*i%5%2])
	})
	numbers := repeat("ts,load,temp,holiday", 140, row)
	const ordered = `remark: rows are in the order of "ts": if they are steps of a series, --time "ts"`
	for _, c := range []struct {
		text, time  string
		label       []string
		want, never string
	}{
		{numbers, "", nil, ordered + " and a column of numbers as --label foretell its next", ""},
		{numbers, "", []string{"load"}, ordered + " foretells the next from those before", ""},
		{words, "", []string{"mood"}, "", "--time"},
		{numbers, "ts", []string{"load"},
			`with series: {columns: ["load", "temp", "holiday"]} and shape: [STEPS] of the input`, ordered},
		{numbers, "ts", []string{"load", "temp", "holiday"}, "", "foretold alone"},
	} {
		folder := t.TempDir()
		file := filepath.Join(folder, "t.csv")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		files, err := Write(Options{Folder: filepath.Join(folder, "net"), Data: file, Time: c.time, Label: c.label,
			Log: &log})
		if err != nil {
			t.Fatal(err)
		}
		src, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		var inputs int
		if _, rest, ok := strings.Cut(string(src), "shape: ["); ok && c.time != "" {
			fmt.Sscan(strings.TrimRight(strings.SplitN(rest, "]", 2)[0], " "), &inputs)
		}
		more := fmt.Sprint(3 * inputs)
		want := strings.ReplaceAll(c.want, "STEPS", more)
		if !strings.Contains(log.String(), want) || c.never != "" && strings.Contains(log.String(), c.never) {
			t.Errorf("label %v: want %q, not %q in\n%s", c.label, want, c.never, &log)
		}
		if !strings.Contains(c.want, "STEPS") {
			continue
		}
		text := strings.NewReplacer(`columns: ["load"]`, `columns: ["load", "temp", "holiday"]`,
			fmt.Sprintf("shape: [%d]", inputs), "shape: ["+more+"]").Replace(string(src))
		s, problems := spec.Parse(files[0], []byte(text), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		network, problems := net.Build(s, os.DirFS(folder))
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		if _, err := data.Load(s, filepath.Dir(files[0]), network, 1, data.Options{}); err != nil {
			t.Errorf("as the remark says: %v", err)
		}
	}
}

// TestRegressionsAreHeldBackByTheirRows writes specs of tables of several sizes.
func TestRegressionsAreHeldBackByTheirRows(t *testing.T) {
	for rows, want := range map[int]string{150: "l2: 2.0e-2", 260: "l2: 1.0e-2", 600: "l2: 1.0e-3", 2500: "l2: 1.0e-3",
		20_500: "l2: 1.0e-4"} {
		dir := t.TempDir()
		file := filepath.Join(dir, "t.csv")
		text := repeat("a,b,y", rows, func(i int) string { return fmt.Sprintf("%d,%d,%d.5", i*37%101, i*53%97, i*71%9973) })
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files, err := Write(Options{Folder: filepath.Join(dir, "t"), Data: file, Label: []string{"y"},
			Task: "regression", Log: &strings.Builder{}})
		if err != nil {
			t.Fatal(err)
		}
		if src, err := os.ReadFile(files[0]); err != nil || !strings.Contains(string(src), want) {
			t.Errorf("%d rows: no %s in\n%s%v", rows, want, src, err)
		}
	}
}

// TestTheSeasonIsThatOfTheRowsThatAreLookedAt has a season of a week in the first rows, and a trend behind them.
func TestTheSeasonIsThatOfTheRowsThatAreLookedAt(t *testing.T) {
	rows := mostRows
	defer func() { mostRows = rows }()
	text := repeat("at,a", 4000, func(i int) string {
		v := i%24 + 40*(i/24%7/5)
		if i >= 1400 {
			v = 10 * i
		}
		return fmt.Sprintf("%d,%d.5", 1577836800+3600*i, v)
	})
	for most, want := range map[int]string{1400: "168 inputs", rows: "24 inputs"} {
		mostRows = most
		folder := t.TempDir()
		file := filepath.Join(folder, "t.csv")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		if _, err := Write(Options{Folder: filepath.Join(folder, "net"), Data: file, Time: "at", Label: []string{"a"},
			Log: &log}); err != nil || !strings.Contains(log.String(), want) {
			t.Errorf("of %d rows: %v, want %s:\n%s", most, err, want, &log)
		}
	}
}

// TestTablesBeyondTheLimitAreToldByTheirBeginning writes a spec for a table with more rows than are looked at, which is
// said, and reads it as train does: a class that comes behind them is an error.
func TestTablesBeyondTheLimitAreToldByTheirBeginning(t *testing.T) {
	rows, bytes := mostRows, mostBytes
	defer func() { mostRows, mostBytes = rows, bytes }()
	for _, limit := range []struct{ rows, bytes int }{{100, bytes}, {rows, 400}} {
		mostRows, mostBytes = limit.rows, limit.bytes
		dir := t.TempDir()
		var table strings.Builder
		table.WriteString("a,class\n")
		for i := range 120 {
			class := string("xy"[i%2])
			if i >= 110 {
				class = "z"
			}
			fmt.Fprintf(&table, "%.1f,%s\n", float64(i%7)/10, class)
		}
		file := filepath.Join(dir, "t.csv")
		if err := os.WriteFile(file, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		files, err := Write(Options{Folder: filepath.Join(dir, "net"), Data: file, Log: &log})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"the first 100 rows, 2 columns",
			"72 examples for training, 8 for validation, 20 for testing",
			"goes on behind the 100 rows that were looked at", "classes, x 50 %, y 50 %"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("limit %v: %q is not said:\n%s", limit, want, &log)
			}
		}
		text, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		s, problems := spec.Parse(files[0], text, op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		network, problems := net.Build(s, os.DirFS(dir))
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		_, err = data.Load(s, filepath.Dir(files[0]), network, 1, data.Options{})
		if err == nil || !strings.Contains(err.Error(), `label "z" is none of the classes`) {
			t.Errorf("limit %v: train reads a class that is not in the spec: %v", limit, err)
		}
	}
}

// TestLabelsOfLogScale looks at the standardization of labels that grow by factors, and of others.
func TestLabelsOfLogScale(t *testing.T) {
	grows := func(i int) string { return fmt.Sprintf("%d,%g", i*37%200, 1000*math.Exp(0.04*float64(i*37%200-100))) }
	for name, c := range map[string]struct{ text, test, want string }{
		"growing": {repeat("x,y", 200, grows), "", "standardize: log}"},
		"with units": {repeat("x,y", 200, func(i int) string { return grows(i) + " kg" }), "",
			"standardize: log}"},
		"with a 0":                  {repeat("x,y", 200, grows) + "3,0\n", "", "standardize: true}"},
		"with a 0 among those held": {repeat("x,y", 200, grows), repeat("x,y", 200, grows) + "3,0\n", "standardize: true}"},
		"held out in a file":        {repeat("x,y", 200, grows), repeat("x,y", 100, grows), "standardize: log}"},
		"of a line": {repeat("x,y", 200, func(i int) string { return fmt.Sprintf("%d,%d.5", i, 2*i+1) }), "",
			"standardize: true}"},
	} {
		folder := t.TempDir()
		o := Options{Folder: filepath.Join(folder, "net"), Data: filepath.Join(folder, "t.csv")}
		if err := os.WriteFile(o.Data, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if c.test != "" {
			o.Test = filepath.Join(folder, "test.csv")
			if err := os.WriteFile(o.Test, []byte(c.test), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var log strings.Builder
		o.Log = &log
		files, err := Write(o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		src, err := os.ReadFile(files[0])
		said := strings.Contains(log.String(), "learned as its logarithm: all are above 0")
		if isLog := strings.Contains(c.want, "log"); err != nil || !strings.Contains(string(src), c.want) || said != isLog {
			t.Errorf("%s: %v, want %s:\n%s%s", name, err, c.want, src, &log)
		}
	}
}

// TestWhatInitSaysOfTables looks at several labels of 0 and 1, texts of which some are cut, errors of a spreadsheet
// among words, numbers with a mark, and few rows, of which none are held out for validation.
func TestWhatInitSaysOfTables(t *testing.T) {
	bits := repeat("a,A,B", 60, func(i int) string { return fmt.Sprintf("%d.5,%d,%d", i*i%53, i%2, i%3/2) })
	texts := repeat("review,class", 300, func(i int) string {
		return fmt.Sprintf("w%d %sv%d,%s", i, strings.Repeat("so and so ", 2+i%10/9*20), i*i%251,
			[]string{"good", "bad"}[i%2])
	})
	sheet := repeat("city,a,y", 90, func(i int) string {
		return fmt.Sprintf("%s,%d.5,%d.25", []string{"Bern", "Rome", "#REF!"}[min(i*i%7, 2)], i*i%53, i*i%89)
	})
	marked := repeat("a,b,y", 200, func(i int) string {
		mark := ""
		if i == 7 {
			mark = "*"
		}
		return fmt.Sprintf("%d.5%s,%d.5,%d.25", i*i%53, mark, i*i%31, i*i%89)
	})
	huge := repeat("a,b,y", 60, func(i int) string { return fmt.Sprintf("%de%d,%d.5,%d.25", i, i%2*300, i*i%31, i*i%89) })
	for _, c := range []struct {
		text  string
		label []string
		says  string
		spec  string
		never string
	}{
		{bits, []string{"A", "B"}, "task binary: each label is 0 or 1, and several may be 1: A 50 %, B 33 %",
			"task: binary\nlayers:", "classes:"},
		{texts, nil, `remark: column "review": 10 % of its texts have more than`, "tokens:", ""},
		{sheet, nil, `remark: among numbers, dates and words, "#REF!" taken for missing values`, "missing: true", ""},
		{marked, nil, "1 bad row skipped", "skip_bad_rows", `"7.5*"`},
		{huge, nil, `of 60 fields are numbers, others, such as "11e300", are beyond the range of float32`, `- "b"`, `"a"`},
		{bits, []string{"a"}, "0 for validation", "schedule: {cosine: {t_max: 300}}", "early_stopping"},
	} {
		folder := t.TempDir()
		file := filepath.Join(folder, "t.csv")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		files, err := Write(Options{Folder: filepath.Join(folder, "net"), Data: file, Label: c.label, Log: &log})
		if err != nil {
			t.Errorf("%s: %v", c.says, err)
			continue
		}
		b, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), c.says) {
			t.Errorf("no %q in\n%s", c.says, &log)
		}
		if !strings.Contains(string(b), c.spec) || c.never != "" && strings.Contains(string(b), c.never) {
			t.Errorf("want %q and no %q in\n%s", c.spec, c.never, b)
		}
	}
}

// TestManyWordsThatComeOftenHaveNumbers looks at columns of a hundred words: that come ten times each, and that make up
// few of the rows behind some that do.
func TestManyWordsThatComeOftenHaveNumbers(t *testing.T) {
	for often, want := range map[bool]string{
		true:  "its 100 most frequent words, and others (more than 32, since others would be over a tenth of the rows)",
		false: "its 31 most frequent words, and others\n",
	} {
		folder := t.TempDir()
		file := filepath.Join(folder, "t.csv")
		text := repeat("shop,y", 1000, func(i int) string {
			k := i % 100
			if !often && i%12 != 0 {
				k = i % 20
			}
			return fmt.Sprintf("s%d,%d.5", k, i*i%953)
		})
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		if _, err := Write(Options{Folder: filepath.Join(folder, "net"), Data: file, Log: &log}); err != nil ||
			!strings.Contains(log.String(), want) {
			t.Errorf("%v, no %q in\n%s", err, want, &log)
		}
	}
}

// TestFewRowsAreAllLearnedFrom writes specs around the number of rows from which twenty are held out for validation, of
// a table with and without one for testing.
func TestFewRowsAreAllLearnedFrom(t *testing.T) {
	table := func(rows int) string {
		return repeat("a,b,y", rows, func(i int) string { return fmt.Sprintf("%d.5,%d.25,%d.5", i*37%101, i*i%53, i*7%89) })
	}
	dir := t.TempDir()
	for i, c := range []struct {
		rows int
		test bool
		all  bool
	}{{199, true, true}, {200, true, false}, {249, false, true}, {250, false, false}} {
		file, test := filepath.Join(dir, fmt.Sprintf("%d.csv", i)), ""
		if err := os.WriteFile(file, []byte(table(c.rows)), 0o644); err != nil {
			t.Fatal(err)
		}
		if c.test {
			test = file
		}
		folder := filepath.Join(dir, fmt.Sprintf("n%d", i))
		files, err := Write(Options{Folder: folder, Data: file, Test: test, Label: []string{"y"}})
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		if all := strings.Contains(text, "t_max: 300") && strings.Contains(text, "training: {epochs: 300,") &&
			strings.Contains(text, "units: 32,"); all != c.all || all == strings.Contains(text, "validation_split") {
			t.Errorf("%d rows, testing apart %t:\n%s", c.rows, c.test, text)
		}
	}
}

// TestNumbersInOtherForms has columns of numbers that are not read as such, of which one is like dates, identifiers too
// long for any measure, and numbers of which many say that they are about or below.
func TestNumbersInOtherForms(t *testing.T) {
	flip := func(i int) string { return [...]string{"no", "yes"}[i*7%5%2] }
	text := repeat("inches,address,fortran,quote,digits,ref,level,x,y", 60, func(i int) string {
		var arabic strings.Builder
		for _, d := range fmt.Sprint(i * 13) {
			arabic.WriteRune('٠' + d - '0')
		}
		return fmt.Sprintf("%d %d/4,0x%x,%d.%dD+%02d,'%d.5',%s,%d,%s%d.%d,%d,%s",
			20+i, 1+i%3, 77*i, i%10, i%7, i%4, i, &arabic,
			1234567890123456789+int64(i*i)*982451653,
			[...]string{"<", "", "", "~"}[i%4], i, i%9, i*37%11, flip(i))
	})
	dir := t.TempDir()
	file := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	if _, err := Write(Options{Folder: filepath.Join(dir, "t"), Data: file, Log: &log}); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(log.String()), " ")
	for _, want := range []string{
		`inches foreign 0 60 left out: its numbers, such as "20 1/4", are in a form that is not read; write 57.5`,
		`address foreign 0 60 left out: its numbers, such as "0x0", are in a form`,
		`fortran foreign 0 60 left out: its numbers, such as "0.0D+00", are in a form`,
		`quote foreign 0 60 left out: its numbers, such as "'0.5'", are in a form`,
		`digits foreign 0 60 left out: its numbers, such as "٠", are in a form`,
		"ref identifier 0 60 left out: nearly every row has another",
		`level identifier 0 60 left out: 30 of 60 fields are numbers, others, such as "<0.0", are not`,
		"x number 0 11 a number",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, &log)
		}
	}
}

// TestAPrintedMinusIsNoMarkOfThousands has numbers below 0 as they are printed.
func TestAPrintedMinusIsNoMarkOfThousands(t *testing.T) {
	text := repeat("a,b,y", 60, func(i int) string {
		return fmt.Sprintf("\u2212%d.5,%d,%s", i*37%11, i*7%13, [...]string{"no", "yes"}[i*7%5%2])
	})
	dir := t.TempDir()
	file := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	if _, err := Write(Options{Folder: filepath.Join(dir, "t"), Data: file, Log: &log}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(log.String()), " "); !strings.Contains(got, "a number 0 11 a number b ") {
		t.Errorf("not a number alone:\n%s", &log)
	}
}

// TestTheMostFrequentFieldIsTheFirstByCount finds fields of a kind without sorting them all.
func TestTheMostFrequentFieldIsTheFirstByCount(t *testing.T) {
	c := &column{counts: map[string]int{}}
	for i := range 300 {
		c.counts[fmt.Sprint(i*i%101)] += 1 + i%5
		for _, end := range []string{"", "1", "7", "x"} {
			is := func(word string) bool { return strings.HasSuffix(word, end) }
			want := ""
			if list := c.byCount(); slices.ContainsFunc(list, is) {
				want = list[slices.IndexFunc(list, is)]
			}
			if got := c.mostFrequent(is); got != want {
				t.Fatalf("ending with %q: %q, want %q of %v", end, got, want, c.counts)
			}
		}
	}
}

// TestNamesWithAMarkBeforeThemAreWritten wants no places of columns that have names, by which other files would be read
// in their own order.
func TestNamesWithAMarkBeforeThemAreWritten(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "t.csv")
	text := repeat("age,# rooms,#1,,#y", 60, func(i int) string {
		return fmt.Sprintf("%d,%d.5,%d.25,%d.75,%d.5", i*7%31, i*11%23, i*5%19, i*3%17, i*i)
	})
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	files, err := Write(Options{Folder: filepath.Join(dir, "t"), Data: file, Log: &strings.Builder{}})
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	s, problems := spec.Parse(files[0], src, op.Schema())
	if problems != nil {
		t.Fatal(problems)
	}
	var names []string
	for _, c := range s.Inputs[0].Columns {
		names = append(names, c.Name)
	}
	if !slices.Equal(names, []string{"age", "# rooms", "#1", "#4"}) || !slices.Equal(s.Data.Train.Label, []string{"#y"}) {
		t.Errorf("columns %q, label %q", names, s.Data.Train.Label)
	}
}
