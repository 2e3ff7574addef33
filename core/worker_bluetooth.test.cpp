// Laws of the shared devices of a board: which it may drive, and the outputs that were paired with it.
#include <gtest/gtest.h>

#include "core/worker_bench.test.hpp"

namespace antiphon::core {
namespace {

const PairedOutput head{"head", "bluetooth:AA:00:00:00:00:01"};

DesiredDocument with_paired(std::uint64_t generation, std::vector<PairedOutput> paired) {
    auto desired = document(generation);
    for (const auto& one : paired) desired.devices.push_back(one.device);
    desired.paired = std::move(paired);
    return desired;
}

const DriveDevices* told(const WorkerBench& bench) {
    for (const auto& effect : bench.effects)
        if (const auto* found = std::get_if<DriveDevices>(&effect)) return found;
    return nullptr;
}

std::vector<std::string> names(const WorkerBench& bench) {
    std::vector<std::string> all;
    for (const auto& output : bench.state.outputs) all.push_back(output.name);
    return all;
}

TEST(WorkerBluetooth, WhatWasPairedIsAnOutputUntilItIsForgotten) {
    auto bench = started();
    bench.desire(with_paired(1, {head}));
    ASSERT_TRUE(told(bench));
    EXPECT_EQ(told(bench)->devices, std::vector{head.device});
    EXPECT_EQ(told(bench)->outputs, std::vector{head});
    ASSERT_TRUE(bench.report());
    EXPECT_EQ(bench.report()->outputs.size(), 2U) << "it is told at once";
    bench.take(EndpointChanged{true, {"head", head.device, "", 150'000'000}});
    EXPECT_EQ(bench.state.outputs.back().failure, "");
    bench.desire(with_paired(2, {head}));
    EXPECT_FALSE(told(bench)) << "nothing has changed";
    bench.desire(document(3));
    ASSERT_TRUE(told(bench));
    EXPECT_TRUE(told(bench)->devices.empty() && told(bench)->outputs.empty());
    EXPECT_EQ(names(bench), std::vector<std::string>{"left"});
}

TEST(WorkerBluetooth, WhatTheBoardDeclaresGoesBeforeWhatWasPaired) {
    auto bench = started();
    bench.desire(with_paired(1, {{"left", head.device}}));
    EXPECT_TRUE(told(bench)->outputs.empty()) << "it has an output of that name";
    EXPECT_EQ(told(bench)->devices, std::vector{head.device});
    bench = {};
    bench.take(WorkerStarted{{{"ear", head.device, ""}}, {}, {}});
    bench.take(LinkChanged{true});
    bench.desire(with_paired(1, {head}));
    EXPECT_TRUE(told(bench)->outputs.empty()) << "it has that device";
    bench.desire(document(2));
    EXPECT_EQ(names(bench), std::vector<std::string>{"ear"}) << "what is declared stays";
}

TEST(WorkerBluetooth, ALifeBeginsWithWhatIsRemembered) {
    auto bench = started();
    bench.desire(with_paired(1, {head}));
    WorkerBench next;
    next.state.memory = bench.state.memory;
    next.take(WorkerStarted{{{"left", "virtual:speaker", ""}}, {}, {}});
    ASSERT_TRUE(told(next));
    EXPECT_EQ(told(next)->outputs, std::vector{head});
    EXPECT_EQ(names(next), (std::vector<std::string>{"left", "head"}));
}

TEST(WorkerBluetooth, ANewOutputHearsItsVolume) {
    auto bench = started();
    auto desired = document(1);
    desired.outputs = {{"head", 0.5, false}};
    bench.desire(desired);
    desired = with_paired(2, {head});
    desired.outputs = {{"head", 0.5, false}};
    bench.desire(desired);
    EXPECT_EQ(bench.count<SetOutput>(), 1) << "it was not there when that was told";
}

TEST(WorkerBluetooth, WhoIsPutOutLetsGo) {
    auto bench = started();
    bench.desire(with_paired(1, {head}));
    bench.take(LinkChanged{false});
    bench.take(MembershipTold{false});
    ASSERT_TRUE(told(bench));
    EXPECT_TRUE(told(bench)->devices.empty());
}

Message order(const std::string& id, BluetoothVerb verb) {
    Message message{{}, BluetoothCommand{{verb, "", 5000}}};
    message.header.id = {id};
    message.header.epoch = {1};
    return message;
}

TEST(WorkerBluetooth, AnOrderIsObeyedOnceAndItsEndIsTold) {
    auto bench = started();
    bench.take(BluetoothTold{{"", false, {{"hci0", true, false, ""}}, {}}});
    ASSERT_TRUE(bench.report());
    EXPECT_TRUE(bench.report()->bluetooth);
    bench.take(MessageArrived{order("c1", BluetoothVerb::scan), {}});
    ASSERT_EQ(bench.count<ObeyOrder>(), 1);
    EXPECT_EQ(bench.count<SendOutcome>(), 0);
    bench.take(MessageArrived{order("c1", BluetoothVerb::scan), {}});
    EXPECT_EQ(bench.count<ObeyOrder>(), 0);
    EXPECT_EQ(bench.count<SendOutcome>(), 0) << "it is being obeyed";
    bench.take(OrderEnded{{{"c1"}, std::nullopt, ""}});
    EXPECT_EQ(bench.count<SendOutcome>(), 1);
    bench.take(MessageArrived{order("c1", BluetoothVerb::scan), {}});
    EXPECT_EQ(bench.count<ObeyOrder>(), 0);
    EXPECT_EQ(bench.count<SendOutcome>(), 1) << "the first may be lost";
}

TEST(WorkerBluetooth, AnOrderThatALifeTookWithItHasAnEnd) {
    auto bench = started();
    bench.take(BluetoothTold{});
    bench.take(MessageArrived{order("c1", BluetoothVerb::pair), {}});
    WorkerBench next;
    next.state.memory = bench.state.memory;
    next.take(WorkerStarted{});
    next.take(BluetoothTold{});
    next.take(MessageArrived{order("c1", BluetoothVerb::pair), {}});
    EXPECT_EQ(next.count<ObeyOrder>(), 0) << "it has had its effect";
    EXPECT_EQ(next.count<SendOutcome>(), 1);
}

TEST(WorkerBluetooth, ABoardWithoutItSaysSo) {
    auto bench = started();
    bench.take(MessageArrived{order("c1", BluetoothVerb::scan), {}});
    ASSERT_EQ(bench.count<SendOutcome>(), 1);
    for (const auto& effect : bench.effects)
        if (const auto* sent = std::get_if<SendOutcome>(&effect)) {
            EXPECT_EQ(sent->outcome.failed, ErrorCode::conflict);
            EXPECT_NE(sent->outcome.what.find("--adapter"), std::string::npos);
        }
}

}  // namespace
}  // namespace antiphon::core
