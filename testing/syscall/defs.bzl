"""syscall_test: a program of cases, on host Linux and on Keel."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//testing/boot:defs.bzl", "boot_test")
load("//toolchain/platforms:defs.bzl", "MUSL", "USER_PLATFORM", "platform_binary")

def syscall_test(name, srcs, contains = [], cpus = [1, 4]):
    """Tests named <name>_host_test and <name>_<n>_cpu_test.

    Args:
      name: the program.
      srcs: its cases.
      contains: what it prints besides.
      cpus: the machines.
    """
    cc_binary(
        name = name + "_elf",
        srcs = srcs,
        deps = ["//testing/syscall:check"],
        target_compatible_with = MUSL,
    )
    platform_binary(
        name = name,
        src = name + "_elf",
        platform = USER_PLATFORM,
    )
    native.sh_test(
        name = name + "_host_test",
        size = "small",
        srcs = ["//testing/syscall:host_test.sh"],
        args = ["$(rootpath :%s)" % name],
        data = [name],
    )
    for n in cpus:
        boot_test(
            name = "%s_%d_cpu_test" % (name, n),
            size = "medium",
            contains = ["cases: ok"] + contains,
            absent = [
                "FAILED",
                "panic:",
            ],
            kernel = "//kernel/linux:keel",
            module = ":" + name,
            options = ["--smp=%d" % n],
        )
