// What the HTTP API says and takes of a worker's Bluetooth. docs/bluetooth.md shows it at work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/bluetooth_words.hpp"
#include "core/units.hpp"

namespace antiphon::api {

struct BluetoothDeviceView {
    std::string address;
    std::string name;     // as it calls itself; empty: it has not said
    std::string adapter;  // empty: none has seen it
    core::DeviceState state = core::DeviceState::absent;
    std::string reason;
    std::string output;   // "worker/name"; empty: nobody has paired it here
    bool paired = false;  // its board has a bond with it
    bool sink = false;    // it takes sound
    std::optional<int> battery_percent = {};
    bool asks = false;                          // to be paired: accept or refuse it
    std::optional<std::uint32_t> passkey = {};  // that it shows, to be compared
};
BOOST_DESCRIBE_STRUCT(BluetoothDeviceView, (),
                      (address, name, adapter, state, reason, output, paired, sink, battery_percent, asks, passkey))

struct BluetoothView {
    std::string worker;
    bool online = false;
    std::string trouble;        // why nothing is known of any device; empty: it works
    bool pairing_open = false;  // devices may ask to be paired
    std::vector<core::AdapterReport> adapters;
    std::vector<BluetoothDeviceView> devices;
};
BOOST_DESCRIBE_STRUCT(BluetoothView, (), (worker, online, trouble, pairing_open, adapters, devices))

struct PairingView {
    std::string device;  // "bluetooth:ADDRESS"
    std::string output;  // "worker/name"
    std::string name;    // of the device
    core::WallTime paired;
};
BOOST_DESCRIBE_STRUCT(PairingView, (), (device, output, name, paired))

struct ScanBody {
    std::optional<double> for_s;  // 1..60; absent: 20
};
BOOST_DESCRIBE_STRUCT(ScanBody, (), (for_s))

struct PairingWindowBody {
    std::optional<double> for_s;  // 1..300; absent: 60
};
BOOST_DESCRIBE_STRUCT(PairingWindowBody, (), (for_s))

struct PairBody {
    std::string output;  // its name on this worker from now on
};
BOOST_DESCRIBE_STRUCT(PairBody, (), (output))

}  // namespace antiphon::api
