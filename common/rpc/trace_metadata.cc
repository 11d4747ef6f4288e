#include "common/rpc/trace_metadata.h"

#include <vector>

#include "absl/strings/string_view.h"

namespace unclip {
namespace {

std::vector<absl::string_view> ValuesOf(const grpc::ServerContextBase& context, const char* key) {
  std::vector<absl::string_view> values;
  const auto [first, last] = context.client_metadata().equal_range(key);
  for (auto value = first; value != last; ++value) values.emplace_back(value->second.data(), value->second.size());
  return values;
}

}  // namespace

std::optional<TraceContext> TraceOf(const grpc::ServerContextBase& context) {
  return ParseTraceHeaders(ValuesOf(context, kTraceParentKey), ValuesOf(context, kTraceStateKey));
}

void ForwardTrace(const TraceContext& trace, grpc::ClientContext* context) {
  context->AddMetadata(kTraceParentKey, FormatTraceParent(trace));
  if (!trace.trace_state.empty()) context->AddMetadata(kTraceStateKey, trace.trace_state);
}

}  // namespace unclip
