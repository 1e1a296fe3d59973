package train

import (
	"strings"
	"testing"
)

// TestForecastsSayHowManyRowsWereFilled writes forecasts of windows with filled rows and without, as tables and as
// objects, and of windows without any, whose tables have no such column.
func TestForecastsSayHowManyRowsWereFilled(t *testing.T) {
	list := []Prediction{
		{Time: "8", Filled: 2, Outputs: []PredictedOutput{{Name: "y", Values: []float32{1}, Columns: []string{"y"}}}},
		{Time: "9", Outputs: []PredictedOutput{{Name: "y", Values: []float32{3}, Columns: []string{"y"}}}},
	}
	for _, c := range []struct {
		list      []Prediction
		csv, json string
	}{
		{list, "time,y,filled\n8,1,2\n9,3,0\n", "{\"filled\":2,\"time\":\"8\",\"y\":[1]}\n{\"time\":\"9\",\"y\":[3]}\n"},
		{list[1:], "time,y\n9,3\n", "{\"time\":\"9\",\"y\":[3]}\n"},
	} {
		var table, objects strings.Builder
		if err := (Form{}).WriteCSV(&table, predictionsOf(c.list)); err != nil || table.String() != c.csv {
			t.Errorf("got %q, want %q, %v", &table, c.csv, err)
		}
		if err := (Form{}).WriteJSON(&objects, predictionsOf(c.list)); err != nil || objects.String() != c.json {
			t.Errorf("got %q, want %q, %v", &objects, c.json, err)
		}
	}
}
