// One step of the Bluetooth devices' machine while it is taken; for the sources of core/bluetooth*.
#pragma once

#include "core/bluetooth.hpp"

namespace antiphon::core {

struct BluetoothTurn {
    BluetoothState& state;
    LocalTime now;
    std::vector<BluetoothEffect> effects;

    BluetoothDevice* find(const BluetoothAddress& address) {
        const auto at = state.devices.find(address);
        return at == state.devices.end() ? nullptr : &at->second;
    }
    void answer(MessageId request, Result<void> result) {
        effects.push_back(BluetoothAnswer{std::move(request), std::move(result)});
    }
    // Nothing while the same is under way.
    void call(RadioCallKind kind, const std::string& adapter, const BluetoothAddress& address = {});
    bool is_calling(RadioCallKind kind, const std::string& adapter, const BluetoothAddress& address = {}) const;
    void answer_agent(BluetoothDevice& device, bool yes);
    // Nothing where it is not being paired.
    void end_pairing(const BluetoothAddress& address, Result<void> result);
    void end_forgetting(const BluetoothAddress& address, Result<void> result);

    void call_ended(const RadioCall& call, RadioFailure failure, const std::string& what);
    // What waited too long.
    void pass_deadlines();
    void reconcile();

  private:
    // What waits to be paired from this adapter.
    void cannot_pair(const std::string& adapter, RadioFailure failure, const std::string& what);
    void page_failed(const std::string& adapter, BluetoothDevice& device, RadioFailure failure,
                     const std::string& what);
    void judge_adapter(const RadioCall& call, RadioFailure failure);
    void help(BluetoothAdapter& adapter);
    void reconcile_adapter(BluetoothAdapter& adapter);
    void reconcile_device(const BluetoothAddress& address, BluetoothDevice& device);
    bool radio_is_free(const std::string& adapter) const;
    bool streams(const std::string& adapter) const;
    bool pairs(const std::string& adapter) const;
    void show(const BluetoothAddress& address, BluetoothDevice& device);
    DeviceState state_of(const BluetoothAddress& address, const BluetoothDevice& device, std::string& reason) const;
};

}  // namespace antiphon::core
