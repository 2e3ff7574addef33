// Who answers when a device asks to be paired, or to use a service (org.bluez.Agent1).
#pragma once

#include <functional>
#include <memory>

#include "core/bluetooth.hpp"

namespace sdbus {
class IConnection;
}

namespace antiphon::bluez {

// At most `questions_max` wait; more are refused. All on the connection's thread.
class Agent {
  public:
    static constexpr const char* path = "/org/antiphon/agent";
    // A board has no keys; people compare numbers that the API shows.
    static constexpr const char* capability = "DisplayYesNo";
    static constexpr std::size_t questions_max = 32;

    // `address_at` tells whose device a path is.
    using AddressAt = std::function<std::optional<core::BluetoothAddress>(const std::string& path)>;
    using Asked = std::function<void(const core::AgentAsked&)>;

    Agent(sdbus::IConnection& connection, AddressAt address_at, Asked asked);
    ~Agent();

    // Nothing happens for a question that is over.
    void answer(const core::AnswerAgent& answer);

  private:
    class Service;
    std::unique_ptr<Service> service_;
};

}  // namespace antiphon::bluez
