"""linux_room: a library of the Linux services."""

load("@rules_cc//cc:defs.bzl", "cc_library")

# The library that tests run has its variables together (testing/hostframe/statics.h).
def _on_host(values):
    return select({
        "//toolchain/platforms:is_kernel": [],
        "//conditions:default": values,
    })

def linux_room(name, **kwargs):
    """A room of the Linux-compatible kernel, on the frame's interface.

    Args:
      name: the room's name.
      **kwargs: for cc_library.
    """
    cc_library(
        name = name,
        copts = kwargs.pop("copts", []) + _on_host(["-include testing/hostframe/statics.h"]),
        visibility = [
            "//kernel/linux:__subpackages__",
            "//testing:__subpackages__",
        ],
        deps = kwargs.pop("deps", []) + ["//kernel/frame"] + _on_host(["//testing/hostframe:statics"]),
        **kwargs
    )
