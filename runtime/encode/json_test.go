package encode

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// visit is the Row of a package with a column of each kind, whose numbers have a decimal comma in tables.
type visit struct {
	Rate   *float32  `json:"rate"`
	Price  *float32  `json:"price"`
	Wait   *float32  `json:"wait"`
	Age    *float32  `json:"age"`
	Adult  *bool     `json:"adult"`
	Member *bool     `json:"member"`
	Sex    string    `json:"sex"`
	Class  string    `json:"class"`
	Born   time.Time `json:"born"`
	Day    time.Time `json:"day"`
	Month  time.Time `json:"month"`
	Seen   time.Time `json:"seen"`
	Left   time.Time `json:"left"`
}

var visitFormat = &Format{Missing: []string{"NA"}, Comma: true}

var visitColumns = []Column{
	{Name: "rate", Unit: Percent, Fill: "7", Indicator: true}, {Name: "price", Unit: "€", Fill: "1"},
	{Name: "wait", Unit: Durations, Fill: "60"}, {Name: "age", Fill: "28"},
	{Name: "adult", Kind: Flag, Values: []string{"no", "yes"}, Fill: "yes"},
	{Name: "member", Kind: Flag, Values: []string{"1", "0"}, Fill: "1", Indicator: true},
	{Name: "sex", Kind: Flag, Values: []string{"male", "female"}, Fill: "male"},
	{Name: "class", Kind: Words, Values: []string{"first", "second"}, Other: true, Missing: true},
	{Name: "born", Kind: Date, Parts: []Part{Year, Hour}, Fill: "1970-01-02"},
	{Name: "day", Kind: Date, Layout: DayFirst, Parts: []Part{Year, YearDay}, Fill: "02.01.1970"},
	{Name: "month", Kind: Date, Layout: MonthFirst, Parts: []Part{Year, Month}, Fill: "12/31/1970"},
	{Name: "seen", Kind: Date, Layout: Unix, Parts: []Part{Year, Hour}, Fill: "0"},
	{Name: "left", Kind: Date, Layout: UnixMillis, Parts: []Part{Year, Hour}, Fill: "0"},
}

func (v *visit) UnmarshalJSON(b []byte) error {
	return Object(b, visitColumns, visitFormat, &v.Rate, &v.Price, &v.Wait, &v.Age, &v.Adult, &v.Member, &v.Sex, &v.Class,
		&v.Born, &v.Day, &v.Month, &v.Seen, &v.Left)
}

func (v *visit) encode(x []float32) error {
	e := Into(x, visitColumns, visitFormat)
	for _, p := range []*float32{v.Rate, v.Price, v.Wait, v.Age} {
		e.Number(p)
	}
	e.Flag(v.Adult, 1)
	e.Flag(v.Member, 0)
	e.Text(v.Sex)
	e.Text(v.Class)
	for _, d := range []time.Time{v.Born, v.Day, v.Month, v.Seen, v.Left} {
		e.Time(d.Unix(), d.Nanosecond(), d.IsZero())
	}
	return e.Err()
}

// TestARowReadsWhatJSONMakesOfIt marshals rows of each kind of column, and reads them as a Row, and as lines of JSON are
// read in nngen: the numbers are those of the row that was marshalled.
func TestARowReadsWhatJSONMakesOfIt(t *testing.T) {
	at := time.Date(2024, 11, 5, 17, 30, 15, 500_000_000, time.UTC)
	rows := []visit{{}}
	for _, v := range []float32{-1, -0.5, 0, 0.25, 0.999, 1, 1.5, 20, 1234.5} {
		for k, yes := range []bool{false, true} {
			rows = append(rows, visit{Rate: &v, Price: &v, Wait: &v, Age: &v, Adult: &yes, Member: &yes,
				Sex: []string{"female", "male"}[k], Class: []string{"second", "crew"}[k], Born: at, Day: at, Month: at, Seen: at,
				Left: at})
		}
	}
	width := widthOf(visitColumns)
	for _, row := range rows {
		want, got, line := make([]float32, width), make([]float32, width), make([]float32, width)
		if err := row.encode(want); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		var same visit
		if err := json.Unmarshal(b, &same); err != nil {
			t.Errorf("%s: %v", b, err)
			continue
		}
		if err := same.encode(got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s as a row: %v, want %v (%v)", b, got, want, err)
		}
		members := map[string]any{}
		d := json.NewDecoder(strings.NewReader(string(b)))
		d.UseNumber()
		if err := d.Decode(&members); err != nil {
			t.Fatal(err)
		}
		x := line
		for i := range visitColumns {
			c := &visitColumns[i]
			value := members[c.Name]
			text, isText := value.(string)
			if value != nil && !isText {
				text = fmt.Sprint(value)
			}
			if err := c.PutJSON(x, text, value != nil && !isText, visitFormat); err != nil {
				t.Errorf("%s: column %s: %v", b, c.Name, err)
			}
			x = x[c.Width():]
		}
		if !slices.Equal(line, want) {
			t.Errorf("%s as a line: %v, want %v", b, line, want)
		}
	}
	for _, field := range []string{`"0,5"`, `"1"`} { // of text it may be a share
		var row visit
		if err := json.Unmarshal([]byte(`{"rate": `+field+`}`), &row); err == nil {
			t.Errorf("%s is taken", field)
		}
	}
}
