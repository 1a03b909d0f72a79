#!/bin/sh
# relock.sh PACKAGE...
#
# Writes toolchain/debs/lock.bzl anew: for each package the newest version that
# the mirror's bookworm/main has. That suite alone, because superseded security
# updates disappear from the mirrors.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/mirror.sh"
case ${1-} in
-h | --help | "")
    echo "usage: ./bazelw run //toolchain:relock    (renews toolchain/debs/lock.bzl)"
    exit 0
    ;;
esac
out=${BUILD_WORKSPACE_DIRECTORY:?run me with ./bazelw run //toolchain:relock}/toolchain/debs/lock.bzl

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/none.d"
mirror=$(debian_mirror)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" \
    >"$state/sources.list"
: >"$state/status"
# A private apt. The host's apt.conf.d stays in force (proxies), but not its hooks.
cat >"$state/apt.conf" <<END
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::State "$state";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state/cache";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "$state/none.d";
Dir::Etc::preferencesparts "$state/none.d";
Dir::Etc::preferences "$state/none";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
Acquire::Retries "3";
END
export APT_CONFIG="$state/apt.conf"
apt-get -q update >&2

# One call for all: without a package cache on disk each call reads the whole index.
apt-cache show --no-all-versions "$@" >"$state/show"
{
    echo '"""The lock file: version, SHA-256 and pool path of every Debian package in use.'
    echo
    echo 'Written by `./bazelw run //toolchain:relock`; do not edit.'
    echo '"""'
    echo
    echo 'LOCK = {'
    awk '
        function flush() { if (name) printf "    \"%s\": \"%s %s %s\",\n", name, version, sha, path; name = "" }
        /^Package: /  { name = $2 }
        /^Version: /  { version = $2 }
        /^SHA256: /   { sha = $2 }
        /^Filename: / { path = $2 }
        /^$/          { flush() }
        END           { flush() }' "$state/show" | LC_ALL=C sort -u
    echo '}'
} >"$state/lock.bzl"

missing=0
for p; do
    grep -q "^    \"$p\": " "$state/lock.bzl" || {
        echo "relock: $mirror has no package $p" >&2
        missing=1
    }
done
[ "$missing" = 0 ] || exit 1
cat "$state/lock.bzl" >"$out"
echo "relock: $(grep -c '^    "' "$out") packages in $out"
