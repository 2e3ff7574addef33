// A row a kind.
#include "adapters/bluez/calls.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include "adapters/bluez/failures.hpp"
#include "adapters/bluez/objects.hpp"

namespace antiphon::bluez {
namespace {

using core::RadioCall;
using core::RadioCallKind;

constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";

template <class Done>
void set_property(sdbus::IProxy& proxy, const char* interface, const char* name, bool value, Done done) {
    proxy.callMethodAsync("Set")
        .onInterface(properties_interface)
        .withTimeout(call_timeout)
        .withArguments(std::string(interface), std::string(name), sdbus::Variant(value))
        .uponReplyInvoke(std::move(done));
}

}  // namespace

Calls::Calls(sdbus::IConnection& connection, Ended ended) : connection_(connection), ended_(std::move(ended)) {}

Calls::~Calls() = default;

// Strangers that a scan found come and go; their proxies stay until there are many. Calls that wait then never end, and
// are given up by who made them.
sdbus::IProxy& Calls::proxy(const std::string& path) {
    constexpr std::size_t proxies_max = 256;
    if (proxies_.size() >= proxies_max) proxies_.clear();
    auto& found = proxies_[path];
    if (!found) found = sdbus::createProxy(connection_, service, path);
    return *found;
}

void Calls::end(const RadioCall& call, const sdbus::Error* error) {
    if (!error) return ended_(call, core::RadioFailure::none, "");
    ended_(call, failure_of(error->getName(), error->getMessage()), error->getMessage());
}

void Calls::ask(const RadioCall& call, const std::string& path, const char* interface, const char* method) {
    proxy(path)
        .callMethodAsync(method)
        .onInterface(interface)
        .withTimeout(call_timeout)
        .uponReplyInvoke([this, call](const sdbus::Error* error) { end(call, error); });
}

void Calls::set(const RadioCall& call, const std::string& path, const char* interface, const char* name, bool value) {
    set_property(proxy(path), interface, name, value, [this, call](const sdbus::Error* error) { end(call, error); });
}

void Calls::scan(const RadioCall& call, const std::string& path) {
    const Properties filter{{"Transport", sdbus::Variant(std::string("bredr"))}};
    proxy(path)
        .callMethodAsync("SetDiscoveryFilter")
        .onInterface(adapter_interface)
        .withArguments(filter)
        .uponReplyInvoke([](const sdbus::Error*) {});
    ask(call, path, adapter_interface, "StartDiscovery");
}

void Calls::forget(const RadioCall& call, const std::string& path, const std::string& adapter_path) {
    proxy(adapter_path)
        .callMethodAsync("RemoveDevice")
        .onInterface(adapter_interface)
        .withTimeout(call_timeout)
        .withArguments(sdbus::ObjectPath(path))
        .uponReplyInvoke([this, call](const sdbus::Error* error) { end(call, error); });
}

void Calls::power_cycle(const RadioCall& call, const std::string& path) {
    set_property(proxy(path), adapter_interface, "Powered", false,
                 [this, call, path](const sdbus::Error*) { set(call, path, adapter_interface, "Powered", true); });
}

void Calls::begin(const RadioCall& call, const std::string& path, const std::string& adapter_path) {
    switch (call.kind) {
        case RadioCallKind::power_on:
            return set(call, path, adapter_interface, "Powered", true);
        case RadioCallKind::open_pairing:
            return set(call, path, adapter_interface, "Pairable", true);
        case RadioCallKind::close_pairing:
            return set(call, path, adapter_interface, "Pairable", false);
        case RadioCallKind::start_scan:
            return scan(call, path);
        case RadioCallKind::stop_scan:
            return ask(call, path, adapter_interface, "StopDiscovery");
        case RadioCallKind::pair:
            return ask(call, path, device_interface, "Pair");
        case RadioCallKind::trust:
            return set(call, path, device_interface, "Trusted", true);
        case RadioCallKind::connect:
            return ask(call, path, device_interface, "Connect");
        case RadioCallKind::disconnect:
            return ask(call, path, device_interface, "Disconnect");
        case RadioCallKind::forget:
            return forget(call, path, adapter_path);
        case RadioCallKind::power_cycle:
            return power_cycle(call, path);
        case RadioCallKind::unblock:
        case RadioCallKind::reset:
            return ended_(call, core::RadioFailure::other, "BlueZ cannot");
    }
}

}  // namespace antiphon::bluez
