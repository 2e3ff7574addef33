// What a board and its coordinator say to each other about Bluetooth: plain values, parts of their documents and
// commands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

namespace antiphon::core {

enum class DeviceState : std::uint8_t {
    absent,  // not connected: away, off, or not paired
    pairing,
    connecting,
    ready,  // it can be played on
    streaming,
    failed,  // it cannot work as it is: the reason names the way out
};
BOOST_DESCRIBE_ENUM(DeviceState, absent, pairing, connecting, ready, streaming, failed)

// Of a device's name, before its address.
inline constexpr std::string_view bluetooth_prefix = "bluetooth:";

// ---- what a board tells

struct AdapterReport {
    std::string id;  // "hci0"
    bool powered = false;
    bool scanning = false;
    std::string trouble;  // empty: it works

    friend bool operator==(const AdapterReport&, const AdapterReport&) = default;
};
BOOST_DESCRIBE_STRUCT(AdapterReport, (), (id, powered, scanning, trouble))

struct DeviceReport {
    std::string address;  // "AA:BB:CC:DD:EE:FF"
    std::string name;     // as it calls itself; empty: it has not said
    std::string adapter;
    DeviceState state = DeviceState::absent;
    std::string reason;
    bool paired = false;  // the board has a bond with it
    bool sink = false;    // it takes sound
    std::optional<int> battery_percent = {};
    bool asks = false;                          // to be paired: a person has to say yes or no
    std::optional<std::uint32_t> passkey = {};  // that it shows, to be compared; absent: it shows none

    friend bool operator==(const DeviceReport&, const DeviceReport&) = default;
};
BOOST_DESCRIBE_STRUCT(DeviceReport, (),
                      (address, name, adapter, state, reason, paired, sink, battery_percent, asks, passkey))

inline constexpr std::size_t devices_reported_max = 64;

struct BluetoothReport {
    std::string trouble;        // why nothing is known of any device; empty: BlueZ is there
    bool pairing_open = false;  // devices may ask to be paired
    std::vector<AdapterReport> adapters;
    std::vector<DeviceReport> devices;  // at most devices_reported_max, those that matter more first

    friend bool operator==(const BluetoothReport&, const BluetoothReport&) = default;
};
BOOST_DESCRIBE_STRUCT(BluetoothReport, (), (trouble, pairing_open, adapters, devices))

// ---- what a board is told

// A device that was paired with this board, and the output that plays on it.
struct PairedOutput {
    std::string output;
    std::string device;  // "bluetooth:ADDRESS"

    friend auto operator<=>(const PairedOutput&, const PairedOutput&) = default;
};
BOOST_DESCRIBE_STRUCT(PairedOutput, (), (output, device))

enum class BluetoothVerb : std::uint8_t {
    scan,     // look around for `length_ms`
    open,     // let devices ask to be paired for `length_ms`
    close,    // no more
    pair,     // with a device; it is looked for, if nobody has seen it
    accept,   // a device that asks
    refuse,   // a device that asks
    connect,  // now, not when its turn comes
    forget,   // the bond with a device
};
BOOST_DESCRIBE_ENUM(BluetoothVerb, scan, open, close, pair, accept, refuse, connect, forget)

struct BluetoothOrder {
    BluetoothVerb verb = BluetoothVerb::scan;
    std::string address;  // empty: of no device
    std::int64_t length_ms = 0;

    friend bool operator==(const BluetoothOrder&, const BluetoothOrder&) = default;
};
BOOST_DESCRIBE_STRUCT(BluetoothOrder, (), (verb, address, length_ms))

}  // namespace antiphon::core
