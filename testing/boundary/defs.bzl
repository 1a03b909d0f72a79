"""safe_c_outcomes: what the compiler says to files. kernel_parts: a kernel, in frame and services."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "C_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("//toolchain/platforms:defs.bzl", "KERNEL", "KERNEL_PLATFORM", "PLATFORM_ATTRS", "platform_deps")

def _outcomes_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        # Bazel writes module maps for its own rules.
        unsupported_features = ctx.disabled_features + ["module_maps", "layering_check", "use_module_maps"],
    )
    flags = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = C_COMPILE_ACTION_NAME,
        variables = cc_common.create_compile_variables(
            feature_configuration = features,
            cc_toolchain = toolchain,
        ),
    )
    compiler = cc_common.get_tool_for_action(feature_configuration = features, action_name = C_COMPILE_ACTION_NAME)
    headers = depset(transitive = [d[CcInfo].compilation_context.headers for d in ctx.attr.deps])
    outcomes = []
    for src in ctx.files.srcs:
        out = ctx.actions.declare_file(src.path[len(ctx.label.package) + 1:-2] + ".outcome")
        outcomes.append(out)
        ctx.actions.run_shell(
            outputs = [out],
            inputs = depset([src] + ctx.files.srcs, transitive = [headers, toolchain.all_files]),
            command = "status=0; \"$@\" -c -o /dev/null 2>{out}.text || status=$?; {{ echo $status; cat {out}.text; }} >{out}".format(out = out.path),
            arguments = [compiler] + flags + ["-iquote", ".", "-fno-color-diagnostics", "-ferror-limit=0", src.path],
            mnemonic = "SafeCOutcome",
        )
    return [DefaultInfo(files = depset(outcomes))]

_outcomes = rule(
    implementation = _outcomes_impl,
    attrs = {
        "deps": attr.label_list(providers = [CcInfo]),
        "srcs": attr.label_list(allow_files = [".c"]),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

def _for_kernel_impl(ctx):
    files = depset(transitive = [d[DefaultInfo].files for d in ctx.attr.deps])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

_for_kernel = rule(
    implementation = _for_kernel_impl,
    attrs = dict(PLATFORM_ATTRS, deps = platform_deps()),
)

def safe_c_outcomes(name, srcs, deps):
    """Compiles each file as a service's; x.outcome is the compiler's status and what it said.

    Args:
      name: the outcomes.
      srcs: C files.
      deps: libraries whose headers they include.
    """
    _outcomes(name = name + "_kernel", srcs = srcs, deps = deps, target_compatible_with = KERNEL)
    _for_kernel(name = name, deps = [name + "_kernel"], platform = KERNEL_PLATFORM)

_Sources = provider(doc = "source files of a target and its deps", fields = ["files"])

def _sources_aspect_impl(_target, ctx):
    own = []
    for attr in ["srcs", "hdrs", "textual_hdrs"]:
        own += [f for f in getattr(ctx.rule.files, attr, []) if f.is_source and f.extension in ["c", "h", "S"]]
    deps = getattr(ctx.rule.attr, "deps", [])
    return [_Sources(files = depset(own, transitive = [d[_Sources].files for d in deps if _Sources in d]))]

_sources_aspect = aspect(implementation = _sources_aspect_impl, attr_aspects = ["deps"])

def _is_frame(path):
    return path.startswith("kernel/frame/") or path.startswith("boot/")

def _kernel_parts_impl(ctx):
    archives, sources = {}, {}
    for d in ctx.attr.deps:
        for part in d[CcInfo].linking_context.linker_inputs.to_list():
            for library in part.libraries:
                f = library.static_library or library.pic_static_library
                if f:
                    archives[f] = None
        for f in d[_Sources].files.to_list():
            sources[f] = None
    lists = []
    for what, files in {"archives": archives.keys(), "sources": sources.keys()}.items():
        for part in ["frame", "service"]:
            out = ctx.actions.declare_file("%s.%s.%s" % (ctx.label.name, part, what))
            ctx.actions.write(out, "".join(sorted([f.short_path + "\n" for f in files if _is_frame(f.short_path) == (part == "frame")])))
            lists.append(out)
    files = depset(lists)
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(files = lists + archives.keys() + sources.keys()))]

kernel_parts = rule(
    doc = "Lists of archives and sources: <name>.frame.archives, .service.archives, .frame.sources, .service.sources.",
    implementation = _kernel_parts_impl,
    attrs = dict(PLATFORM_ATTRS, deps = platform_deps(aspects = [_sources_aspect])),
)
