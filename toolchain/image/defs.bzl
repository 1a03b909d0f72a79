"""kernel_image and grub_iso: bootable images."""

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
        # The symbol table is assembly.
        "features": ["-safe_c"],
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

# grub-mkrescue would do this in one step, but it writes the time of day into the image.
_MAKE_ISO = """
set -eu
tree=$(mktemp -d)
trap 'rm -rf "$tree" "$tree.log"' EXIT
mkdir "$tree/boot"
cp {kernel} "$tree/boot/kernel"
{copy_module}
cat > "$tree/grub.cfg" <<'END'
multiboot2 /boot/kernel {cmdline}
{load_module}
boot
END
{mkimage} -O i386-pc-eltorito -p /boot -c "$tree/grub.cfg" -o "$tree/boot/grub.img" \
    biosdisk iso9660 multiboot2
rm "$tree/grub.cfg"
export SOURCE_DATE_EPOCH=0
find "$tree" -exec touch -h -d @0 {{}} +
chmod -R u=rwX,go=rX "$tree"
{xorriso} -as mkisofs -R -r -b boot/grub.img -no-emul-boot -boot-load-size 4 -boot-info-table \
    --grub2-boot-info -o {out} "$tree" 2>"$tree.log" || {{ cat "$tree.log" >&2; exit 1; }}
"""

def _iso_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    inputs = [ctx.file.kernel] + ctx.files._grub
    copy_module, load_module = "", ""
    if ctx.file.module:
        inputs.append(ctx.file.module)
        copy_module = 'cp %s "$tree/boot/module"' % ctx.file.module.path
        load_module = "module2 /boot/module %s" % ctx.file.module.basename
    ctx.actions.run_shell(
        outputs = [out],
        inputs = inputs,
        command = _MAKE_ISO.format(
            cmdline = ctx.attr.cmdline,
            copy_module = copy_module,
            kernel = ctx.file.kernel.path,
            load_module = load_module,
            mkimage = ctx.file._mkimage.path,
            out = out.path,
            xorriso = ctx.file._xorriso.path,
        ),
        mnemonic = "GrubIso",
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

grub_iso = rule(
    doc = "A CD image from which GRUB starts `kernel` by Multiboot 2.",
    implementation = _iso_impl,
    attrs = {
        "cmdline": attr.string(),
        "kernel": attr.label(allow_single_file = True, mandatory = True),
        "module": attr.label(allow_single_file = True),
        "_grub": attr.label(default = "@grub//:files"),
        "_mkimage": attr.label(default = "@grub//:bin/grub-mkimage", allow_single_file = True),
        "_xorriso": attr.label(default = "@grub//:bin/xorriso", allow_single_file = True),
    },
)
