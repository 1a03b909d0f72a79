#!/bin/sh
# report.sh LAUNCHER KERNEL SYMBOLIZER [--missed FILE] [TEST]...
#
# Boots KERNEL, testing/ktest built with KCOV, once for each TEST, and prints how much of each source
# file's code any of them reached: points, of which every stretch of code without a branch has one.
# With --missed the lines of FILE with a point that none reached.
set -eu
launcher=$1 kernel=$2 symbolizer=$3
shift 3
missed=
if [ "${1-}" = --missed ]; then
    missed=$2
    shift 2
fi
[ $# != 0 ] || set -- calls chaos context_copy memory_comes_back mutexes once out_of_memory \
    preemption rcu rwmutexes timeouts timers two_spaces vmio_partial wait_queues
tmp=$(mktemp -d "${TEST_TMPDIR:-${TMPDIR:-/tmp}}/kcov.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

for test; do
    if ! "$launcher" --kernel "$kernel" --smp 2 --timeout 300 --append "test=$test kcov=$test nokaslr" \
        </dev/null >"$tmp/log" 2>&1; then
        grep -v '^kcov ' "$tmp/log"
        echo "kcov: $test failed"
        exit 1
    fi
    tr -d '\r' <"$tmp/log" | grep '^kcov ' >>"$tmp/points"
done

# One line for each point: whether a test reached it, and where it is.
awk '{ reached[$2] = reached[$2] || $3 } END { for (a in reached) print a, reached[a] }' \
    "$tmp/points" | sort >"$tmp/reached"
cut -d' ' -f1 "$tmp/reached" | sed 's/^/0x/' >"$tmp/addresses"
# The name and then the place of each, and an empty line.
"$symbolizer" --obj="$kernel.debug" --no-inlines <"$tmp/addresses" | awk 'NR % 3 == 2' |
    sed 's,^\(\./\)*,,' >"$tmp/places"
cut -d' ' -f2 "$tmp/reached" | paste -d: - "$tmp/places" >"$tmp/all"

if [ -n "$missed" ]; then
    awk -F: -v file="$missed" '$2 == file && !$1 { print $3 }' "$tmp/all" | sort -nu
    exit
fi
awk -F: '
    { total[$2]++; reached[$2] += $1; all++; sum += $1 }
    END {
        for (f in total)
            printf "%7d %7d %7.1f %% %s\n", total[f], reached[f], 100 * reached[f] / total[f], f
        printf "%7d %7d %7.1f %% ~all\n", all, sum, 100 * sum / all
    }' "$tmp/all" | sort -k5 | sed 's/~all/all/' >"$tmp/table"
printf '%7s %7s %9s\n' points reached coverage
cat "$tmp/table"
