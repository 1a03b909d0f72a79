"""coverage: how much of the kernel's pure code the unit tests run.

`bazel coverage` needs tools from the network with Bazel 4.2.3; this needs none.
"""

_BIN = "@llvm19//:usr/lib/llvm-19/bin/"

# A sanitizer's checks would count as code, and slow the tests down for nothing: they run
# under the sanitizers anyway.
_SANITIZERS = ["asan", "tsan", "ubsan"]

def _transition_impl(settings, _attr):
    features = settings["//command_line_option:features"]
    return {
        "//command_line_option:features": [f for f in features if f not in _SANITIZERS] + ["clang_coverage"],
    }

_with_coverage = transition(
    implementation = _transition_impl,
    inputs = ["//command_line_option:features"],
    outputs = ["//command_line_option:features"],
)

_SourcesInfo = provider("The kernel's sources behind a test.", fields = ["files"])

def _is_kernel(label):
    return label.workspace_name == "" and (label.package + "/").startswith(("kernel/", "boot/"))

def _sources_impl(target, ctx):
    files = []
    if ctx.rule.kind == "cc_library" and _is_kernel(target.label):
        # mem.c is tested through a library for tests; such a library's headers are tests'.
        kinds = ["c"] if ctx.rule.attr.testonly else ["c", "h"]
        files = [f for f in ctx.rule.files.srcs + ctx.rule.files.hdrs if f.extension in kinds]
    return [_SourcesInfo(files = depset(
        files,
        transitive = [d[_SourcesInfo].files for d in getattr(ctx.rule.attr, "deps", [])],
    ))]

_sources = aspect(
    implementation = _sources_impl,
    attr_aspects = ["deps"],
)

def _impl(ctx):
    tests = [t[DefaultInfo].files_to_run.executable.short_path for t in ctx.attr.tests]
    sources = depset(transitive = [t[_SourcesInfo].files for t in ctx.attr.tests])
    no_line = ctx.attr.without_code + ctx.attr.not_pure

    # One source a line, and whether it must have lines at all: a file of which nothing was
    # linked has none, and must not pass for that.
    listed = ctx.actions.declare_file(ctx.label.name + ".sources")
    ctx.actions.write(listed, "".join([
        "%s %s\n" % ("must" if f.extension == "c" else "may", f.short_path)
        for f in sources.to_list()
        if f.short_path not in no_line
    ]))

    launcher = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(launcher, "#!/bin/sh\nexec " + " \\\n    ".join([
        ctx.file._script.short_path,
        str(ctx.attr.percent),
        ctx.file._llvm_profdata.short_path,
        ctx.file._llvm_cov.short_path,
        listed.short_path,
    ] + tests) + "\n", is_executable = True)

    runfiles = ctx.runfiles([ctx.file._script, listed] + ctx.files._tools)
    for t in ctx.attr.tests:
        runfiles = runfiles.merge(t[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = launcher, runfiles = runfiles)]

coverage = rule(
    doc = "A program that prints the line coverage of the pure files, and fails if it is too low.",
    implementation = _impl,
    attrs = {
        "not_pure": attr.string_list(doc = "sources that a host cannot run"),
        "percent": attr.int(default = 90, doc = "of each file's lines, at least"),
        "tests": attr.label_list(cfg = _with_coverage, aspects = [_sources], mandatory = True),
        "without_code": attr.string_list(doc = "sources that have no functions"),
        "_allowlist_function_transition": attr.label(default = "@bazel_tools//tools/allowlists/function_transition_allowlist"),
        "_llvm_cov": attr.label(default = _BIN + "llvm-cov", allow_single_file = True),
        "_llvm_profdata": attr.label(default = _BIN + "llvm-profdata", allow_single_file = True),
        "_script": attr.label(default = "//testing/coverage:coverage.sh", allow_single_file = True),
        "_tools": attr.label_list(default = ["@llvm19//:llvm-cov", "@llvm19//:llvm-profdata"]),
    },
    executable = True,
)
