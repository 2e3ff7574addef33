// Laws of the schedule verbs: what they ask, and what they show.
#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;

constexpr const char* concert =
    R"({"id":"p4","title":"concert","from":["hall/mic"],"at":"20:00","days":["fri","sat"],"zone":"Europe/Berlin",)"
    R"("for_s":10800,"next":86400000000000,"last":{"time":0,"recording":"r3","problem":"attic/mic is busy"},)"
    R"("over":false,"created":0})";
constexpr const char* once =
    R"({"id":"p5","title":"","from":["hall/mic"],"at":"18:00","date":"2027-12-24","days":[],"zone":"UTC",)"
    R"("for_s":60,"last":{"time":0,"problem":"all were busy"},"over":true,"created":0})";

class ScheduleTest : public ServiceTest {
  public:
    ScheduleTest() {
        ::setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe): before the service starts
        ::tzset();
    }
};

TEST_F(ScheduleTest, IsMadeOfWhatThePersonWrote) {
    service.on(Method::post, "/v1/schedules", concert, 201);
    EXPECT_EQ(out_of({"schedule", "add", "--from", "hall/mic", "--every", "fri,sat,fri", "--at", "20:00", "--for", "3h",
                      "--zone", "Europe/Berlin", "--title", "concert"}),
              "schedule p4: hall/mic, every fri, sat at 20:00 Europe/Berlin; the next time is 1970-01-02 00:00:00 "
              "here\n");
    EXPECT_EQ(service.last().body,
              R"({"from":["hall/mic"],"at":"20:00","days":["fri","sat"],"zone":"Europe/Berlin","for_s":10800,)"
              R"("title":"concert"})");
    EXPECT_NE(service.last().headers.get("Idempotency-Key"), "");
    run({"schedule", "add", "--from", "all", "--on", "2027-12-24", "--at", "18:00", "--for", "1m"});
    EXPECT_EQ(service.last().body, R"({"from":["all"],"at":"18:00","date":"2027-12-24","days":[],"for_s":60})");
    run({"schedule", "add", "--from", "all", "--on", "2027-12-24", "--at", "18:00", "--for", "1m", "--on-sound",
         "-40dB", "--pre-roll", "0s", "--hold", "3s"});
    EXPECT_NE(service.last().body.find(R"("on_sound":{"level_db":-40,"pre_roll_s":0,"hold_s":3})"), std::string::npos)
        << service.last().body;
    run({"schedule", "add", "--from", "all", "--every", "day", "--at", "18:00", "--for", "1m"});
    EXPECT_NE(service.last().body.find(R"("days":["mon","tue","wed","thu","fri","sat","sun"])"), std::string::npos);
}

TEST_F(ScheduleTest, WhatIsNoneIsAUsageErrorAndAsksNobody) {
    service.on(Method::post, "/v1/schedules", concert, 201);
    const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
        {{"--at", "20:00", "--for", "1h"}, "give --on DATE for once, or --every"},
        {{"--at", "20:00", "--for", "1h", "--on", "2027-12-24", "--every", "day"}, "give --on DATE for once, or"},
        {{"--at", "20:00", "--for", "1h", "--every", "monday"}, "--every 'monday': write day, or some of mon"},
        {{"--at", "20:00", "--for", "long", "--every", "day"}, "--for: 'long'"},
        {{"--at", "20:00", "--every", "day", "--for", "1h", "--hold", "3s"}, "give --on-sound LEVEL too"},
        {{"--at", "20:00", "--every", "day"}, "--for is required"}};
    for (const auto& [words, told] : wrong) {
        std::vector<std::string> line{"schedule", "add", "--from", "hall/mic"};
        line.insert(line.end(), words.begin(), words.end());
        const auto outcome = run(line);
        EXPECT_EQ(outcome.exit_code, 2) << told;
        EXPECT_TRUE(outcome.says(told)) << outcome.err;
    }
    EXPECT_TRUE(service.seen().empty());
}

TEST_F(ScheduleTest, AllAreListedWithWhatCameOfThem) {
    service.on(Method::get, "/v1/schedules",
               {http::Response::json("{\"schedules\":[" + std::string(concert) + "," + once + "]}"),
                http::Response::json("{\"schedules\":[]}")});
    EXPECT_EQ(
        out_of({"schedule", "list"}),
        "SCHEDULE  WHEN                                       FOR  NEXT, HERE           LAST    TITLE    INPUTS\n"
        "p4        every fri, sat at 20:00 Europe/Berlin  3:00:00  1970-01-02 00:00:00  r3      concert  hall/mic\n"
        "p5        on 2027-12-24 at 18:00 UTC                1:00  over                 missed           hall/mic\n"
        "p4 at 1970-01-01 00:00:00: attic/mic is busy\n"
        "p5 at 1970-01-01 00:00:00: all were busy\n");
    EXPECT_TRUE(out_of({"schedule", "list"}).starts_with("There are no schedules; "));
}

TEST_F(ScheduleTest, OneIsRemoved) {
    service.on(Method::delete_, "/v1/schedules/{id}", {http::Response::empty()});
    EXPECT_EQ(out_of({"schedule", "remove", "p4"}), "schedule p4 is gone; what it has begun goes on\n");
    EXPECT_EQ(service.last().line, "DELETE /v1/schedules/p4");
}

}  // namespace
}  // namespace antiphon::cli::testing
