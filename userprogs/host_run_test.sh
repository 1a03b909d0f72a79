#!/bin/sh
# host_run_test.sh PROGRAM STATUS OUTPUT: what PROGRAM does on host Linux, which is the oracle
# for what it has to do on Keel.
set -u
out=$("$1")
status=$?
[ "$status" = "$2" ] || { echo "status $status, not $2"; exit 1; }
[ "$out" = "$3" ] || { echo "printed '$out', not '$3'"; exit 1; }
