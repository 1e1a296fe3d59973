# same.sh SPEC: trains one network in 1, 2 and 4 processes, which must print the same.
set -e
cp "$1.yaml" digits.yaml
nngen compile digits.yaml
go build -o train .
./train "$DATA" > one
for n in 1 2 4; do
	mpirun -np $n ./train -patience 10m "$DATA" > several
	cmp one several
done
cat one
