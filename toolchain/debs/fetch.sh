#!/bin/sh
# fetch.sh LIST DEST
#
# Unpacks the Debian packages that LIST names into DEST. A line of LIST is
# "name version sha256 pool-path". A package comes from the cache of this user,
# else from the Debian mirror, and is unpacked only if its SHA-256 is the listed one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/mirror.sh"
list=$1 dest=$2
cache=${KEEL_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/keel}/debs
mkdir -p "$cache" "$dest"
tmp=$(mktemp -d "$cache/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

die() {
    echo "keel: $1" >&2
    echo "keel: to renew the lock file: ./bazelw run //toolchain:relock" >&2
    exit 1
}

# apt's own downloader: it knows the machine's proxies and needs no root.
download() {
    # shellcheck disable=SC2046 # one word for each URL, file and hash
    /usr/lib/apt/apt-helper -q -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3 \
        download-file $(cat "$tmp/wanted") >"$tmp/log" 2>&1
}

: >"$tmp/wanted"
while read -r name version sha256 path; do
    [ -n "$path" ] || die "$list: package $name has no entry in the lock file"
    [ -f "$cache/$sha256.deb" ] ||
        echo "$path $tmp/$sha256.deb SHA256:$sha256" >>"$tmp/wanted"
done <"$list"

if [ -s "$tmp/wanted" ]; then
    mirror=$(debian_mirror)
    sed -i "s|^|$mirror|" "$tmp/wanted"
    download || true
fi

while read -r name version sha256 path; do
    deb=$cache/$sha256.deb
    if [ ! -f "$deb" ]; then
        if [ ! -f "$tmp/$sha256.deb" ]; then
            grep -a '^[EW]:' "$tmp/log" | grep -aF "${path##*/}" >&2 || cat "$tmp/log" >&2
            die "package $name $version could not be fetched as locked (gone, or changed, on ${mirror})"
        fi
        mv "$tmp/$sha256.deb" "$deb"
    fi
    echo "$sha256  $deb" | sha256sum -c --status ||
        die "package $name $version: $deb does not have the locked SHA-256 $sha256"
    dpkg-deb -x "$deb" "$dest"
done <"$list"

cd "$dest"
rm -rf usr/share/doc usr/share/man usr/share/lintian usr/share/locale usr/share/bug \
    usr/share/info var
# Absolute links point into the host's root: make them point into DEST.
find . -type l -lname '/*' | while read -r link; do
    up=$(dirname "$link" | sed -e 's,^\.$,,; s,^\./,,; s,[^/][^/]*,..,g')
    target=$(readlink "$link")
    ln -sfn "${up:-.}$target" "$link"
done
find . -xtype l -delete
# Build files of the packages' own would make packages of our repository.
find . \( -name BUILD -o -name BUILD.bazel -o -name WORKSPACE -o -name MODULE.bazel \) \
    -type f -print >.buildfiles
