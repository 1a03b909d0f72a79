"""hostframe_test: a GoogleTest of services on hostframe."""

load("@rules_cc//cc:defs.bzl", "cc_test")
load("//toolchain/cc:with_features.bzl", "with_features")

def hostframe_test(name, srcs, deps = [], kernel = None, inside = False, size = "small", **kwargs):
    """Makes `name`, under ASan and UBSan, and `name`_tsan, under TSan.

    Args:
      name: the test.
      srcs: its sources.
      deps: what it needs beside the frame.
      kernel: the library with a kernel_main that the test names.
      inside: whether it looks into the frame.
      size: the test's.
      **kwargs: for cc_test.
    """
    cc_test(
        name = name,
        srcs = srcs,
        size = size,
        target_compatible_with = ["//toolchain/platforms:glibc"],
        deps = deps + ([kernel] if kernel else []) + (["//kernel/frame/arch/x86_64"] if inside else []) + [
            "//kernel/frame",
            "//testing/host:panic",
            "//testing/hostframe",
            "@com_google_googletest//:gtest",
            "@com_google_googletest//:gtest_main",
        ],
        **kwargs
    )
    with_features(
        name = name + "_tsan_bin",
        testonly = True,
        src = name,
        toolchain_features = ["tsan"],
    )
    native.sh_test(
        name = name + "_tsan",
        size = size,
        srcs = [name + "_tsan_bin"],
        data = [name + "_tsan_bin"],
    )
