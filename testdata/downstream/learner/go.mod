module example.com/learner

go 1.22
