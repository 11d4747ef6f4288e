"""Repositories made from what is installed: pkg-config packages, and LibTorch."""

def _run(ctx, argv):
    result = ctx.execute(argv)
    if result.return_code != 0:
        fail("%s: %s\nRun `make setup` (scripts/setup.sh) to install what is missing." % (" ".join(argv), result.stderr))
    return result.stdout.strip()

def _words(text):
    return [word for word in text.split(" ") if word]

def _pkg_config_impl(ctx):
    # Debian's headers lie in /usr/include, which the compiler searches anyhow, so only -D and the libraries matter.
    cflags = _words(_run(ctx, ["pkg-config", "--cflags"] + ctx.attr.packages))
    defines = [flag[2:] for flag in cflags if flag.startswith("-D")]
    linkopts = ["-l" + name for name in ctx.attr.libraries] + _words(_run(ctx, ["pkg-config", "--libs"] + ctx.attr.packages))
    ctx.file("BUILD.bazel", """cc_library(
    name = "{name}",
    defines = {defines},
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)
""".format(name = ctx.name, defines = defines, linkopts = linkopts))

pkg_config = repository_rule(
    implementation = _pkg_config_impl,
    attrs = {
        "libraries": attr.string_list(),
        "packages": attr.string_list(mandatory = True),
    },
    local = True,
)

def _libtorch_impl(ctx):
    root = ctx.os.environ.get("LIBTORCH")
    if not root:
        root = str(ctx.path(Label("//:WORKSPACE")).dirname) + "/.deps/python/torch"
    if not ctx.path(root + "/include/ATen/ATen.h").exists:
        fail("No LibTorch in %s. Run `make setup`, or set LIBTORCH= to a folder with include/ and lib/." % root)

    # Not the wheel's include/google: it is an older protobuf than the system's.
    for folder in ["ATen", "c10", "caffe2", "torch"]:
        ctx.symlink("%s/include/%s" % (root, folder), "include/%s" % folder)
    ctx.file("BUILD.bazel", """cc_library(
    name = "libtorch",
    hdrs = glob(["include/**/*.h", "include/**/*.hpp", "include/**/*.inc", "include/**/*.inl"]),
    includes = ["include", "include/torch/csrc/api/include"],
    linkopts = ["-L{lib}", "-Wl,--push-state,--no-as-needed", "-ltorch_cpu", "-lc10", "-Wl,--pop-state", "-Wl,-rpath,{lib}"],
    visibility = ["//visibility:public"],
)
""".format(lib = root + "/lib"))

libtorch = repository_rule(
    implementation = _libtorch_impl,
    environ = ["LIBTORCH"],
    local = True,
)
