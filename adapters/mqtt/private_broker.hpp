// Debian's mosquitto as our child: configured, guarded by passwords and an ACL, restarted when it dies.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/mqtt/backoff.hpp"
#include "adapters/mqtt/broker_files.hpp"
#include "core/restart_intensity.hpp"
#include "ports/clock.hpp"
#include "ports/process.hpp"
#include "ports/random.hpp"
#include "ports/tls.hpp"

namespace antiphon::mqtt {

struct PrivateBrokerSettings {
    std::filesystem::path folder;  // DATA/broker
    std::string host = "127.0.0.1";
    std::uint16_t port = 8741;
    std::string port_option = "--broker";  // what an error tells the user to change
    std::string cluster;
    std::string program = "mosquitto";
    core::RestartLimit restarts;
    BackoffLimits backoff;
    core::Duration start_timeout = std::chrono::seconds{5};
    core::Duration reload_settles = std::chrono::milliseconds{250};  // longer than it reads its files
    std::size_t payload_bytes_max = 1 << 20;
    std::size_t queued_messages_max = 1000;
    std::optional<ports::TlsIdentity> tls;  // none: plain TCP
};

// All may be empty. Called on the loop, and never after the broker's destruction.
struct PrivateBrokerHandlers {
    // It died and starts again by itself. `escalate`: more often than the restart limit; somebody should look.
    std::function<void(const std::string& reason, bool escalate)> on_death;
    std::function<void()> on_restarted;
    std::function<void(const Denial&)> on_denied;
    // Its log without the lines about single packets.
    std::function<void(std::string_view line)> on_log;
};

struct PrivateBrokerCounters {
    std::uint64_t starts = 0;
    std::uint64_t deaths = 0;
    std::uint64_t hangs = 0;  // deaths that were ours to cause: it did not answer
    std::uint64_t denials = 0;
    std::uint64_t reloads = 0;  // signals; more than changes of the users
};

// One thread, that of the loop; it lives as long as the program (see ports::ProcessLauncher::spawn). Killed with us,
// even when we are killed ourselves.
class PrivateBroker {
  public:
    // `launcher` and `clock` outlive it.
    PrivateBroker(boost::asio::io_context& io, ports::ProcessLauncher& launcher, const ports::Clock& clock,
                  const ports::RandomBytes& random, PrivateBrokerSettings settings,
                  PrivateBrokerHandlers handlers = {});
    // Ends the broker at once, for it keeps nothing that could be lost, and removes its files.
    ~PrivateBroker();

    using StartedHandler = std::function<void(const core::Result<void>&)>;

    // Calls `on_started` once, when it listens or cannot. `unavailable`: "port 8741 is in use by another program ...";
    // `not_found`: "mosquitto is not installed: apt install mosquitto"; after an error it stays stopped.
    void start(const std::vector<BrokerUser>& workers, StartedHandler on_started);

    // Who may log in: rewrites both files and has the broker read them, within about half a second. A worker that is
    // not there any more is disconnected. After an error the broker goes on with what it knows.
    core::Result<void> set_workers(const std::vector<BrokerUser>& workers);

    // For who notices that it listens and does not answer: kills it, which is a death as any other, for that reason.
    void give_up(const std::string& reason);

    // The certificate of the next connections, within about half a second; those that are open live on. Only for a
    // broker that began with TLS. After an error the broker goes on with what it has.
    core::Result<void> set_tls(const ports::TlsIdentity& identity);

    // The coordinator's own login, new with each start of the program.
    std::string username() const { return std::string(coordinator_user); }
    const std::string& password() const;

    bool running() const;
    int pid() const;  // 0 when it does not run
    PrivateBrokerCounters counters() const;

  private:
    class Keeper;

    std::shared_ptr<Keeper> keeper_;
};

}  // namespace antiphon::mqtt
