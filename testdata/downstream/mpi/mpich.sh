# mpich.sh: trains in 1, 2 and 4 processes of MPICH, which must print what the file want holds.
set -e
for n in 1 2 4; do
	mpirun.mpich -np $n ./train.mpich -patience 10m "$DATA" > several
	cmp want several
done
