"""unclip_proto_library: C++ messages and gRPC stubs of .proto files, in a library of their own."""

def unclip_proto_library(name, srcs, deps = [], has_services = False, **kwargs):
    """Generates and compiles C++ for `srcs`, which lie in proto/ and are imported by their path under it.

    Args:
      name: the cc_library to make.
      srcs: .proto files, paths relative to proto/.
      deps: other unclip_proto_library targets that `srcs` import.
      has_services: whether gRPC stubs are generated as well.
      **kwargs: handed to cc_library.
    """
    suffixes = [".pb"] + ([".grpc.pb"] if has_services else [])
    stems = [src[:-len(".proto")] for src in srcs]
    hdrs = [stem + suffix + ".h" for stem in stems for suffix in suffixes]
    ccs = [stem + suffix + ".cc" for stem in stems for suffix in suffixes]
    grpc_out = "--grpc_out=$(RULEDIR) --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin" if has_services else ""
    native.genrule(
        name = name + "_gen",
        srcs = srcs + [":all_protos"],
        outs = hdrs + ccs,
        cmd = "protoc -Iproto --cpp_out=$(RULEDIR) %s %s" % (grpc_out, " ".join(srcs)),
    )
    native.cc_library(
        name = name,
        srcs = ccs,
        hdrs = hdrs,
        includes = ["."],
        # Generated code is not held to our warnings.
        copts = ["-w"],
        deps = deps + ["@protobuf"] + (["@grpc"] if has_services else []),
        **kwargs
    )
