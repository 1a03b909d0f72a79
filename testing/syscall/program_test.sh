#!/bin/sh
# program_test.sh LAUNCHER PROGRAM: a program from the host, with its arguments, output and end.
set -u
launcher=$1 program=$2
failed=0

# expect STATUS TEXT ARGUMENT...: the program ends so, and says so.
expect() {
    status=$1 text=$2
    shift 2
    "$launcher" --timeout 100 "$@" >"$TEST_TMPDIR/out" 2>&1 </dev/null
    got=$?
    [ "$got" = "$status" ] || { echo "FAILED: $*: status $got, not $status"; failed=1; }
    grep -qF -- "$text" "$TEST_TMPDIR/out" || {
        echo "FAILED: $*: does not say '$text' but:"
        cat "$TEST_TMPDIR/out"
        failed=1
    }
}

expect 0 "Hello, world"
expect 0 "0 <$program>" "$program"
expect 42 "1 <two words>" "$program" "two words" 42
expect 255 "2 <100%>" "$program" "" "100%" "é" 255
expect 255 "1 <>" "$program" "" "100%" "é" 255
expect 255 "3 <é>" "$program" "" "100%" "é" 255
expect 3 "1 <--smp>" --smp 4 "$program" --smp 3
expect 0 "1 <reboot>" "$program" reboot
expect 139 "1 <signal>" "$program" signal
expect 0 "HOME </> pid 1" --mem 16 --machine q35 "$program"
# The kernel's own words are before the program's.
expect 5 "1 <trace=syscalls>" "$program" trace=syscalls 5
grep -qF "[1]" "$TEST_TMPDIR/out" && { echo "FAILED: a program's argument switched tracing on"; failed=1; }
expect 7 "[1] getpid = 0x1" --append "trace=syscalls" "$program" 7
expect 7 "exit_group(7)" --append "trace=syscalls:exit_group" "$program" 7
# The vDSO knows the time by itself once a call has asked for it, and without the vDSO every time.
count() {
    got=$(grep -cF "$2" "$TEST_TMPDIR/out")
    [ "$got" = "$1" ] || { echo "FAILED: '$2' $got times, not $1"; failed=1; }
}
expect 0 "1 <clock>" --append "trace=syscalls:clock_gettime" "$program" clock
count 1 "clock_gettime("
expect 0 "1 <clock>" --append "trace=syscalls:clock_gettime vdso=0" "$program" clock
count 100 "clock_gettime("
grep -qx "vDSO 0" "$TEST_TMPDIR/out" || { echo "FAILED: there is a vDSO with vdso=0"; failed=1; }
# It is where chance has it, or always in the same place.
place() {
    "$launcher" --timeout 100 "$@" "$program" 0 2>&1 </dev/null | grep "^vDSO"
}
[ "$(place)" != "$(place)" ] || { echo "FAILED: the vDSO is always in the same place"; failed=1; }
[ "$(place --append norandmaps)" = "$(place --append norandmaps)" ] ||
    { echo "FAILED: norandmaps does not keep the vDSO in its place"; failed=1; }
# A script whose interpreter is not there, and what is nothing at all.
expect 126 "keel: the program cannot be started: it, or the interpreter that it asks for, is not there" --module "$0"
echo nothing >"$TEST_TMPDIR/nothing"
expect 126 "keel: the program cannot be started: it is not an ELF program" --module "$TEST_TMPDIR/nothing"
exit $failed
