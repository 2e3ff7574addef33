// Laws of the mirror: what BlueZ has is told as facts, once; what is malformed is not said.
#include "adapters/bluez/objects.hpp"

#include <gtest/gtest.h>

namespace antiphon::bluez {
namespace {

using core::AdapterGone;
using core::AdapterTold;
using core::BluetoothEvent;
using core::DeviceGone;
using core::DeviceTold;

template <class Value>
sdbus::Variant variant(Value value) {
    return sdbus::Variant(value);
}

const std::string adapter = "/org/bluez/hci0", device = "/org/bluez/hci0/dev_AA_00_00_00_00_01";

Properties headset() {
    return {{"Address", variant(std::string("AA:00:00:00:00:01"))},
            {"Alias", variant(std::string("Left ear"))},
            {"Paired", variant(true)},
            {"Connected", variant(true)},
            {"ServicesResolved", variant(true)},
            {"UUIDs", variant(std::vector<std::string>{audio_sink_uuid})}};
}

class ObjectsTest : public testing::Test {
  protected:
    template <class Event>
    const Event* last() const {
        return told.empty() ? nullptr : std::get_if<Event>(&told.back());
    }

    std::vector<BluetoothEvent> told;
    Objects objects{{"hci0"}, [this](const BluetoothEvent& event) { told.push_back(event); }};
};

TEST_F(ObjectsTest, AnAdapterIsToldWhenItChangesAndWhenItGoes) {
    objects.add(adapter, {{adapter_interface, {{"Powered", variant(true)}}}});
    ASSERT_TRUE(last<AdapterTold>());
    EXPECT_EQ(last<AdapterTold>()->facts, (core::AdapterFacts{"hci0", true, false, false}));
    objects.change(adapter, adapter_interface, {{"Class", variant(std::uint32_t{5})}}, {});
    EXPECT_EQ(told.size(), 1U) << "nothing that matters";
    objects.change(adapter, adapter_interface, {{"Discovering", variant(true)}}, {"Powered"});
    EXPECT_EQ(last<AdapterTold>()->facts, (core::AdapterFacts{"hci0", false, true, false}));
    EXPECT_EQ(objects.path_of("hci0", {}), adapter);
    objects.remove(adapter, {adapter_interface});
    ASSERT_TRUE(last<AdapterGone>());
    EXPECT_EQ(objects.path_of("hci0", {}), "");
}

TEST_F(ObjectsTest, ADeviceIsWhatItsInterfacesTell) {
    objects.add(device, {{device_interface, headset()}});
    ASSERT_TRUE(last<DeviceTold>());
    const auto facts = [&] { return last<DeviceTold>()->facts; };
    EXPECT_EQ(facts().name, "Left ear");
    EXPECT_TRUE(facts().bonded && facts().connected && facts().resolved && facts().sink);
    EXPECT_FALSE(facts().trusted || facts().transport);
    objects.add(device + "/sep1/fd0", {{transport_interface, {{"UUID", variant(std::string(audio_source_uuid))}}}});
    EXPECT_TRUE(facts().taken && !facts().transport) << "another program's";
    objects.set_transport({"AA:00:00:00:00:01"}, true);
    EXPECT_TRUE(facts().transport && !facts().taken);
    objects.add(device, {{battery_interface, {{"Percentage", variant(std::uint8_t{70})}}}});
    EXPECT_EQ(facts().battery_percent, 70);
    objects.remove(device + "/sep1/fd0", {transport_interface});
    objects.set_transport({"AA:00:00:00:00:01"}, false);
    EXPECT_FALSE(facts().transport || facts().taken);
    EXPECT_EQ(objects.address_at(device)->value, "AA:00:00:00:00:01");
    EXPECT_EQ(objects.path_of("hci0", {"AA:00:00:00:00:01"}), device);
    objects.remove(device, {device_interface, battery_interface});
    ASSERT_TRUE(last<DeviceGone>());
    EXPECT_FALSE(objects.address_at(device));
}

TEST_F(ObjectsTest, ABondThatIsOnlyHalfIsNone) {
    auto half = headset();
    half["Bonded"] = variant(false);
    objects.add(device, {{device_interface, half}});
    EXPECT_FALSE(last<DeviceTold>()->facts.bonded);
}

TEST_F(ObjectsTest, OthersAdaptersAreLeftAlone) {
    objects.add("/org/bluez/hci1", {{adapter_interface, {{"Powered", variant(true)}}}});
    objects.add("/org/bluez/hci1/dev_AA_00_00_00_00_01", {{device_interface, headset()}});
    objects.add("/org/bluez", {{"org.bluez.AgentManager1", {}}});
    objects.add("/", {});
    EXPECT_TRUE(told.empty());
}

TEST_F(ObjectsTest, WhatIsMalformedIsNotSaid) {
    objects.add(adapter, {{adapter_interface, {{"Powered", variant(std::string("yes"))}}}});
    EXPECT_FALSE(last<AdapterTold>()->facts.powered);
    told.clear();
    auto wrong = headset();
    wrong["Address"] = variant(std::string("not an address"));
    objects.add(device, {{device_interface, wrong}});
    EXPECT_TRUE(told.empty());
    wrong = headset();
    wrong["UUIDs"] = variant(std::string(audio_sink_uuid));
    wrong["Connected"] = variant(7);
    wrong["Alias"] = variant(std::string(10'000, 'x'));
    objects.add(device, {{device_interface, wrong}, {battery_interface, {{"Percentage", variant(std::uint8_t{250})}}}});
    ASSERT_TRUE(last<DeviceTold>());
    EXPECT_FALSE(last<DeviceTold>()->facts.sink || last<DeviceTold>()->facts.connected);
    EXPECT_EQ(last<DeviceTold>()->facts.name.size(), 248U) << "as Bluetooth has names at most";
    EXPECT_EQ(last<DeviceTold>()->facts.battery_percent, 100);
    objects.remove("/org/bluez/hci0/dev_FF", {device_interface});
    objects.change("/org/bluez/hci0/dev_FF", device_interface, headset(), {});
    EXPECT_TRUE(last<DeviceTold>());
}

TEST_F(ObjectsTest, ThereIsABound) {
    for (std::size_t i = 0; i < Objects::objects_max + 5; ++i)
        objects.add(device + "/x" + std::to_string(i), {{"some.Interface", {}}});
    EXPECT_EQ(objects.left_out(), 5U);
}

}  // namespace
}  // namespace antiphon::bluez
