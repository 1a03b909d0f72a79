#!/bin/sh
# date_test.sh QEMU KERNEL: the kernel's time of day is the battery-backed clock's, which QEMU starts
# at a moment of ours. Guest time is counted in instructions, so the load of the host does not matter.
set -u
qemu=$1 kernel=$2
failed=0
for moment in 1999-12-31T23:59:59 2000-02-29T12:34:56 2026-11-25T01:02:03 2099-12-31T23:59:58; do
    timeout 120 "$qemu" -nodefaults -no-user-config -display none -no-reboot -machine microvm \
        -accel tcg -cpu max -m 64 -icount shift=0,sleep=off -rtc "base=$moment,clock=vm" \
        -serial file:"$TEST_TMPDIR/out" -kernel "$kernel" -append "test=date" \
        -device isa-debug-exit,iobase=0xf4,iosize=4
    start=$(date -u -d "$moment" +%s)
    got=$(head -n1 "$TEST_TMPDIR/out")
    # Booting takes less than a second of the guest's; QEMU's clock begins up to one early.
    case $((${got:-0} - start)) in
    -1 | 0 | 1) ;;
    *)
        echo "at $moment the kernel says '$got', not $start"
        failed=1
        ;;
    esac
done
exit "$failed"
