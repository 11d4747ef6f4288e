// Spans in the JSON of OpenTelemetry's protocol (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): identifiers
// in hexadecimal digits, 64-bit integers as text, enums as numbers.
#ifndef UNCLIP_COMMON_TRACE_OTLP_JSON_H_
#define UNCLIP_COMMON_TRACE_OTLP_JSON_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/trace/span_data.h"

namespace unclip {

// What the spans are of: attributes such as service.name.
using OtlpResource = std::map<std::string, std::string>;

// An ExportTraceServiceRequest. Bytes that are not UTF-8 become U+FFFD.
std::string ToOtlpJson(const OtlpResource& resource, const std::vector<std::unique_ptr<const SpanData>>& spans);

}  // namespace unclip

#endif  // UNCLIP_COMMON_TRACE_OTLP_JSON_H_
