# kill.sh: starts ./device until it is done, and kills it each time, a little later than the last. Each start must go on at
# most one step behind what the one before said that it had done.
set -e
: > steps
for pause in $(seq 10 99); do
	./device -state state -pace 2ms > part &
	device=$!
	sleep 0.$pause
	kill -9 $device 2> kill.log || true
	wait $device 2> kill.log || true
	cat part >> steps
	if grep -q right part; then break; fi
done
awk '/^going/ {if (last - $5 > 1) {print "lost", last - $5; exit 1}; starts++} /^step/ {last = $2} END {print "starts", starts}' steps
tail -n 2 part
