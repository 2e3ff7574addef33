// First who may drive it, then what its board says of it.
#include "core/why_device.hpp"

#include <algorithm>

#include "core/coordinator_turn.hpp"

namespace antiphon::core {
namespace {

// What its own board says.
std::string verdict_of(const CoordinatorState& state, const PairingRow& pairing) {
    const auto* worker = state.workers.find(pairing.output.worker);
    const auto* presence = state.presence.find(pairing.output.worker);
    const auto board = worker ? "worker '" + worker->name + "'" : pairing.output.worker.value;
    if (!presence || !presence->online) return "its board, " + board + ", is offline";
    const auto& bluetooth = presence->reported.bluetooth;
    if (!bluetooth) return "its board, " + board + ", drives no Bluetooth; start it with --adapter hci0";
    if (!bluetooth->trouble.empty()) return "its board, " + board + ": " + bluetooth->trouble;
    const auto* report =
        find_device(presence->reported, std::string_view(pairing.device).substr(bluetooth_prefix.size()));
    return report ? "it " + state_words(*report) : "its board, " + board + ", has not said what it does";
}

}  // namespace

std::string state_words(const DeviceReport& report) {
    static constexpr const char* words[] = {"is absent",        "is being paired", "is being connected",
                                            "can be played on", "is played on",    "cannot be played on"};
    const auto said = std::string(words[static_cast<std::size_t>(report.state)]);
    return report.reason.empty() ? said : said + ": " + report.reason;
}

const DeviceReport* find_device(const ReportedDocument& reported, std::string_view address) {
    if (!reported.bluetooth) return nullptr;
    const auto& devices = reported.bluetooth->devices;
    const auto at = std::ranges::find(devices, address, &DeviceReport::address);
    return at == devices.end() ? nullptr : &*at;
}

DeviceWords why_device(const CoordinatorState& state, const std::string& device) {
    const CoordinatorDraft draft(state);
    DeviceWords words{"no board holds it: it is free to be played on", {}};
    const auto* pairing = state.pairings.find(device);
    const auto* hold = state.holds.find(device);
    if (pairing) {
        words.verdict = verdict_of(state, *pairing);
        words.grounds.push_back("it is paired as " + display_name(draft, pairing->output));
    } else if (hold) {
        words.verdict = display_name(draft, hold->holder) + " holds it: no other board may drive it";
    }
    for (const auto& [id, presence] : state.presence.rows()) {
        const bool own = pairing && pairing->output.worker == id;
        const auto* worker = state.workers.find(id);
        const auto* report = find_device(presence->reported, std::string_view(device).substr(bluetooth_prefix.size()));
        for (const auto& endpoint : presence->reported.outputs)
            if (endpoint.device == device && !own)
                words.grounds.push_back(display_name(draft, {id, endpoint.name}) + " is this device");
        if (report && !own && worker)
            words.grounds.push_back("worker '" + worker->name + "': it " + state_words(*report));
        if (report && own && report->battery_percent)
            words.grounds.push_back("its battery has " + std::to_string(*report->battery_percent) + " %");
    }
    return words;
}

}  // namespace antiphon::core
