// Laws of following: each event once and in order, whatever the past and the socket bring twice.
#include "apps/cli/follow.hpp"

#include <csignal>

#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;
using http::Response;

std::string event(int number, const std::string& name = "session.playing") {
    return R"({"number":)" + std::to_string(number) + R"(,"time":1700000000000000000,"event":")" + name +
           R"(","object":"s7","text":"number )" + std::to_string(number) + R"(","asked_by":"","ground":""})";
}

std::string past(std::initializer_list<int> numbers) {
    std::string list;
    for (const int number : numbers) list += (list.empty() ? "" : ",") + event(number);
    return R"({"events":[)" + list + "]}";
}

class FollowTest : public ServiceTest {
  protected:
    // Ctrl-C comes with event `last`.
    core::Result<void> follow_until(std::uint64_t last) {
        const auto url = http::parse_url(service.start());
        return follow_events({*url, std::string(FakeService::token)},
                             {.on_event =
                                  [this, last](const api::EventView& seen, const std::string&) {
                                      numbers.push_back(seen.number);
                                      if (seen.number == last) std::raise(SIGINT);
                                  },
                              .on_lost = [this](const std::string&) { ++lost; }});
    }

    std::vector<std::uint64_t> numbers;
    int lost = 0;
};

TEST_F(FollowTest, PastAndPresentMeetWithoutAGap) {
    service.on(Method::get, "/v1/events", {Response::json(past({1, 2})), Response::json(past({1, 2, 3, 4}))});
    service.on_socket("/v1/events/live", {event(4), "no event", event(5), event(6)});
    EXPECT_TRUE(follow_until(6));
    EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(lost, 0);
}

TEST_F(FollowTest, ALostConnectionIsTriedAgain) {
    service.on(Method::get, "/v1/events", {Response::json(past({1})), Response::json(past({1, 2}))});
    service.on_socket("/v1/events/live", {event(3)}, 1);
    EXPECT_TRUE(follow_until(3));
    EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(lost, 1);
}

TEST_F(FollowTest, ARefusalEndsIt) {
    service.on(Method::get, "/v1/events", {http::problem(core::Error{core::ErrorCode::denied, "no"})});
    const auto ended = follow_until(1);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().what, "no");
}

TEST_F(ServiceTest, EventsAreLinesOldestFirst) {
    ::setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe): before the service starts
    service.on(Method::get, "/v1/events", past({1, 2}));
    EXPECT_EQ(out_of({"events"}),
              "2023-11-14 22:13:20  session.playing         number 1\n"
              "2023-11-14 22:13:20  session.playing         number 2\n");
    EXPECT_EQ(out_of({"events", "--json"}), past({1, 2}) + "\n");
    ::unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe): nothing reads it meanwhile
}

TEST_F(ServiceTest, FollowingWithAWrongTokenFails) {
    service.on(Method::get, "/v1/events", past({}));
    run({"version"});
    console.variables["ANTIPHON_TOKEN"] = "wrong";
    EXPECT_EQ(run({"events", "--follow"}).exit_code, 1);
}

}  // namespace
}  // namespace antiphon::cli::testing
