"""archives: the object code behind kernel targets."""

load("//toolchain/platforms:defs.bzl", "PLATFORM_ATTRS", "platform_deps")

def _impl(ctx):
    found = []
    for dep in ctx.attr.deps:
        for input in dep[CcInfo].linking_context.linker_inputs.to_list():
            found += [l.static_library or l.pic_static_library for l in input.libraries]
    files = depset(found)
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

archives = rule(
    doc = "The archives of `deps` and of all that they depend on, built for `platform`.",
    implementation = _impl,
    attrs = dict(PLATFORM_ATTRS, deps = platform_deps(mandatory = True)),
)
