// Laws of the metrics: each worker and route is one series, ids are none, and what is not known is left out.
#include "apps/coordinator/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace antiphon::coordinator {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count_of(const std::string& text, std::string_view word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) ++count;
    return count;
}

core::CoordinatorState state_of(std::size_t workers) {
    core::CoordinatorState state;
    for (std::size_t i = 0; i < workers; ++i) {
        core::WorkerRow row;
        row.id = {"id-" + std::to_string(i)};
        row.name = "worker-" + std::to_string(i);
        row.generation = {5};
        state.workers.put(row.id, std::make_shared<core::WorkerRow>(row));
    }
    return state;
}

core::Presence hall_heard(bool online) {
    core::Presence presence;
    presence.id = {"id-0"};
    presence.online = online;
    presence.reported.applied = {3};
    presence.reported.clock = {true, 250'000, 1.5};
    presence.reported.sessions = {{{"s1"}, core::SessionState::playing, "", 48000, 480},
                                  {{"s2"}, core::SessionState::playing, "", 48000, 20}};
    presence.reported.sessions.front().outputs = {
        {{.name = "left", .error_ns = -1'500, .bound_ns = 12'000, .late_frames = 480}}};
    presence.reported.sessions.front().stream = {.arrived = 900, .repaired = 3};
    presence.reported.wakeups_per_s = 226;
    presence.reported.tracks = {{{"r1"}, "mic", core::TrackState::recording, "", 48000, 7, ""}};
    return presence;
}

class CoordinatorMetrics : public testing::Test {
  protected:
    std::string page(const core::CoordinatorState& state) {
        readings.requests = &requests;
        readings.commits = &commits;
        return metrics_page(state, readings);
    }

    RequestMetrics requests;
    metrics::Durations commits;
    Readings readings;
};

TEST_F(CoordinatorMetrics, AWorkerThatIsHeardIsTold) {
    auto state = state_of(2);
    state.presence.put({"id-0"}, std::make_shared<core::Presence>(hall_heard(true)));
    const auto text = page(state);
    for (const auto* line :
         {"antiphon_workers{state=\"online\"} 1\n", "antiphon_workers{state=\"offline\"} 1\n",
          "antiphon_worker_online{worker=\"worker-0\"} 1\n", "antiphon_worker_online{worker=\"worker-1\"} 0\n",
          "antiphon_worker_generations_behind{worker=\"worker-0\"} 2\n",
          "antiphon_worker_clock_error_seconds{worker=\"worker-0\"} 0.00025",
          "antiphon_worker_lost_frames{worker=\"worker-0\"} 500\n",
          "antiphon_worker_gap_frames{worker=\"worker-0\"} 7\n",
          "antiphon_worker_wakeups_per_second{worker=\"worker-0\"} 226\n",
          "antiphon_worker_packets_arrived{worker=\"worker-0\"} 900\n",
          "antiphon_output_sync_error_seconds{worker=\"worker-0\",output=\"left\"} -1.5",
          "antiphon_output_late_frames{worker=\"worker-0\",output=\"left\"} 480\n"})
        EXPECT_THAT(text, HasSubstr(line));
}

TEST_F(CoordinatorMetrics, WhatAnAbsentWorkerSaidLastIsNotSoldAsTrue) {
    auto state = state_of(1);
    state.presence.put({"id-0"}, std::make_shared<core::Presence>(hall_heard(false)));
    EXPECT_THAT(page(state), Not(HasSubstr("clock_error_seconds{")));
}

TEST_F(CoordinatorMetrics, NoLabelHoldsAnId) {
    auto state = state_of(1);
    state.presence.put({"id-0"}, std::make_shared<core::Presence>(hall_heard(true)));
    core::SessionRow session;
    session.id = {"secret-session"};
    session.phase = core::SessionPhase::playing;
    state.sessions.put(session.id, std::make_shared<core::SessionRow>(session));
    const auto text = page(state);
    EXPECT_THAT(text, Not(HasSubstr("secret-session")));
    EXPECT_THAT(text, Not(HasSubstr("id-0")));
    EXPECT_THAT(text, HasSubstr("antiphon_sessions{state=\"playing\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("antiphon_sessions{state=\"paused\"} 0\n"));
}

TEST_F(CoordinatorMetrics, AFullClusterIsTwoThousandSeriesAFamilyAndNoneIsDropped) {
    const auto text = page(state_of(core::workers_max));
    EXPECT_EQ(count_of(text, "antiphon_worker_online{"), core::workers_max);
    EXPECT_THAT(text, HasSubstr("antiphon_metrics_samples_dropped 0\n"));
}

TEST_F(CoordinatorMetrics, RequestsAreCountedByRouteAndAllThatHaveNoneTogether) {
    using std::chrono::milliseconds;
    requests.served({http::Method::get, "/v1/zones/{name}", "/v1/zones/a", "", "", 200, milliseconds(3)});
    requests.served({http::Method::get, "/v1/zones/{name}", "/v1/zones/b", "", "", 404, milliseconds(3)});
    for (int i = 0; i < 100; ++i)
        requests.served({http::Method::get, "", "/guess-" + std::to_string(i), "", "", 404, milliseconds(1)});
    requests.served({http::Method::get, "", "", "", "", 999, milliseconds(1)});
    const auto text = page({});
    EXPECT_THAT(text, HasSubstr("requests_total{method=\"GET\",route=\"/v1/zones/{name}\",status=\"2xx\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("requests_total{method=\"GET\",route=\"none\",status=\"4xx\"} 100\n"));
    EXPECT_THAT(text, HasSubstr("_duration_seconds_count{method=\"GET\",route=\"/v1/zones/{name}\"} 2\n"));
    EXPECT_EQ(count_of(text, "antiphon_http_requests_total{"), 3u);
}

TEST_F(CoordinatorMetrics, ABrokerOfSomebodyElseHasNoNumbersOfOurs) {
    EXPECT_THAT(page({}), Not(HasSubstr("\nantiphon_broker_starts_total ")));
    readings.broker = BrokerReading{true, {.starts = 2, .deaths = 1, .denials = 3, .reloads = 4}};
    const auto text = page({});
    EXPECT_THAT(text, HasSubstr("antiphon_broker_starts_total 2\n"));
    EXPECT_THAT(text, HasSubstr("antiphon_broker_running 1\n"));
}

}  // namespace
}  // namespace antiphon::coordinator
