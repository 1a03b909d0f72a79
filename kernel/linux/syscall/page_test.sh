#!/bin/sh
# page_test.sh PROGRAM PAGE: the page in docs/ is the one that the table makes.
if ! "$1" | diff -u "$2" -; then
    echo "FAILED: stale; ./bazelw run //kernel/linux/syscall:write_page"
    exit 1
fi
