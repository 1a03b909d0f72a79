#!/bin/sh
# doors_test.sh clean|stray OBJDUMP ARCHIVE...: chance enters by the doors of architecture.md only.
#
# Disassembles every archive. The time stamp counter is read by the clock, random numbers are asked
# for by entropy, and by nobody else; "stray" stands for code in which this must not hold.
set -u
want=$1 objdump=$2
shift 2
found=$TEST_TMPDIR/found
for archive; do
    "$objdump" -d --no-show-raw-insn --no-leading-addr "$archive" || exit 1
done | awk '
    /file format/ { member = $1 }
    { for (i = 1; i <= NF; i++) if ($i ~ /^rd(tscp?|pmc|rand[wlq]?|seed[wlq]?)$/) print $i, member }
' | sed 's/ .*\/\(kernel\|boot\|testing\)\// \1\//' | sort -u >"$found"

stray=$(grep -v -e '^rdtsc kernel/frame/time/libtime.a(clock.o)' \
    -e '^rd\(rand\|seed\)[wlq]* kernel/frame/entropy/libentropy.a(entropy.o)' "$found")
if [ "$want" = stray ]; then
    [ -n "$stray" ] && exit 0
    echo "nothing was found in $*"
    exit 1
fi
[ -z "$stray" ] || { echo "past the doors:"; echo "$stray"; exit 1; }
# And the doors themselves are seen, so that this is no test of nothing.
for door in 'rdtsc ' 'rdrand' 'rdseed'; do
    grep -q "^$door" "$found" || { echo "no $door in $# archives"; exit 1; }
done
