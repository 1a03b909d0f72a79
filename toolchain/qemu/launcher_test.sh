#!/bin/sh
# launcher_test.sh LAUNCHER LOOP_PROGRAM GDB PTY_RUN: what the launcher does besides booting.
set -u
launcher=$1 loop=$2 gdb=$PWD/$3 pty_run=$4
tmp=$TEST_TMPDIR
failed=0

fail() {
    echo "FAILED: $1"
    failed=1
}

# expect STATUS TEXT ARGUMENT...: the launcher ends so and says so, in one line.
expect() {
    status=$1 text=$2
    shift 2
    "$launcher" "$@" >"$tmp/out" 2>&1 </dev/null
    got=$?
    [ "$got" = "$status" ] || fail "$*: status $got, not $status"
    grep -qF -- "$text" "$tmp/out" || fail "$*: does not say '$text' but: $(cat "$tmp/out")"
}

# wait_for FILE TEXT: until FILE has TEXT; the test's own timeout ends it otherwise.
wait_for() {
    until grep -qF "$2" "$1" 2>/dev/null; do
        kill -0 "$pid" 2>/dev/null || { fail "ended before '$2'"; return 1; }
    done
}

expect 0 "usage: bazel run //:qemu" -h
expect 125 "keel: --frobnicate: no such option; -h lists them" --frobnicate
expect 125 "keel: --kernel /no/such: No such file" --kernel /no/such
expect 125 "keel: --module /no/such: No such file" --module /no/such
expect 125 "keel: /no/such: No such file" --smp 2 /no/such --frobnicate
expect 125 "keel: --kernel //x: a label must begin with // and needs" --kernel //x
expect 0 "Hello, world" --accel tcg
expect 0 "keel: tcg (as asked for)" -v --accel tcg
expect 0 "-machine q35" -v --machine q35
expect 125 "keel: QEMU ended with status 1" --smp 255 --machine pc --mem 1000000 --accel tcg --timeout 20

# Paths are relative to where the user stands.
mkdir -p "$tmp/elsewhere"
echo "no program" >"$tmp/elsewhere/module"
BUILD_WORKING_DIRECTORY=$tmp/elsewhere expect 126 "keel: the program cannot be started: it is not" --module module
BUILD_WORKING_DIRECTORY=$tmp/elsewhere expect 126 "keel: the program cannot be started: it is not" ./module

# Commas and blanks in a module's name are no separators.
cp "$loop" "$tmp/elsewhere/a, b"
BUILD_WORKING_DIRECTORY=$tmp/elsewhere expect 124 "looping" --module "a, b" --timeout 1

# A signal to the launcher ends QEMU too, and the launcher with 128 and the signal.
for signal in TERM:143 HUP:129; do
    "$launcher" --module "$loop" >"$tmp/loop" 2>&1 </dev/null &
    pid=$!
    wait_for "$tmp/loop" looping
    kill -"${signal%:*}" "$pid"
    wait "$pid"
    got=$?
    [ "$got" = "${signal#*:}" ] || fail "SIG${signal%:*}: status $got"
    : >"$tmp/loop"
done

# Ctrl-A X leaves, on a terminal.
"$pty_run" looping "$(printf '\001x')" "$launcher" --module "$loop" >"$tmp/pty" 2>&1
got=$?
if [ "$got" = 77 ]; then
    echo "not tested: Ctrl-A X, since this machine has no pseudo-terminals"
else
    [ "$got" = 125 ] || fail "Ctrl-A X: status $got"
    grep -q "the machine stopped without a status" "$tmp/pty" || fail "Ctrl-A X: $(cat "$tmp/pty")"
fi

# The line that --gdb prints attaches, with symbols.
"$launcher" --gdb --timeout 30 >"$tmp/out" 2>"$tmp/gdb" </dev/null &
pid=$!
if wait_for "$tmp/gdb" keel-attach; then
    line=$(sed -n 's/^  gdb //p' "$tmp/gdb")
    socket=${line##* }
    socket=${socket%\'}
    until [ -S "$socket" ] || ! kill -0 "$pid" 2>/dev/null; do :; done
    eval "'$gdb' -batch $line -ex keel-start -ex backtrace -ex continue" >"$tmp/session" 2>&1
    wait "$pid"
    got=$?
    [ "$got" = 0 ] || fail "--gdb: status $got"
    grep -q "kernel_main ()" "$tmp/session" || fail "--gdb: $(cat "$tmp/session")"
    [ "$(cat "$tmp/out")" = "Hello, world" ] || fail "--gdb: printed $(cat "$tmp/out")"
    [ ! -e "$socket" ] || fail "--gdb: $socket is still there"
fi
exit "$failed"
