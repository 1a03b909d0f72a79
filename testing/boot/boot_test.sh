#!/bin/sh
# boot_test.sh [--status N] [--output TEXT] [--contains TEXT]... [--absent TEXT]... -- COMMAND...
#
# Runs the launcher and checks how it ends, what the console showed (standard output, exactly),
# and what was or was not said on either output.
set -u
out=$TEST_TMPDIR/out err=$TEST_TMPDIR/err checks=$TEST_TMPDIR/checks
status=0
: >"$checks"
while [ "$1" != -- ]; do
    case $1 in
    --status) status=$2 ;;
    --output) printf '%s' "${2:+$2
}" >"$TEST_TMPDIR/expected" ;;
    --contains | --absent) printf '%s %s\n' "$1" "$2" >>"$checks" ;;
    *)
        echo "boot_test.sh: what is $1?"
        exit 2
        ;;
    esac
    shift 2
done
shift

"$@" >"$out" 2>"$err" </dev/null
got=$?

failed=0
fail() {
    echo "FAILED: $1"
    failed=1
}
[ "$got" = "$status" ] || fail "status $got, not $status"
if [ -f "$TEST_TMPDIR/expected" ]; then
    cmp -s "$out" "$TEST_TMPDIR/expected" || {
        fail "the console's output differs:"
        diff "$TEST_TMPDIR/expected" "$out"
    }
fi
while read -r check text; do
    cat "$out" "$err" | grep -qF -- "$text"
    case $check-$? in
    --contains-1) fail "nobody said '$text'" ;;
    --absent-0) fail "somebody said '$text'" ;;
    esac
done <"$checks"
if [ "$failed" = 1 ]; then
    echo "--- console"
    cat "$out"
    echo "--- standard error"
    cat "$err"
fi
exit "$failed"
