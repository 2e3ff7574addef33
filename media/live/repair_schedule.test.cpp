// Laws of repair. Method: a true world in steps of 250 us, a sender that answers each question at most once in 4 ms,
// and networks that lose both ways. What they reach in ten minutes is printed.
#include "media/live/repair_schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "media/world.test.hpp"

namespace antiphon::media {
namespace {

using namespace test;
using std::chrono::milliseconds;

constexpr double ms = 1e6;
constexpr double step_ns = 0.25 * ms;
constexpr double period_ns = 5 * ms;
constexpr double answer_once_in_ns = 4 * ms;

core::LocalTime at(double ns) { return {static_cast<std::int64_t>(ns)}; }

// Loses runs of mean `length` packets; a run begins at `entry` of the packets.
Path bursty_path(double low_ns, double high_ns, double entry, double length) {
    auto in_burst = std::make_shared<bool>(false);
    return [=](Random& random) -> std::optional<double> {
        *in_burst = *in_burst ? uniform(random, 0, 1) >= 1 / length : uniform(random, 0, 1) < entry;
        if (*in_burst) return std::nullopt;
        return uniform(random, low_ns, high_ns);
    };
}

struct World {
    Random random;
    Path there;
    Path back;
    RepairSchedule repair;
    double now = 0;
    double clock_error_ns = 0;                          // of what the receiver takes for departures
    std::uint64_t sent = 0, resent = 0, questions = 0;  // datagrams
    std::uint64_t looks = 0;
    std::multimap<double, std::pair<std::int64_t, bool>> coming = {};  // by arrival
    std::multimap<double, std::vector<std::int64_t>> asked = {};
    std::map<std::int64_t, double> answered = {};  // when last
    bool sender_lives = true;
    bool wants = true;       // the receiver looks whenever something arrives
    core::LocalTime next{};  // at the latest

    World(unsigned seed, Path there_, Path back_, const RepairOptions& options)
        : random(seed), there(std::move(there_)), back(std::move(back_)), repair(options) {}

    Departures departures() const { return {0, at(clock_error_ns), period_ns}; }

    void run(double until) {
        if (now == 0) repair.begin(0, departures());
        for (; now < until; now += step_ns) {
            if (sender_lives) send();
            look();
            while (repair.deadline(repair.next()) <= at(now)) repair.pass();
        }
    }

    void look() {
        const bool arrives = !coming.empty() && coming.begin()->first <= now;
        if (next > at(now) && !(wants && arrives)) return;
        ++looks;
        receive();
        ask();
        wants = repair.wants(at(now));
        next = repair.next_ask(at(now));
    }
    void carry(std::int64_t number, bool again) {
        ++(again ? resent : sent);
        if (const auto delay = there(random)) coming.emplace(now + *delay, std::pair(number, again));
    }
    void send() {
        while (static_cast<double>(sent) * period_ns <= now) carry(static_cast<std::int64_t>(sent), false);
        for (; !asked.empty() && asked.begin()->first <= now; asked.erase(asked.begin()))
            for (const auto number : asked.begin()->second) {
                const auto [last, first] = answered.try_emplace(number, now);
                if (!first && now - last->second < answer_once_in_ns) continue;
                last->second = now;
                carry(number, true);
            }
    }
    void receive() {
        for (; !coming.empty() && coming.begin()->first <= now; coming.erase(coming.begin()))
            repair.arrived(coming.begin()->second.first, at(coming.begin()->first), coming.begin()->second.second);
    }
    void ask() {
        if (repair.next_ask(at(now)) > at(now)) return;
        std::array<std::int64_t, 64> numbers{};
        const auto count = repair.ask(at(now), numbers);
        if (count == 0) return;
        ++questions;
        if (const auto delay = back(random))
            asked.emplace(now + *delay,
                          std::vector(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(count)));
    }
    double repair_share() const { return static_cast<double>(resent) / static_cast<double>(sent); }
};

constexpr double ten_minutes = 600e9;

void print(const char* what, const World& world) {
    const auto& counters = world.repair.counters();
    std::printf(
        "%s: %llu of %llu packets lost, %llu repaired, %.1f %% sent again, %llu questions, noticed after %.1f ms\n",
        what, static_cast<unsigned long long>(counters.lost), static_cast<unsigned long long>(world.sent),
        static_cast<unsigned long long>(counters.repaired), 100 * world.repair_share(),
        static_cast<unsigned long long>(world.questions), static_cast<double>(world.repair.notice().count()) / ms);
}

TEST(RepairSchedule, OfFivePercentLostEachWayAtMostOnePacketIsMissingIn10MinutesAt100Ms) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        World world(seed, jittery_path(2 * ms, 8 * ms, 0.05), jittery_path(2 * ms, 8 * ms, 0.05), {});
        world.run(ten_minutes);
        print("5 % each way, 100 ms", world);
        EXPECT_LE(world.repair.counters().lost, 1U);
        EXPECT_GT(world.repair.counters().repaired, 5000U);
        EXPECT_LT(world.repair_share(), 0.25);
    }
}

TEST(RepairSchedule, PacketsThatMayWaitForOthersCostFewLooksAndNoneOfThem) {
    const RepairOptions options{.latency = milliseconds(65), .gather = milliseconds(10)};
    World quiet(1, quiet_path(), quiet_path(), options);
    quiet.run(60e9);
    EXPECT_EQ(quiet.repair.counters().lost, 0U);
    EXPECT_LT(quiet.looks, 60U * 80) << "200 packets a second";
    for (unsigned seed = 1; seed <= 3; ++seed) {
        World world(seed, jittery_path(2 * ms, 8 * ms, 0.05), jittery_path(2 * ms, 8 * ms, 0.05), options);
        world.run(ten_minutes);
        print("5 % each way, 65 ms on the way, gathered", world);
        EXPECT_LE(world.repair.counters().lost, 1U);
        EXPECT_LT(world.repair_share(), 0.25);
    }
}

TEST(RepairSchedule, BurstsOfEightCostAtMostOnePacketAMinuteAt100MsAndNoneIn10MinutesAt250) {
    for (const auto& [latency, lost_max] : {std::pair(milliseconds(100), 10U), std::pair(milliseconds(250), 0U)}) {
        const auto path = [] { return bursty_path(2 * ms, 8 * ms, 0.003, 8); };
        World world(5, path(), path(), {.latency = latency});
        world.run(ten_minutes);
        print(latency == milliseconds(100) ? "bursts, 100 ms" : "bursts, 250 ms", world);
        EXPECT_LE(world.repair.counters().lost, lost_max);
        EXPECT_LT(world.repair_share(), 0.25);
    }
}

TEST(RepairSchedule, OnAQuietNetworkAsksForNothing) {
    World world(1, quiet_path(), quiet_path(), {});
    world.run(60e9);
    EXPECT_EQ(world.repair.counters().lost, 0U);
    EXPECT_LT(world.repair_share(), 0.002);
    EXPECT_LT(world.repair.notice(), milliseconds(2));
}

TEST(RepairSchedule, ALossIsNoticedWithoutAPacketThatFollows) {
    RepairSchedule repair({});
    repair.begin(0, {0, {0}, period_ns});
    for (int i = 0; i < 40; ++i) repair.arrived(i, at(i * period_ns + 1 * ms), false);
    std::array<std::int64_t, 4> asked{};
    EXPECT_EQ(repair.ask(at(200 * ms + 1 * ms), asked), 0U);
    ASSERT_EQ(repair.ask(at(200 * ms + 2 * ms), asked), 1U);
    EXPECT_EQ(asked[0], 40);
    EXPECT_EQ(repair.ask(at(200 * ms + 3 * ms), asked), 0U) << "asked just now";
    EXPECT_EQ(repair.next_ask(at(200 * ms + 3 * ms)), at(200 * ms + 6.5 * ms)) << "packet 41 counts as missing then";
}

TEST(RepairSchedule, ASenderThatIsGoneIsNotAsked) {
    World world(1, quiet_path(), quiet_path(), {});
    world.run(5e9);
    world.sender_lives = false;
    world.run(5.5e9);
    const auto questions = world.questions;
    EXPECT_GT(questions, 10U);
    world.run(20e9);
    EXPECT_EQ(world.questions, questions);
    EXPECT_EQ(world.repair.next_ask(at(world.now)), core::end_of_time);
    world.sender_lives = true;
    world.run(40e9);
    const auto lost = world.repair.counters().lost;
    world.run(60e9);
    EXPECT_EQ(world.repair.counters().lost, lost) << "it is back";
}

TEST(RepairSchedule, ALongerRouteIsLearned) {
    World world(2, jittery_path(2 * ms, 8 * ms, 0.01), jittery_path(2 * ms, 8 * ms, 0.01), {});
    world.run(20e9);
    world.there = jittery_path(32 * ms, 38 * ms, 0.01);
    world.run(25e9);
    const auto resent = world.resent, sent = world.sent;
    world.run(85e9);
    EXPECT_EQ(world.repair.counters().lost, 0U);
    EXPECT_LT(static_cast<double>(world.resent - resent) / static_cast<double>(world.sent - sent), 0.25);
    EXPECT_NEAR(static_cast<double>(world.repair.notice().count()), 38.4 * ms, 1 * ms);
}

TEST(RepairSchedule, AWrongClockCostsQuestionsAndNoPackets) {
    for (const double error_ns : {-20 * ms, 20 * ms}) {
        World world(3, jittery_path(2 * ms, 8 * ms, 0.05), jittery_path(2 * ms, 8 * ms, 0.05), {});
        world.clock_error_ns = error_ns;
        world.run(120e9);
        print("a clock 20 ms off", world);
        EXPECT_LE(world.repair.counters().lost, 1U);
        EXPECT_LT(world.repair_share(), 0.25);
    }
}

TEST(RepairSchedule, TellsWhatBecomesOfEachCopy) {
    RepairSchedule repair({.window = 64});
    repair.begin(10, {10, {0}, period_ns});
    EXPECT_EQ(repair.arrived(9, at(0), false), Arrival::late);
    EXPECT_EQ(repair.arrived(10, at(0), false), Arrival::fresh);
    EXPECT_EQ(repair.arrived(10, at(0), true), Arrival::duplicate);
    EXPECT_EQ(repair.arrived(73, at(0), false), Arrival::fresh);
    EXPECT_EQ(repair.arrived(74, at(0), false), Arrival::early);
    EXPECT_TRUE(repair.pass());
    EXPECT_EQ(repair.arrived(74, at(0), false), Arrival::fresh) << "the place of packet 10 is free";
    EXPECT_FALSE(repair.pass());
    EXPECT_EQ(repair.arrived(11, at(0), true), Arrival::late);
    const auto& counters = repair.counters();
    EXPECT_EQ(counters.arrived, 3U);
    EXPECT_EQ(counters.lost, 1U);
    EXPECT_EQ(counters.late, 2U);
    EXPECT_EQ(counters.early, 1U);
    EXPECT_EQ(counters.duplicates, 1U);
    EXPECT_TRUE(repair.here(73));
    EXPECT_FALSE(repair.here(12));
}

}  // namespace
}  // namespace antiphon::media
