// BlueZ as a service on a bus of its own, with radios and devices that do what a test wants: what virtual controllers
// cannot, such as adapters that hang, refusals, malformed and late answers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bluez/bus.hpp"
#include "core/bluetooth.hpp"
#include "ports/process.hpp"

namespace antiphon::tests {

// The system's message bus, as long as this lives, for this process. One at a time.
class PrivateBus {
  public:
    explicit PrivateBus(boost::asio::io_context& io);
    ~PrivateBus();

    void kill();
    // Anew, at the same address.
    void start();

  private:
    boost::asio::io_context& io_;
    std::string folder_;
    std::unique_ptr<ports::Process> daemon_;
};

// In the loop of its test. Behaviour is changed between turns of the loop.
class FakeBluez {
  public:
    struct Device {
        bool near = true;
        std::string refuses = {};  // the words of the error
        bool paired = false, trusted = false, connected = false;
        std::optional<bool> agreed = {};  // what our agent said when it was paired
    };

    explicit FakeBluez(boost::asio::io_context& io);
    ~FakeBluez();

    void add_adapter(const std::string& id);
    void remove_adapter(const std::string& id);
    void add_device(const std::string& adapter, const core::BluetoothAddress& address);
    // The link goes, or comes from the device's side.
    void set_connected(const core::BluetoothAddress& address, bool connected);
    // A device asks our agent whether it may be paired, with this number to compare.
    void ask_agent(const core::BluetoothAddress& address, std::uint32_t passkey);
    // Signals and properties of forms that BlueZ never has.
    void talk_nonsense();

    std::map<core::BluetoothAddress, Device> devices;
    bool hangs = false;  // no call of a device or adapter is ever answered
    std::vector<std::string> calls;
    std::string agent, agent_owner;  // path and bus name of who registered

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace antiphon::tests
