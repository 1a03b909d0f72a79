#!/bin/sh
# The checks of boundary.sh refuse bad.c.
set -u
fail=0
expect() {
    command=$1 text=$2
    if said=$(testing/boundary/boundary.sh "$command" testing/boundary/bad_parts 2>&1); then
        echo "$command accepts bad.c"
        fail=1
    fi
    case $said in
    *"$text"*) ;;
    *)
        echo "$command does not say \"$text\" but: $said"
        fail=1
        ;;
    esac
}
expect instructions 'cli'
expect instructions 'hlt'
expect closure 'was not compiled as safe C'
exit $fail
