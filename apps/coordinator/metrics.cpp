// The doors, the bus, the store and the process; the cluster itself is in metrics_cluster.cpp.
#include "apps/coordinator/metrics.hpp"

#include "apps/node/version.hpp"

namespace antiphon::coordinator {
namespace {

using metrics::Page;
using metrics::Sample;
using metrics::Samples;

constexpr std::array<const char*, 5> status_classes{"1xx", "2xx", "3xx", "4xx", "5xx"};

double as_seconds(core::Duration duration) { return std::chrono::duration<double>(duration).count(); }

Sample labelled(const char* name, std::string value, std::uint64_t count) {
    return {static_cast<double>(count), {{name, std::move(value)}}};
}

void write_http(Page& page, const http::ServerCounters& http) {
    Samples answers;
    for (std::size_t i = 0; i < status_classes.size(); ++i)
        answers.push_back(labelled("status", status_classes[i], http.answers_by_class[i]));
    page.counter("antiphon_http_answers_total", "Answers by class of their status, whoever was answered.", answers);
    page.counter("antiphon_http_connections_total", "Connections accepted.", http.connections);
    page.gauge("antiphon_http_connections", "Connections open now, WebSockets among them.",
               static_cast<double>(http.open_connections));
    page.gauge("antiphon_http_websockets", "WebSockets open now.", static_cast<double>(http.open_websockets));
    page.counter("antiphon_http_connections_refused_total",
                 "Connections over the bound, answered with 503: all others are known.", http.refused_connections);
    page.counter("antiphon_http_strangers_cut_total", "Connections over the bound that gave way: nobody known.",
                 http.strangers_cut);
    page.counter("antiphon_http_malformed_requests_total", "Requests that were no HTTP, too long or ambiguous.",
                 http.malformed_requests);
    page.counter("antiphon_http_unauthorised_total", "Requests refused with 401 or 403.", http.unauthorised);
    page.counter("antiphon_http_limited_total", "Requests refused with 429: too many wrong tokens or invitations.",
                 http.limited);
    page.counter("antiphon_http_client_timeouts_total", "Clients that did not finish what they began.", http.timeouts);
    page.counter("antiphon_http_slow_consumers_total", "Clients cut off because they did not read.",
                 http.slow_consumers_cut);
    page.counter("antiphon_http_unanswered_total", "Handlers that gave their request up, answered with 500.",
                 http.dropped_responders);
    page.counter("antiphon_http_late_handlers_total", "Handlers that took too long, answered with 503.",
                 http.late_handlers);
    page.counter("antiphon_http_uploads_aborted_total", "Uploads that did not come to their end.",
                 http.aborted_uploads);
    page.counter("antiphon_http_received_bytes_total", "Headers, bodies and WebSocket payloads in.", http.bytes_in);
    page.counter("antiphon_http_sent_bytes_total", "Headers, bodies and WebSocket payloads out.", http.bytes_out);
}

void write_bus(Page& page, const BusReading& bus) {
    page.counter("antiphon_mqtt_connection_attempts_total", "Attempts to connect to the broker.", bus.mqtt.attempts);
    page.counter("antiphon_mqtt_connects_total", "Connections to the broker that stood.", bus.counters.connects);
    page.counter("antiphon_mqtt_disconnects_total", "Connections to the broker that were lost.",
                 bus.counters.disconnects);
    page.counter("antiphon_mqtt_messages_sent_total", "Messages that the broker has acknowledged.",
                 bus.counters.published);
    page.counter("antiphon_mqtt_messages_received_total", "Messages of workers, before they are decoded.",
                 bus.counters.received);
    page.gauge("antiphon_mqtt_outbox_messages", "Messages that the broker has not acknowledged yet.",
               static_cast<double>(bus.pending));
    page.counter("antiphon_mqtt_outbox_overflowed_total", "Messages dropped because the outbox was full.",
                 bus.counters.overflowed);
    page.counter("antiphon_mqtt_oversize_messages_total", "Messages over the size limit, dropped.",
                 {labelled("direction", "received", bus.mqtt.oversize_received),
                  labelled("direction", "sent", bus.mqtt.oversize_sent)});
    page.counter("antiphon_mqtt_subscriptions_refused_total", "Subscriptions that the broker refused.",
                 bus.mqtt.refused_subscriptions);
}

void write_broker(Page& page, const std::optional<BrokerReading>& broker) {
    const auto one = [&](std::uint64_t value) {
        return broker ? Samples{{static_cast<double>(value)}} : Samples{};  // somebody else's: not ours to tell
    };
    const auto counters = broker ? broker->counters : mqtt::PrivateBrokerCounters{};
    page.gauge("antiphon_broker_running", "1 while the private broker listens.", one(broker && broker->running));
    page.counter("antiphon_broker_starts_total", "Starts of the private broker.", one(counters.starts));
    page.counter("antiphon_broker_deaths_total", "Deaths of the private broker; it is started again.",
                 one(counters.deaths));
    page.counter("antiphon_broker_hangs_total", "Deaths among those that we caused: it listened and did not answer.",
                 one(counters.hangs));
    page.counter("antiphon_broker_denials_total", "What workers tried at the broker and may not.",
                 one(counters.denials));
    page.counter("antiphon_broker_reloads_total", "Times that the private broker was told to read who may log in.",
                 one(counters.reloads));
}

void write_app(Page& page, const Readings& readings) {
    const auto& decoded = readings.app.decoded;
    page.counter(
        "antiphon_messages_refused_total", "Messages that no member had sealed, or that could not be understood.",
        {labelled("reason", "forged", readings.app.forged), labelled("reason", "unknown_kind", decoded.unknown_kinds),
         labelled("reason", "malformed", decoded.refused)});
    page.counter("antiphon_messages_unknown_fields_total", "Fields ignored because a newer program wrote them.",
                 decoded.unknown_fields);
    page.gauge("antiphon_mailbox_messages", "Messages that wait for the coordinator's actor.",
               static_cast<double>(readings.app.mailbox_waiting));
    page.counter("antiphon_mailbox_overflowed_total", "Messages refused because the mailbox was full.",
                 readings.app.mailbox_overflowed);
    page.counter("antiphon_actor_restarts_total", "Actors that failed and were made anew.",
                 readings.app.actor_restarts);
    page.counter("antiphon_dead_letters_total", "Messages to an actor that had ended.", readings.dead_letters);
    page.counter("antiphon_background_refused_total", "Files that were not looked at because too many waited.",
                 readings.background_refused);
    page.counter("antiphon_segments_checked_total", "Segments of recordings whose files were read again.",
                 readings.integrity.checked);
    page.counter("antiphon_segments_damaged_total", "Segments among those that were not what was brought in.",
                 readings.integrity.damaged);
    page.histogram("antiphon_store_commit_duration_seconds", "Transactions, until they are on the disk or refused.",
                   {{readings.commits, {}}});
    page.counter("antiphon_steps_failed_total", "Events without consequence: not stored, or against a law.",
                 readings.app.steps_failed);
    Samples used;
    Samples quota;
    for (const auto& folder : readings.folders) {
        used.push_back(labelled("folder", folder.name, folder.used_bytes));
        quota.push_back(labelled("folder", folder.name, folder.quota_bytes));
    }
    page.gauge("antiphon_folder_used_bytes", "Files, and what is reserved for those that are coming.", used);
    page.gauge("antiphon_folder_quota_bytes", "What a folder may take.", quota);
}

// All live sources together: sessions come and go, and a label for each would have no bound.
void write_live(Page& page, const live::LiveTotals& live) {
    page.gauge("antiphon_live_sources", "Live sources that are open.", static_cast<double>(live.sources));
    page.gauge("antiphon_live_ears", "People and programs that listen to an input.", static_cast<double>(live.ears));
    page.gauge("antiphon_live_listeners", "Boards that live sources are sent to.", static_cast<double>(live.listeners));
    page.counter("antiphon_live_packets_total", "Packets of live sources; each goes to all who listen.", live.packets);
    page.gauge("antiphon_live_open_doors", "Live sources that are also sent to others, without encryption.",
               static_cast<double>(live.open_doors));
    page.counter("antiphon_live_open_packets_total", "Packets of live sources to open doors.", live.open_packets);
    page.counter("antiphon_live_packets_resent_total", "Packets sent again to somebody who missed them.", live.resent);
    page.counter("antiphon_live_packets_skipped_total", "Packets that were not made: this machine stood still.",
                 live.skipped);
    page.counter("antiphon_live_source_frames_lost_total",
                 "Frames that a sound card gave and nobody took in time, or that it lost itself.", live.lost);
    page.counter("antiphon_live_datagrams_unsent_total", "Datagrams that the kernel did not take.", live.unsent);
    page.counter("antiphon_live_listeners_refused_total", "Greetings beyond the bound of listeners.", live.refused);
    page.counter("antiphon_live_datagrams_strange_total", "Datagrams that nobody with the key has sent.", live.strange);
}

// The names that every client library has for these.
void write_process(Page& page, const Readings& readings) {
    const auto one = [&](auto value_of) {
        return readings.process ? Samples{{static_cast<double>(value_of(*readings.process))}} : Samples{};
    };
    page.gauge("process_resident_memory_bytes", "Memory held now, shared pages included.",
               one([](const auto& process) { return process.rss_bytes; }));
    page.counter("process_cpu_seconds_total", "User and system time of all threads.",
                 one([](const auto& process) { return as_seconds(process.cpu); }));
    page.gauge("process_open_fds", "Open file descriptors.",
               one([](const auto& process) { return process.open_files; }));
    page.gauge("process_start_time_seconds", "When it started, as the wall clock showed it then, since 1970.",
               as_seconds(core::Duration(readings.started.ns)));
    page.gauge("antiphon_build_info", "1, with the version of the program.",
               Samples{{1, {{"version", node::version}}}});
}

}  // namespace

void RequestMetrics::served(const http::ServedRequest& request) {
    auto& route = routes_[{request.method, std::string(request.pattern)}];
    const auto class_index = static_cast<std::size_t>(request.status / 100 - 1);
    if (class_index < route.by_class.size()) ++route.by_class[class_index];
    route.durations.observe(std::chrono::duration_cast<core::Duration>(request.took));
}

void RequestMetrics::write(Page& page) const {
    Samples requests;
    std::vector<Page::Timed> durations;
    for (const auto& [key, served] : routes_) {
        const metrics::Labels route{{"method", std::string(to_string(key.first))},
                                    {"route", key.second.empty() ? "none" : key.second}};
        for (std::size_t i = 0; i < status_classes.size(); ++i) {
            if (served.by_class[i] == 0) continue;
            requests.push_back({static_cast<double>(served.by_class[i]), route});
            requests.back().labels.push_back({"status", status_classes[i]});
        }
        durations.push_back({&served.durations, route});
    }
    page.counter("antiphon_http_requests_total", "Requests answered, by route and class of the status.", requests);
    page.histogram("antiphon_http_request_duration_seconds",
                   "From the end of a request's header to the last byte of its answer.", durations);
}

std::string metrics_page(const core::CoordinatorState& state, const Readings& readings) {
    Page page;
    readings.requests->write(page);
    write_http(page, readings.http);
    write_bus(page, readings.bus.value_or(BusReading{}));
    write_broker(page, readings.broker);
    write_app(page, readings);
    write_cluster(page, state);
    write_live(page, readings.live);
    write_process(page, readings);
    return page.text();
}

}  // namespace antiphon::coordinator
