// After each change the adapter or device that it belongs to is described anew, and told of when that differs.
#include "adapters/bluez/objects.hpp"

#include <algorithm>
#include <string_view>

namespace antiphon::bluez {
namespace {

bool is_true(const Properties& properties, const char* name) {
    return value_of<bool>(properties, name).value_or(false);
}

// "/org/bluez/hci0/dev_..." -> "hci0"; empty for another path.
std::string adapter_id(std::string_view path) {
    constexpr std::string_view root = "/org/bluez/";
    if (!path.starts_with(root)) return {};
    path.remove_prefix(root.size());
    return std::string(path.substr(0, path.find('/')));
}

// The device's own path of this or of what lies below it; empty: it is of no device.
std::string device_path(std::string_view path) {
    const auto device = path.find("/dev_");
    if (device == std::string_view::npos) return {};
    return std::string(path.substr(0, path.find('/', device + 1)));
}

core::AdapterFacts adapter_facts(const std::string& path, const Properties& properties) {
    return {adapter_id(path), is_true(properties, "Powered"), is_true(properties, "Discovering"),
            is_true(properties, "Pairable")};
}

}  // namespace

bool Objects::is_ours(const std::string& path) const {
    const auto id = adapter_id(path);
    return !id.empty() && (ours_.empty() || std::ranges::find(ours_, id) != ours_.end());
}

const Properties* Objects::find(const std::string& path, const std::string& interface) const {
    const auto object = objects_.find(path);
    if (object == objects_.end()) return nullptr;
    const auto at = object->second.find(interface);
    return at == object->second.end() ? nullptr : &at->second;
}

void Objects::add(const std::string& path, const Interfaces& interfaces) {
    if (!is_ours(path)) return;
    if (!objects_.contains(path) && objects_.size() >= objects_max) {
        ++left_out_;
        return;
    }
    for (const auto& [name, properties] : interfaces) objects_[path][name] = properties;
    tell_of(path);
}

void Objects::remove(const std::string& path, const std::vector<std::string>& interfaces) {
    const auto object = objects_.find(path);
    if (object == objects_.end()) return;
    for (const auto& name : interfaces) object->second.erase(name);
    if (object->second.empty()) objects_.erase(object);
    tell_of(path);
}

void Objects::change(const std::string& path, const std::string& interface, const Properties& changed,
                     const std::vector<std::string>& invalidated) {
    const auto object = objects_.find(path);
    if (object == objects_.end()) return;
    auto& properties = object->second[interface];
    for (const auto& [name, value] : changed) properties[name] = value;
    for (const auto& name : invalidated) properties.erase(name);
    tell_of(path);
}

void Objects::clear() {
    objects_.clear();
    adapters_.clear();
    devices_.clear();
    transports_.clear();
}

void Objects::tell_of(const std::string& path) {
    if (const auto device = device_path(path); !device.empty()) return tell_device(device);
    const auto* properties = find(path, adapter_interface);
    if (!properties) {
        if (adapters_.erase(path) > 0) told_(core::AdapterGone{adapter_id(path)});
        return;
    }
    const auto facts = adapter_facts(path, *properties);
    const auto known = adapters_.find(path);
    if (known != adapters_.end() && known->second == facts) return;
    adapters_[path] = facts;
    told_(core::AdapterTold{facts});
}

bool Objects::has_transport_below(const std::string& path) const {
    for (auto below = objects_.upper_bound(path); below != objects_.end() && below->first.starts_with(path + "/");
         ++below)
        if (const auto transport = below->second.find(transport_interface); transport != below->second.end())
            if (value_of<std::string>(transport->second, "UUID") == audio_source_uuid) return true;
    return false;
}

void Objects::set_transport(const core::BluetoothAddress& device, bool there) {
    there ? void(transports_.insert(device)) : void(transports_.erase(device));
    for (const auto& [path, facts] : std::map(devices_))
        if (facts.address == device) tell_device(path);
}

void Objects::tell_device(const std::string& path) {
    const auto known = devices_.find(path);
    const auto* properties = find(path, device_interface);
    if (!properties) {
        if (known == devices_.end()) return;
        const core::DeviceGone gone{known->second.adapter, known->second.address};
        devices_.erase(known);
        return told_(gone);
    }
    const auto address = core::parse_bluetooth_address(value_of<std::string>(*properties, "Address").value_or(""));
    if (!address) return;
    core::DeviceFacts facts{.adapter = adapter_id(path), .address = *address, .name = {}, .battery_percent = {}};
    facts.name = value_of<std::string>(*properties, "Alias").value_or(address->value).substr(0, 248);
    facts.bonded = is_true(*properties, "Paired") && value_of<bool>(*properties, "Bonded").value_or(true);
    facts.trusted = is_true(*properties, "Trusted");
    facts.connected = is_true(*properties, "Connected");
    facts.resolved = is_true(*properties, "ServicesResolved");
    const auto uuids = value_of<std::vector<std::string>>(*properties, "UUIDs").value_or(std::vector<std::string>());
    facts.sink = std::ranges::find(uuids, audio_sink_uuid) != uuids.end();
    facts.transport = transports_.contains(*address);
    facts.taken = !facts.transport && has_transport_below(path);
    if (const auto* battery = find(path, battery_interface))
        if (const auto percent = value_of<std::uint8_t>(*battery, "Percentage"))
            facts.battery_percent = std::min<int>(*percent, 100);
    if (known != devices_.end() && known->second == facts) return;
    devices_[path] = facts;
    told_(core::DeviceTold{facts});
}

std::string Objects::path_of(const std::string& adapter, const core::BluetoothAddress& address) const {
    if (address.value.empty()) {
        for (const auto& [path, facts] : adapters_)
            if (facts.id == adapter) return path;
        return {};
    }
    for (const auto& [path, facts] : devices_)
        if (facts.adapter == adapter && facts.address == address) return path;
    return {};
}

std::optional<core::BluetoothAddress> Objects::address_at(const std::string& path) const {
    const auto at = devices_.find(path);
    if (at == devices_.end()) return std::nullopt;
    return at->second.address;
}

}  // namespace antiphon::bluez
