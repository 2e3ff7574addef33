// What an output plays can be recorded and listened to like an input: "left-monitor" of the output "left", where no
// input of that board has that name itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/documents.hpp"

namespace antiphon::core {

inline constexpr std::string_view monitor_suffix = "-monitor";

inline std::string monitor_of(std::string_view output) { return std::string(output) + std::string(monitor_suffix); }

inline bool has_endpoint(const std::vector<Endpoint>& endpoints, std::string_view name) {
    for (const auto& endpoint : endpoints)
        if (endpoint.name == name) return true;
    return false;
}

// Whether this board has an input of that name, or an output whose monitor it is.
inline bool can_be_heard(const ReportedDocument& reported, std::string_view name) {
    if (has_endpoint(reported.inputs, name)) return true;
    if (!name.ends_with(monitor_suffix)) return false;
    return has_endpoint(reported.outputs, name.substr(0, name.size() - monitor_suffix.size()));
}

}  // namespace antiphon::core
