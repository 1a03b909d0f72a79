#!/bin/sh
# linux.sh LAUNCHER PROGRAM [OPTION...]: what calls of kernel/linux cost; docs/benchmarks.md has results.
set -eu
launcher=$1 program=$2
shift 2
exec "$launcher" --icount "$@" "$program"
