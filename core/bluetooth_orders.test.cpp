// Laws of what a person has a board do: a device is looked for, paired, connected, forgotten; and what is told of all.
#include <gtest/gtest.h>

#include "core/bluetooth_radio.test.hpp"

namespace antiphon::core {
namespace {

using std::chrono::seconds;
using test::Radio;

const BluetoothAddress left{"AA:00:00:00:00:01"}, right{"AA:00:00:00:00:02"}, stranger{"BB:00:00:00:00:01"};

TEST(BluetoothOrder, WhatIsToBePairedIsLookedFor) {
    Radio radio;
    radio.tell(PairAsked{{"c1"}, stranger});
    EXPECT_EQ(radio.device(stranger).state, DeviceState::pairing);
    radio.pass(seconds(3));
    EXPECT_TRUE(radio.adapter.discovering);
    EXPECT_TRUE(radio.answers.empty());
    radio.add(stranger);
    radio.pass(seconds(3));
    ASSERT_EQ(radio.answers.size(), 1U);
    EXPECT_TRUE(radio.answers[0]);
    EXPECT_FALSE(radio.adapter.discovering) << "looking on would take the air from pairing";
    radio.tell(PairAsked{{"c2"}, right});
    radio.tell(AdapterGone{"hci0"});
    radio.pass(BluetoothLimits::seek_max + seconds(1));
    ASSERT_EQ(radio.answers.size(), 2U);
    EXPECT_EQ(radio.answers[1].error().code, ErrorCode::not_found);
}

// As after a bluetoothd that was killed: the link has outlived it.
TEST(BluetoothOrder, WhoIsConnectedAndNotAskedForItsServicesIsAsked) {
    Radio radio;
    auto& thing = radio.bond(left);
    thing.facts.connected = true;
    radio.tell(DeviceTold{thing.facts});
    radio.want({left});
    radio.pass(BluetoothLimits::sound_wait - std::chrono::milliseconds(1));
    EXPECT_TRUE(radio.calls_of(RadioCallKind::connect).empty()) << "it may be about to tell them";
    radio.pass(seconds(2));
    EXPECT_EQ(radio.calls_of(RadioCallKind::connect).size(), 1U);
    EXPECT_EQ(radio.device(left).state, DeviceState::ready);
}

TEST(BluetoothOrder, WhoHasComeToUsMayBeHeardBeforeItsServicesAreKnown) {
    Radio radio;
    auto& thing = radio.bond(left);
    thing.facts.connected = thing.facts.transport = true;
    radio.tell(DeviceTold{thing.facts});
    radio.want({left});
    EXPECT_EQ(radio.device(left).state, DeviceState::ready);
}

TEST(BluetoothOrder, ForgettingEndsWhenBlueZHasForgotten) {
    Radio radio;
    radio.bond(left);
    radio.want({left});
    radio.pass(seconds(3));
    radio.tell(ForgetAsked{{"c1"}, left});
    EXPECT_TRUE(radio.answers.empty());
    radio.tell(ForgetAsked{{"c2"}, left});
    ASSERT_EQ(radio.answers.size(), 1U);
    EXPECT_EQ(radio.answers[0].error().code, ErrorCode::conflict);
    radio.pass(seconds(1));
    ASSERT_EQ(radio.answers.size(), 2U);
    EXPECT_TRUE(radio.answers[1]);
    radio.tell(ForgetAsked{{"c3"}, stranger});
    EXPECT_TRUE(radio.answers[2]) << "nobody knows it";
    radio.tell(ForgetAsked{{"c4"}, left});
    radio.tell(AdapterGone{"hci0"});
    ASSERT_EQ(radio.answers.size(), 4U);
    EXPECT_EQ(radio.answers[3].error().code, ErrorCode::unavailable);
}

TEST(BluetoothOrder, ForgettingEndsAlsoWhenTheDeviceIsGoneFirst) {
    Radio radio;
    radio.add(stranger);
    radio.tell(ForgetAsked{{"c1"}, stranger});
    radio.tell(DeviceGone{"hci0", stranger});
    EXPECT_TRUE(radio.answers.empty());
    radio.pass(seconds(1));
    ASSERT_EQ(radio.answers.size(), 1U);
    EXPECT_TRUE(radio.answers[0]);
}

TEST(BluetoothOrder, WhoIsAskedToConnectsAtOnce) {
    Radio radio;
    radio.bond(left);
    radio.things[left].near = false;
    radio.want({left});
    radio.pass(std::chrono::minutes(5));
    for (int i = 0; i < 10 && !radio.device(left).page_due; ++i) radio.pass(seconds(1));
    ASSERT_TRUE(radio.device(left).page_due) << "it waits for its turn";
    const auto before = radio.calls_of(RadioCallKind::connect).size();
    radio.tell(ConnectAsked{left});
    EXPECT_EQ(radio.calls_of(RadioCallKind::connect).size(), before + 1);
}

TEST(BluetoothOrder, TheReportHasWhatMattersFirst) {
    Radio radio;
    for (int i = 0; i < 100; ++i) radio.add({"CC:00:00:00:00:" + std::to_string(10 + i)});
    radio.bond(left);
    radio.want({left, right});
    radio.add({"FF:00:00:00:00:01"});
    radio.tell(PairingOpened{});
    radio.tell(AgentAsked{1, {"FF:00:00:00:00:01"}, 1234});
    const auto report = bluetooth_report(radio.state, "");
    EXPECT_TRUE(report.pairing_open);
    ASSERT_EQ(report.adapters.size(), 1U);
    ASSERT_EQ(report.devices.size(), devices_reported_max);
    EXPECT_EQ(report.devices[0].address, "FF:00:00:00:00:01");
    EXPECT_TRUE(report.devices[0].asks);
    EXPECT_EQ(report.devices[0].passkey, 1234U);
    EXPECT_EQ(report.devices[1].address, left.value);
    EXPECT_EQ(report.devices[2].address, right.value);
    EXPECT_EQ(report.devices[2].reason, "nobody has seen it; switch it on, near the board");
    radio.tell(PairingClosed{});
    EXPECT_FALSE(bluetooth_report(radio.state, "").pairing_open);
}

}  // namespace
}  // namespace antiphon::core
