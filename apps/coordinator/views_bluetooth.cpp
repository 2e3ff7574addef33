// What people see of a worker's Bluetooth.
#include <algorithm>

#include "apps/coordinator/views.hpp"

namespace antiphon::coordinator {
namespace {

api::BluetoothDeviceView device_view(const core::DeviceReport& report) {
    return {report.address, report.name, report.adapter,         report.state, report.reason, "",
            report.paired,  report.sink, report.battery_percent, report.asks,  report.passkey};
}

const core::WorkerRow* worker_of(const core::CoordinatorState& state, const std::string& name_or_id) {
    const core::WorkerRow* found = nullptr;
    for (const auto& [id, row] : state.workers.rows())
        if (row->name == name_or_id || (!found && id.value == name_or_id)) found = row.get();
    return found;
}

}  // namespace

core::Result<api::BluetoothView> bluetooth_view(const core::CoordinatorState& state, const std::string& worker) {
    const auto* row = worker_of(state, worker);
    if (!row)
        return core::Error{core::ErrorCode::not_found,
                           "there is no worker '" + worker.substr(0, 80) + "'; antiphon workers lists them"};
    const auto* presence = state.presence.find(row->id);
    api::BluetoothView view{row->name, presence && presence->online, "", false, {}, {}};
    if (presence && presence->reported.bluetooth) {
        const auto& report = *presence->reported.bluetooth;
        view.trouble = report.trouble;
        view.pairing_open = report.pairing_open;
        view.adapters = report.adapters;
        for (const auto& device : report.devices) view.devices.push_back(device_view(device));
    } else {
        view.trouble = presence && presence->online
                           ? "this board drives no Bluetooth; start its worker with --adapter hci0"
                           : "the worker is offline";
    }
    for (const auto& [device, pairing] : state.pairings.rows()) {
        if (pairing->output.worker != row->id) continue;
        const auto address = device.substr(core::bluetooth_prefix.size());
        auto known = std::ranges::find(view.devices, address, &api::BluetoothDeviceView::address);
        if (known == view.devices.end())
            known = view.devices.insert(known, {.address = address, .name = pairing->name});
        known->output = endpoint_name(state, pairing->output);
    }
    return view;
}

api::PairingView pairing_view(const core::CoordinatorState& state, const core::PairingRow& row) {
    return {row.device, endpoint_name(state, row.output), row.name, row.paired};
}

}  // namespace antiphon::coordinator
