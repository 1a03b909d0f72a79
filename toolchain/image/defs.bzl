"""kernel_image: a bootable image from a kernel's libraries."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//toolchain/platforms:defs.bzl", "KERNEL", "KERNEL_PLATFORM", "PLATFORM_ATTRS", "only", "platform_dep")

_STRIP = "@llvm19//:usr/lib/llvm-19/bin/llvm-strip"

def _ksyms_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".S")
    ctx.actions.run_shell(
        outputs = [out],
        inputs = [ctx.file.image],
        tools = [ctx.executable._ksyms],
        command = "%s %s > %s" % (ctx.executable._ksyms.path, ctx.file.image.path, out.path),
        mnemonic = "KernelSymbols",
    )
    return [DefaultInfo(files = depset([out]))]

_ksyms = rule(
    doc = "The symbol table of `image`, as assembly.",
    implementation = _ksyms_impl,
    attrs = {
        "image": attr.label(allow_single_file = True, mandatory = True),
        "_ksyms": attr.label(default = "//toolchain/image:ksyms", executable = True, cfg = "exec"),
    },
)

def _image_impl(ctx):
    linked = only(ctx.attr.linked)[DefaultInfo].files_to_run.executable
    table = only(ctx.attr.table)[DefaultInfo].files.to_list()[0]
    image = ctx.actions.declare_file(ctx.label.name)
    debug = ctx.actions.declare_file(ctx.label.name + ".debug")
    ctx.actions.symlink(output = debug, target_file = linked)

    # The table must say what the second link made, or backtraces would lie.
    ctx.actions.run_shell(
        outputs = [image],
        inputs = [linked, table],
        tools = [ctx.executable._ksyms] + ctx.files._strip,
        command = "{ksyms} {linked} | cmp - {table} && {strip} --strip-all -o {image} {linked}".format(
            image = image.path,
            ksyms = ctx.executable._ksyms.path,
            linked = linked.path,
            strip = ctx.file._strip_tool.path,
            table = table.path,
        ),
        mnemonic = "KernelImage",
    )
    return [
        DefaultInfo(files = depset([image]), runfiles = ctx.runfiles([image, debug])),
        OutputGroupInfo(debug = depset([debug])),
    ]

_image = rule(
    doc = "The linked kernel without its debug information, which stays in <name>.debug.",
    implementation = _image_impl,
    attrs = dict(
        PLATFORM_ATTRS,
        linked = platform_dep(mandatory = True),
        table = platform_dep(mandatory = True),
        _ksyms = attr.label(default = "//toolchain/image:ksyms", executable = True, cfg = "exec"),
        _strip = attr.label(default = "@llvm19//:llvm-strip"),
        _strip_tool = attr.label(default = _STRIP, allow_single_file = True),
    ),
)

def kernel_image(name, deps, visibility = None):
    """Links `deps`, which supply kernel_main, with boot code, frame and symbol table.

    Args:
      name: the image's file name, an ELF that Multiboot 1, Multiboot 2 and PVH start.
      deps: kernel libraries.
      visibility: as usual.
    """
    common = {
        "additional_linker_inputs": ["//boot:kernel.ld"],
        "linkopts": ["-Wl,-T,$(location //boot:kernel.ld)"],
        "target_compatible_with": KERNEL,
        "visibility": ["//visibility:private"],
        "deps": deps + ["//boot"],
    }
    cc_binary(name = name + "_pass1", **common)
    _ksyms(
        name = name + "_ksyms",
        image = name + "_pass1",
        target_compatible_with = KERNEL,
        visibility = ["//visibility:private"],
    )
    cc_binary(name = name + "_pass2", srcs = [name + "_ksyms"], **common)
    _image(
        name = name,
        linked = name + "_pass2",
        platform = KERNEL_PLATFORM,
        table = name + "_ksyms",
        visibility = visibility,
    )
