// Starts a worker: its folder, its clock, its identity, its devices; then the loop.
#include "apps/worker/run.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>

#include "adapters/sqlite/sqlite_store.hpp"
#include "adapters/system/log.hpp"
#include "adapters/system/signals.hpp"
#include "adapters/systemd/service_manager.hpp"
#include "apps/node/node_clock.hpp"
#include "apps/worker/broker.hpp"
#include "apps/worker/devices.hpp"
#include "apps/worker/load.hpp"
#include "apps/worker/monitor.hpp"
#include "apps/worker/worker_app.hpp"

namespace antiphon::worker {
namespace {

constexpr std::uint64_t cache_quota_bytes = 4ull << 30;
constexpr std::chrono::seconds end_within{4};

// Where neither an adapter nor an output says so, nobody looks for BlueZ.
std::unique_ptr<BluetoothBoard> open_bluetooth(boost::asio::io_context& io, const ports::Clock& clock,
                                               const node::WorkerOptions& options) {
    const auto is_bluetooth = [](const node::NamedDevice& output) { return core::is_shared_device(output.second); };
    if (options.adapters.empty() && std::ranges::none_of(options.outputs, is_bluetooth)) return nullptr;
    const auto codecs = media::a2dp_codecs_named(options.codecs);
    ANTIPHON_ASSERT(codecs);  // they were looked at with the other options
    return std::make_unique<BluetoothBoard>(io, clock, options.adapters, *codecs);
}

core::Result<void> open_devices(Parts& parts, const node::WorkerOptions& options) {
    parts.bluetooth = open_bluetooth(parts.io, parts.clock, options);
    const DeviceContext context{options.name, options.room, parts.clock, parts.bluetooth.get()};
    for (const auto& [name, device] : options.outputs) {
        if (auto valid = core::parse_name(name); !valid) return valid.error().within("--output");
        parts.outputs.push_back(std::make_unique<Output>(name, device, make_sink(context, name, device), parts.clock));
    }
    for (const auto& [name, device] : options.inputs) {
        if (auto valid = core::parse_name(name); !valid) return valid.error().within("--input");
        auto source = make_source(context, name, device);
        Input input{name, device, source ? "" : source.error().what, nullptr};
        if (source) input.source = std::make_unique<capture::SharedSource>(std::move(*source));
        parts.inputs.push_back(std::move(input));
    }
    for (const auto& output : parts.outputs) add_monitor(parts.inputs, *output);
    return {};
}

std::string failures_of(const core::WorkerState& state) {
    std::string failures;
    for (const auto* endpoints : {&state.outputs, &state.inputs})
        for (const auto& endpoint : *endpoints)
            if (!endpoint.failure.empty()) failures += "; " + endpoint.name + ": " + endpoint.failure;
    return failures;
}

// It has joined, and knows its devices: one that cannot be used is told, and no reason to start again.
systemd::Sign sign_of(const core::WorkerState& state, const std::string& name) {
    return {true, name + (state.linked ? " is linked" : " has no link to the broker") + ", " +
                      std::to_string(state.sessions.size()) + " sessions, " + std::to_string(state.tracks.size()) +
                      " recorded tracks" + failures_of(state)};
}

core::Result<int> run_loop(const node::WorkerOptions& options) {
    if (auto name = core::parse_name(options.name); !name) return name.error().within("--name");
    auto store = sqlite::SqliteStore::open(options.data / "worker.db", upgrade_row);
    if (!store) return store.error();
    if (const auto& migrated = (*store)->migrated())
        system::log::info("store.upgraded", {{"from_schema", migrated->from}, {"backup", migrated->backup.string()}},
                          "the store has the present schema");
    auto clock = node::make_clock(options.room, options.name);
    if (!clock) return clock.error();
    auto cache = files::BlobFolder::open(options.data / "cache", cache_quota_bytes);
    if (!cache) return cache.error();
    auto state = load_state(**store);
    if (!state) return state.error();
    auto identity = enrol(options, state->memory.desired.name);
    if (!identity) return identity.error();
    const auto key = mac::MessageKey::from_hex(identity->joined.message_key);
    if (!key) return key.error().within(damaged_identity(options));
    auto broker = broker_settings(*identity, options);
    if (!broker) return broker.error();
    if (const auto warning = login_warning(*identity, *broker); !warning.empty())
        system::log::warning("broker.login", {}, warning);
    const auto member = identity->joined.cluster + "/" + identity->joined.id;
    const auto load = [&store, member] {
        auto loaded = load_state(**store);
        if (loaded) loaded->memory = core::memory_of(std::move(loaded->memory), member);
        return loaded;
    };
    const auto epoch = core::memory_of(std::move(state->memory), member).epoch;

    boost::asio::io_context io(1);
    const bool foreign = identity->joined.broker_url.has_value();
    Parts parts{io,    **clock, **store, **cache, std::move(*identity), *key, std::move(*broker), foreign, load,
                epoch, {},      {},      {}};
    if (auto opened = open_devices(parts, options); !opened) return opened.error();
    WorkerApp app(std::move(parts), options);
    systemd::ServiceManager service_manager(io);
    const auto signals = system::on_graceful_end(io, end_within, [&] {
        system::log::info("worker.stopping", {}, "asked to end");
        service_manager.stopping();
        app.stop([&io] { io.stop(); });
    });
    std::optional<core::Error> failure;
    app.start([&](const core::Error& why) {
        failure = why;
        io.stop();
    });
    service_manager.watch([&](const systemd::ServiceManager::Answer& answer) {
        app.look([answer, &options](const core::WorkerState& now) { answer(sign_of(now, options.name)); });
    });
    system::log::info("worker.started", {{"name", options.name}}, "ready");
    io.run();
    if (failure) return *failure;
    return 0;
}

}  // namespace

int run(const node::WorkerOptions& options) {
    system::log::configure({options.name, "", options.log_format, system::log::Level::info});
    system::ignore_broken_pipes();
    const auto ended = run_loop(options);
    if (ended) return *ended;
    std::fprintf(stderr, "antiphon: %s\n", ended.error().what.c_str());
    return 1;
}

}  // namespace antiphon::worker
