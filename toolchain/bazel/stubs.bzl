"""Stand-ins for repositories that Bazel's own build files load and no target here uses.

With them a build is offline once our packages are there.
"""

def _stub_impl(rctx):
    rctx.file("WORKSPACE", "")
    for path, content in rctx.attr.files.items():
        rctx.file(path, content)

_stub_repository = repository_rule(
    implementation = _stub_impl,
    attrs = {"files": attr.string_dict()},
)

def _native(rules):
    return "\n".join(["%s = native.%s" % (r, r) for r in rules])

def bazel_stubs():
    """For Bazel 4.2.3 (rules_java, remote_coverage_tools) and 7.7.1 (rules_python)."""
    _stub_repository(
        name = "rules_java",
        files = {
            "java/BUILD": "",
            "java/defs.bzl": _native([
                "java_binary",
                "java_import",
                "java_library",
                "java_plugin",
                "java_proto_library",
                "java_runtime",
                "java_test",
                "java_toolchain",
            ]),
        },
    )
    _stub_repository(
        name = "remote_coverage_tools",
        files = {
            "BUILD": """
package(default_visibility = ["//visibility:public"])
sh_binary(name = "coverage_report_generator", srcs = ["none.sh"])
sh_binary(name = "lcov_merger", srcs = ["none.sh"])
""",
            "none.sh": "#!/bin/sh\necho 'no coverage by this way; see docs/testing.md' >&2\nexit 1\n",
        },
    )
    _stub_repository(
        name = "rules_python",
        files = {
            "python/BUILD": "",
            "python/defs.bzl": _native([
                "py_binary",
                "py_library",
                "py_runtime",
                "py_test",
            ]),
        },
    )
