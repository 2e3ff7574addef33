// Starts a coordinator: its folder, its clock, its doors, its broker; then the loop.
#include "apps/coordinator/run.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>

#include "adapters/calendar/calendar.hpp"
#include "adapters/files/atomic_write.hpp"
#include "adapters/http/server.hpp"
#include "adapters/mqtt/broker_url.hpp"
#include "adapters/mqtt/mqtt_bus.hpp"
#include "adapters/mqtt/private_broker.hpp"
#include "adapters/net/clock_server.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "adapters/system/child_process.hpp"
#include "adapters/system/log.hpp"
#include "adapters/system/open_files.hpp"
#include "adapters/system/random.hpp"
#include "adapters/system/signals.hpp"
#include "adapters/systemd/service_manager.hpp"
#include "apps/coordinator/access_log.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/coordinator/integrity.hpp"
#include "apps/coordinator/load.hpp"
#include "apps/coordinator/views.hpp"
#include "apps/live/live_sources.hpp"
#include "apps/node/node_clock.hpp"

namespace antiphon::coordinator {
namespace {

namespace log = system::log;

constexpr std::size_t trace_bytes = 8;
constexpr std::size_t open_files_wanted = 16'384;  // the private broker has as many, for whoever connects to it
constexpr std::uint64_t blobs_quota_bytes = 64ull << 30;
// The link is lost after a keepalive without an answer, 5 to 10 s; so long it is tried anew before the broker is
// killed.
constexpr std::chrono::seconds broker_patience{10};
constexpr std::chrono::seconds stop_within{3};                           // what is under way at HTTP
constexpr core::Duration drain_within = std::chrono::milliseconds(500);  // what the workers have said
constexpr std::chrono::seconds end_within{4};                            // all of it

// One life of the process, put together in the order in which things depend on one another.
class Process {
  public:
    explicit Process(const node::CoordinatorOptions& options) : options_(options) {}

    core::Result<void> open();
    int run();

  private:
    core::Result<void> open_folders();
    core::Result<void> listen();
    Readings readings() const;
    core::Result<void> read_certificate();
    core::Result<void> check_foreign_broker() const;
    void replace_certificate(const tls::ServerIdentity& identity);
    mqtt::MqttSettings foreign_broker() const;
    std::string host_in_url() const;
    void tell_levels_again();
    void start_broker();
    void start_bus(const mqtt::MqttSettings& settings);
    void admit(const core::CoordinatorState& state);
    void linked(bool connected);
    void watch_broker();
    systemd::Sign sign_of(const core::CoordinatorState& state) const;
    void stop();
    void fail(const core::Error& error);

    const node::CoordinatorOptions options_;
    http::HostPort endpoint_;
    boost::asio::io_context io_{1};
    system::ChildLauncher launcher_{io_};
    std::unique_ptr<ports::Clock> clock_;
    std::unique_ptr<Certificate> certificate_;  // none: no TLS
    std::unique_ptr<sqlite::SqliteStore> store_;
    std::unique_ptr<files::BlobFolder> blobs_;
    std::unique_ptr<Credentials> credentials_;
    std::vector<mqtt::BrokerUser> broker_users_;
    std::unique_ptr<CoordinatorApp> app_;
    std::unique_ptr<ApiParts> api_;
    std::unique_ptr<net::ClockServer> clock_server_;
    std::unique_ptr<live::LiveSources> live_sources_;
    AccessLog access_;
    core::WallTime started_;
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<mqtt::PrivateBroker> broker_;
    std::unique_ptr<mqtt::MqttBus> bus_;
    boost::asio::steady_timer unanswered_{io_};  // by the broker
    boost::asio::steady_timer levels_{io_};      // when they are told again
    system::Background background_{io_};         // after all that its work touches
    std::unique_ptr<IntegrityWatch> integrity_;
    std::unique_ptr<Backups> backups_;
    systemd::ServiceManager service_manager_{io_};
    bool linked_ = false;
    int exit_code_ = 0;
};

core::Result<void> Process::open_folders() {
    auto store = sqlite::SqliteStore::open(options_.data / "antiphon.db", upgrade_row);
    if (!store) return store.error();
    store_ = std::move(*store);
    if (const auto& migrated = store_->migrated())
        log::info("store.upgraded", {{"from_schema", migrated->from}, {"backup", migrated->backup.string()}},
                  "the store has the present schema");
    backups_ = std::make_unique<Backups>(io_, options_.data);  // the folder is ours now
    auto clock = node::make_clock(options_.room, "coordinator");
    if (!clock) return clock.error();
    clock_ = std::move(*clock);
    started_ = clock_->wall();
    auto blobs = files::BlobFolder::open(options_.data / "blobs", blobs_quota_bytes);
    if (!blobs) return blobs.error();
    blobs_ = std::move(*blobs);
    auto token = load_token(options_.data / "token");
    if (!token) return token.error();
    credentials_ = std::make_unique<Credentials>(std::move(*token),
                                                 [this](core::WallTime calendar) { app_->turn_calendar(calendar); });
    return {};
}

core::Result<void> Process::open() {
    auto endpoint = http::parse_host_port(options_.listen);
    if (!endpoint) return endpoint.error().within("--listen");
    endpoint_ = *endpoint;
    const bool tls = options_.tls.has_value();
    if (auto allowed = check_listen(endpoint_.host, tls, options_.insecure_lan); !allowed) return allowed;
    if (auto allowed = check_foreign_broker(); !allowed) return allowed;
    if (auto opened = open_folders(); !opened) return opened;
    if (auto read = read_certificate(); !read) return read;
    auto loaded = load_state(*store_);
    if (!loaded) return loaded.error();
    auto incarnation = node::clock_incarnation();
    if (!incarnation) return incarnation.error();
    admit(loaded->state);
    CoordinatorApp::Handlers handlers{
        [this](const core::CoordinatorState& state) { admit(state); },
        [this](const core::CoordinatorState& state) { credentials_->take(state); },
        [this](const core::DismissToken& over) { dismiss(*api_, over); },
        [this](const core::JournalRow& entry) { broadcast(*api_, event_view(entry)); },
        [this](bool connected) { linked(connected); },
        [this](const core::CoordinatorState& state) {
            admit(state);
            dismiss_ended(*api_);
        },
        [this](const core::Error& error) { fail(error); },
        [this](const core::SourceOrder& order) { live_sources_->obey(order); },
        [](const core::FindOccurrence& asked) { return calendar::next(asked.rule, asked.after); }};
    const auto reload = [this]() -> core::Result<core::CoordinatorState> {
        auto again = load_state(*store_);
        if (!again) return again.error();
        return std::move(again->state);
    };
    app_ = std::make_unique<CoordinatorApp>(
        CoordinatorApp::Parts{io_, *clock_, *store_, loaded->cluster, std::move(loaded->state), reload, *incarnation},
        std::move(handlers));
    return listen();
}

core::Result<void> Process::read_certificate() {
    if (!options_.tls) return {};
    auto certificate = Certificate::read(io_, *clock_, *options_.tls);
    if (!certificate) return certificate.error();
    certificate_ = std::move(*certificate);
    certificate_->watch([this](const tls::ServerIdentity& identity) { replace_certificate(identity); });
    return {};
}

std::string Process::host_in_url() const {
    return certificate_ ? tls::host_for_urls(certificate_->identity().names, endpoint_.host) : "";
}

void Process::replace_certificate(const tls::ServerIdentity& identity) {
    if (server_) server_->use_tls(identity.context, host_in_url());
    if (!broker_) return;
    if (auto set = broker_->set_tls(identity.pem); !set) log::error("broker.certificate", {}, set.error().what);
}

core::Result<void> Process::check_foreign_broker() const {
    if (!options_.broker) return {};
    const auto url = mqtt::parse_broker_url(*options_.broker);
    if (!url) return url.error().within("--broker");
    return check_broker(url->host, url->tls, options_.insecure_lan);
}

core::Result<void> Process::listen() {
    boost::system::error_code error;
    const auto address =
        boost::asio::ip::make_address(endpoint_.host == "localhost" ? "127.0.0.1" : endpoint_.host, error);
    if (error)
        return core::Error{core::ErrorCode::invalid,
                           "--listen '" + options_.listen + "' has no address; write IP:PORT"};
    live_sources_ = std::make_unique<live::LiveSources>(
        io_, *clock_, live::PortRange{address, options_.audio_port},
        live::LiveSources::Handlers{[this](const core::SourceOpened& opened) { app_->source_opened(opened); },
                                    [this](const core::SourceChanged& changed) { app_->source_changed(changed); },
                                    [this](const core::ListenersGone& gone) { app_->listeners_gone(gone); }});
    clock_server_ = std::make_unique<net::ClockServer>(io_, *clock_, *node::clock_incarnation());
    if (auto bound = clock_server_->listen({address, options_.clock_port}); !bound)
        return bound.error().within("clock (choose another with --clock-port)");
    integrity_ = std::make_unique<IntegrityWatch>(
        io_, background_, options_.data / "recordings",
        [this](core::TrackReceived left) { app_->receive_track(std::move(left), [](const auto&, const auto&) {}); });
    api_ = std::make_unique<ApiParts>(ApiParts{*app_,
                                               *credentials_,
                                               *blobs_,
                                               options_.data / "recordings",
                                               background_,
                                               *integrity_,
                                               *backups_,
                                               *live_sources_,
                                               {},
                                               options_.mqtt_port,
                                               clock_server_->local_endpoint().port(),
                                               {},
                                               [this] { return server_->url(); },
                                               certificate_.get(),
                                               [this](const auto& state) { return metrics_page(state, readings()); }});
    if (options_.broker) api_->broker_url = mqtt::without_login(*mqtt::parse_broker_url(*options_.broker));
    api_->cluster = describe_cluster(app_->cluster(), options_);
    http::Router router;
    add_routes(router, *api_);
    http::ServerOptions server;
    server.connections_max = std::min(server.connections_max, system::allow_open_files(open_files_wanted) / 2);
    server.listen = endpoint_;
    server.host_in_url = host_in_url();
    if (certificate_) server.tls = certificate_->identity().context;
    server.authenticator = [this](std::string_view secret, const http::Request&) {
        return credentials_->identify(secret, clock_->wall());
    };
    server.observer = [this](const http::ServedRequest& request) { access_.served(request, clock_->now()); };
    server.new_trace = [] { return system::random_hex(trace_bytes); };
    auto listening = http::Server::listen(io_, std::move(server), std::move(router));
    if (!listening) return listening.error();
    server_ = std::move(*listening);
    tell_levels_again();
    return {};
}

void Process::tell_levels_again() {
    levels_.expires_after(std::chrono::seconds(1));
    levels_.async_wait([this](const boost::system::error_code& stopped) {
        if (stopped) return;
        tell_levels(*api_);
        tell_levels_again();
    });
}

Readings Process::readings() const {
    Readings readings;
    readings.requests = &access_.requests();
    readings.commits = &app_->commits();
    readings.http = server_->counters();
    readings.app = app_->counters();
    if (bus_) readings.bus = {bus_->counters(), bus_->mqtt_counters(), bus_->pending()};
    if (broker_) readings.broker = {broker_->running(), broker_->counters()};
    readings.folders = {{"blobs", blobs_->used_bytes(), blobs_quota_bytes}};
    readings.background_refused = background_.refused();
    if (integrity_) readings.integrity = integrity_->counters();
    readings.dead_letters = actors::dead_letters();
    if (auto process = system::process_resources(0)) readings.process = *process;
    readings.started = started_;
    readings.live = live_sources_->totals();
    return readings;
}

void Process::admit(const core::CoordinatorState& state) {
    credentials_->take(state);
    broker_users_.clear();
    for (const auto& [id, row] : state.workers.rows()) broker_users_.push_back({id.value, row->broker_password});
    if (!broker_) return;
    if (auto set = broker_->set_workers(broker_users_); !set) log::error("broker.members", {}, set.error().what);
}

void Process::start_broker() {
    mqtt::PrivateBrokerSettings settings;
    settings.folder = options_.data / "broker";
    settings.host = endpoint_.host;
    settings.port = options_.mqtt_port;
    settings.port_option = "--mqtt-port";
    settings.cluster = app_->cluster();
    if (certificate_) settings.tls = certificate_->identity().pem;
    mqtt::PrivateBrokerHandlers handlers;
    handlers.on_death = [](const std::string& reason, bool escalate) {
        log::write(escalate ? log::Level::error : log::Level::warning, "broker.died", {}, reason);
    };
    handlers.on_restarted = [this] {
        log::info("broker.restarted", {}, "the broker is back");
        watch_broker();
    };
    handlers.on_denied = [](const mqtt::Denial& denial) {
        log::warning("broker.denied", {{"client", denial.client}, {"topic", denial.topic}}, "not permitted");
    };
    handlers.on_log = [](std::string_view line) { log::debug("broker.log", {}, line); };
    broker_ = std::make_unique<mqtt::PrivateBroker>(io_, launcher_, *clock_, system::random_bytes, std::move(settings),
                                                    std::move(handlers));
    broker_->start(broker_users_, [this](const core::Result<void>& started) {
        if (!started) return fail(started.error());
        mqtt::MqttSettings bus;
        bus.host = endpoint_.host;
        bus.port = options_.mqtt_port;
        bus.username = broker_->username();
        bus.password = broker_->password();
        if (certificate_) bus.trust = certificate_->own_trust();
        start_bus(bus);
    });
}

void Process::start_bus(const mqtt::MqttSettings& settings) {
    auto named = settings;
    named.client_id = "coordinator-" + app_->cluster();
    named.seed = system::random_u64();
    named.outbox.messages_max = 2 * core::workers_max;  // everybody's document at once, and some more
    bus_ = std::make_unique<mqtt::MqttBus>(io_, named);
    app_->use_bus(*bus_);
    log::info("coordinator.started", {{"url", server_->url()}}, "ready");
}

void Process::linked(bool connected) {
    const bool lost = linked_ && !connected;
    linked_ = connected;
    if (connected) unanswered_.cancel();
    if (lost) watch_broker();
    service_manager_.look();
}

// It says that it listens, and yet nobody gets through: it hangs. Dead, it starts again.
void Process::watch_broker() {
    if (!broker_) return;
    unanswered_.expires_after(broker_patience);
    unanswered_.async_wait([this](const boost::system::error_code& error) {
        if (error || linked_ || !broker_->running()) return;
        broker_->give_up("it listened and did not answer for " + std::to_string(broker_patience.count()) + " s");
    });
}

systemd::Sign Process::sign_of(const core::CoordinatorState& state) const {
    if (!linked_) return {false, "waits for the broker; " + server_->url()};
    const auto counts = counts_of(state);
    return {true, std::to_string(counts.online) + " of " + std::to_string(counts.members) + " workers online, " +
                      std::to_string(counts.playing) + " sessions playing, " + std::to_string(counts.recording) +
                      " recordings; " + server_->url()};
}

void Process::fail(const core::Error& error) {
    std::fprintf(stderr, "antiphon: %s\n", error.what.c_str());
    exit_code_ = 1;
    io_.stop();
}

void Process::stop() {
    log::info("coordinator.stopping", {}, "asked to end");
    service_manager_.stopping();
    server_->stop(stop_within, [this] { app_->stop(drain_within, [this] { io_.stop(); }); });
}

// The URL was checked by open().
mqtt::MqttSettings Process::foreign_broker() const {
    const auto url = mqtt::parse_broker_url(*options_.broker);
    mqtt::MqttSettings bus;
    bus.host = url->host;
    bus.port = url->port;
    bus.username = url->username;
    bus.password = url->password;
    if (url->tls) bus.trust = std::make_shared<tls::AuthorityTrust>(options_.tls_ca);
    return bus;
}

int Process::run() {
    const auto signals = system::on_graceful_end(io_, end_within, [this] { stop(); });
    app_->start();
    service_manager_.watch([this](const systemd::ServiceManager::Answer& answer) {
        app_->look([this, answer](const core::CoordinatorState& state) { answer(sign_of(state)); });
    });
    if (options_.broker)
        start_bus(foreign_broker());
    else
        start_broker();
    io_.run();
    return exit_code_;
}

}  // namespace

int run(const node::CoordinatorOptions& options) {
    log::configure({"coordinator", "", options.log_format, log::Level::info});
    system::ignore_broken_pipes();
    Process process(options);
    if (auto opened = process.open(); !opened) {
        std::fprintf(stderr, "antiphon: %s\n", opened.error().what.c_str());
        return 1;
    }
    return process.run();
}

}  // namespace antiphon::coordinator
