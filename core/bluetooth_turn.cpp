// What is done about a difference: by adapter, then by device; and what is said of each.
#include "core/bluetooth_turn.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace antiphon::core {
namespace {

using Limits = BluetoothLimits;

constexpr std::array remedies{RadioCallKind::power_cycle, RadioCallKind::unblock, RadioCallKind::reset};

bool is_remedy(RadioCallKind kind) { return std::ranges::find(remedies, kind) != remedies.end(); }
// What has the radio to itself for seconds.
bool is_page(RadioCallKind kind) { return kind == RadioCallKind::connect || kind == RadioCallKind::pair; }

Error pairing_error(RadioFailure failure, const std::string& what, const BluetoothAddress& address) {
    switch (failure) {
        case RadioFailure::away:
            return {ErrorCode::unavailable,
                    address.value + " does not answer; put it into pairing mode, near the board"};
        case RadioFailure::refused:
            return {ErrorCode::denied,
                    address.value + " refuses to be paired (" + what + "); put it into pairing mode"};
        case RadioFailure::hung:
            return {ErrorCode::unavailable, "the adapter did not answer in 30 s; try again"};
        default:
            return {ErrorCode::unavailable, "BlueZ could not pair " + address.value + ": " + what};
    }
}

}  // namespace

bool BluetoothTurn::is_calling(RadioCallKind kind, const std::string& adapter, const BluetoothAddress& address) const {
    return std::ranges::any_of(state.calls, [&](const auto& one) {
        const auto& call = one.second.call;
        return call.kind == kind && call.adapter == adapter && call.address == address;
    });
}

void BluetoothTurn::call(RadioCallKind kind, const std::string& adapter, const BluetoothAddress& address) {
    const bool lately = std::ranges::any_of(state.lately, [&](const auto& one) {
        return one.call.kind == kind && one.call.adapter == adapter && one.call.address == address;
    });
    if (lately || is_calling(kind, adapter, address)) return;
    const RadioCall call{++state.last_call, kind, adapter, address};
    state.calls[call.id] = {call, now + Limits::call_max};
    effects.push_back(call);
}

void BluetoothTurn::answer_agent(BluetoothDevice& device, bool yes) {
    effects.push_back(AnswerAgent{device.question->id, yes});
    device.question.reset();
}

void BluetoothTurn::end_pairing(const BluetoothAddress& address, Result<void> result) {
    auto* device = find(address);
    if (!device || !device->pairing) return;
    if (device->question) answer_agent(*device, false);
    device->sought_until.reset();
    answer(*std::exchange(device->pairing, std::nullopt), std::move(result));
}

void BluetoothTurn::end_forgetting(const BluetoothAddress& address, Result<void> result) {
    auto* device = find(address);
    if (device && device->forgetting) answer(*std::exchange(device->forgetting, std::nullopt), std::move(result));
}

void BluetoothTurn::call_ended(const RadioCall& call, RadioFailure failure, const std::string& what) {
    judge_adapter(call, failure);
    // What BlueZ refuses it would refuse again, and what it has done it tells a little later. Pages have times of their
    // own, and what a person asks for is asked again.
    if (!is_page(call.kind) && call.kind != RadioCallKind::forget)
        state.lately.push_back({call, now + Limits::call_again});
    if (call.kind == RadioCallKind::open_pairing && failure != RadioFailure::none)
        cannot_pair(call.adapter, failure, what);
    auto* device = find(call.address);
    if (!device) return;
    if (call.kind == RadioCallKind::pair) {
        const bool paired = failure == RadioFailure::none;
        end_pairing(call.address, paired ? Result<void>() : pairing_error(failure, what, call.address));
    } else if (call.kind == RadioCallKind::forget) {
        const Error error{ErrorCode::unavailable, "BlueZ could not forget " + call.address.value + ": " + what};
        end_forgetting(call.address, failure == RadioFailure::none ? Result<void>() : error);
    } else if (call.kind == RadioCallKind::connect) {
        if (failure == RadioFailure::none)
            device->next_page = now + Limits::sound_wait;
        else
            page_failed(call.adapter, *device, failure, what);
    }
}

void BluetoothTurn::cannot_pair(const std::string& adapter, RadioFailure failure, const std::string& what) {
    for (const auto& [address, device] : state.devices)
        if (device.facts && device.facts->adapter == adapter)
            end_pairing(address, pairing_error(failure, what, address));
}

void BluetoothTurn::page_failed(const std::string& adapter, BluetoothDevice& device, RadioFailure failure,
                                const std::string& what) {
    const auto doubled = Limits::page_retry_min * (1 << std::min(device.failed_pages++, 10));
    device.next_page = now + (streams(adapter) ? Limits::page_retry_max : std::min(doubled, Limits::page_retry_max));
    if (failure == RadioFailure::refused)
        device.failure = "it refuses us (" + what + "); forget it, and pair it again";
    else if (failure == RadioFailure::profile)
        device.failure = "it has no way to take sound (" + what + ")";
    else
        device.failure.clear();
}

// Two calls in a row that never ended: it is the adapter, and not a device that is away.
void BluetoothTurn::judge_adapter(const RadioCall& call, RadioFailure failure) {
    const auto at = state.adapters.find(call.adapter);
    if (at == state.adapters.end() || is_remedy(call.kind)) return;
    auto& adapter = at->second;
    if (failure == RadioFailure::hung) {
        ++adapter.hung_calls;
        return;
    }
    adapter.hung_calls = 0;
    adapter.remedies = 0;
    adapter.trouble.clear();
}

void BluetoothTurn::pass_deadlines() {
    std::vector<RadioCall> given_up;
    for (const auto& [id, call] : state.calls)
        if (call.until <= now) given_up.push_back(call.call);
    for (const auto& call : given_up) {
        state.calls.erase(call.id);
        call_ended(call, RadioFailure::hung, "no answer in 30 s");
    }
    const auto pass = [&](std::optional<LocalTime>& until) {
        if (until && *until <= now) until.reset();
    };
    pass(state.scan_until);
    pass(state.pairing_until);
    for (auto& [id, adapter] : state.adapters) pass(adapter.wait_until);
    for (auto& [address, device] : state.devices)
        if (device.question && device.question->until <= now) answer_agent(device, false);
    std::vector<BluetoothAddress> unseen;
    for (const auto& [address, device] : state.devices)
        if (device.sought_until && *device.sought_until <= now) unseen.push_back(address);
    for (const auto& address : unseen)
        end_pairing(address, Error{ErrorCode::not_found,
                                   "nobody has seen " + address.value + "; put it into pairing mode, near the board"});
}

void BluetoothTurn::reconcile() {
    std::erase_if(state.lately, [&](const auto& one) { return one.until <= now; });
    for (auto& [address, device] : state.devices) device.page_due.reset();
    if (state.bluez) {
        for (auto& [id, adapter] : state.adapters) reconcile_adapter(adapter);
        for (auto& [address, device] : state.devices) reconcile_device(address, device);
    }
    for (auto& [address, device] : state.devices) show(address, device);
    std::erase_if(state.devices, [&](const auto& one) {
        const auto& [address, device] = one;
        return !device.facts && !device.pairing && !device.forgetting && !state.ours.contains(address);
    });
}

void BluetoothTurn::help(BluetoothAdapter& adapter) {
    adapter.hung_calls = 0;
    if (adapter.remedies < remedies.size()) {
        adapter.trouble = "it does not answer, and is being restarted";
        adapter.wait_until = now + Limits::remedy_wait;
        return call(remedies[adapter.remedies++], adapter.facts.id);
    }
    adapter.trouble = "it does not answer, whatever was tried (power, rfkill, USB reset); unplug it and plug it in";
    adapter.wait_until = now + Limits::remedies_again;
    adapter.remedies = 0;
}

void BluetoothTurn::reconcile_adapter(BluetoothAdapter& adapter) {
    if (adapter.wait_until) return;
    if (adapter.hung_calls >= Limits::hung_calls_max) return help(adapter);
    const auto& facts = adapter.facts;
    if (!facts.powered) return call(RadioCallKind::power_on, facts.id);
    if (state.scan_until.has_value() != facts.discovering)
        call(state.scan_until ? RadioCallKind::start_scan : RadioCallKind::stop_scan, facts.id);
    const bool bonds = state.pairing_until || pairs(facts.id);
    if (bonds != facts.pairable) call(bonds ? RadioCallKind::open_pairing : RadioCallKind::close_pairing, facts.id);
}

bool BluetoothTurn::pairs(const std::string& adapter) const {
    return std::ranges::any_of(state.devices, [&](const auto& one) {
        const auto& device = one.second;
        return device.pairing && device.facts && device.facts->adapter == adapter;
    });
}

bool BluetoothTurn::radio_is_free(const std::string& adapter) const {
    return std::ranges::none_of(state.calls, [&](const auto& one) {
        return one.second.call.adapter == adapter && is_page(one.second.call.kind);
    });
}

bool BluetoothTurn::streams(const std::string& adapter) const {
    return std::ranges::any_of(state.devices, [&](const auto& one) {
        const auto& device = one.second;
        return device.state == DeviceState::streaming && device.facts && device.facts->adapter == adapter;
    });
}

void BluetoothTurn::reconcile_device(const BluetoothAddress& address, BluetoothDevice& device) {
    if (!device.facts || device.forgetting) return;
    const auto& facts = *device.facts;
    const auto at = state.adapters.find(facts.adapter);
    if (at == state.adapters.end() || !at->second.facts.powered || at->second.wait_until) return;
    const bool ours = state.ours.contains(address);
    // The kernel pairs from an adapter that is closed as well, and then keeps no key.
    const bool keeps_bonds = at->second.facts.pairable;
    if (device.pairing && !facts.bonded && keeps_bonds && radio_is_free(facts.adapter))
        call(RadioCallKind::pair, facts.adapter, address);
    if (ours && facts.connected) device.driven = true;
    if (!ours && facts.connected && device.driven) call(RadioCallKind::disconnect, facts.adapter, address);
    if (!ours && !facts.connected && !is_calling(RadioCallKind::connect, facts.adapter, address)) device.driven = false;
    if (!ours || !facts.bonded) return;
    if (!facts.trusted) call(RadioCallKind::trust, facts.adapter, address);
    // Connected before our end points were there, without asking for sound, or by a bluetoothd that has ended since, so
    // that nobody asks for its services: it is asked once more.
    const bool may_sound = !facts.resolved || facts.sink;
    const bool lacks_sound = facts.connected && may_sound && !facts.transport && !facts.taken;
    if ((facts.connected && !lacks_sound) || !radio_is_free(facts.adapter)) return;
    if (device.next_page > now) {
        device.page_due = device.next_page;
    } else {
        device.driven = true;  // it may be connected when it is not ours any more
        call(RadioCallKind::connect, facts.adapter, address);
    }
}

void BluetoothTurn::show(const BluetoothAddress& address, BluetoothDevice& device) {
    std::string reason;
    const auto became = state_of(address, device, reason);
    if (became == device.state && reason == device.reason) return;
    device.state = became;
    device.reason = reason;
    effects.push_back(DeviceBecame{address, became, std::move(reason)});
}

DeviceState BluetoothTurn::state_of(const BluetoothAddress& address, const BluetoothDevice& device,
                                    std::string& reason) const {
    const auto say = [&](DeviceState what, std::string why) { return reason = std::move(why), what; };
    if (!state.bluez) return say(DeviceState::absent, "bluetoothd is not running");
    if (device.pairing && !device.facts)
        return say(DeviceState::pairing, "it is looked for; put it into pairing mode, near the board");
    if (device.pairing) return say(DeviceState::pairing, device.question ? "it waits for your word" : "");
    if (!device.facts) return say(DeviceState::absent, "nobody has seen it; switch it on, near the board");
    const auto& facts = *device.facts;
    const auto at = state.adapters.find(facts.adapter);
    if (at == state.adapters.end()) return say(DeviceState::absent, "its adapter " + facts.adapter + " is gone");
    const auto& adapter = at->second;
    if (!adapter.trouble.empty())
        return say(DeviceState::absent, "its adapter " + facts.adapter + ": " + adapter.trouble);
    if (!adapter.facts.powered) return say(DeviceState::absent, "its adapter " + facts.adapter + " is off");
    if (!facts.bonded) return say(DeviceState::absent, "it is not paired");
    if (!device.failure.empty()) return say(DeviceState::failed, device.failure);
    if (!facts.connected) {
        // One that has not answered is away until it does, however often it is paged.
        const bool first = device.failed_pages == 0;
        if (first && is_calling(RadioCallKind::connect, facts.adapter, address))
            return say(DeviceState::connecting, "");
        return say(DeviceState::absent, "it is away, or off");
    }
    // Who has come to us may be heard before its services are known.
    if (facts.transport) return say(state.sounding.contains(address) ? DeviceState::streaming : DeviceState::ready, "");
    if (!facts.resolved) return say(DeviceState::connecting, "");
    if (!facts.sink) return say(DeviceState::failed, "it has no way to take sound (no A2DP sink)");
    if (facts.taken)
        return say(DeviceState::failed,
                   "another program of this board has its sound (bluealsa.service, PipeWire or "
                   "PulseAudio); stop it there");
    return say(DeviceState::connecting, "its way for sound is being set up");
}

}  // namespace antiphon::core
