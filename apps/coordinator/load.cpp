// Rows to tables; secrets and ids are made where they are missing.
#include "apps/coordinator/load.hpp"

#include <memory>

#include "adapters/files/atomic_write.hpp"
#include "adapters/http/url.hpp"
#include "adapters/mqtt/broker_url.hpp"
#include "adapters/system/random.hpp"
#include "apps/node/loopback.hpp"
#include "apps/node/rows.hpp"
#include "apps/node/version.hpp"

namespace antiphon::coordinator {
namespace {

constexpr std::size_t token_bytes = 32;
constexpr const char* cluster_key = "meta/cluster";

core::Result<std::string> load_cluster_id(ports::Store& store) {
    auto row = store.get(cluster_key);
    if (!row) return row.error();
    if (*row) return (*row)->value;
    const ports::StoreWrite write{cluster_key, "c" + system::random_hex(4), 0};
    if (auto made = store.commit({&write, 1}); !made) return made.error();
    return *write.value;
}

constexpr auto own_id = [](const auto& row) { return row.id; };

// Each kind of row but the cluster's own: visit(kind, table, id of a row).
template <class State, class Visit>
void each_table(State& state, Visit visit) {
    visit("worker", state.workers, own_id);
    visit("session", state.sessions, own_id);
    visit("listen", state.listens, own_id);
    visit("recording", state.recordings, own_id);
    visit("mark", state.marks, own_id);
    visit("schedule", state.schedules, own_id);
    visit("zone", state.zones, own_id);
    visit("output", state.outputs, [](const auto& row) { return row.output; });
    visit("invitation", state.invitations, [](const auto& row) { return row.digest; });
    visit("token", state.tokens, own_id);
    visit("request", state.requests, [](const auto& row) { return row.key; });
    visit("tombstone", state.tombstones, [](const auto& row) { return row.key; });
    visit("hold", state.holds, [](const auto& row) { return row.device; });
    visit("pairing", state.pairings, [](const auto& row) { return row.device; });
    visit("journal", state.journal, [](const auto& row) { return row.number; });
}

template <class Id, class Row>
Row row_of(const core::Table<Id, Row>& table);

template <class Table>
using RowOf = decltype(row_of(std::declval<const Table&>()));

void warn_of_broker(api::ClusterView& view, const node::CoordinatorOptions& options) {
    view.warnings.push_back(
        "a broker of somebody else: whoever may log in there can read along, keep messages back, delete what it "
        "retains, and say an old 'online' or 'offline' again; what is forged is refused and counted");
    const auto broker = mqtt::parse_broker_url(*options.broker);
    const auto listen = http::parse_host_port(options.listen);
    if (!broker || !listen) return;  // the start has refused them
    const bool near = node::is_loopback(broker->host);
    if (!near && !broker->tls)
        view.warnings.push_back(
            "the broker is spoken to without encryption (mqtt://): whoever listens on the way reads all of it, the "
            "passwords of --broker and --broker-login too; use mqtts://");
    if (near && !node::is_loopback(listen->host))
        view.warnings.push_back("workers are told that the broker is at " + broker->host +
                                ", where each board finds only itself; give --broker an address that they can reach");
}

}  // namespace

core::Result<Loaded> load_state(ports::Store& store) {
    auto id = load_cluster_id(store);
    if (!id) return id.error();
    Loaded loaded{std::move(*id), {}};
    auto& state = loaded.state;
    auto cluster = node::load_row<core::ClusterRow>(store, "cluster/self");
    if (!cluster) return cluster.error();
    if (*cluster) state.cluster = **cluster;
    core::Result<void> filled;
    each_table(state, [&]<class Table>(const char* kind, Table& table, auto id_of) {
        using Row = RowOf<Table>;
        if (!filled) return;
        filled = node::load_rows<Row>(store, kind, [&](Row row) {
            const auto key = id_of(row);
            table.put(key, std::make_shared<const Row>(std::move(row)));
        });
    });
    if (!filled) return filled.error();
    return loaded;
}

core::Result<std::string> upgrade_row(std::string_view key, std::string_view value) {
    if (const auto cluster = node::upgrade_of<core::ClusterRow>("cluster", key, value)) return *cluster;
    core::Result<std::string> upgraded = std::string(value);  // of a kind that has no fields
    core::CoordinatorState tables;
    each_table(tables, [&]<class Table>(const char* kind, const Table&, auto) {
        if (auto row = node::upgrade_of<RowOf<Table>>(kind, key, value)) upgraded = std::move(*row);
    });
    return upgraded;
}

core::Result<std::string> load_token(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) {
        const auto token = system::random_hex(token_bytes);
        if (auto kept = files::atomic_write(path, token + "\n", files::secret_mode); !kept) return kept.error();
        return token;
    }
    auto text = files::read_text(path, 4096);
    if (!text) return text.error();
    while (!text->empty() && (text->back() == '\n' || text->back() == ' ')) text->pop_back();
    if (text->size() < 16)
        return core::Error{core::ErrorCode::invalid, path.string() + " holds no token; remove it and start again"};
    return *text;
}

core::Result<void> check_listen(const std::string& host, bool tls, bool insecure_lan) {
    if (node::is_loopback(host) || tls || insecure_lan) return {};
    return core::Error{core::ErrorCode::denied,
                       "listening on " + host +
                           " would carry tokens and passwords without encryption; give --tls-certificate and "
                           "--tls-key, stay on 127.0.0.1, or say --insecure-lan if the network is yours alone"};
}

core::Result<void> check_broker(const std::string& host, bool tls, bool insecure_lan) {
    if (node::is_loopback(host) || tls || insecure_lan) return {};
    return core::Error{core::ErrorCode::denied,
                       "--broker mqtt://" + host +
                           " would carry passwords and commands without encryption; write mqtts://, or say "
                           "--insecure-lan if the network is yours alone"};
}

api::ClusterView describe_cluster(const std::string& id, const node::CoordinatorOptions& options) {
    api::ClusterView view;
    view.id = id;
    view.version = node::version;
    if (options.insecure_lan && !options.tls)
        view.warnings.push_back("insecure: listening beyond loopback without encryption");
    if (options.broker) warn_of_broker(view, options);
    return view;
}

}  // namespace antiphon::coordinator
