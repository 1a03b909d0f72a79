"""frame_room and host_test."""

load("@rules_cc//cc:defs.bzl", "cc_library", "cc_test")
load("//toolchain/platforms:defs.bzl", "KERNEL")

def frame_room(name, pure = False, visibility = ["//kernel:frame"], **kwargs):
    """A library of the frame.

    Args:
      name: the room's name.
      pure: whether it is also built for the host, where unit tests run it.
      visibility: other frame rooms, unless it says otherwise.
      **kwargs: for cc_library.
    """
    cc_library(
        name = name,
        # What services are spared (docs/safe-c.md) is done here.
        features = ["-safe_c"],
        target_compatible_with = [] if pure else KERNEL,
        visibility = visibility,
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
