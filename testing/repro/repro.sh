#!/bin/bash
# repro.sh: builds everything that boots or tests twice, the second time from a copy of the
# sources in another directory with another output base, and compares the bytes.
set -eu
case ${1-} in
"") ;;
-h | --help)
    echo "usage: bazel run //testing/repro    (status 1 if two builds differ)"
    exit 0
    ;;
*)
    echo "repro: no such option: $1; -h says more" >&2
    exit 2
    ;;
esac
top=${BUILD_WORKSPACE_DIRECTORY:?run me with bazel run //testing/repro}
cd "$top"
tmp=$(mktemp -d)
second() { (cd "$tmp/copy" && ./bazelw --output_base="$tmp/base" "$@"); }
# Bazel takes write permission away from what it has unpacked.
trap 'second shutdown >/dev/null 2>&1; chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT

tests=$(./bazelw query 'kind("cc_test", //...)' 2>/dev/null)
targets="//kernel/hello //kernel/hello:hello.iso //testing/ktest //toolchain/qemu:launcher //userprogs:hello $tests"

mkdir "$tmp/copy"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' f; do
    [ ! -e "$f" ] || printf '%s\0' "$f"
done | tar --null -T - -cf - | tar -xf - -C "$tmp/copy"

# hashes DIRECTORY: of the targets' files under bazel-bin.
hashes() {
    for t in $targets; do
        path=${t#//}
        case $path in
        *:*) path=${path%:*}/${path#*:} ;;
        *) path=$path/${path##*/} ;;
        esac
        (cd "$1" && sha256sum "$path")
    done
}

echo "repro: building here"
# shellcheck disable=SC2086 # a word for each target
./bazelw build $targets 2>"$tmp/log" || { cat "$tmp/log" >&2; exit 1; }
hashes "$(./bazelw info bazel-bin 2>/dev/null)" >"$tmp/first"
echo "repro: building a copy elsewhere"
# shellcheck disable=SC2086
second build --symlink_prefix=/ $targets 2>"$tmp/log" || { cat "$tmp/log" >&2; exit 1; }
hashes "$(second info bazel-bin 2>/dev/null)" >"$tmp/second"

if cmp -s "$tmp/first" "$tmp/second"; then
    cat "$tmp/first"
    echo "repro: $(wc -l <"$tmp/first") files, the same bytes in both"
else
    echo "repro: the two builds differ:" >&2
    diff "$tmp/first" "$tmp/second" >&2
    exit 1
fi
