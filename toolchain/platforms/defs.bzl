"""Constraints and the rule that builds a target for another platform."""

# For target_compatible_with.
KERNEL = ["//toolchain/platforms:kernel"]
MUSL = ["//toolchain/platforms:musl"]
NOLIBC = ["//toolchain/platforms:nolibc"]

KERNEL_PLATFORM = "//toolchain/platforms:x86_64_kernel"
USER_PLATFORM = "//toolchain/platforms:x86_64_user"
USER_NOLIBC_PLATFORM = "//toolchain/platforms:x86_64_user_nolibc"

def _transition_impl(_settings, attr):
    return {
        "//command_line_option:cpu": "k8",
        "//command_line_option:platforms": attr.platform,
    }

_to_platform = transition(
    implementation = _transition_impl,
    inputs = [],
    outputs = [
        "//command_line_option:cpu",
        "//command_line_option:platforms",
    ],
)

def platform_dep(**kwargs):
    """An attribute whose target is built for the rule's `platform`."""
    return attr.label(cfg = _to_platform, **kwargs)

def platform_deps(**kwargs):
    """The same for several targets."""
    return attr.label_list(cfg = _to_platform, **kwargs)

def only(dep):
    """The one target behind a platform_dep, which Bazel gives as a list."""
    return dep[0] if type(dep) == "list" else dep

PLATFORM_ATTRS = {
    "platform": attr.string(mandatory = True),
    "_allowlist_function_transition": attr.label(default = "@bazel_tools//tools/allowlists/function_transition_allowlist"),
}

def _platform_binary_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = out, target_file = only(ctx.attr.src)[DefaultInfo].files_to_run.executable, is_executable = True)
    return [DefaultInfo(files = depset([out]), executable = out, runfiles = ctx.runfiles([out]))]

platform_binary = rule(
    doc = "`src`, a program, built for `platform` and found under this target's name.",
    implementation = _platform_binary_impl,
    attrs = dict(PLATFORM_ATTRS, src = platform_dep(mandatory = True, executable = True)),
    executable = True,
)
