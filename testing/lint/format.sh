#!/bin/sh
# format.sh CLANG-FORMAT [--fix]: whether clang-format leaves the sources unchanged, and no file of
# them is longer than 500 lines. With --fix it changes them.
set -eu
clang_format=$PWD/$1
shift
fix=
case ${1-} in
"") ;;
--fix) fix=1 ;;
-h | --help)
    echo "usage: bazel run //testing/lint:format [-- --fix]    (status 1 if a file is not as it should be)"
    exit 0
    ;;
*)
    echo "format: no such option: $1; -h says more" >&2
    exit 2
    ;;
esac
cd "${BUILD_WORKSPACE_DIRECTORY:?run me with bazel run //testing/lint:format}"

# Attacks on safe C are written as an attacker would.
sources=$(git ls-files --cached --others --exclude-standard '*.c' '*.h' '*.cc' |
    grep -v '^testing/boundary/attacks/' | while read -r f; do [ ! -e "$f" ] || echo "$f"; done)
failed=0
# shellcheck disable=SC2086 # a list
if [ -n "$fix" ]; then
    "$clang_format" -i $sources
elif ! wrong=$("$clang_format" --dry-run -Werror --ferror-limit=1 $sources 2>&1); then
    echo "$wrong" | sed -n 's/^\(.*\):[0-9]*:[0-9]*: error: .*/format: \1: clang-format would change it (--fix does)/p'
    failed=1
fi
for f in $sources; do
    lines=$(wc -l <"$f")
    [ "$lines" -le 500 ] || {
        echo "format: $f: $lines lines, more than 500"
        failed=1
    }
done
exit "$failed"
