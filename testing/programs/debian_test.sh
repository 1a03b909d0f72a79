#!/bin/sh
# debian_test.sh LAUNCHER PROGRAM CASES: Debian's own binary, unmodified, on this machine's Linux and
# on Keel, whose output and status must be the same. Each line of CASES is the program's arguments,
# quoted as for sh. On Keel the program is the first process, which default actions do not end, and
# both kinds of output are the console: no case relies on the one or writes errors.
set -eu
launcher=$PWD/$1 program=$PWD/$2 cases=$3
host="$TEST_TMPDIR/host" keel="$TEST_TMPDIR/keel"
failed=0 count=0
while IFS= read -r line; do
    case $line in '' | '#'*) continue ;; esac
    eval "set -- $line"
    status=0
    (cd / && exec env -i HOME=/ TERM=linux "$program" "$@") >"$host" </dev/null || status=$?
    keel_status=0
    "$launcher" --timeout=30 "$program" "$@" >"$keel" </dev/null || keel_status=$?
    count=$((count + 1))
    [ "$status" = "$keel_status" ] && cmp -s "$host" "$keel" && continue
    failed=$((failed + 1))
    echo "FAILED: $line: status $keel_status, not $status"
    diff "$host" "$keel" || true
done <"$cases"
echo "$count cases, $failed failed"
[ "$count" -gt 0 ] && [ "$failed" = 0 ]
