// What there is against what there shall be.
#include "apps/worker/paired_outputs.hpp"

#include <algorithm>

#include "apps/worker/devices.hpp"
#include "apps/worker/monitor.hpp"

namespace antiphon::worker {

void PairedOutputs::drive(const core::DriveDevices& drive) {
    const std::set<core::PairedOutput> wanted(drive.outputs.begin(), drive.outputs.end());
    const auto made = made_;
    for (const auto& paired : made)
        if (!wanted.contains(paired)) remove(paired);
    for (const auto& paired : wanted)
        if (!made_.contains(paired)) add(paired);
    if (!bluetooth_) return;
    std::set<core::BluetoothAddress> ours;
    for (const auto& device : drive.devices)
        if (auto address = core::parse_bluetooth_address(device.substr(core::bluetooth_prefix.size())))
            ours.insert(std::move(*address));
    bluetooth_->want(std::move(ours));
}

void PairedOutputs::add(const core::PairedOutput& paired) {
    auto sink = make_sink({"", std::nullopt, clock_, bluetooth_}, paired.output, paired.device);
    outputs_.push_back(std::make_unique<Output>(paired.output, paired.device, std::move(sink), clock_));
    if (map_) outputs_.back()->set_clock(*map_);
    add_monitor(inputs_, *outputs_.back());
    made_.insert(paired);
}

void PairedOutputs::remove(const core::PairedOutput& paired) {
    const auto is_it = [&](const auto& output) { return output->name() == paired.output; };
    std::erase_if(inputs_,
                  [&](const Input& input) { return input.monitor && input.name == core::monitor_of(paired.output); });
    const auto at = std::find_if(outputs_.rbegin(), outputs_.rend(), is_it);
    outputs_.erase(std::prev(at.base()));
    made_.erase(paired);
}

}  // namespace antiphon::worker
