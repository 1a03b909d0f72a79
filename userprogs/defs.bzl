"""user_program: a static Linux program without a C library."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//toolchain/platforms:defs.bzl", "NOLIBC", "USER_NOLIBC_PLATFORM", "platform_binary")

def user_program(name, srcs, defines = [], **kwargs):
    """Builds `name` from assembly or freestanding C; it starts at `_start`.

    Args:
      name: the program's file name.
      srcs: its sources.
      defines: preprocessor definitions for them.
      **kwargs: for both targets.
    """
    cc_binary(
        name = name + "_elf",
        srcs = srcs,
        copts = ["-D" + d for d in defines],
        target_compatible_with = NOLIBC,
        **kwargs
    )
    platform_binary(
        name = name,
        src = name + "_elf",
        platform = USER_NOLIBC_PLATFORM,
        **kwargs
    )

def host_run_test(name, program, output = "", status = 0):
    """Runs `program` on host Linux: what it prints and how it ends."""
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["//userprogs:host_run_test.sh"],
        args = [
            "$(rootpath %s)" % program,
            str(status),
            "'%s'" % output,
        ],
        data = [program],
    )
