module example.com/mpi

go 1.22
