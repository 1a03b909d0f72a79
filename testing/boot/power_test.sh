#!/bin/sh
# power_test.sh off|reset QEMU KERNEL MACHINE: a machine without debug-exit port is switched off
# by ACPI, or resets where it has no ACPI.
set -u
how=$1 qemu=$2 kernel=$3 machine=$4
out=$TEST_TMPDIR/out
# Without this a reset would start the kernel again, until the time is up.
once=
[ "$how" = off ] || once=-no-reboot
timeout 20 "$qemu" -nodefaults -no-user-config -display none $once -machine "$machine" -accel tcg \
    -cpu max -m 64 -serial file:"$out" -kernel "$kernel"
status=$?
[ "$status" = 0 ] || { echo "QEMU ended with $status"; exit 1; }
[ "$(cat "$out")" = "Hello, world" ] || { echo "the console shows:"; cat "$out"; exit 1; }
