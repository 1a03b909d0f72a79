"""with_features: a host program, built once more with other features of the toolchain."""

# One at a time: they cannot be linked together, nor with coverage.
_EXCLUSIVE = ["asan", "clang_coverage", "fuzzer", "tsan", "ubsan"]

def _transition_impl(settings, attr):
    features = settings["//command_line_option:features"]
    return {
        "//command_line_option:features": [f for f in features if f not in _EXCLUSIVE] + attr.toolchain_features,
    }

_with_features = transition(
    implementation = _transition_impl,
    inputs = ["//command_line_option:features"],
    outputs = ["//command_line_option:features"],
)

def _impl(ctx):
    src = ctx.attr.src[0] if type(ctx.attr.src) == "list" else ctx.attr.src
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = out, target_file = src[DefaultInfo].files_to_run.executable, is_executable = True)
    return [DefaultInfo(
        executable = out,
        files = depset([out]),
        runfiles = ctx.runfiles([out]).merge(src[DefaultInfo].default_runfiles),
    )]

with_features = rule(
    doc = "`src`, a program, with `toolchain_features` instead of the sanitizers that .bazelrc names.",
    implementation = _impl,
    attrs = {
        "src": attr.label(cfg = _with_features, executable = True, mandatory = True),
        "toolchain_features": attr.string_list(mandatory = True),
        "_allowlist_function_transition": attr.label(default = "@bazel_tools//tools/allowlists/function_transition_allowlist"),
    },
    executable = True,
)
