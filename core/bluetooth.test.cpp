// Laws of the Bluetooth devices: what is ours comes back for ever, nobody is let in unasked, the air is kept for sound.
#include "core/bluetooth.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/bluetooth_radio.test.hpp"
#include "core/instrumented.test.hpp"

namespace antiphon::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::Radio;

const BluetoothAddress left{"AA:00:00:00:00:01"}, right{"AA:00:00:00:00:02"}, stranger{"BB:00:00:00:00:01"};

TEST(Bluetooth, AddressesAreTakenInTheirForm) {
    EXPECT_EQ(parse_bluetooth_address("aa:bb:0c:dd:ee:ff")->value, "AA:BB:0C:DD:EE:FF");
    for (const auto* wrong :
         {"", "AA:BB:CC:DD:EE", "AA:BB:CC:DD:EE:FG", "AA-BB-CC-DD-EE-FF", "AA:BB:CC:DD:EE:FF:00", "AA:BB:CC:DD:EE:F\0"})
        EXPECT_EQ(parse_bluetooth_address(wrong).error().code, ErrorCode::invalid) << wrong;
}

TEST(Bluetooth, WhatIsOursIsTrustedAndConnected) {
    Radio radio;
    radio.bond(left);
    radio.bond(stranger);
    radio.want({left}, {left});
    radio.pass(seconds(3));
    EXPECT_EQ(radio.device(left).state, DeviceState::streaming);
    EXPECT_TRUE(radio.things[left].facts.trusted);
    EXPECT_FALSE(radio.things[stranger].facts.connected) << "others are left alone";
    radio.want({left});
    EXPECT_EQ(radio.device(left).state, DeviceState::ready);
}

TEST(Bluetooth, ItComesBackForEver) {
    Radio radio;
    radio.bond(left);
    radio.bond(right);
    radio.want({left, right});
    radio.pass(seconds(5));
    for (const Duration away : {Duration(seconds(3)), Duration(minutes(3)), Duration(std::chrono::hours(30))}) {
        radio.leave(left);
        radio.leave(right);
        radio.pass(away);
        if (away > minutes(1)) {
            EXPECT_EQ(radio.device(left).reason, "it is away, or off");
        }
        radio.things[left].near = radio.things[right].near = true;
        radio.pass(seconds(30) + 2 * Radio::page_takes);
        EXPECT_EQ(radio.device(left).state, DeviceState::ready) << away.count();
        EXPECT_EQ(radio.device(right).state, DeviceState::ready) << away.count();
    }
    EXPECT_EQ(radio.pages_at_once_max, 1);
}

TEST(Bluetooth, WhoCallsUsIsThereAtOnce) {
    Radio radio;
    radio.bond(left);
    radio.want({left});
    radio.leave(left);
    radio.pass(minutes(10));
    auto facts = radio.things[left].facts;
    facts.connected = facts.resolved = facts.sink = facts.transport = true;
    radio.tell(DeviceTold{facts});
    EXPECT_EQ(radio.device(left).state, DeviceState::ready);
}

TEST(Bluetooth, WhoIsConnectedWithoutSoundIsAskedOnceMore) {
    Radio radio;
    radio.bond(left);
    radio.want({left});
    radio.pass(seconds(3));
    auto& facts = radio.things[left].facts;
    facts.transport = false;  // our end points went and came back
    radio.tell(DeviceTold{facts});
    EXPECT_EQ(radio.device(left).state, DeviceState::connecting);
    radio.pass(seconds(10));
    EXPECT_EQ(radio.device(left).state, DeviceState::ready);
    EXPECT_EQ(radio.calls_of(RadioCallKind::connect).size(), 2U);
}

TEST(Bluetooth, PagingIsSparseWhileTheAdapterStreams) {
    Radio radio;
    radio.bond(left);
    radio.bond(right);
    radio.leave(right);
    radio.want({left, right}, {left});
    radio.pass(minutes(10));
    std::vector<LocalTime> pages;
    for (std::size_t i = 0; i < radio.calls.size(); ++i)
        if (radio.calls[i].kind == RadioCallKind::connect && radio.calls[i].address == right)
            pages.push_back(radio.called[i]);
    ASSERT_GT(pages.size(), 10U);
    EXPECT_LT(pages.size(), 20U);
    for (std::size_t i = 2; i < pages.size(); ++i) EXPECT_GE(pages[i] - pages[i - 1], seconds(30)) << i;
}

TEST(Bluetooth, PairingIsForWhoAskedAndEndsOnce) {
    Radio radio;
    radio.tell(PairAsked{{"c1"}, stranger});
    radio.pass(BluetoothLimits::seek_max + seconds(1));
    ASSERT_EQ(radio.answers.size(), 1U);
    EXPECT_EQ(radio.answers[0].error().code, ErrorCode::not_found) << "nobody has seen it";
    radio.add(stranger);
    radio.tell(PairAsked{{"c2"}, stranger});
    EXPECT_EQ(radio.device(stranger).state, DeviceState::pairing);
    radio.tell(PairAsked{{"c3"}, stranger});
    EXPECT_EQ(radio.answers[1].error().code, ErrorCode::conflict);
    radio.pass(seconds(2));
    ASSERT_EQ(radio.answers.size(), 3U);
    EXPECT_TRUE(radio.answers[2]);
    radio.tell(PairAsked{{"c4"}, stranger});
    EXPECT_TRUE(radio.answers[3]) << "it is paired already";
    auto& shy = radio.add(right);
    shy.refuses = true;
    radio.tell(PairAsked{{"c5"}, right});
    radio.pass(seconds(2));
    EXPECT_EQ(radio.answers[4].error().code, ErrorCode::denied);
    radio.tell(PairAsked{{"c6"}, right});
    radio.tell(BluezChanged{false});
    EXPECT_EQ(radio.answers[5].error().code, ErrorCode::unavailable);
    EXPECT_EQ(radio.answers.size(), 6U);
}

TEST(Bluetooth, WhilePairingItsAdapterKeepsBondsAndLetsNobodyElseIn) {
    Radio radio;
    radio.add(stranger);
    radio.add(right);
    radio.pass(seconds(1));
    ASSERT_FALSE(radio.adapter.pairable);
    radio.things[stranger].near = false;  // it takes its time
    radio.tell(PairAsked{{"c1"}, stranger});
    radio.pass(seconds(1));
    EXPECT_TRUE(radio.adapter.pairable);
    radio.tell(AgentAsked{1, right, 123456});
    EXPECT_EQ(radio.agent, std::vector{false});
    radio.pass(seconds(10));
    EXPECT_EQ(radio.answers.at(0).error().code, ErrorCode::unavailable);
    EXPECT_FALSE(radio.adapter.pairable) << "nothing is being paired any more";
    radio.things[stranger].near = true;
    radio.tell(PairAsked{{"c2"}, stranger});
    radio.pass(seconds(3));
    ASSERT_TRUE(radio.answers.at(1));
    EXPECT_TRUE(radio.things[stranger].facts.bonded);
    EXPECT_FALSE(radio.adapter.pairable);
    radio.closed = true;
    radio.tell(PairAsked{{"c3"}, right});
    radio.pass(seconds(1));
    EXPECT_EQ(radio.answers.at(2).error().code, ErrorCode::unavailable) << "it keeps no bonds";
    EXPECT_EQ(radio.calls_of(RadioCallKind::pair).size(), 2U);
}

TEST(Bluetooth, NobodyIsLetInUnasked) {
    Radio radio;
    radio.bond(left);
    radio.add(stranger);
    radio.want({left});
    radio.tell(AgentAsked{1, stranger, 123456});
    radio.tell(AgentAsked{2, stranger, {}});
    radio.tell(AgentAsked{3, stranger, {}, true});
    radio.tell(AgentAsked{4, {"CC:00:00:00:00:01"}, {}, true});
    EXPECT_EQ(radio.agent, (std::vector{false, false, false, false}));
    radio.tell(AgentAsked{5, left, {}, true});
    EXPECT_TRUE(radio.agent.back()) << "what is bonded and ours";
    auto forged = radio.things[left].facts;
    forged.bonded = false;
    radio.tell(DeviceTold{forged});
    radio.tell(AgentAsked{6, left, {}, true});
    EXPECT_FALSE(radio.agent.back()) << "an address is no proof";
}

TEST(Bluetooth, WhilePairingIsOpenAPersonDecides) {
    Radio radio;
    radio.add(stranger);
    radio.tell(PairingOpened{});
    radio.pass(seconds(1));
    EXPECT_TRUE(radio.adapter.pairable);
    radio.tell(AgentAsked{1, stranger, 123456});
    EXPECT_TRUE(radio.agent.empty()) << "nobody has said anything";
    radio.tell(AgentAnswered{stranger, true});
    EXPECT_EQ(radio.agent, std::vector{true});
    radio.tell(AgentAsked{2, stranger, 654321});
    radio.pass(seconds(31));
    EXPECT_EQ(radio.agent, (std::vector{true, false})) << "silence is no";
    radio.pass(seconds(60));
    EXPECT_FALSE(radio.adapter.pairable);
    radio.tell(AgentAsked{3, stranger, 1});
    EXPECT_EQ(radio.agent, (std::vector{true, false, false}));
}

TEST(Bluetooth, AScanEnds) {
    Radio radio;
    radio.tell(ScanAsked{seconds(20)});
    radio.pass(seconds(10));
    EXPECT_TRUE(radio.adapter.discovering);
    radio.pass(seconds(11));
    EXPECT_FALSE(radio.adapter.discovering);
}

TEST(Bluetooth, AnAdapterThatHangsIsHelpedTheMilderWayFirst) {
    for (const auto heals : {RadioCallKind::power_cycle, RadioCallKind::unblock, RadioCallKind::reset}) {
        Radio radio;
        radio.bond(left);
        radio.leave(left);
        radio.hangs = true;
        radio.heals = heals;
        radio.want({left});
        radio.pass(minutes(6));
        EXPECT_FALSE(radio.hangs);
        radio.things[left].near = true;
        radio.pass(seconds(40));
        EXPECT_EQ(radio.device(left).state, DeviceState::ready);
        EXPECT_EQ(radio.calls_of(RadioCallKind::power_cycle).size(), 1U);
        EXPECT_EQ(radio.calls_of(RadioCallKind::reset).size(), heals == RadioCallKind::reset ? 1U : 0U);
    }
}

TEST(Bluetooth, WhatIsRefusedIsNotAskedForWithoutAnEnd) {
    Radio radio;
    radio.bond(left);
    radio.want({left});
    radio.blocked = true;  // by the switch of rfkill
    radio.adapter.powered = false;
    radio.tell(AdapterTold{radio.adapter});
    radio.pass(seconds(60));
    EXPECT_GE(radio.calls_of(RadioCallKind::power_on).size(), 20U);
    EXPECT_LE(radio.calls_of(RadioCallKind::power_on).size(), 31U);
    EXPECT_EQ(radio.device(left).reason, "its adapter hci0 is off");
    radio.blocked = false;
    radio.pass(seconds(5));
    EXPECT_EQ(radio.device(left).state, DeviceState::ready);
}

TEST(Bluetooth, AnAdapterThatStaysDeadIsToldAndTriedAgain) {
    Radio radio;
    radio.bond(left);
    radio.hangs = true;
    radio.heals = RadioCallKind::forget;  // nothing does
    radio.want({left});
    radio.pass(minutes(8));
    EXPECT_EQ(radio.device(left).state, DeviceState::absent);
    EXPECT_NE(radio.device(left).reason.find("unplug it"), std::string::npos) << radio.device(left).reason;
    const auto tried = radio.calls_of(RadioCallKind::reset).size();
    radio.pass(minutes(20));
    EXPECT_GT(radio.calls_of(RadioCallKind::reset).size(), tried);
    EXPECT_LT(radio.calls.size(), 100U) << "not without an end";
}

TEST(Bluetooth, WhatIsNotOursAnyMoreIsLetGo) {
    Radio radio;
    radio.bond(left);
    radio.want({left});
    radio.pass(seconds(3));
    radio.want({});
    radio.pass(seconds(1));
    EXPECT_FALSE(radio.things[left].facts.connected) << "another board may have it now";
    const auto calls = radio.calls.size();
    radio.pass(minutes(10));
    EXPECT_EQ(radio.calls.size(), calls);
}

TEST(Bluetooth, WhatIsLetGoWhileItIsCalledIsLetGo) {
    Radio radio;
    radio.bond(left);
    radio.want({left});
    radio.pass(milliseconds(100));
    radio.want({});
    radio.pass(seconds(5));
    EXPECT_EQ(radio.calls_of(RadioCallKind::connect).size(), 1U);
    EXPECT_FALSE(radio.things[left].facts.connected);
}

TEST(Bluetooth, ARefusalAndAMissingProfileNameTheWayOut) {
    Radio radio;
    radio.bond(left).refuses = true;
    radio.want({left});
    radio.pass(seconds(20));
    EXPECT_EQ(radio.device(left).state, DeviceState::failed);
    EXPECT_NE(radio.device(left).reason.find("pair it again"), std::string::npos);
    radio.things[left].refuses = false;
    radio.pass(minutes(1));
    EXPECT_EQ(radio.device(left).state, DeviceState::ready) << "it is asked again, and what was said is past";
    auto facts = radio.things[left].facts;
    facts.transport = false;
    facts.taken = true;
    radio.tell(DeviceTold{facts});
    EXPECT_EQ(radio.device(left).state, DeviceState::failed);
    EXPECT_NE(radio.device(left).reason.find("bluealsa.service"), std::string::npos);
    facts.sink = false;
    radio.tell(DeviceTold{facts});
    EXPECT_EQ(radio.device(left).reason, "it has no way to take sound (no A2DP sink)");
}

TEST(Bluetooth, WithoutBluezAllIsAbsentAndThenAsBefore) {
    Radio radio;
    radio.bond(left);
    radio.want({left}, {left});
    radio.pass(seconds(3));
    radio.tell(BluezChanged{false});
    EXPECT_EQ(radio.device(left).state, DeviceState::absent);
    EXPECT_EQ(radio.device(left).reason, "bluetoothd is not running");
    EXPECT_FALSE(bluetooth_due(radio.state));
    radio.things[left].facts.connected = radio.things[left].facts.transport = false;
    radio.tell(BluezChanged{true});
    radio.tell(AdapterTold{radio.adapter});
    radio.tell(DeviceTold{radio.things[left].facts});
    radio.pass(seconds(5));
    EXPECT_EQ(radio.device(left).state, DeviceState::streaming);
}

// Anything may happen, in any order: nothing grows, nothing turns without an end, and afterwards all is as wanted.
TEST(Bluetooth, AfterAnyStormItComesBack) {
    for (std::uint64_t seed = 1; seed <= static_cast<std::uint64_t>(test::sample(300)); ++seed) {
        std::mt19937_64 random(seed);
        const auto below = [&](std::uint64_t most) { return random() % most; };
        Radio radio;
        radio.bond(left);
        radio.bond(right);
        for (int i = 0; i < 200; ++i) {
            const auto& address = below(2) == 0 ? left : right;
            auto& thing = radio.things[address];
            switch (below(10)) {
                case 0:
                    radio.leave(address);
                    break;
                case 1:
                    thing.near = true;
                    break;
                case 2:
                    radio.want({left}, {left});
                    break;
                case 3:
                    radio.want({left, right}, {right});
                    break;
                case 4:
                    radio.hangs = true;
                    break;
                case 5:
                    radio.end_bluez();
                    break;
                case 6:
                    radio.tell(BluezChanged{true}), radio.tell(AdapterTold{radio.adapter});
                    break;
                case 7:
                    radio.tell(AgentAsked{random(), address, {}, below(2) == 0});
                    break;
                case 8:
                    radio.tell(DeviceGone{"hci0", address});
                    break;
                default:
                    radio.tell(RadioCallEnded{radio.ended_call(), static_cast<RadioFailure>(below(6)), "late"});
                    break;
            }
            radio.pass(milliseconds(below(20'000)));
            ASSERT_LE(radio.state.calls.size(), 8U) << seed;
            ASSERT_LE(radio.pages_at_once_max, 1) << seed;
        }
        radio.hangs = false;
        radio.tell(BluezChanged{true});
        radio.tell(AdapterTold{radio.adapter});
        for (const auto& address : {left, right}) {
            radio.things[address].near = true;
            radio.tell(DeviceTold{radio.things[address].facts});
        }
        radio.want({left, right}, {left});
        radio.pass(minutes(6));
        EXPECT_EQ(radio.device(left).state, DeviceState::streaming) << seed << ": " << radio.device(left).reason;
        EXPECT_EQ(radio.device(right).state, DeviceState::ready) << seed << ": " << radio.device(right).reason;
    }
}

}  // namespace
}  // namespace antiphon::core
