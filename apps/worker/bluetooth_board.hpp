// The Bluetooth devices of this board: the core's machine over BlueZ, and an output for each device that is ours.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/bluez/a2dp_sink.hpp"
#include "adapters/bluez/bluez.hpp"
#include "adapters/system/background.hpp"
#include "core/bluetooth.hpp"
#include "ports/clock.hpp"

namespace antiphon::worker {

// All on the loop's thread, but what AudioSink gives to others.
class BluetoothBoard {
  public:
    // `adapters` are ours; empty: all. `codecs` are offered to devices, the best first.
    BluetoothBoard(boost::asio::io_context& io, const ports::Clock& clock, std::vector<std::string> adapters,
                   std::vector<const media::A2dpCodec*> codecs = media::usual_a2dp_codecs());
    ~BluetoothBoard();

    // An output for this device, one at a time, which ends before the board. The transport is held while it is started.
    std::unique_ptr<ports::AudioSink> make_sink(const core::BluetoothAddress& address);

    // Those that this board may drive, from now on; others are let go.
    void want(std::set<core::BluetoothAddress> ours);
    // A person's wish. `answer` is called once, at once or later.
    using Answer = std::function<void(core::Result<void>)>;
    void obey(const core::BluetoothOrder& order, Answer answer);
    // Called when what is reported has changed; not before the loop runs.
    void on_change(std::function<void(const core::BluetoothReport&)> told) { told_ = std::move(told); }

    core::BluetoothReport report() const { return core::bluetooth_report(state_, bluez_.trouble()); }
    const bluez::Bluez& bluez() const { return bluez_; }

  private:
    void tell(const core::BluetoothEvent& event);
    void answer_later(Answer answer, const std::function<core::BluetoothEvent(core::MessageId)>& event);
    void answer_question(const core::BluetoothAddress& address, bool yes, const Answer& answer);
    struct Ear {
        std::shared_ptr<bluez::A2dpSink> sink;
        bool sounding = false;                      // somebody renders
        bool acquiring = false;                     // BlueZ is asked
        bool active = false;                        // as BlueZ last told
        std::optional<core::LocalTime> again = {};  // when to ask once more, where it was refused or taken from us
    };
    class Sink;

    void take(const core::BluetoothEffect& effect);
    void tell_wanted();
    void sound(const core::BluetoothAddress& address, bool sounding);
    void detach(const core::BluetoothAddress& address, Ear& ear, const std::string& why);
    void follow(const core::BluetoothAddress& address);
    void acquire(const core::BluetoothAddress& address, Ear& ear);
    void acquire_again();
    void acquired(const core::BluetoothAddress& address, core::Result<bluez::TransportLine> line);
    void help(const core::RadioCall& call, const std::function<void(core::Result<void>)>& done);
    void wait();

    const ports::Clock& clock_;
    system::Background background_;
    boost::asio::steady_timer timer_;
    core::BluetoothState state_;
    std::set<core::BluetoothAddress> ours_;
    std::map<core::BluetoothAddress, Ear> ears_;
    std::map<core::MessageId, Answer> answers_;
    std::function<void(const core::BluetoothReport&)> told_;
    core::BluetoothReport last_told_;
    std::uint64_t last_request_ = 0;
    bluez::Bluez bluez_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();  // what is answered later looks whether we are
};

}  // namespace antiphon::worker
