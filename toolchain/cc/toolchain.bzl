"""clang_toolchain: a cc_toolchain, its configuration, and what selects it."""

load("@rules_cc//cc:defs.bzl", "cc_toolchain")
load(":config.bzl", "clang_config")

def clang_toolchain(name, target_compatible_with, header_lists, compile_files, link_files, **config):
    """Defines `name`, chosen for targets built for `target_compatible_with`.

    Args:
      name: the toolchain's name; its parts are called <name>_config and so on.
      target_compatible_with: constraints.
      header_lists: lists of the headers that any target may include.
      compile_files: what a compile action needs beside the compiler.
      link_files: what a link action needs beside compiler and linker.
      **config: for clang_config.
    """
    clang_config(name = name + "_config", **config)

    # For layering_check: what every target may include without a dep.
    native.genrule(
        name = name + "_modulemap",
        srcs = header_lists,
        outs = [name + ".modulemap"],
        cmd = "{ echo 'module \"crosstool\" [system] {'; sed 's,.*,  textual header \"&\",' $(SRCS); echo '}'; } > $@",
    )

    native.filegroup(
        name = name + "_compiler_files",
        srcs = [":wrappers", "@llvm19//:compiler"] + compile_files,
    )
    native.filegroup(
        name = name + "_linker_files",
        srcs = [":wrappers", "@llvm19//:linker"] + link_files,
    )
    native.filegroup(
        name = name + "_all_files",
        srcs = [
            name + "_compiler_files",
            name + "_linker_files",
            ":ar_files",
            ":objcopy_files",
            ":strip_files",
        ],
    )
    cc_toolchain(
        name = name + "_cc",
        all_files = name + "_all_files",
        ar_files = ":ar_files",
        as_files = name + "_compiler_files",
        compiler_files = name + "_compiler_files",
        dwp_files = ":wrappers",
        linker_files = name + "_linker_files",
        module_map = name + ".modulemap",
        objcopy_files = ":objcopy_files",
        strip_files = ":strip_files",
        supports_param_files = 1,
        toolchain_config = name + "_config",
        toolchain_identifier = name + "_config",
    )
    native.toolchain(
        name = name,
        exec_compatible_with = ["@platforms//cpu:x86_64", "@platforms//os:linux"],
        target_compatible_with = target_compatible_with,
        toolchain = name + "_cc",
        toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
    )
