package scaffold

import (
	"fmt"
	"slices"
)

// Names of classes that say what is looked for, and that it is not there.
var (
	namesPositive = pattern(`(?i)^(yes|true|1|\+|pos(itive)?|present|abnormal|anomal(y|ous)|attack|malicious|` +
		`fraud(ulent)?|spam|sick|ill|diseased?|malignant|infected|tumou?r|cancer|churn(ed)?|default(ed)?|fail(ed|ure)?|` +
		`defect(ive)?|faulty|broken|clicked|converted|bought|purchased|survived|died|dead|won|win|hit|success)$`)
	namesNegative = pattern(`(?i)^(no|false|0|-|neg(ative)?|absent|none|normal|benign|legit(imate)?|genuine|` +
		`ham|healthy|control|ok|okay|good|intact|stayed|retained|active|paid|lost|loss|miss(ed)?|` +
		`(no|not|non|un|never)[ _-].+|non(fraud|spam)\w*|no(fraud|spam|churn|risk)\w*)$`)
)

// choosePositive puts the positive one of two classes last, where a binary task has it: the one whose name says so,
// else the rarer one, which metrics such as precision and recall are meant for, else the later one by name. counts
// holds how often each comes.
func (d *draft) choosePositive(counts []int) {
	named := func(i int) bool {
		a, b := d.classes[i], d.classes[1-i]
		positive := namesPositive().MatchString(a) && !namesPositive().MatchString(b)
		return positive && !namesNegative().MatchString(a) || namesNegative().MatchString(b) &&
			!namesNegative().MatchString(a)
	}
	first := false
	switch {
	case named(0) != named(1):
		first, d.positive = named(0), "by its name"
	case counts[0] != counts[1]:
		first, d.positive = counts[0] < counts[1], "the rarer one"
	default:
		d.positive = "the later one by name"
	}
	if first {
		slices.Reverse(d.classes)
	}
}

// saysPositive is a line that says which class is positive; "" for other tasks than binary.
func (d *draft) saysPositive() string {
	if d.Task != "binary" || len(d.classes) != 2 {
		return ""
	}
	line := fmt.Sprintf("positive class %q: %s", d.classes[1], d.positive)
	if d.positive != "by the spec" {
		line += "; precision, recall and their like are of the last of classes: in the spec"
	}
	return line + "\n"
}
