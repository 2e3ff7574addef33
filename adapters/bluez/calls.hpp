// What the core's machine wants of BlueZ, as calls on the bus.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/bluetooth.hpp"

namespace sdbus {
class Error;
class IConnection;
class IProxy;
}  // namespace sdbus

namespace antiphon::bluez {

// All on the connection's thread. What has not ended when this goes never does.
class Calls {
  public:
    using Ended = std::function<void(const core::RadioCall&, core::RadioFailure, const std::string& what)>;

    Calls(sdbus::IConnection& connection, Ended ended);
    ~Calls();

    // `path` is that of the device, or of the adapter where the call is of that; of kinds that BlueZ has.
    void begin(const core::RadioCall& call, const std::string& path, const std::string& adapter_path);

  private:
    sdbus::IProxy& proxy(const std::string& path);
    void ask(const core::RadioCall& call, const std::string& path, const char* interface, const char* method);
    void set(const core::RadioCall& call, const std::string& path, const char* interface, const char* name, bool value);
    void scan(const core::RadioCall& call, const std::string& path);
    void forget(const core::RadioCall& call, const std::string& path, const std::string& adapter_path);
    void power_cycle(const core::RadioCall& call, const std::string& path);
    void end(const core::RadioCall& call, const sdbus::Error* error);

    sdbus::IConnection& connection_;
    const Ended ended_;
    std::map<std::string, std::unique_ptr<sdbus::IProxy>> proxies_;  // by path
};

}  // namespace antiphon::bluez
