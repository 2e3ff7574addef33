// What others say (capabilities, configurations, properties) is checked before it is believed.
#include "adapters/bluez/media.hpp"

#include <sdbus-c++/sdbus-c++.h>
#include <unistd.h>

#include <algorithm>

namespace antiphon::bluez {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr const char* end_point_interface = "org.bluez.MediaEndpoint1";
constexpr const char* media_interface = "org.bluez.Media1";

std::string path_of(const media::A2dpCodec& codec) {
    std::string name(codec.name);
    std::ranges::replace(name, '-', '_');  // which a path does not have
    return "/org/antiphon/a2dp/" + name;
}

media::A2dpElements elements_of(const Octets& octets) {
    const auto bytes = std::as_bytes(std::span(octets));
    return {bytes.begin(), bytes.end()};
}
Octets octets_of(const media::A2dpElements& elements) {
    Octets octets;
    for (const auto byte : elements) octets.push_back(std::to_integer<std::uint8_t>(byte));
    return octets;
}

template <class Transports>
auto* find_in(Transports& transports, const core::BluetoothAddress& device) {
    const auto at = std::ranges::find_if(transports, [&](const auto& one) { return one.second.device == device; });
    return at == transports.end() ? nullptr : &at->second;
}

sdbus::Error invalid(const std::string& why) { return sdbus::Error("org.bluez.Error.InvalidArguments", why.c_str()); }

// What the properties do not tell stays as it was.
void take(const Properties& properties, TransportFacts& facts) {
    const auto state = value_of<std::string>(properties, "State");
    if (state == "idle") facts.state = TransportState::idle;
    if (state == "pending") facts.state = TransportState::pending;
    if (state == "active") facts.state = TransportState::active;
    // In tenths of a millisecond; 0 is that of a device which never reported.
    if (const auto delay = value_of<std::uint16_t>(properties, "Delay"); delay.value_or(0) > 0)
        facts.delay = *delay * std::chrono::microseconds(100);
    if (const auto volume = value_of<std::uint16_t>(properties, "Volume")) facts.volume = std::min<int>(*volume, 127);
}

}  // namespace

TransportLine::~TransportLine() {
    if (socket_ >= 0) ::close(socket_);
}

Media::Media(sdbus::IConnection& connection, Codecs codecs, AddressAt address_at, Changed changed)
    : connection_(connection),
      codecs_(std::move(codecs)),
      address_at_(std::move(address_at)),
      changed_(std::move(changed)) {
    for (const auto* codec : codecs_) make_end_point(*codec);
}

Media::~Media() = default;

void Media::make_end_point(const media::A2dpCodec& codec) {
    auto object = sdbus::createObject(connection_, path_of(codec));
    const auto on = [&](const char* method, auto&& handler) {
        object->registerMethod(method)
            .onInterface(end_point_interface)
            .implementedAs(std::forward<decltype(handler)>(handler));
    };
    on("SelectConfiguration", [this, &codec](const Octets& capabilities) {
        const auto chosen = codec.choose(elements_of(capabilities));
        if (!chosen) {
            ++refused_;
            throw invalid(chosen.error().what);
        }
        return octets_of(*chosen);
    });
    on("SetConfiguration", [this, &codec](const sdbus::ObjectPath& path, const Properties& properties) {
        configure(codec, path, properties);
    });
    on("ClearConfiguration", [this](const sdbus::ObjectPath& path) { clear(path); });
    on("Release", [] {});
    object->finishRegistration();
    end_points_.push_back(std::move(object));
}

void Media::offer(const std::string& adapter_path) {
    auto& proxy = offered_[adapter_path];
    if (proxy) return;
    proxy = sdbus::createProxy(connection_, service, adapter_path);
    for (const auto* codec : codecs_) {
        const Properties properties{{"UUID", sdbus::Variant(std::string(audio_source_uuid))},
                                    {"Codec", sdbus::Variant(codec->id)},
                                    {"Capabilities", sdbus::Variant(octets_of(codec->capabilities()))},
                                    {"DelayReporting", sdbus::Variant(true)}};
        proxy->callMethodAsync("RegisterEndpoint")
            .onInterface(media_interface)
            .withArguments(sdbus::ObjectPath(path_of(*codec)), properties)
            .uponReplyInvoke([this](const sdbus::Error* error) {
                if (error) ++refused_;
            });
    }
}

void Media::configure(const media::A2dpCodec& codec, const std::string& path, const Properties& properties) {
    const auto configuration = elements_of(value_of<Octets>(properties, "Configuration").value_or(Octets()));
    const auto format = codec.read(configuration);
    const auto device = address_at_(value_of<sdbus::ObjectPath>(properties, "Device").value_or(sdbus::ObjectPath()));
    if (!format || !device) {
        ++refused_;
        throw invalid(format ? "nobody knows that device" : format.error().what);
    }
    auto& transport = transports_[path];
    transport.device = *device;
    transport.facts = {.codec = &codec, .configuration = configuration, .format = *format, .delay = {}, .volume = {}};
    take(properties, transport.facts);
    transport.proxy = sdbus::createProxy(connection_, service, path);
    changed_(*device);
}

void Media::clear(const std::string& path) {
    const auto transport = transports_.extract(path);
    if (!transport.empty()) changed_(transport.mapped().device);
}

void Media::told(const std::string& path, const Properties& properties) {
    const auto at = transports_.find(path);
    if (at == transports_.end()) return;  // another program's
    if (properties.empty()) return clear(path);
    const auto before = at->second.facts;
    take(properties, at->second.facts);
    if (!(before == at->second.facts)) changed_(at->second.device);
}

std::optional<TransportFacts> Media::transport_of(const core::BluetoothAddress& device) const {
    const auto* transport = find_in(transports_, device);
    return transport ? std::optional(transport->facts) : std::nullopt;
}

void Media::acquire(const core::BluetoothAddress& device, Acquired done) {
    auto* transport = find_in(transports_, device);
    if (!transport)
        return done(core::Error{core::ErrorCode::not_found, device.value + " has no way for sound that is ours"});
    // A pending one may go back to idle at any moment: then it is not to be started by us again.
    const bool pending = transport->facts.state == TransportState::pending;
    transport->proxy->callMethodAsync(pending ? "TryAcquire" : "Acquire")
        .onInterface(transport_interface)
        .uponReplyInvoke([facts = transport->facts, done = std::move(done)](
                             const sdbus::Error* error, sdbus::UnixFd socket, std::uint16_t, std::uint16_t write_mtu) {
            if (error) return done(core::Error{core::ErrorCode::unavailable, "BlueZ: " + error->getMessage()});
            done(TransportLine(socket.release(), write_mtu, facts));
        });
}

void Media::release(const core::BluetoothAddress& device) {
    if (auto* transport = find_in(transports_, device))
        transport->proxy->callMethodAsync("Release")
            .onInterface(transport_interface)
            .uponReplyInvoke([](const sdbus::Error*) {});
}

void Media::set_volume(const core::BluetoothAddress& device, int volume) {
    if (auto* transport = find_in(transports_, device))
        transport->proxy->callMethodAsync("Set")
            .onInterface("org.freedesktop.DBus.Properties")
            .withArguments(std::string(transport_interface), std::string("Volume"),
                           sdbus::Variant(static_cast<std::uint16_t>(std::clamp(volume, 0, 127))))
            .uponReplyInvoke([](const sdbus::Error*) {});
}

}  // namespace antiphon::bluez
