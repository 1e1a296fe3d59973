package data

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/spec"
)

// TestRowsFollowAsInTraining reads series whose rows follow each other as those of the training, or otherwise.
func TestRowsFollowAsInTraining(t *testing.T) {
	_, net := network(t, "input: {name: x, shape: [2, 1]}\ntask: regression\nlayers: [flatten, output]\n")
	table := func(name string, fields []string) string {
		text := "at,a\n"
		for i, f := range fields {
			text += fmt.Sprintf("%s,%d\n", f, i)
		}
		return write(t, name, []byte(text))
	}
	every := func(n int, step string) (list []string) {
		at := time.Date(2024, 1, 1, 10, 0, 0, 0, time.UTC)
		for i := range n {
			switch step {
			case "month":
				list = append(list, at.AddDate(0, i, 0).Format("2006-01-02"))
			case "quarter":
				list = append(list, at.AddDate(0, 3*i, 0).Format("2006-01-02"))
			case "workday":
				list = append(list, at.AddDate(0, 0, i+2*(i/5)).Format("2006-01-02"))
			case "number":
				list = append(list, fmt.Sprint(10*i))
			case "decimal":
				list = append(list, fmt.Sprintf("%.1f", 0.5*float64(i)))
			default:
				d, _ := time.ParseDuration(step)
				list = append(list, at.Add(time.Duration(i)*d).Format("2006-01-02 15:04"))
			}
		}
		return list
	}
	jitter := every(40, "1h")
	for i := 1; i < len(jitter); i += 3 {
		jitter[i] = jitter[i][:14] + "06"
	}
	const other = `column "at": `
	for _, c := range []struct {
		name         string
		training, to []string
		gaps, want   string
	}{
		{"hours", every(30, "1h"), every(8, "1h"), "error", ""},
		{"every second", every(30, "1h"), every(8, "2h"), "fill", "x.csv:3: " + other +
			"2024-01-01 12:00 comes after 2024-01-01 10:00, 2 h later, but the training rows are 1 h apart"},
		{"every second, as they come", every(30, "1h"), every(8, "2h"), "ignore", "2 h later"},
		{"half hours", every(30, "1h"), every(8, "30m"), "fill", "30 min later, but the training rows are 1 h apart"},
		{"one odd row", every(30, "1h"), append(every(4, "1h"), "2024-01-01 14:30"), "error", "x.csv:6: " + other +
			"2024-01-01 14:30 comes after 2024-01-01 13:00, 1.5 h later"},
		{"one odd row behind one", every(30, "1h"), []string{"2024-01-01 10:00", "2024-01-01 11:00", "2024-01-01 12:30"},
			"fill", "x.csv:4: "},
		{"a gap", every(30, "1h"), append(every(4, "1h"), "2024-01-01 15:00"), "error", "rows are missing between them"},
		{"a filled gap", every(30, "1h"), append(every(4, "1h"), "2024-01-01 15:00"), "fill", ""},
		{"few rows with gaps", every(30, "1h"), every(3, "2h"), "fill", ""},
		{"clocks", jitter, jitter[3:12], "fill", ""},
		{"months", every(30, "month"), every(9, "month"), "error", ""},
		{"quarters for months", every(30, "month"), every(9, "quarter"), "fill",
			"3 months later, but the training rows are 1 month apart"},
		{"quarters", every(30, "quarter"), every(9, "quarter"), "error", ""},
		{"working days", every(30, "workday"), every(9, "workday")[3:], "ignore", ""},
		{"days for working days", every(30, "workday"), every(9, "24h"), "ignore", ""},
		{"weeks for working days", every(30, "workday"), every(9, "168h"), "ignore", "5 working days later"},
		{"numbers", every(30, "number"), every(9, "number")[2:], "error", ""},
		{"other numbers", every(30, "number"), []string{"5", "6", "7", "8", "9"}, "error",
			"6 comes after 5, 1 later, but the training rows are 10 apart"},
		{"decimals", every(30, "decimal"), every(9, "decimal")[2:], "error", ""},
		{"other decimals", every(30, "decimal"), []string{"5", "6", "7", "8", "9"}, "error",
			"1 later, but the training rows are 0.5 apart"},
		{"as they like", []string{"1", "2", "7", "40", "41", "99", "200"}, []string{"5", "15", "25", "35"}, "ignore", ""},
		{"dates for numbers", every(30, "number"), every(9, "1h"), "error",
			`one of dates, but the training rows are 10 apart`},
	} {
		s := series("a")
		s.Index, s.Gaps = "at", c.gaps
		trained := HeaderAndUnitsOf(&spec.Source{Format: "csv", Path: table("train.csv", c.training), Series: s}, "", net)
		if trained.Cadence == nil {
			t.Errorf("%s: no cadence", c.name)
			continue
		}
		_, _, err := Read(&spec.Source{Format: "csv", Path: table("x.csv", c.to), Series: s}, "", net,
			Options{Unlabeled: true, Other: true, Like: trained})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q (%+v)", c.name, err, c.want, *trained.Cadence)
		}
	}
}
