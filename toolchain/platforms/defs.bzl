"""Constraints and the rule that builds a target for another platform."""

# For target_compatible_with.
KERNEL = ["//toolchain/platforms:kernel"]
MUSL = ["//toolchain/platforms:musl"]
NOLIBC = ["//toolchain/platforms:nolibc"]

KERNEL_PLATFORM = "//toolchain/platforms:x86_64_kernel"
USER_PLATFORM = "//toolchain/platforms:x86_64_user"
USER_NOLIBC_PLATFORM = "//toolchain/platforms:x86_64_user_nolibc"

# Ways to build kernels for tests (docs/sanitizers.md), and the toolchain's feature for each.
TEST_BUILDS = {
    "debug": "kdebug",
    "kasan": "kasan",
    "kcov": "kcov",
    "kcsan": "kcsan",
    "ubsan": "kubsan",
}

_TEST_BUILD = "//toolchain/platforms:test_build"

def _string_setting_impl(ctx):
    if ctx.build_setting_value not in ctx.attr.values:
        fail("%s must be one of %s" % (ctx.label, ", ".join(ctx.attr.values)))

string_setting = rule(
    implementation = _string_setting_impl,
    build_setting = config.string(flag = True),
    attrs = {"values": attr.string_list(doc = "what it may be")},
)

def test_build_select(default, **others):
    """A select() on the test build, for attributes: `others` by its name."""
    return select(dict(
        {"//toolchain/platforms:is_" + name: value for name, value in others.items()},
        **{"//conditions:default": default}
    ))

# Kernels are built as the test build that the rule names, or else as the command line asks for;
# nothing else is.
def _transition_impl(settings, attr):
    build = "none"
    if attr.platform == KERNEL_PLATFORM:
        build = getattr(attr, "test_build", "") or settings[_TEST_BUILD]
    kept = [f for f in settings["//command_line_option:features"] if f not in TEST_BUILDS.values()]
    return {
        "//command_line_option:cpu": "k8",
        "//command_line_option:features": kept + ([TEST_BUILDS[build]] if build != "none" else []),
        "//command_line_option:platforms": attr.platform,
        _TEST_BUILD: build,
    }

_to_platform = transition(
    implementation = _transition_impl,
    inputs = [
        "//command_line_option:features",
        _TEST_BUILD,
    ],
    outputs = [
        "//command_line_option:cpu",
        "//command_line_option:features",
        "//command_line_option:platforms",
        _TEST_BUILD,
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
