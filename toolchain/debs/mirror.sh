# shellcheck shell=sh
# Sourced by fetch.sh and relock.sh: which Debian mirror to use, and apt without root.

# The mirror is the one this machine's own apt uses; $KEEL_DEBIAN_MIRROR names another.
debian_mirror() {
    if [ -n "${KEEL_DEBIAN_MIRROR-}" ]; then
        echo "${KEEL_DEBIAN_MIRROR%/}/"
        return
    fi
    command -v apt-get >/dev/null || {
        echo "keel: no apt-get on this machine: packages come by Debian's apt" >&2
        return 1
    }
    # The format's $(REPO_URI) is apt's, not the shell's.
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' | grep -m1 '/debian/*$' || {
        echo "keel: this machine's apt knows no Debian mirror; set KEEL_DEBIAN_MIRROR" >&2
        return 1
    }
}
