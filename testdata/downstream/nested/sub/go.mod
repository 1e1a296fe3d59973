module example.com/repo/sub

go 1.23
