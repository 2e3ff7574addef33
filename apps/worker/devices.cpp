// The one place that knows which kinds of device there are.
#include "apps/worker/devices.hpp"

#include "adapters/alsa/devices.hpp"
#include "adapters/virtual_audio/devices.hpp"
#include "apps/worker/bluetooth_board.hpp"
#include "core/documents.hpp"

namespace antiphon::worker {
namespace {

constexpr std::string_view alsa_prefix = "alsa:";

struct InRoom {
    virtual_audio::Room room;
    virtual_audio::VirtualDevice device;
};

core::Result<InRoom> open_room(const DeviceContext& context, const std::string& device) {
    if (!device.starts_with("virtual:"))
        return core::Error{core::ErrorCode::invalid,
                           "device '" + device +
                               "' is of a kind that this version has not; write alsa:NAME, bluetooth:ADDRESS (of an "
                               "output), virtual:speaker or virtual:microphone"};
    auto parsed = virtual_audio::parse_virtual_device(device);
    if (!parsed) return parsed.error();
    const auto folder = parsed->room ? parsed->room : context.room;
    if (!folder)
        return core::Error{core::ErrorCode::invalid,
                           "device '" + device + "' needs a room; write virtual:...,room=DIR or set ANTIPHON_ROOM"};
    auto room = virtual_audio::Room::open(*folder);
    if (!room) return room.error();
    return InRoom{std::move(*room), std::move(*parsed)};
}

}  // namespace

core::Result<std::unique_ptr<ports::AudioSink>> make_sink(const DeviceContext& context, const std::string& name,
                                                          const std::string& device) {
    if (device.starts_with(alsa_prefix)) {
        const auto card = alsa::parse_alsa_device(device);
        if (!card) return card.error();
        return alsa::make_sink(*card, context.clock);
    }
    if (core::is_shared_device(device)) {
        const auto address = core::parse_bluetooth_address(device.substr(core::bluetooth_prefix.size()));
        if (!address) return address.error();
        if (!context.bluetooth)
            return core::Error{core::ErrorCode::invalid,
                               "this board drives no Bluetooth; start it with --adapter hci0"};
        return context.bluetooth->make_sink(*address);
    }
    auto in = open_room(context, device);
    if (!in) return in.error();
    return virtual_audio::make_speaker(in->room, in->device, context.worker, name, context.clock);
}

core::Result<std::unique_ptr<ports::AudioSource>> make_source(const DeviceContext& context, const std::string& name,
                                                              const std::string& device) {
    if (device.starts_with(alsa_prefix)) {
        const auto card = alsa::parse_alsa_device(device);
        if (!card) return card.error();
        return alsa::make_source(*card, context.clock);
    }
    auto in = open_room(context, device);
    if (!in) return in.error();
    return virtual_audio::make_microphone(in->room, in->device, context.worker, name, context.clock);
}

}  // namespace antiphon::worker
