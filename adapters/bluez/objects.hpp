// What BlueZ has on the bus, and what of it the core wants to know.
#pragma once

#include <sdbus-c++/Types.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/bluetooth.hpp"

namespace antiphon::bluez {

using Properties = std::map<std::string, sdbus::Variant>;
using Interfaces = std::map<std::string, Properties>;

inline constexpr const char* service = "org.bluez";
inline constexpr const char* adapter_interface = "org.bluez.Adapter1";
inline constexpr const char* device_interface = "org.bluez.Device1";
inline constexpr const char* transport_interface = "org.bluez.MediaTransport1";
inline constexpr const char* battery_interface = "org.bluez.Battery1";
// BlueZ's own limits are shorter; whoever asked has given up by then.
inline constexpr auto call_timeout = std::chrono::seconds(60);

// Nothing where it is missing, or of another type than BlueZ's documents have.
template <class Value>
std::optional<Value> value_of(const Properties& properties, const char* name) {
    const auto at = properties.find(name);
    if (at == properties.end() || !at->second.containsValueOfType<Value>()) return std::nullopt;
    return at->second.get<Value>();
}

inline constexpr const char* audio_source_uuid = "0000110a-0000-1000-8000-00805f9b34fb";
inline constexpr const char* audio_sink_uuid = "0000110b-0000-1000-8000-00805f9b34fb";

// A mirror of the objects. Properties that are missing, or of another type than BlueZ's documents have, count as not
// said: nothing that stands on the bus breaks it. Objects beyond `objects_max` are left out, and counted.
class Objects {
  public:
    static constexpr std::size_t objects_max = 4096;

    using Told = std::function<void(const core::BluetoothEvent&)>;

    // Adapters that are not in `ours` are left alone, with their devices; empty: all are ours.
    Objects(std::vector<std::string> ours, Told told) : ours_(std::move(ours)), told_(std::move(told)) {}

    void add(const std::string& path, const Interfaces& interfaces);
    void remove(const std::string& path, const std::vector<std::string>& interfaces);
    void change(const std::string& path, const std::string& interface, const Properties& changed,
                const std::vector<std::string>& invalidated);
    // A device has set up a way for sound with us, or it is gone. Another's shows as `taken`.
    void set_transport(const core::BluetoothAddress& device, bool there);
    void clear();

    // The path of an adapter or a device; empty: it is not there.
    std::string path_of(const std::string& adapter, const core::BluetoothAddress& address) const;
    // Whose device that is; nothing for another path.
    std::optional<core::BluetoothAddress> address_at(const std::string& path) const;
    std::uint64_t left_out() const { return left_out_; }

  private:
    bool is_ours(const std::string& path) const;
    void tell_of(const std::string& path);
    void tell_device(const std::string& path);
    bool has_transport_below(const std::string& path) const;
    const Properties* find(const std::string& path, const std::string& interface) const;

    const std::vector<std::string> ours_;
    const Told told_;
    std::map<std::string, Interfaces> objects_;
    std::map<std::string, core::AdapterFacts> adapters_;  // by path, as told
    std::map<std::string, core::DeviceFacts> devices_;
    std::set<core::BluetoothAddress> transports_;  // ours
    std::uint64_t left_out_ = 0;
};

}  // namespace antiphon::bluez
