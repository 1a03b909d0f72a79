"""frame_room and host_test."""

load("@rules_cc//cc:defs.bzl", "cc_library", "cc_test")
load("//toolchain/platforms:defs.bzl", "KERNEL")

def _in_kernels(labels):
    return select({
        "//toolchain/platforms:is_kernel": labels,
        "//conditions:default": [],
    }) if labels else []

def frame_room(
        name,
        pure = False,
        srcs = [],
        deps = [],
        kernel_srcs = [],
        kernel_deps = [],
        features = [],
        visibility = ["//kernel:frame"],
        **kwargs):
    """A library of the frame.

    Args:
      name: the room's name.
      pure: whether it is also built for the host, where unit tests run it.
      srcs: its sources.
      deps: what they need.
      kernel_srcs: of a pure room, those that only kernels have. On the host, tests supply what they
        define (testing/host), or testing/hostframe does.
      kernel_deps: what these need.
      features: of the toolchain, switched on or off.
      visibility: other frame rooms, unless it says otherwise.
      **kwargs: for cc_library.
    """
    cc_library(
        name = name,
        srcs = srcs + _in_kernels(kernel_srcs),
        # What services are spared (docs/safe-c.md) is done here.
        features = ["-safe_c"] + features,
        target_compatible_with = [] if pure else KERNEL,
        visibility = visibility,
        deps = deps + _in_kernels(kernel_deps),
        **kwargs
    )

def host_test(name, deps, size = "small", **kwargs):
    """A GoogleTest on the host, under the sanitizers that .bazelrc names.

    //testing/coverage lists them all.
    """
    cc_test(
        name = name,
        size = size,
        deps = deps + [
            "//testing/host:panic",
            "@com_google_googletest//:gtest",
            "@com_google_googletest//:gtest_main",
        ],
        target_compatible_with = ["//toolchain/platforms:glibc"],
        visibility = ["//testing/coverage:__pkg__"],
        **kwargs
    )
