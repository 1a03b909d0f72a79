#!/bin/sh
# boundary.sh instructions|closure|size|report [PARTS]
#
# Looks at what the kernels on the frame are made of, by the lists of PARTS (:parts).
#   instructions  the machine code of services against a list of instructions and registers
#   closure       the names that services use: whose they are, and one type for each
#   size          whether the frame, boot included, is within its budget
#   report        lines and bytes on both sides
set -eu
parts=${2:-testing/boundary/parts}
bin=external/llvm19/usr/lib/llvm-19/bin
[ -d "$bin" ] || bin=../llvm19/usr/lib/llvm-19/bin
tmp=$(mktemp -d "${TEST_TMPDIR:-/tmp}/boundary.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
BUDGET=10000

die() {
    echo "boundary: $1" >&2
    exit 1
}

# Integer instructions that a compiler makes of C, and what the checks end in. In 64-bit mode FS
# and GS are the segments with a base; GS is the frame's per-CPU block, whose inline functions
# read it. Padding may name CS.
instructions() {
    "$bin/llvm-objdump" -d --no-show-raw-insn --no-leading-addr $(cat $parts.service.archives) >"$tmp/code"
    awk '
        function refuse() { print "refused: " where ": " $0; bad++ }
        /^<.*>:$/ { where = $0; next }
        !/^[ \t]/ || NF == 0 || $1 == "#" { next }
        {
            total++
            name = $1
            operands = $0
            sub(/^[ \t]*[a-z0-9]+/, "", operands)
            sub(/[<#].*/, "", operands)
            if (name ~ /^(lock|rep|repne|data16|cs|notrack)$/) {
                if (NF == 1) next
                name = $2
                sub(/^[ \t]*[a-z0-9]+/, "", operands)
            }
            operands = operands " "
            if (name !~ /^(mov(b|w|l|q|absq)?|movs(bw|bl|bq|wl|wq|lq)|movz(bw|bl|bq|wl|wq)|lea[wlq]|(add|sub|adc|sbb|and|or|xor|cmp|test|inc|dec|neg|not|shl|shr|sar|rol|ror|imul|mul|div|idiv|bt|bts|btr|btc|bsf|bsr|bswap|shld|shrd|xchg|xadd|cmpxchg|push|pop)[bwlq]?|cmpxchg16b|(movs|stos|scas|cmps)[bwlq]|set[a-z]+|cmov[a-z]+|j[a-z]+|callq?|retq?|leave|nop[wlq]?|endbr64|ud1l|ud2|pause|cltq|cltd|cqto|cwtl|cbtw|cwtd|[lms]fence|popcnt[wlq]|tzcnt[wlq]|lzcnt[wlq])$/ ||
                name ~ /^(jmpf|callf|lret|iret|syscall|sysret)/)
                refuse()
            else if (operands ~ /%([cd]r[0-9]+|[xyz]mm[0-9]+|k[0-7]|st|mm[0-7]|ss|ds|es|fs)[^a-z0-9]/)
                refuse()
            else if (operands ~ /%gs[^a-z0-9]/ && (operands !~ /%gs:/ || name ~ /^(push|pop)/))
                refuse()
            else if (operands ~ /%cs[^a-z0-9]/ && name !~ /^nop/)
                refuse()
        }
        END {
            print total + 0 " instructions, " bad + 0 " refused"
            exit bad > 0 || total == 0
        }' "$tmp/code"
}

# "file|kind|name|..." for each line that toolchain/safec left in each object of a service.
fingerprints() {
    for archive in $(cat $parts.service.archives); do
        "$bin/llvm-ar" t "$archive" >"$tmp/members"
        while read -r member; do
            "$bin/llvm-ar" p "$archive" "$member" >"$tmp/object.o"
            "$bin/llvm-objcopy" --dump-section=.keel.safec="$tmp/lines" "$tmp/object.o" "$tmp/copy.o" 2>"$tmp/why" ||
                die "$archive: $member was not compiled as safe C: $(cat "$tmp/why")"
            sed "s,^,$archive($member)|," "$tmp/lines"
        done <"$tmp/members"
    done
}

# Of the machine code: the bitcode beside it does not name what code generation calls.
symbols() {
    # shellcheck disable=SC2046,SC2086 # one word for each archive and option
    "$bin/llvm-nm" --no-llvm-bc $1 -P $(cat "$2") 2>/dev/null | awk 'NF >= 2 { print $1 }' | sort -u
}

# Services name what the frame defines, what services define, and what compilers take for granted;
# nothing that the frame defines is a service's too; all files agree on what a name is.
closure() {
    fingerprints >"$tmp/prints"
    symbols "--defined-only --extern-only" $parts.frame.archives >"$tmp/frame"
    symbols "--defined-only --extern-only" $parts.service.archives >"$tmp/service"
    symbols --undefined-only $parts.service.archives >"$tmp/wanted"
    printf '%s\n' memcpy memmove memset memcmp __udivti3 __umodti3 __divti3 __modti3 __stack_chk_fail >"$tmp/free"
    awk -F'|' -v frame="$tmp/frame" -v service="$tmp/service" -v wanted="$tmp/wanted" -v free="$tmp/free" '
        function wrong(text) { print "boundary: " text; bad++ }
        BEGIN {
            while ((getline s <frame) > 0) is_frame[s]
            while ((getline s <service) > 0) is_service[s]
            while ((getline s <free) > 0) is_free[s]
        }
        {
            key = $2 " " $3
            type = $2 == "tag" ? $5 : $6
            if (!(key in first)) { first[key] = $1; types[key] = type; owner[key] = $4 }
            if (types[key] != type) wrong(key " is one thing in " first[key] " and another in " $1)
            if (owner[key] != $4) wrong(key " is of the " owner[key] " in " first[key] " and of the " $4 " in " $1)
            if ($2 == "symbol" && $4 == "service" && ($3 in is_frame))
                wrong($1 " declares " $3 ", which the frame defines")
        }
        END {
            for (s in is_service)
                if (s in is_frame) wrong(s " is defined by the frame and by a service")
            while ((getline s <wanted) > 0) {
                names++
                if (s in is_free) continue
                if (!(("symbol " s) in types)) wrong(s " is named, and no declaration says what it is")
                else if (owner["symbol " s] == "frame" && !(s in is_frame) && !(s in is_service)) wrong(s ": nobody defines it")
                else if (owner["symbol " s] != "frame" && !(s in is_service)) wrong(s " is defined by no service")
            }
            print names + 0 " names, " bad + 0 " wrong"
            exit bad > 0 || names == 0
        }' "$tmp/prints"
}

# Lines without comments and blanks. No string here has a comment in it that matters.
lines() {
    xargs cat <"$1" | awk '
        {
            text = $0
            while (inside || match(text, /\/\*/)) {
                if (!inside) { head = substr(text, 1, RSTART - 1); text = substr(text, RSTART + 2); inside = 1 }
                if (!match(text, /\*\//)) { text = head; head = ""; break }
                text = head substr(text, RSTART + 2); head = ""; inside = 0
            }
            if (text ~ /^[ \t]*\/\//) next
            if (text ~ /[^ \t]/) n++
        }
        END { print n + 0 }'
}

bytes() {
    # shellcheck disable=SC2046
    "$bin/llvm-nm" --no-llvm-bc --defined-only --print-size --radix=d $(cat "$1") 2>/dev/null |
        awk 'NF == 4 && $3 !~ /[bB]/ { n += $2 } END { print n + 0 }'
}

size() {
    n=$(lines $parts.frame.sources)
    echo "the frame and boot: $n lines of at most $BUDGET"
    [ "$n" -gt 0 ] && [ "$n" -lt "$BUDGET" ]
}

report() {
    fl=$(lines $parts.frame.sources) sl=$(lines $parts.service.sources)
    fb=$(bytes $parts.frame.archives) sb=$(bytes $parts.service.archives)
    awk -v fl="$fl" -v sl="$sl" -v fb="$fb" -v sb="$sb" 'BEGIN {
        printf "%-16s %8s %6s %10s %6s\n", "", "lines", "%", "bytes", "%"
        printf "%-16s %8d %5.1f%% %10d %5.1f%%\n", "frame and boot", fl, 100 * fl / (fl + sl), fb, 100 * fb / (fb + sb)
        printf "%-16s %8d %5.1f%% %10d %5.1f%%\n", "above it", sl, 100 * sl / (fl + sl), sb, 100 * sb / (fb + sb)
    }'
}

case ${1-} in
instructions | closure | size | report) "$1" ;;
*) die "usage: boundary.sh instructions|closure|size|report [PARTS]" ;;
esac
