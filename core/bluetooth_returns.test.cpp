// How long it takes until a device that was away is played on again, a hundred times, by arithmetic.
#include <gtest/gtest.h>

#include <random>

#include "core/bluetooth.hpp"
#include "core/bluetooth_radio.test.hpp"

namespace antiphon::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Radio;

const BluetoothAddress ear{"AA:00:00:00:00:01"}, other{"AA:00:00:00:00:02"};

// From its being near again to its being ready; sorted.
std::vector<Duration> returns(Radio& radio, int count, const std::function<void()>& call = {}) {
    std::mt19937 random(7);
    std::vector<Duration> took;
    for (int i = 0; i < count; ++i) {
        radio.leave(ear);
        radio.pass(seconds(1 + random() % 3600) + milliseconds(random() % 1000));
        radio.things[ear].near = true;
        if (call) call();
        const auto since = radio.now;
        while (radio.device(ear).state != DeviceState::ready && radio.now - since < seconds(100))
            radio.pass(milliseconds(100));
        took.push_back(radio.now - since);
    }
    std::ranges::sort(took);
    return took;
}

TEST(BluetoothReturns, WhatIsPagedIsBackWithinOneRetryAndAPage) {
    for (const bool streams_beside : {false, true}) {
        Radio radio;
        radio.bond(ear);
        radio.bond(other);
        radio.want({ear, other}, streams_beside ? std::set{other} : std::set<BluetoothAddress>());
        radio.pass(seconds(10));
        const auto took = returns(radio, 100);
        EXPECT_LE(took.back(), BluetoothLimits::page_retry_max + Radio::page_takes) << streams_beside;
        EXPECT_GT(took.back(), seconds(20)) << "some have to wait for their turn, or nothing was tried";
    }
}

TEST(BluetoothReturns, WhatCallsUsIsThereAtOnce) {
    Radio radio;
    radio.bond(ear);
    radio.want({ear});
    radio.pass(seconds(10));
    const auto took = returns(radio, 100, [&] {
        auto& facts = radio.things[ear].facts;
        facts.connected = facts.resolved = facts.sink = facts.transport = true;
        radio.tell(DeviceTold{facts});
    });
    EXPECT_EQ(took.back(), Duration(0));
}

}  // namespace
}  // namespace antiphon::core
