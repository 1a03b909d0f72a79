"""boot_test: boots a kernel in QEMU and checks what it prints and how it ends."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//toolchain/platforms:defs.bzl", "KERNEL", "KERNEL_PLATFORM", "platform_binary")

def _quoted(text):
    return "'%s'" % text.replace("'", "'\\''")

def boot_test(
        name,
        kernel = "//kernel/hello",
        machine = "microvm",
        module = None,
        options = [],
        output = None,
        contains = [],
        absent = ["panic:"],
        status = 0,
        **kwargs):
    """A test of one boot.

    Args:
      name: the test's name.
      kernel: an image or ISO.
      machine: microvm, pc or q35.
      module: a boot module.
      options: more options of the launcher.
      output: what the console shows, exactly; None for whatever.
      contains: texts that must be in it or on the launcher's standard error.
      absent: texts that must not.
      status: the launcher's.
      **kwargs: for sh_test.
    """
    args = ["--status", str(status)]
    if output != None:
        args += ["--output", _quoted(output)]
    for text in contains:
        args += ["--contains", _quoted(text)]
    for text in absent:
        args += ["--absent", _quoted(text)]
    args += ["--", "$(rootpath //:qemu)", "--machine", machine, "--kernel", "$(rootpath %s)" % kernel]
    data = ["//:qemu", kernel]
    if module:
        args += ["--module", "$(rootpath %s)" % module]
        data.append(module)
    native.sh_test(
        name = name,
        size = kwargs.pop("size", "small"),
        srcs = ["//testing/boot:boot_test.sh"],
        # A boot that hangs fails here, with its output, and not by Bazel's own timeout.
        args = args + ["--timeout", "30"] + [_quoted(o) for o in options],
        data = data,
        **kwargs
    )

def _pvh_image_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.run_shell(
        outputs = [out],
        inputs = [ctx.file.kernel],
        # The header is the first thing in the image's first segment (boot/kernel.ld), which
        # the linker puts on the file's second page.
        command = """
set -eu
magic=$(od -An -tx4 -j4096 -N4 {kernel})
[ "$magic" = " 1badb002" ] || {{ echo "no Multiboot 1 header at 4096 but$magic"; exit 1; }}
cp {kernel} {out}
chmod u+w {out}
printf '\\0\\0\\0\\0' | dd of={out} bs=1 seek=4096 conv=notrunc status=none
""".format(kernel = ctx.file.kernel.path, out = out.path),
        mnemonic = "PvhImage",
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

pvh_image = rule(
    doc = "`kernel` without its Multiboot 1 header, which QEMU would prefer: starts by PVH.",
    implementation = _pvh_image_impl,
    attrs = {"kernel": attr.label(allow_single_file = True, mandatory = True)},
)

def bad_loader(name, case):
    """A kernel that starts its module, Keel, with information that is wrong in `case`'s way."""
    cc_binary(
        name = name + "_elf",
        srcs = ["bad_loader.S"],
        additional_linker_inputs = ["bad_loader.ld"],
        copts = ["-DCASE=" + case],
        features = ["-safe_c"],
        linkopts = [
            "-Wl,-T,$(location bad_loader.ld)",
            "-Wl,--entry=entry",
        ],
        target_compatible_with = KERNEL,
    )
    platform_binary(
        name = name,
        platform = KERNEL_PLATFORM,
        src = name + "_elf",
    )
