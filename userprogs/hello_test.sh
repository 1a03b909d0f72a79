#!/bin/sh
# hello_test.sh PROGRAM: on host Linux it says Hello, world and ends with 0.
status=0
out=$("$1") || status=$?
[ "$status" = 0 ] || { echo "status $status, not 0"; exit 1; }
[ "$out" = "Hello, world" ] || { echo "printed '$out'"; exit 1; }
