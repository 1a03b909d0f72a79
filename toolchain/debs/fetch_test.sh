#!/bin/sh
# fetch_test.sh FETCH_SH: packages come from a mirror if they are what the list says, and if not,
# the message names the package and the command that renews the lock file.
set -u
fetch=$1
tmp=$TEST_TMPDIR
mirror=$tmp/debian
failed=0

fail() {
    echo "FAILED: $1"
    failed=1
}

mkdir -p "$mirror/pool" "$tmp/package/DEBIAN" "$tmp/package/usr/lib"
cat >"$tmp/package/DEBIAN/control" <<END
Package: sample
Version: 1.0-1
Architecture: all
Maintainer: nobody <nobody@example.org>
Description: sample
END
echo content >"$tmp/package/usr/lib/file"
ln -s /usr/lib/file "$tmp/package/usr/lib/link"
ln -s /no/such/file "$tmp/package/usr/lib/dangling"
chmod -R go-w "$tmp/package"
dpkg-deb --root-owner-group -b "$tmp/package" "$mirror/pool/sample.deb" >/dev/null
good=$(sha256sum "$mirror/pool/sample.deb" | cut -d' ' -f1)
bad=$(echo | sha256sum | cut -d' ' -f1)

# try NAME LIST-LINE: runs fetch.sh with an empty cache; its status.
try() {
    echo "$2" >"$tmp/$1.list"
    KEEL_CACHE=$tmp/$1.cache KEEL_DEBIAN_MIRROR=file:$mirror \
        sh "$fetch" "$tmp/$1.list" "$tmp/$1" >"$tmp/$1.log" 2>&1
}

try good "sample 1.0-1 $good pool/sample.deb" || fail "a good package: $(cat "$tmp/good.log")"
[ "$(cat "$tmp/good/usr/lib/file")" = content ] || fail "the file is not there"
[ "$(readlink "$tmp/good/usr/lib/link")" = ../../usr/lib/file ] || fail "the link points outside"
[ ! -L "$tmp/good/usr/lib/dangling" ] || fail "the dangling link is still there"

# From the cache, without the mirror; but not if the cache was changed.
KEEL_CACHE=$tmp/good.cache KEEL_DEBIAN_MIRROR=file:/nowhere \
    sh "$fetch" "$tmp/good.list" "$tmp/again" >"$tmp/again.log" 2>&1 || fail "not from the cache"
echo >>"$tmp/good.cache/debs/$good.deb"
KEEL_CACHE=$tmp/good.cache KEEL_DEBIAN_MIRROR=file:/nowhere \
    sh "$fetch" "$tmp/good.list" "$tmp/changed" >"$tmp/changed.log" 2>&1 && fail "a changed cache"
grep -q "does not have the locked SHA-256" "$tmp/changed.log" || fail "$(cat "$tmp/changed.log")"

refused() {
    try "$1" "$2" && fail "$1: was accepted"
    grep -q "keel: .*sample" "$tmp/$1.log" || fail "$1: does not name the package: $(cat "$tmp/$1.log")"
    grep -q "./bazelw run //toolchain:relock" "$tmp/$1.log" || fail "$1: does not say what to do"
    [ ! -e "$tmp/$1/usr" ] || fail "$1: was unpacked"
}
refused gone "sample 1.0-1 $good pool/no-such-file.deb"
refused wrong_hash "sample 1.0-1 $bad pool/sample.deb"
refused not_locked "sample "
exit "$failed"
