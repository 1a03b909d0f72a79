#!/bin/sh
# twice_test.sh same|different COMMAND...: the same boot twice shows the same on its console, or
# something different.
set -u
want=$1
shift
for run in 1 2; do
    "$@" >"$TEST_TMPDIR/out$run" </dev/null || { echo "boot $run: status $?"; cat "$TEST_TMPDIR/out$run"; exit 1; }
    [ -s "$TEST_TMPDIR/out$run" ] || { echo "boot $run shows nothing"; exit 1; }
done
got=same
cmp -s "$TEST_TMPDIR/out1" "$TEST_TMPDIR/out2" || got=different
[ "$got" = "$want" ] || { echo "the boots are $got:"; cat "$TEST_TMPDIR/out1" "$TEST_TMPDIR/out2"; exit 1; }
