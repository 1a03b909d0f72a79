"""linux_room: a library of the Linux services."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def linux_room(name, **kwargs):
    """A room of the Linux-compatible kernel, on the frame's interface.

    Args:
      name: the room's name.
      **kwargs: for cc_library.
    """
    cc_library(
        name = name,
        visibility = [
            "//kernel/linux:__subpackages__",
            "//testing:__subpackages__",
        ],
        deps = kwargs.pop("deps", []) + ["//kernel/frame"],
        **kwargs
    )
