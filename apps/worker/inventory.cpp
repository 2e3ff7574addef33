// Two looks, compared.
#include "apps/worker/inventory.hpp"

#include <algorithm>

#include "adapters/system/log.hpp"

namespace antiphon::worker {

std::vector<core::Endpoint> Inventory::outputs() const {
    std::vector<core::Endpoint> endpoints;
    for (const auto& output : outputs_) endpoints.push_back(output->endpoint());
    return endpoints;
}

std::vector<core::Endpoint> Inventory::declared_outputs() const {
    auto endpoints = outputs();
    endpoints.resize(declared_);
    return endpoints;
}

std::vector<core::Endpoint> Inventory::inputs() const {
    std::vector<core::Endpoint> endpoints;
    for (const auto& input : inputs_)
        if (!input.monitor) endpoints.push_back({input.name, input.device, input.trouble()});
    return endpoints;
}

void Inventory::tell_changes(const Tell& tell) {
    compare(true, known_outputs_, outputs(), tell);
    compare(false, known_inputs_, inputs(), tell);
}

void Inventory::compare(bool is_output, Known& known, const std::vector<core::Endpoint>& now, const Tell& tell) {
    for (const auto& endpoint : now) {
        auto& before = known[endpoint.name];
        if (before == endpoint || !tell({is_output, endpoint})) continue;
        const bool well = endpoint.failure.empty();
        if (!well) system::log::warning("device.trouble", {{"device", endpoint.name}}, endpoint.failure);
        if (well && !before.failure.empty())
            system::log::info("device.well", {{"device", endpoint.name}}, endpoint.device + " works again");
        before = endpoint;
    }
    std::erase_if(
        known, [&](const auto& one) { return std::ranges::find(now, one.first, &core::Endpoint::name) == now.end(); });
}

}  // namespace antiphon::worker
