"""kernel_image and grub_iso: bootable images."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//toolchain/platforms:defs.bzl", "KERNEL", "KERNEL_PLATFORM", "PLATFORM_ATTRS", "only", "platform_dep")

_STRIP = "@llvm19//:usr/lib/llvm-19/bin/llvm-strip"
_OBJDUMP = "@llvm19//:usr/lib/llvm-19/bin/llvm-objdump"

# Writes the tables of an image to standard output.
_WRITE_TABLES = "{objdump} -d -l --no-show-raw-insn -j .text {image} | {tables} {image}"

_TABLE_ATTRS = {
    "_objdump": attr.label(default = "@llvm19//:llvm-objdump"),
    "_objdump_tool": attr.label(default = _OBJDUMP, allow_single_file = True),
    "_tables": attr.label(default = "//toolchain/image:tables", executable = True, cfg = "exec"),
}

def _write_tables(ctx, image):
    return _WRITE_TABLES.format(
        image = image.path,
        objdump = ctx.file._objdump_tool.path,
        tables = ctx.executable._tables.path,
    )

def _tables_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".S")
    ctx.actions.run_shell(
        outputs = [out],
        inputs = [ctx.file.image],
        tools = [ctx.executable._tables] + ctx.files._objdump,
        command = "set -o pipefail; %s > %s" % (_write_tables(ctx, ctx.file.image), out.path),
        mnemonic = "KernelTables",
    )
    return [DefaultInfo(files = depset([out]))]

_tables = rule(
    doc = "The symbol and line tables of `image` and the list of its addresses, as assembly.",
    implementation = _tables_impl,
    attrs = dict(
        _TABLE_ATTRS,
        image = attr.label(allow_single_file = True, mandatory = True),
    ),
)

def _image_impl(ctx):
    linked = only(ctx.attr.linked)[DefaultInfo].files_to_run.executable
    tables = only(ctx.attr.tables)[DefaultInfo].files.to_list()[0]
    image = ctx.actions.declare_file(ctx.label.name)
    debug = ctx.actions.declare_file(ctx.label.name + ".debug")
    ctx.actions.symlink(output = debug, target_file = linked)

    # The tables must say what the second link made, or backtraces would lie, and moving the
    # kernel would break it.
    ctx.actions.run_shell(
        outputs = [image],
        inputs = [linked, tables],
        tools = [ctx.executable._tables] + ctx.files._objdump + ctx.files._strip,
        command = "{write} | cmp - {tables} && {strip} --strip-all -o {image} {linked}".format(
            image = image.path,
            linked = linked.path,
            strip = ctx.file._strip_tool.path,
            tables = tables.path,
            write = _write_tables(ctx, linked),
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
        dict(PLATFORM_ATTRS, **_TABLE_ATTRS),
        linked = platform_dep(mandatory = True),
        tables = platform_dep(mandatory = True),
        test_build = attr.string(doc = "which; none of its own means the command line's"),
        _strip = attr.label(default = "@llvm19//:llvm-strip"),
        _strip_tool = attr.label(default = _STRIP, allow_single_file = True),
    ),
)

def kernel_image(name, deps, policy = "//kernel/policy", test_builds = [], visibility = None):
    """Links `deps`, which supply kernel_main, with boot code, frame, policy and tables (tables.h).

    Args:
      name: the image's file name, an ELF that Multiboot 1, Multiboot 2 and PVH start.
      deps: kernel libraries.
      policy: supplies sched_default_ops (kernel/frame/sched/sched.h).
      test_builds: those (docs/sanitizers.md) that there are images of too, called <name>_<build>,
        whatever the command line says.
      visibility: as usual.
    """
    common = {
        "additional_linker_inputs": ["//boot:kernel.ld"],
        # The tables are assembly.
        "features": ["-safe_c"],
        "linkopts": [
            "-Wl,-T,$(location //boot:kernel.ld)",
            "-Wl,--emit-relocs",
        ],
        "target_compatible_with": KERNEL,
        "visibility": ["//visibility:private"],
        "deps": deps + [policy, "//boot", "//testing/sanitizer:run_time"],
    }
    cc_binary(name = name + "_pass1", **common)
    _tables(
        name = name + "_tables",
        image = name + "_pass1",
        target_compatible_with = KERNEL,
        visibility = ["//visibility:private"],
    )
    cc_binary(name = name + "_pass2", srcs = [name + "_tables"], **common)
    for build in [""] + test_builds:
        _image(
            name = name + ("_" + build if build else ""),
            linked = name + "_pass2",
            platform = KERNEL_PLATFORM,
            tables = name + "_tables",
            test_build = build,
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
