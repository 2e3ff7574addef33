// Two looks, compared.
#include "apps/worker/inventory.hpp"

#include "adapters/system/log.hpp"

namespace antiphon::worker {

std::vector<core::Endpoint> Inventory::outputs() const {
    std::vector<core::Endpoint> endpoints;
    for (const auto& output : outputs_) endpoints.push_back(output->endpoint());
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

void Inventory::compare(bool is_output, std::vector<core::Endpoint>& known, std::vector<core::Endpoint> now,
                        const Tell& tell) {
    known.resize(now.size());
    for (std::size_t i = 0; i < now.size(); ++i) {
        if (known[i] == now[i] || !tell({is_output, now[i]})) continue;
        const bool well = now[i].failure.empty();
        if (!well) system::log::warning("device.trouble", {{"device", now[i].name}}, now[i].failure);
        if (well && !known[i].failure.empty())
            system::log::info("device.well", {{"device", now[i].name}}, now[i].device + " works again");
        known[i] = std::move(now[i]);
    }
}

}  // namespace antiphon::worker
