// A way for sound to a device, as it is known and as it is held.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

#include "core/bluetooth.hpp"
#include "core/result.hpp"
#include "media/codecs/a2dp_codec.hpp"

namespace antiphon::bluez {

enum class TransportState : std::uint8_t {
    idle,     // nobody wants to send
    pending,  // the device wants sound: it can be acquired
    active,   // acquired
};

struct TransportFacts {
    const media::A2dpCodec* codec = nullptr;
    media::A2dpElements configuration;
    media::A2dpFormat format;
    TransportState state = TransportState::idle;
    std::optional<core::Duration>
        delay;                  // from a packet's arrival to its sound, as the device reports; absent: never yet
    std::optional<int> volume;  // 0..127; absent: the device does not take it (AVRCP)

    friend bool operator==(const TransportFacts& a, const TransportFacts& b) {
        return a.codec == b.codec && a.configuration == b.configuration && a.state == b.state && a.delay == b.delay &&
               a.volume == b.volume;
    }
};

// What sound is written to. Owns the socket.
class TransportLine {
  public:
    TransportLine(int socket, std::size_t write_mtu, TransportFacts facts)
        : socket_(socket), write_mtu_(write_mtu), facts_(std::move(facts)) {}
    ~TransportLine();
    TransportLine(TransportLine&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), write_mtu_(other.write_mtu_), facts_(std::move(other.facts_)) {}
    TransportLine& operator=(TransportLine&&) = delete;

    int socket() const { return socket_; }
    std::size_t write_mtu() const { return write_mtu_; }
    const TransportFacts& facts() const { return facts_; }

  private:
    int socket_;
    std::size_t write_mtu_;
    TransportFacts facts_;
};

using Acquired = std::function<void(core::Result<TransportLine>)>;

}  // namespace antiphon::bluez
