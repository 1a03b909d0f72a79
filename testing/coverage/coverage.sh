#!/bin/sh
# coverage.sh PERCENT LLVM-PROFDATA LLVM-COV SOURCES TEST...
#
# Runs the tests, which are built with clang_coverage, and prints how many lines of each source
# they ran. SOURCES lists these, each behind "must" or "may" (have lines). Fails if a file is
# below PERCENT, or has no lines and must.
set -eu
percent=$1 profdata=$2 cov=$3 sources=$4
shift 4
tmp=$(mktemp -d "${TEST_TMPDIR:-${TMPDIR:-/tmp}}/coverage.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# What Bazel says to a test is for this script alone.
unset TEST_PREMATURE_EXIT_FILE TESTBRIDGE_TEST_ONLY XML_OUTPUT_FILE || true

first=$1
objects=
n=0
for test; do
    n=$((n + 1))
    # %m: death tests are processes of their own, and add to the same file.
    if ! LLVM_PROFILE_FILE="$tmp/$n-%m.profraw" "./$test" >"$tmp/log" 2>&1; then
        cat "$tmp/log"
        echo "coverage: $test failed"
        exit 1
    fi
    [ "$test" = "$first" ] || objects="$objects -object ./$test"
done
find "$tmp" -name '*.profraw' >"$tmp/profiles"
"$profdata" merge -f "$tmp/profiles" -o "$tmp/merged"
# It warns of the tests' own inline functions, which some programs use and others do not.
# shellcheck disable=SC2086 # a list
if ! "$cov" export -format=lcov -instr-profile="$tmp/merged" "./$first" $objects \
    >"$tmp/lcov" 2>"$tmp/log"; then
    cat "$tmp/log"
    exit 1
fi

awk -v percent="$percent" '
    function line(found, hit, name, bad) {
        printf "%7d %7d %7.1f %% %s%s\n", found, hit, 100 * hit / found, name, bad
    }
    FNR == NR { must[$2] = $1 == "must"; order[++count] = $2; next }
    sub(/^SF:/, "") { sub(/^(.*\/)?execroot\/[^\/]*\//, ""); sub(/^(\.\/|\/)+/, ""); file = $0 }
    # Not LF and LH: of functions that one macro makes several times, they count one.
    split($0, da, /[:,]/) == 3 && da[1] == "DA" { found[file]++; hit[file] += da[3] > 0 }
    END {
        printf "%7s %7s %9s\n", "lines", "run", "coverage"
        for (i = 1; i <= count; i++) {
            f = order[i]
            if (!found[f] && !must[f])
                continue
            if (!found[f]) {
                printf "%7s %7s %9s %s  <-- in no test\n", "-", "-", "-", f
                failed = 1
                continue
            }
            low = 100 * hit[f] < percent * found[f]
            line(found[f], hit[f], f, low ? "  <-- below " percent " %" : "")
            failed = failed || low
            all_found += found[f]
            all_hit += hit[f]
        }
        line(all_found, all_hit, "total", "")
        exit failed
    }' "$sources" "$tmp/lcov" >"$tmp/table" || failed=1
{ head -n 1 "$tmp/table"; sed '1d;$d' "$tmp/table" | LC_ALL=C sort -k5; tail -n 1 "$tmp/table"; }
exit "${failed-0}"
