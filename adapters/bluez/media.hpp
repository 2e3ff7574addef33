// Sound's side of BlueZ: our A2DP end points, and the transports that devices have set up with them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/bluez/objects.hpp"
#include "adapters/bluez/transport.hpp"
#include "core/result.hpp"

namespace sdbus {
class IConnection;
class IObject;
class IProxy;
}  // namespace sdbus

namespace antiphon::bluez {

// All on the connection's thread. One end point a codec, offered by each adapter; a device, or BlueZ for us, chooses
// one of ours and one of its own, and what comes of it is a transport (doc/media-api.txt of BlueZ 5.66).
class Media {
  public:
    // `address_at` tells whose device a path is. `changed` is told of each transport when it is there, changes, or
    // goes.
    using AddressAt = std::function<std::optional<core::BluetoothAddress>(const std::string& path)>;
    using Changed = std::function<void(const core::BluetoothAddress&)>;

    using Codecs = std::vector<const media::A2dpCodec*>;  // offered in this order, which BlueZ follows

    Media(sdbus::IConnection& connection, Codecs codecs, AddressAt address_at, Changed changed);
    ~Media();

    // Offers our end points by this adapter, once.
    void offer(const std::string& adapter_path);
    void adapter_gone(const std::string& adapter_path) { offered_.erase(adapter_path); }
    // What the transport at this path says of itself; empty: it is gone.
    void told(const std::string& path, const Properties& properties);

    std::optional<TransportFacts> transport_of(const core::BluetoothAddress& device) const;
    // `not_found` without a transport of ours; else what BlueZ says.
    void acquire(const core::BluetoothAddress& device, Acquired done);
    void release(const core::BluetoothAddress& device);
    void set_volume(const core::BluetoothAddress& device, int volume);

    std::uint64_t refused() const { return refused_; }  // configurations and capabilities that are none

  private:
    struct Transport {
        core::BluetoothAddress device;
        TransportFacts facts;
        std::unique_ptr<sdbus::IProxy> proxy;
    };

    void make_end_point(const media::A2dpCodec& codec);
    void configure(const media::A2dpCodec& codec, const std::string& path, const Properties& properties);
    void clear(const std::string& path);

    sdbus::IConnection& connection_;
    const Codecs codecs_;
    const AddressAt address_at_;
    const Changed changed_;
    std::vector<std::unique_ptr<sdbus::IObject>> end_points_;
    std::map<std::string, std::unique_ptr<sdbus::IProxy>> offered_;  // by adapter
    std::map<std::string, Transport> transports_;                    // by path; those of our end points
    std::uint64_t refused_ = 0;
};

}  // namespace antiphon::bluez
