// What the loaded models can do, as JSON: GET /v1/capabilities.
#ifndef UNCLIP_GATEWAY_HTTP_CAPABILITIES_JSON_H_
#define UNCLIP_GATEWAY_HTTP_CAPABILITIES_JSON_H_

#include <string>
#include <vector>

#include "gateway/capabilities.h"

namespace unclip::gateway {

// `examples` are prompts that suit the models; `services_json` says which services are up.
std::string CapabilitiesJson(const Capabilities& capabilities, const std::vector<std::string>& examples,
                             const std::string& services_json);

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_CAPABILITIES_JSON_H_
