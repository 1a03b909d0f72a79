#!/bin/sh
# report_test.sh REPORT-ARGUMENTS...: a test reaches what it is about, and nothing it does not use.
set -u
table=$("$@" once) || {
    echo "$table"
    exit 1
}
failed=0
# check FILE CONDITION, an awk expression on points and reached
check() {
    echo "$table" | awk -v file="$1" '
        $NF == file { points = $1; reached = $2 }
        END { exit !('"$2"') }' && return
    echo "FAILED: $1: not $2"
    failed=1
}
check kernel/frame/sync/once.c 'points > 0 && reached >= points / 2'
check kernel/frame/sync/rwmutex.c 'points > 10 && reached == 0'
check kernel/frame/boot/frame_main.c 'reached > 0 && reached < points'
check all 'reached > 500 && reached < points'

missed=$("$@" --missed kernel/frame/sync/rwmutex.c once)
[ "$(echo "$missed" | wc -l)" -gt 10 ] || {
    echo "FAILED: few lines of rwmutex.c were missed: $missed"
    failed=1
}
[ "$failed" = 0 ] || echo "$table"
exit "$failed"
