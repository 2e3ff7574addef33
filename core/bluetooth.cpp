// What was told is taken over; then reconcile() compares all of it with what is wanted.
#include "core/bluetooth.hpp"

#include <algorithm>

#include "core/bluetooth_turn.hpp"
#include "core/step.hpp"

namespace antiphon::core {
namespace {

using Limits = BluetoothLimits;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); }

void take(BluetoothTurn& turn, const BluezChanged& event) {
    auto& state = turn.state;
    state.bluez = event.there;
    if (event.there) return;
    for (const auto& [id, device] : state.devices) {
        const Error ended{ErrorCode::unavailable, "bluetoothd has ended"};
        turn.end_pairing(id, ended);
        turn.end_forgetting(id, ended);
    }
    state.adapters.clear();
    state.calls.clear();
    state.lately.clear();
    for (auto& [id, device] : state.devices) {
        device.facts.reset();
        device.question.reset();
        device.next_page = turn.now;
    }
}

void take(BluetoothTurn& turn, const AdapterTold& event) { turn.state.adapters[event.facts.id].facts = event.facts; }

void take(BluetoothTurn& turn, const AdapterGone& event) {
    turn.state.adapters.erase(event.id);
    std::erase_if(turn.state.calls, [&](const auto& call) { return call.second.call.adapter == event.id; });
    std::erase_if(turn.state.lately, [&](const auto& call) { return call.call.adapter == event.id; });
    const Error gone{ErrorCode::unavailable, "its adapter " + event.id + " is gone"};
    for (auto& [id, device] : turn.state.devices) {
        if (!device.facts || device.facts->adapter != event.id) continue;
        device.facts.reset();
        turn.end_pairing(id, gone);
        turn.end_forgetting(id, gone);
    }
}

void take(BluetoothTurn& turn, const DeviceTold& event) {
    auto& devices = turn.state.devices;
    const auto known = devices.find(event.facts.address);
    if (known == devices.end() && devices.size() >= Limits::devices_max) return;
    auto& device = devices[event.facts.address];
    // Known by several adapters, it is where its bond is.
    if (device.facts && device.facts->adapter != event.facts.adapter && device.facts->bonded && !event.facts.bonded)
        return;
    const bool was = device.facts && device.facts->connected;
    device.facts = event.facts;
    // It is found: looking on would take the air that pairing needs.
    if (device.sought_until) turn.state.scan_until.reset();
    device.sought_until.reset();
    if (event.facts.connected && !was) {
        device.failed_pages = 0;
        device.failure.clear();
        device.next_page = turn.now + Limits::sound_wait;
    }
    if (was && !event.facts.connected) device.next_page = turn.now;
}

void take(BluetoothTurn& turn, const DeviceGone& event) {
    auto* device = turn.find(event.address);
    if (device && device->facts && device->facts->adapter == event.adapter) device->facts.reset();
}

void take(BluetoothTurn& turn, const RadioCallEnded& event) {
    const auto at = turn.state.calls.find(event.id);
    if (at == turn.state.calls.end()) return;  // given up long ago
    const auto call = at->second.call;
    turn.state.calls.erase(at);
    turn.call_ended(call, event.failure, event.what);
}

void take(BluetoothTurn& turn, const DevicesWanted& event) {
    turn.state.ours = event.ours;
    turn.state.sounding = event.sounding;
    for (const auto& address : event.ours) turn.state.devices[address];
}

void take(BluetoothTurn& turn, const PairAsked& event) {
    auto& devices = turn.state.devices;
    if (devices.find(event.address) == devices.end() && devices.size() >= Limits::devices_max)
        return turn.answer(event.request, Error{ErrorCode::exhausted, "too many devices are known; scan again"});
    auto& device = devices[event.address];
    if (device.facts && device.facts->bonded) return turn.answer(event.request, {});
    if (device.pairing)
        return turn.answer(event.request, Error{ErrorCode::conflict, event.address.value + " is being paired already"});
    device.pairing = event.request;
    if (device.facts) return;
    device.sought_until = turn.now + Limits::seek_max;
    auto& scan = turn.state.scan_until;
    scan = std::max(scan.value_or(turn.now), *device.sought_until);
}

void take(BluetoothTurn& turn, const ForgetAsked& event) {
    auto* device = turn.find(event.address);
    if (!device) return turn.answer(event.request, {});
    if (device->pairing) turn.end_pairing(event.address, Error{ErrorCode::conflict, "it was to be forgotten"});
    if (!device->facts) return turn.answer(event.request, {});
    if (device->forgetting)
        return turn.answer(event.request,
                           Error{ErrorCode::conflict, event.address.value + " is being forgotten already"});
    device->forgetting = event.request;
    turn.call(RadioCallKind::forget, device->facts->adapter, event.address);
}

void take(BluetoothTurn& turn, const ConnectAsked& event) {
    if (auto* device = turn.find(event.address)) device->next_page = turn.now;
}

void take(BluetoothTurn& turn, const ScanAsked& event) { turn.state.scan_until = turn.now + event.length; }

void take(BluetoothTurn& turn, const PairingOpened& event) { turn.state.pairing_until = turn.now + event.length; }

void take(BluetoothTurn& turn, const PairingClosed&) { turn.state.pairing_until.reset(); }

// An address can be forged: what is ours is known by its bond, and what wants one is let in by a person.
void take(BluetoothTurn& turn, const AgentAsked& event) {
    auto* device = turn.find(event.address);
    const bool bonded = device && device->facts && device->facts->bonded;
    if (event.service) {
        turn.effects.push_back(AnswerAgent{event.question, bonded && turn.state.ours.contains(event.address)});
        return;
    }
    const bool open = turn.state.pairing_until.has_value();
    if (!device || device->question || (!device->pairing && !open)) {
        turn.effects.push_back(AnswerAgent{event.question, false});
        return;
    }
    // Who asked for it has said yes, where there is no number to compare.
    if (device->pairing && !event.passkey) {
        turn.effects.push_back(AnswerAgent{event.question, true});
        return;
    }
    device->question = AgentQuestion{event.question, event.passkey, turn.now + Limits::question_max};
}

void take(BluetoothTurn& turn, const AgentAnswered& event) {
    auto* device = turn.find(event.address);
    if (device && device->question) turn.answer_agent(*device, event.yes);
}

void take(BluetoothTurn& turn, const BluetoothTick&) { turn.pass_deadlines(); }

}  // namespace

Result<BluetoothAddress> parse_bluetooth_address(std::string_view text) {
    BluetoothAddress address;
    for (const char c : text) address.value += static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
    bool good = text.size() == 17;
    for (std::size_t i = 0; good && i < text.size(); ++i) good = i % 3 == 2 ? text[i] == ':' : is_hex(address.value[i]);
    if (good) return address;
    return Error{ErrorCode::invalid,
                 "'" + std::string(text.substr(0, 40)) + "' is no Bluetooth address; write AA:BB:CC:DD:EE:FF"};
}

std::vector<BluetoothEffect> bluetooth_step(BluetoothState& state, LocalTime now, const BluetoothEvent& event) {
    BluetoothTurn turn{state, now, {}};
    std::visit([&](const auto& one) { take(turn, one); }, event);
    turn.reconcile();
    return std::move(turn.effects);
}

std::optional<LocalTime> bluetooth_due(const BluetoothState& state) {
    std::optional<LocalTime> due;
    const auto soonest = [&](const std::optional<LocalTime>& time) {
        if (time && (!due || *time < *due)) due = time;
    };
    soonest(state.scan_until);
    soonest(state.pairing_until);
    for (const auto& [id, call] : state.calls) soonest(call.until);
    for (const auto& call : state.lately) soonest(call.until);
    for (const auto& [id, adapter] : state.adapters) soonest(adapter.wait_until);
    for (const auto& [address, device] : state.devices) {
        if (device.question) soonest(device.question->until);
        soonest(device.sought_until);
        soonest(device.page_due);
    }
    return due;
}

}  // namespace antiphon::core
