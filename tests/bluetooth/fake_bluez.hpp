// BlueZ as a service on a bus of its own, with radios and devices that do what a test wants: what virtual controllers
// cannot, such as adapters that hang, refusals, malformed and late answers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bluez/bus.hpp"
#include "core/bluetooth.hpp"

namespace antiphon::tests {

// In the loop of its test. Behaviour is changed between turns of the loop.
class FakeBluez {
  public:
    struct Device {
        bool near = true;
        std::string refuses = {};  // the words of the error
        bool paired = false, trusted = false, connected = false;
        bool keyless = false;                               // it was paired from an adapter that keeps no keys
        std::optional<bool> agreed = {};                    // what our agent said when it was paired
        std::vector<std::uint8_t> can{0xFF, 0xFF, 2, 250};  // its SBC
        bool aptx = false;                                  // it has that as well
        std::string codec = {};                             // "sbc" or "aptx", once it is chosen
        bool others = false;                                // its sound is another program's
        std::string refused = {};                           // why no end point of ours would do
        int ear = -1;                                       // what it hears, once its transport is acquired
    };

    explicit FakeBluez(boost::asio::io_context& io);
    ~FakeBluez();

    void add_adapter(const std::string& id);
    void remove_adapter(const std::string& id);
    void add_device(const std::string& adapter, const core::BluetoothAddress& address);
    // The link goes, or comes from the device's side.
    void set_connected(const core::BluetoothAddress& address, bool connected);
    // What it reports of its delay, in tenths of a millisecond.
    void set_delay(const core::BluetoothAddress& address, std::uint16_t delay);
    // It takes no sound any more, for now.
    void suspend(const core::BluetoothAddress& address);
    // A device asks our agent whether it may be paired, with this number to compare.
    void ask_agent(const core::BluetoothAddress& address, std::uint32_t passkey);
    // Signals and properties of forms that BlueZ never has.
    void talk_nonsense();

    std::map<core::BluetoothAddress, Device> devices;
    std::function<void(const core::BluetoothAddress&)> acquired;  // its ear is another one now
    bool delay_reporting = false;                                 // the last end point takes delay reports
    bool hangs = false;                                           // no call of a device or adapter is ever answered
    std::vector<std::string> calls;
    std::string agent, agent_owner;  // path and bus name of who registered

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace antiphon::tests
