#!/bin/sh
# boots_test.sh same|different COUNT COMMAND...: COUNT boots that all show the same on their console,
# or that do not.
set -u
want=$1 count=$2
shift 2
got=same
for run in $(seq "$count"); do
    out=$TEST_TMPDIR/out$run
    "$@" >"$out" </dev/null || { echo "boot $run: status $?"; cat "$out"; exit 1; }
    [ -s "$out" ] || { echo "boot $run shows nothing"; exit 1; }
    cmp -s "$TEST_TMPDIR/out1" "$out" || got=different
done
[ "$got" = "$want" ] || { echo "the boots are $got:"; cat "$TEST_TMPDIR"/out*; exit 1; }
