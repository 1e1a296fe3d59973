package fit

// Top2, Top3 and Top5 are the shares of rows whose class is among the k most probable.
var (
	Top2 = Measured{
		Name: "top_2",
		Report: Report{Doc: "Share of the rows whose class is among the 2 most probable.", //nngen:if reports
			Share: true, Counted: true, Wide: true}, //nngen:if reports
		Tasks: map[string]func(*predictions) float64{Multiclass: func(p *predictions) float64 { return p.top(2) }},
	}
	Top3 = Measured{
		Name: "top_3",
		Report: Report{Doc: "Share of the rows whose class is among the 3 most probable.", //nngen:if reports
			Share: true, Counted: true, Wide: true}, //nngen:if reports
		Tasks: map[string]func(*predictions) float64{Multiclass: func(p *predictions) float64 { return p.top(3) }},
	}
	Top5 = Measured{
		Name: "top_5",
		Report: Report{Doc: "Share of the rows whose class is among the 5 most probable.", //nngen:if reports
			Share: true, Counted: true, Wide: true}, //nngen:if reports
		Tasks: map[string]func(*predictions) float64{Multiclass: func(p *predictions) float64 { return p.top(5) }},
	}
)

// top returns the share of examples whose class is among the k most probable ones.
func (p *predictions) top(k int) float64 {
	found := 0.0
	for i := range p.n {
		row := p.y[i*p.width:][:p.width]
		truth := argMax(p.t[i*p.width:][:p.width])
		above := 0
		for j, v := range row {
			if v > row[truth] || v == row[truth] && j < truth {
				above++
			}
		}
		if above < k {
			found++
		}
	}
	return ratio(found, float64(p.n))
}
