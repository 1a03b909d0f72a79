#!/bin/sh
# image_test.sh OBJDUMP CHECK IMAGE.debug
set -eu
"$1" -d --no-show-raw-insn "$3" | "$2" "$3"
