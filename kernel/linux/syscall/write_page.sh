#!/bin/sh
# write_page.sh PROGRAM: writes docs/compatibility.md anew.
set -eu
page=$("$1")
printf '%s\n' "$page" >"$BUILD_WORKSPACE_DIRECTORY/docs/compatibility.md"
