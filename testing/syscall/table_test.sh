#!/bin/sh
# table_test.sh TABLE HEADER: each of Linux's calls has one row, under its number, and no other has.
set -eu
sed -n 's/^\(FULL\|PARTIAL\|NONE\)(\([0-9]*\), \([a-z0-9_]*\),.*/\2 \3/p' "$1" | sort -n >"$TEST_TMPDIR/rows"
sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/\2 \1/p' "$2" | sort -n >"$TEST_TMPDIR/calls"
[ -s "$TEST_TMPDIR/calls" ]
diff -u "$TEST_TMPDIR/calls" "$TEST_TMPDIR/rows"
