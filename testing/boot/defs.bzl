"""boot_test: boots a kernel in QEMU and checks what it prints and how it ends."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//toolchain/platforms:defs.bzl", "KERNEL", "KERNEL_PLATFORM", "TEST_BUILDS", "platform_binary", "test_build_select")

# What a boot may take, in seconds, and how many times that in a test build (docs/sanitizers.md).
_TIMEOUT = 30
_SLOWER = 10

# A test build's least memory, in MiB: KASAN's shadow and redzones, and larger images.
_TEST_BUILD_MEM = 32

def _quoted(text):
    return "'%s'" % text.replace("'", "'\\''")

def _per_build(option, test_build, usual, in_test_builds):
    """An option whose value is another in test builds."""
    if test_build:
        return [option % in_test_builds]
    return test_build_select(
        [option % usual],
        **{build: [option % in_test_builds] for build in TEST_BUILDS}
    )

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
        mem = None,
        seconds = _TIMEOUT,
        test_build = None,
        tags = ["boots"],
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
      mem: the machine's memory in MiB, or what test builds need if that is more.
      seconds: what the boot may take; in test builds ten times as many.
      test_build: the one that `kernel` always is.
      tags: "boots": one of those that --config=kasan and the like run.
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
        size = kwargs.pop("size", "medium" if test_build else "small"),
        srcs = ["//testing/boot:boot_test.sh"],
        # A boot that hangs fails here, with its output, and not by Bazel's own timeout.
        args = args + _per_build("--timeout=%d", test_build, seconds, seconds * _SLOWER) +
               (_per_build("--mem=%d", test_build, mem, max(mem, _TEST_BUILD_MEM)) if mem else []) +
               [_quoted(o) for o in options],
        data = data,
        tags = tags,
        **kwargs
    )

def boots_test(name, kernel, same, count = 2, machine = "microvm", options = [], **kwargs):
    """A test of several boots, whose consoles must show the same, or must not.

    Args:
      name: the test's name.
      kernel: an image.
      same: whether they are all alike.
      count: how many.
      machine: microvm, pc or q35.
      options: more options of the launcher.
      **kwargs: for sh_test.
    """
    native.sh_test(
        name = name,
        size = "medium",
        srcs = ["//testing/boot:boots_test.sh"],
        args = [
            "same" if same else "different",
            str(count),
            "$(rootpath //:qemu)",
            "--machine=" + machine,
            "--kernel=$(rootpath %s)" % kernel,
            "--timeout=60",
        ] + [_quoted(o) for o in options],
        data = [
            "//:qemu",
            kernel,
        ],
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
