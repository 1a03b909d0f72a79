#!/bin/sh
# rows_test.sh TABLE SOURCE...: every call that is there has a case, and no case names another.
set -eu
table=$1
shift
sed -n 's/^\(FULL\|PARTIAL\)([0-9]*, \([a-z0-9_]*\),.*/\2/p' "$table" | sort >"$TEST_TMPDIR/rows"
sed -n 's/^CASE(\([a-z0-9_]*\),.*/\1/p' "$@" | sort -u >"$TEST_TMPDIR/cases"
[ -s "$TEST_TMPDIR/rows" ]
missing=$(comm -23 "$TEST_TMPDIR/rows" "$TEST_TMPDIR/cases")
unknown=$(comm -13 "$TEST_TMPDIR/rows" "$TEST_TMPDIR/cases")
[ -z "$missing" ] || echo "FAILED: without a case:" $missing
[ -z "$unknown" ] || echo "FAILED: cases of what the table does not have:" $unknown
[ -z "$missing$unknown" ]
