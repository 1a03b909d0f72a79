#!/bin/sh
# every_status_test.sh LAUNCHER PROGRAM: all 256 statuses of a program are the launcher's.
# PROGRAM ends with the status in its last byte of code, the last one that is not padding.
set -u
program=$TEST_TMPDIR/program
cp "$2" "$program"
chmod u+w "$program"
# The code: 0f b6 3d <00 at the end, relative>, b8 3c 00 00 00, 0f 05, then the status.
at=$(grep -obUaP '\xb8\x3c\x00\x00\x00\x0f\x05' "$program" | head -n1 | cut -d: -f1)
[ -n "$at" ] || { echo "no exit call in $2"; exit 1; }
status=0
while [ "$status" -lt 256 ]; do
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\$(printf %o "$status")" | dd of="$program" bs=1 seek=$((at + 7)) conv=notrunc status=none
    "$1" --timeout 30 --module "$program" </dev/null
    got=$?
    [ "$got" = "$status" ] || { echo "status $got, not $status"; exit 1; }
    status=$((status + 1))
done
