#!/bin/sh
# boot.sh MEASURE LAUNCHER QEMU EMPTY HELLO KEEL: what booting costs; docs/benchmarks.md has results.
set -eu
measure=$1 launcher=$2 qemu=$3 empty=$PWD/$4 hello=$PWD/$5 keel=$PWD/$6
runs=${RUNS:-20}
case ${7-} in
"") ;;
*)
    echo "usage: [RUNS=N] bazel run //testing/bench:boot"
    exit 2
    ;;
esac
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Every instruction of the kernel and the program, one line each: one instruction to a
# translation block, blocks not chained, and only addresses that are not the firmware's.
instructions() {
    "$qemu" -nodefaults -no-user-config -display none -no-reboot -machine microvm -accel tcg \
        -cpu max -m 128 -serial null -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$1" \
        -singlestep -d exec,nochain -D "$tmp/trace" \
        -dfilter 0x100000..0x7fffff,0xffffffff80000000+0x7fffffff || [ $? = 1 ]
    grep -c '^Trace' "$tmp/trace"
}

echo "QEMU's CPU time from start to exit, medians of $runs runs"
"$measure" "$runs" empty "$launcher" --kernel "$empty" \
    --- hello "$launcher" --kernel "$hello" \
    --- "hello --mem 8" "$launcher" --kernel "$hello" --mem 8 \
    --- keel "$launcher" --kernel "$keel" \
    --- "keel --mem 16" "$launcher" --kernel "$keel" --mem 16 \
    --- "empty, pc" "$launcher" --kernel "$empty" --machine pc \
    --- "hello, pc" "$launcher" --kernel "$hello" --machine pc
echo
echo "guest instructions from the kernel's entry to its exit"
printf '%-24s %8d\n' empty "$(instructions "$empty")" hello "$(instructions "$hello")" \
    keel "$(instructions "$keel")"
echo
echo "image size"
printf '%-24s %8d bytes\n' hello "$(wc -c <"$hello")" keel "$(wc -c <"$keel")"
