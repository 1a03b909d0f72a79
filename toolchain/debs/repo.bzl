"""debs_repository: an external repository made of locked Debian packages."""

# Runs a tool with this repository's own loader and libraries, so that the host's
# are not used. The loader's --argv0 keeps the tool's view of its own name.
_WRAPPER = """#!/bin/sh
r=${{0%/{name}}}
{env}
{args}
exec "$r/lib64/ld-linux-x86-64.so.2" --inhibit-cache --library-path "$r/lib/x86_64-linux-gnu:$r/usr/lib/x86_64-linux-gnu" --argv0 "$0" "$r/{tool}" "$@"
"""

# clang runs itself again as `clang -cc1...`; that form takes no argument before it.
_ARGS = "case ${{1-}} in -cc1*) ;; *) set -- {args} \"$@\" ;; esac"

def _run(rctx, argv, timeout):
    r = rctx.execute(argv, timeout = timeout)
    if r.return_code:
        fail("external repository @%s: %s" % (rctx.name, r.stderr))

# Lists the libraries that a tool would take from the host, because no package here has them.
_CHECK = """
r=$PWD
"$r/lib64/ld-linux-x86-64.so.2" --inhibit-cache \\
    --library-path "$r/lib/x86_64-linux-gnu:$r/usr/lib/x86_64-linux-gnu" --list "$r/{tool}" |
    awk -v r="$r/" '/=>/ && index($3, r) != 1 {{ print $1; bad = 1 }} END {{ exit bad }}' >&2
"""

def _debs_repository_impl(rctx):
    rctx.path(rctx.attr._mirror)  # fetch again when it changes
    rctx.file("packages.list", "".join(["%s %s\n" % e for e in sorted(rctx.attr.debs.items())]))
    _run(rctx, ["sh", rctx.path(rctx.attr._fetch), rctx.path("packages.list"), rctx.path("")], 3600)

    script = ["set -e"]
    if rctx.attr.strip_prefix:
        script += ["mv '%s' .prefix" % rctx.attr.strip_prefix, "rm -rf usr lib lib64", "cp -a .prefix/. .", "rm -rf .prefix"]
    else:
        script.append("xargs -r rm -f < .buildfiles")
    _run(rctx, ["sh", "-c", "\n".join(script + rctx.attr.cmds)], 600)

    for name, tool in rctx.attr.wrappers.items():
        words = tool.split(" ")
        r = rctx.execute(["sh", "-c", _CHECK.format(tool = words[0])])
        if r.return_code:
            fail("external repository @%s: no package has these libraries of %s: %s" % (rctx.name, words[0], r.stderr))
        args = _ARGS.format(args = " ".join(words[1:])) if len(words) > 1 else ":"
        rctx.file(name, _WRAPPER.format(name = name, tool = words[0], args = args, env = rctx.attr.wrapper_env or ":"), executable = True)
    if rctx.attr.build_file:
        rctx.symlink(rctx.attr.build_file, "BUILD.bazel")
    if not rctx.path("WORKSPACE").exists:
        rctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % rctx.name)

debs_repository = repository_rule(
    implementation = _debs_repository_impl,
    attrs = {
        "debs": attr.string_dict(mandatory = True, doc = "package -> 'version sha256 pool-path', from lock.bzl"),
        "build_file": attr.label(allow_single_file = True),
        "strip_prefix": attr.string(doc = "the one directory of the packages to keep, as the root"),
        "wrappers": attr.string_dict(doc = "path of the script -> 'path/of/tool fixed args'"),
        "wrapper_env": attr.string(doc = "a shell line run first, where $r is the repository"),
        "cmds": attr.string_list(doc = "shell lines run in the unpacked tree"),
        "_fetch": attr.label(default = "//toolchain/debs:fetch.sh", allow_single_file = True),
        "_mirror": attr.label(default = "//toolchain/debs:mirror.sh", allow_single_file = True),
    },
    environ = ["KEEL_CACHE", "KEEL_DEBIAN_MIRROR", "HOME", "XDG_CACHE_HOME"],
)
