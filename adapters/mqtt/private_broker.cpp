// Writes the files, starts the child, reads its log, and starts it again.
#include "adapters/mqtt/private_broker.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <optional>
#include <utility>

#include "adapters/mqtt/broker_folder.hpp"
#include "core/contract.hpp"
#include "core/hex.hpp"

namespace antiphon::mqtt {
namespace {

using boost::system::error_code;
using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::size_t password_bytes = 24;

std::string random_text(const ports::RandomBytes& random) {
    std::array<std::byte, password_bytes> bytes{};
    random(bytes);
    return core::hex_of(bytes);
}

std::uint64_t random_seed(const ports::RandomBytes& random) {
    std::uint64_t seed = 0;
    random(std::as_writable_bytes(std::span{&seed, 1}));
    return seed;
}

}  // namespace

// Outlives the PrivateBroker while a handler of the loop refers to it; closed_ tells.
class PrivateBroker::Keeper : public std::enable_shared_from_this<Keeper> {
  public:
    Keeper(boost::asio::io_context& io, ports::ProcessLauncher& launcher, const ports::Clock& clock,
           const ports::RandomBytes& random, PrivateBrokerSettings settings, PrivateBrokerHandlers handlers)
        : io_(io),
          launcher_(launcher),
          clock_(clock),
          settings_(std::move(settings)),
          handlers_(std::move(handlers)),
          password_(random_text(random)),
          password_hash_(password_hash(password_, random)),
          timer_(io),
          reload_timer_(io),
          intensity_(settings_.restarts),
          backoff_(settings_.backoff, random_seed(random)) {}

    void start(const std::vector<BrokerUser>& workers, StartedHandler on_started) {
        on_started_ = std::move(on_started);
        workers_ = workers;
        auto ready = prepare_and_launch();
        // Never from within start(): the caller may not be ready for it.
        if (!ready)
            boost::asio::post(io_, [self = shared_from_this(), error = ready.error()] { self->started(error); });
    }

    Result<void> set_workers(const std::vector<BrokerUser>& workers) {
        workers_ = workers;  // also when nothing can be written: the broker's next life gets them
        if (!folder_) return no_folder();
        if (const auto written = write_users(); !written) return written;
        have_files_read();
        return {};
    }

    Result<void> set_tls(const ports::TlsIdentity& identity) {
        ANTIPHON_ASSERT(settings_.tls);
        settings_.tls = identity;
        if (!folder_) return no_folder();
        if (const auto written = write_identity(); !written) return written;
        have_files_read();
        return {};
    }

    void give_up(const std::string& reason) {
        if (!process_) return;
        ++counters_.hangs;
        last_error_ = reason;
        process_->stop(SIGKILL);
    }

    void close() {
        closed_ = true;
        handlers_ = {};
        on_started_ = nullptr;
        timer_.cancel();
        reload_timer_.cancel();
        process_.reset();
        if (folder_) folder_->remove();
    }

    bool running() const { return running_; }
    int pid() const { return process_ ? process_->pid() : 0; }
    const std::string& password() const { return password_; }
    const PrivateBrokerCounters& counters() const { return counters_; }

  private:
    // Its files are written anew for each life: whoever killed it may have taken them away.
    Result<void> prepare_and_launch() {
        if (const auto prepared = prepare(); !prepared) return prepared;
        return launch();
    }

    Result<void> prepare() {
        folder_.reset();  // it is locked
        auto folder = BrokerFolder::open(settings_.folder, settings_.port, broker_account());
        if (!folder && folder.error().code == ErrorCode::conflict) return port_in_use();
        if (!folder) return folder.error().within("the broker's folder");
        folder_ = std::move(*folder);
        const auto configuration = broker_configuration({
            .host = settings_.host,
            .port = settings_.port,
            .cluster = settings_.cluster,
            .passwords_file = folder_->file("passwords"),
            .acl_file = folder_->file("acl"),
            .certificate_file = settings_.tls ? folder_->file("certificate.pem").string() : "",
            .key_file = settings_.tls ? folder_->file("key.pem").string() : "",
            .user = folder_->account() ? folder_->account()->name : std::string(),
            .payload_bytes_max = settings_.payload_bytes_max,
            .queued_messages_max = settings_.queued_messages_max,
        });
        if (!configuration) return configuration.error();
        if (const auto written = folder_->write("mosquitto.conf", *configuration); !written) return written;
        if (const auto written = write_identity(); !written) return written;
        return write_users();
    }

    static Error no_folder() { return {ErrorCode::conflict, "the broker has no folder yet"}; }

    Result<void> write_identity() {
        if (!settings_.tls) return {};
        if (const auto written = folder_->write("certificate.pem", settings_.tls->certificate); !written)
            return written;
        return folder_->write("key.pem", settings_.tls->key);
    }

    // Before it listens the signal would kill it; the next life reads the new files anyway.
    void have_files_read() {
        if (running_)
            reload();
        else
            reload_when_up_ = process_ != nullptr;
    }

    Result<void> write_users() {
        const auto passwords = broker_passwords(password_hash_, workers_);
        if (!passwords) return passwords.error();
        const auto acl = broker_acl(settings_.cluster, workers_);
        if (!acl) return acl.error();
        if (const auto written = folder_->write("acl", *acl); !written) return written;
        return folder_->write("passwords", *passwords);
    }

    Result<void> launch() {
        ports::ProcessSpec spec;
        spec.argv = {settings_.program, "-c", folder_->file("mosquitto.conf")};
        // Not by mosquitto itself: a change of user clears the signal that lets it die with us.
        if (folder_->account()) spec.user = folder_->account()->name;
        spec.on_line = [this](std::string_view line) { read_line(line); };
        last_error_.clear();
        auto spawned = launcher_.spawn(std::move(spec), [this](const ports::ProcessExit& exit) { exited(exit); });
        if (!spawned && spawned.error().code == ErrorCode::not_found)
            return Error{ErrorCode::not_found, settings_.program + " is not installed: apt install mosquitto"};
        if (!spawned) return spawned.error();
        process_ = std::move(*spawned);
        ++counters_.starts;
        wait_for_start();
        return {};
    }

    void wait_for_start() {
        timer_.expires_after(settings_.start_timeout);
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (error || self->closed_ || self->running_ || !self->process_) return;
            self->last_error_ = "it did not start within the time";
            self->process_->stop(SIGKILL);
        });
    }

    void read_line(std::string_view line) {
        const auto keep = shared_from_this();
        if (const auto denial = parse_denial(line)) {
            ++counters_.denials;
            if (const auto on_denied = handlers_.on_denied) on_denied(*denial);
            return;
        }
        if (is_chatter(line)) return;
        if (line.starts_with("Error: ")) last_error_ = line.substr(7);
        if (const auto on_log = handlers_.on_log) on_log(line);
        if (line == "Reloading config.") reload_told_ = true;
        if (line.starts_with("mosquitto version ") && line.ends_with(" running")) listening();
    }

    // Mosquitto forgets a signal that comes while it reads. So it gets a second one when that is surely over, and more
    // until it says that it reads again.
    void reload() {
        reloads_until_sure_ = 2;
        send_reload();
    }

    void send_reload() {
        ++counters_.reloads;
        reload_told_ = false;
        static_cast<void>(process_->signal(SIGHUP));
        reload_timer_.expires_after(settings_.reload_settles);
        reload_timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (error || self->closed_ || !self->running_) return;
            if (self->reload_told_) --self->reloads_until_sure_;
            if (self->reloads_until_sure_ > 0) self->send_reload();
        });
    }

    void listening() {
        running_ = true;
        timer_.cancel();
        if (std::exchange(reload_when_up_, false)) reload();
        if (on_started_) return started({});
        if (const auto on_restarted = handlers_.on_restarted) on_restarted();
    }

    void started(const Result<void>& result) {
        if (const auto on_started = std::exchange(on_started_, nullptr)) on_started(result);
    }

    void exited(const ports::ProcessExit& exit) {
        const auto keep = shared_from_this();
        running_ = false;
        reload_when_up_ = false;
        reload_timer_.cancel();
        process_.reset();
        ++counters_.deaths;
        const auto reason = "mosquitto ended with " + exit.text() + (last_error_.empty() ? "" : ": " + last_error_);
        if (on_started_) return started(start_error(reason));
        restart_later(reason);
    }

    Error port_in_use() const {
        return {ErrorCode::unavailable, "port " + std::to_string(settings_.port) +
                                            " is in use by another program; choose another with " +
                                            settings_.port_option};
    }

    Error start_error(const std::string& reason) const {
        if (last_error_.find("Address already in use") != std::string::npos) return port_in_use();
        return {ErrorCode::unavailable, reason};
    }

    // The limit does not stop us, because a cluster without a broker helps nobody: it is told, and the backoff goes on.
    void restart_later(const std::string& reason) {
        const bool escalate = !intensity_.allow(clock_.now());
        if (intensity_.recent() <= 1) backoff_.reset();
        timer_.expires_after(backoff_.next());
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (error || self->closed_ || self->process_) return;
            if (const auto launched = self->prepare_and_launch(); !launched) self->restart_later(launched.error().what);
        });
        if (const auto on_death = handlers_.on_death) on_death(reason, escalate);
    }

    boost::asio::io_context& io_;
    ports::ProcessLauncher& launcher_;
    const ports::Clock& clock_;
    PrivateBrokerSettings settings_;
    PrivateBrokerHandlers handlers_;
    const std::string password_;
    const std::string password_hash_;
    boost::asio::steady_timer timer_;         // until it listens, or until the next start
    boost::asio::steady_timer reload_timer_;  // until what was signalled is over
    core::RestartIntensity intensity_;
    Backoff backoff_;
    std::optional<BrokerFolder> folder_;
    std::vector<BrokerUser> workers_;  // who may log in
    std::unique_ptr<ports::Process> process_;
    StartedHandler on_started_;  // until it was called
    std::string last_error_;     // of this life of the process
    bool running_ = false;
    int reloads_until_sure_ = 0;
    bool reload_told_ = false;     // since the last signal
    bool reload_when_up_ = false;  // it may have read the files before they changed
    bool closed_ = false;
    PrivateBrokerCounters counters_;
};

PrivateBroker::PrivateBroker(boost::asio::io_context& io, ports::ProcessLauncher& launcher, const ports::Clock& clock,
                             const ports::RandomBytes& random, PrivateBrokerSettings settings,
                             PrivateBrokerHandlers handlers)
    : keeper_(std::make_shared<Keeper>(io, launcher, clock, random, std::move(settings), std::move(handlers))) {}

PrivateBroker::~PrivateBroker() { keeper_->close(); }

void PrivateBroker::start(const std::vector<BrokerUser>& workers, StartedHandler on_started) {
    keeper_->start(workers, std::move(on_started));
}

Result<void> PrivateBroker::set_workers(const std::vector<BrokerUser>& workers) {
    return keeper_->set_workers(workers);
}
void PrivateBroker::give_up(const std::string& reason) { keeper_->give_up(reason); }
Result<void> PrivateBroker::set_tls(const ports::TlsIdentity& identity) { return keeper_->set_tls(identity); }
const std::string& PrivateBroker::password() const { return keeper_->password(); }
bool PrivateBroker::running() const { return keeper_->running(); }
int PrivateBroker::pid() const { return keeper_->pid(); }
PrivateBrokerCounters PrivateBroker::counters() const { return keeper_->counters(); }

}  // namespace antiphon::mqtt
