// BlueZ over D-Bus: what it has becomes events of the core's machine, and what that decides becomes calls.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/bluez/transport.hpp"
#include "core/bluetooth.hpp"
#include "media/codecs/a2dp_codecs.hpp"

namespace antiphon::bluez {

// Helps an adapter that hangs by what BlueZ does not offer (unblock, reset; see remedies.hpp), and calls `done` on the
// loop's thread.
using Remedy = std::function<void(const core::RadioCall& call, std::function<void(core::Result<void>)> done)>;

struct BluezOptions {
    std::vector<std::string> adapters;                                         // ours; empty: all
    core::Duration look_again = std::chrono::seconds(5);                       // where there is no bus
    Remedy remedy = {};                                                        // empty: there is none
    std::vector<const media::A2dpCodec*> codecs = media::usual_a2dp_codecs();  // the best first
    // Told when the way for sound of a device is there, changes, or goes.
    std::function<void(const core::BluetoothAddress&)> transport = {};
};

struct BluezCounters {
    std::uint64_t calls = 0;
    std::uint64_t failed = 0;     // of them
    std::uint64_t left_out = 0;   // objects beyond the bound
    std::uint64_t malformed = 0;  // signals of forms that BlueZ does not have
    std::uint64_t refused = 0;    // capabilities and configurations that are none, since bluetoothd began
    std::uint64_t buses_lost = 0;
};

// One thread: that of the loop. The bus and bluetoothd may come and go; then BluezChanged is told, and all that is
// there anew. It registers itself as BlueZ's agent.
class Bluez {
  public:
    using Told = std::function<void(const core::BluetoothEvent&)>;

    // Nothing is told before the loop runs.
    Bluez(boost::asio::io_context& io, BluezOptions options, Told told);
    ~Bluez();

    // Ends with a RadioCallEnded, unless BlueZ never answers.
    void perform(const core::RadioCall& call);
    void answer(const core::AnswerAgent& answer);

    // Nothing without one that was set up with us.
    std::optional<TransportFacts> transport_of(const core::BluetoothAddress& device) const;
    // Takes hold of it; `done` is called later, or at once with why not. Then sound is written to it at its pace.
    void acquire(const core::BluetoothAddress& device, Acquired done);
    void release(const core::BluetoothAddress& device);
    void set_volume(const core::BluetoothAddress& device, int volume);  // 0..127; nothing where it does not take it

    // Why nothing is known of any device; empty: BlueZ is there. For people.
    std::string trouble() const;
    BluezCounters counters() const;

  private:
    class Service;
    std::shared_ptr<Service> service_;
};

}  // namespace antiphon::bluez
