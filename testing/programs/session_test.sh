#!/bin/sh
# session_test.sh LAUNCHER OPTION ROOTFS SHELL SESSION EXPECTED: a shell of the archive's reads the
# session from its standard input; what it prints, and its status in a last line, are as expected.
set -u
launcher=$PWD/$1 option=$2 rootfs=$3 shell=$4 session=$5 expected=$6
out=$TEST_TMPDIR/out
"$launcher" "$option" --timeout=100 --rootfs "$rootfs" "$shell" <"$session" >"$out" 2>"$TEST_TMPDIR/err"
echo "status $?" >>"$out"
[ -s "$TEST_TMPDIR/err" ] || ! diff "$expected" "$out" || exit 0
echo "FAILED: the session went otherwise; on standard error, where nothing should be:"
cat "$TEST_TMPDIR/err"
exit 1
