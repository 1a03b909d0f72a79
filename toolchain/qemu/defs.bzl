"""qemu_launcher: `bazel run` a kernel in QEMU."""

def _impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    files = {
        "gdb-script": ctx.file._gdb_script,
        "kernel": ctx.file.kernel,
        "qemu": ctx.file._qemu,
    }
    root = "$r/" + ctx.workspace_name + "/"
    words = ['exec "%s%s"' % (root, ctx.executable._launcher.short_path)]
    words += ['--%s "%s%s"' % (name, root, f.short_path) for name, f in sorted(files.items())]
    ctx.actions.write(out, is_executable = True, content = """#!/bin/sh
# Starts the launcher with the paths of this target's files; your options follow.
case $0 in /*) self=$0 ;; *) self=$PWD/$0 ;; esac
r=$self.runfiles
# As a part of another target's files we find ours among those.
[ -d "$r" ] || r=${self%%.runfiles/*}.runfiles
%s "$@"
""" % " ".join(words))
    runfiles = ctx.runfiles([ctx.executable._launcher] + files.values() + ctx.files._qemu_files)
    runfiles = runfiles.merge(ctx.attr.kernel[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = out, runfiles = runfiles)]

qemu_launcher = rule(
    doc = "Boots `kernel` in QEMU; -h lists the options.",
    implementation = _impl,
    attrs = {
        "kernel": attr.label(allow_single_file = True, mandatory = True),
        "_gdb_script": attr.label(default = "//toolchain/qemu:keel.gdb", allow_single_file = True),
        "_launcher": attr.label(default = "//toolchain/qemu:launcher", executable = True, cfg = "target"),
        "_qemu": attr.label(default = "@qemu//:bin/qemu-system-x86_64", allow_single_file = True),
        "_qemu_files": attr.label(default = "@qemu//:files"),
    },
    executable = True,
)
