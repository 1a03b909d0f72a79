#!/bin/sh
# fuzz.sh PROGRAM SEEDS OPTION...: runs a libFuzzer program on the committed seeds.
#
# New inputs go to a scratch directory, which the first line names; KEEL_CORPUS names another, to
# go on where an earlier run ended. With an option that is no flag (a file to run again, or
# directories for -merge=1) libFuzzer gets just the options.
set -eu
program=$1 seeds=$2
shift 2
for option; do
    case $option in
    -*) ;;
    *)
        cd "${BUILD_WORKING_DIRECTORY:-.}"
        exec "$OLDPWD/$program" "$@"
        ;;
    esac
done
corpus=${KEEL_CORPUS:-$(mktemp -d "${TEST_TMPDIR:-${TMPDIR:-/tmp}}/corpus.XXXXXX")}
mkdir -p "$corpus"
echo "fuzz.sh: new inputs and findings go to $corpus"
[ -d "$seeds" ] || seeds=
# What a panic says is part of the finding; LeakSanitizer has nothing to say of each input.
# shellcheck disable=SC2086 # none or one
exec "./$program" -print_final_stats=1 -artifact_prefix="$corpus/" -timeout=25 "$@" "$corpus" $seeds
