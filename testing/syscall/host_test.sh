#!/bin/sh
# host_test.sh PROGRAM: what the cases say is what this machine's Linux does.
set -eu
"./$1" | tee "$TEST_TMPDIR/out"
grep -q "cases: ok" "$TEST_TMPDIR/out"
