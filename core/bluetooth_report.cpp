// The machine's state as the coordinator is told it.
#include <algorithm>
#include <string_view>
#include <utility>

#include "core/bluetooth.hpp"

namespace antiphon::core {
namespace {

DeviceReport report_of(const BluetoothAddress& address, const BluetoothDevice& device) {
    DeviceReport report;
    report.address = address.value;
    report.state = device.state;
    report.reason = device.reason;
    if (device.facts) {
        report.name = device.facts->name;
        report.adapter = device.facts->adapter;
        report.paired = device.facts->bonded;
        report.sink = device.facts->sink;
        report.battery_percent = device.facts->battery_percent;
    }
    report.asks = device.question.has_value();
    if (device.question) report.passkey = device.question->passkey;
    return report;
}

}  // namespace

BluetoothReport bluetooth_report(const BluetoothState& state, const std::string& trouble) {
    BluetoothReport report{trouble, state.pairing_until.has_value(), {}, {}};
    for (const auto& [id, adapter] : state.adapters)
        report.adapters.push_back({id, adapter.facts.powered, adapter.facts.discovering, adapter.trouble});
    for (const auto& [address, device] : state.devices) report.devices.push_back(report_of(address, device));
    // Who asks, and what is ours; then what has told its name.
    const auto rank = [&](const DeviceReport& device) {
        if (device.asks) return 0;
        if (device.paired || state.ours.contains({device.address})) return 1;
        return device.name.empty() ? 3 : 2;
    };
    const auto before = [&](const DeviceReport& a, const DeviceReport& b) {
        return std::pair(rank(a), std::string_view(a.address)) < std::pair(rank(b), std::string_view(b.address));
    };
    std::ranges::sort(report.devices, before);
    if (report.devices.size() > devices_reported_max) report.devices.resize(devices_reported_max);
    return report;
}

}  // namespace antiphon::core
