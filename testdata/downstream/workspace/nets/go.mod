module example.com/nets

go 1.24
