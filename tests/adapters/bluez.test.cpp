// Goal: what BlueZ has becomes facts, and what the machine decides becomes calls, whatever happens on the bus. Method:
// a message bus and a BlueZ of our own, in the loop of the test, with the core's machine between.
#include "adapters/bluez/bluez.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "adapters/system/clock.hpp"
#include "tests/bluetooth/fake_bluez.hpp"
#include "tests/bluetooth/private_bus.hpp"
#include "tests/support/run_until.hpp"

namespace antiphon::tests {
namespace {

using core::BluetoothAddress;
using core::DeviceState;

const BluetoothAddress left{"AA:00:00:00:00:01"}, right{"AA:00:00:00:00:02"};

// A board: the adapter and the machine.
class Board {
  public:
    explicit Board(boost::asio::io_context& io)
        : bluez_(io, bluez::BluezOptions{.adapters = {"hci0"}, .look_again = std::chrono::milliseconds(50)},
                 [this](const core::BluetoothEvent& event) { take(event); }) {}

    void take(const core::BluetoothEvent& event) {
        if (const auto* ended = std::get_if<core::RadioCallEnded>(&event)) endings.push_back(*ended);
        for (const auto& effect : core::bluetooth_step(state, clock_.now(), event)) {
            if (const auto* call = std::get_if<core::RadioCall>(&effect)) bluez_.perform(*call);
            if (const auto* answer = std::get_if<core::AnswerAgent>(&effect)) bluez_.answer(*answer);
            if (const auto* answer = std::get_if<core::BluetoothAnswer>(&effect)) answers.push_back(answer->result);
        }
    }
    void tick() { take(core::BluetoothTick{}); }
    DeviceState state_of(const BluetoothAddress& address) const {
        const auto at = state.devices.find(address);
        return at == state.devices.end() ? DeviceState::absent : at->second.state;
    }
    bluez::Bluez& bluez() { return bluez_; }

    core::BluetoothState state;
    std::vector<core::RadioCallEnded> endings;
    std::vector<core::Result<void>> answers;

  private:
    system::SystemClock clock_;
    bluez::Bluez bluez_;
};

class BluezTest : public testing::Test {
  protected:
    void have_bluez() {
        bluez = std::make_unique<FakeBluez>(io);
        bluez->add_adapter("hci0");
    }
    bool called(const std::string& what) const { return std::ranges::count(bluez->calls, what) > 0; }
    template <class Predicate>
    bool soon(Predicate predicate) {
        return run_until(io, predicate);
    }

    boost::asio::io_context io;
    PrivateBus bus{io};
    std::unique_ptr<FakeBluez> bluez;
};

TEST_F(BluezTest, WhatIsThereIsToldAndWeAreItsAgent) {
    have_bluez();
    bluez->add_device("hci0", left);
    Board board(io);
    EXPECT_TRUE(soon([&] { return board.state.devices.contains(left) && called("RequestDefaultAgent"); }));
    EXPECT_TRUE(called("RegisterAgent DisplayYesNo"));
    EXPECT_EQ(board.bluez().trouble(), "");
    EXPECT_EQ(board.state.devices.at(left).facts->name, "Ear AA:00:00:00:00:01");
    bluez->add_device("hci0", right);
    EXPECT_TRUE(soon([&] { return board.state.devices.contains(right); })) << "what comes later";
}

TEST_F(BluezTest, PairedTrustedConnectedAndReady) {
    have_bluez();
    bluez->add_device("hci0", left);
    Board board(io);
    ASSERT_TRUE(soon([&] { return board.state.devices.contains(left); }));
    board.take(core::PairAsked{{"c1"}, left});
    EXPECT_TRUE(soon([&] { return board.answers.size() == 1; }));
    EXPECT_TRUE(board.answers[0]);
    board.take(core::DevicesWanted{{left}, {}});
    EXPECT_TRUE(soon([&] { return board.state_of(left) == DeviceState::ready; }))
        << board.state.devices.at(left).reason;
    EXPECT_TRUE(bluez->devices[left].trusted && bluez->devices[left].paired);
    bluez->set_connected(left, false);
    EXPECT_TRUE(soon([&] { return std::ranges::count(bluez->calls, "Connect") == 2; })) << "it is called back at once";
    EXPECT_TRUE(soon([&] { return board.state_of(left) == DeviceState::ready; }));
    board.take(core::ForgetAsked{{"c2"}, left});
    EXPECT_TRUE(soon([&] { return called("RemoveDevice") && !board.state.devices.at(left).facts; }));
}

class SoundTest : public BluezTest {
  protected:
    void SetUp() override {
        have_bluez();
        bluez->devices[left].paired = true;
        bluez->add_device("hci0", left);
    }
    void want() {
        ASSERT_TRUE(soon(
            [&] { return board.state.devices.contains(left) && called("RegisterEndpoint /org/antiphon/a2dp/sbc"); }));
        EXPECT_TRUE(bluez->delay_reporting);
        board.take(core::DevicesWanted{{left}, {}});
    }
    Board board{io};
};

TEST_F(SoundTest, ADeviceTakesOurEndPointAndHearsWhatIsWritten) {
    want();
    ASSERT_TRUE(soon([&] { return board.state_of(left) == DeviceState::ready; })) << bluez->devices[left].refused;
    const auto transport = board.bluez().transport_of(left);
    ASSERT_TRUE(transport);
    EXPECT_EQ(transport->format.text, "SBC, 48 kHz joint stereo, bitpool 51");
    EXPECT_FALSE(transport->delay) << "it has reported none";
    bluez->set_delay(left, 1523);
    EXPECT_TRUE(soon([&] { return board.bluez().transport_of(left)->delay == std::chrono::microseconds(152'300); }));
    std::optional<bluez::TransportLine> line;
    board.bluez().acquire(left, [&](core::Result<bluez::TransportLine> acquired) {
        ASSERT_TRUE(acquired) << acquired.error().what;
        line.emplace(std::move(*acquired));
    });
    ASSERT_TRUE(soon([&] { return line.has_value(); }));
    EXPECT_EQ(line->write_mtu(), 895U);
    auto encoder = line->facts().codec->open(line->facts().configuration, line->write_mtu());
    ASSERT_TRUE(encoder);
    const std::vector<float> silence(static_cast<std::size_t>((*encoder)->packet_frames()) * 2);
    const auto packet = (*encoder)->encode(silence, 0);
    EXPECT_EQ(::send(line->socket(), packet.data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
    std::array<std::byte, 1000> heard;
    EXPECT_EQ(::recv(bluez->devices[left].ear, heard.data(), heard.size(), 0), static_cast<ssize_t>(packet.size()));
    board.bluez().set_volume(left, 200);
    board.bluez().release(left);
    EXPECT_TRUE(soon([&] { return called("Release") && called("Volume 127"); }));
    bluez->set_connected(left, false);
    EXPECT_TRUE(soon([&] { return std::ranges::count(bluez->calls, "Connect") == 2; }));
}

TEST_F(SoundTest, WithoutATransportThereIsNothingToAcquire) {
    core::ErrorCode code{};
    board.bluez().acquire(left,
                          [&](const core::Result<bluez::TransportLine>& acquired) { code = acquired.error().code; });
    EXPECT_TRUE(code == core::ErrorCode::unavailable || code == core::ErrorCode::not_found);
    board.bluez().release(left);
    board.bluez().set_volume(left, 5);
}

TEST_F(SoundTest, WhatIsNoSbcIsRefusedByName) {
    bluez->devices[left].can = {0xFF, 0xFF, 60, 2};
    want();
    EXPECT_TRUE(soon([&] { return !bluez->devices[left].refused.empty(); }));
    EXPECT_EQ(bluez->devices[left].refused, "SBC bitpools from 60 to 2 do not exist; 2 to 250 do");
    EXPECT_EQ(board.bluez().counters().refused, 1U);
    EXPECT_EQ(board.state_of(left), DeviceState::connecting);
    EXPECT_FALSE(board.bluez().transport_of(left));
}

TEST_F(SoundTest, AnothersProgramIsNamed) {
    bluez->devices[left].others = true;
    want();
    EXPECT_TRUE(soon([&] { return board.state_of(left) == DeviceState::failed; }));
    EXPECT_NE(board.state.devices.at(left).reason.find("bluealsa.service"), std::string::npos);
}

TEST_F(BluezTest, RefusalsAndAbsenceAreToldApart) {
    have_bluez();
    for (const auto& address : {left, right}) {
        bluez->devices[address].paired = true;
        bluez->add_device("hci0", address);
    }
    bluez->devices[left].near = false;
    bluez->devices[right].refuses = "Authentication Failed";
    Board board(io);
    ASSERT_TRUE(soon([&] { return board.state.devices.contains(left) && board.state.devices.contains(right); }));
    board.take(core::DevicesWanted{{left, right}, {}});
    EXPECT_TRUE(soon([&] { return board.state_of(right) == DeviceState::failed; }));
    ASSERT_EQ(board.state_of(left), DeviceState::absent);
    EXPECT_TRUE(soon([&] {
        return std::ranges::any_of(board.endings,
                                   [](const auto& one) { return one.failure == core::RadioFailure::away; });
    }));
}

TEST_F(BluezTest, APersonAnswersForADevice) {
    have_bluez();
    bluez->add_device("hci0", left);
    Board board(io);
    ASSERT_TRUE(soon([&] { return board.state.devices.contains(left) && called("RequestDefaultAgent"); }));
    bluez->ask_agent(left, 123456);
    EXPECT_TRUE(soon([&] { return bluez->devices[left].agreed.has_value(); }));
    EXPECT_EQ(bluez->devices[left].agreed, false) << "pairing is closed";
    bluez->devices[left].agreed.reset();
    board.take(core::PairingOpened{});
    EXPECT_TRUE(soon([&] { return called("Pairable on"); }));
    bluez->ask_agent(left, 654321);
    ASSERT_TRUE(soon([&] { return board.state.devices.at(left).question.has_value(); }));
    EXPECT_EQ(board.state.devices.at(left).question->passkey, 654321U);
    EXPECT_FALSE(bluez->devices[left].agreed.has_value());
    board.take(core::AgentAnswered{left, true});
    EXPECT_TRUE(soon([&] { return bluez->devices[left].agreed == true; }));
}

TEST_F(BluezTest, BluetoothdMayEndAndComeBack) {
    have_bluez();
    bluez->devices[left].paired = true;
    bluez->add_device("hci0", left);
    Board board(io);
    board.take(core::DevicesWanted{{left}, {}});
    ASSERT_TRUE(soon([&] { return board.state_of(left) == DeviceState::ready; }));
    bluez.reset();
    EXPECT_TRUE(soon([&] { return board.state.devices.at(left).reason == "bluetoothd is not running"; }));
    EXPECT_NE(board.bluez().trouble().find("start bluetooth.service"), std::string::npos);
    have_bluez();
    bluez->devices[left].paired = true;
    bluez->add_device("hci0", left);
    EXPECT_TRUE(soon([&] { return board.state_of(left) == DeviceState::ready; }));
    EXPECT_EQ(board.bluez().trouble(), "");
}

TEST_F(BluezTest, TheBusMayBeAwayAndComeBack) {
    bus.kill();
    Board board(io);
    EXPECT_NE(board.bluez().trouble().find("is D-Bus running?"), std::string::npos) << board.bluez().trouble();
    bus.start();
    have_bluez();
    EXPECT_TRUE(soon([&] { return board.state.adapters.contains("hci0"); }));
    bluez.reset();
    bus.kill();
    EXPECT_TRUE(soon([&] { return board.bluez().counters().buses_lost == 1; }));
    EXPECT_TRUE(board.state.adapters.empty());
    EXPECT_NE(board.bluez().trouble().find("is D-Bus running?"), std::string::npos) << board.bluez().trouble();
    bus.start();
    have_bluez();
    EXPECT_TRUE(soon([&] { return board.state.adapters.contains("hci0"); }));
}

TEST_F(BluezTest, AnAdapterMayGoAndComeBack) {
    have_bluez();
    Board board(io);
    ASSERT_TRUE(soon([&] { return board.state.adapters.contains("hci0"); }));
    bluez->remove_adapter("hci0");
    EXPECT_TRUE(soon([&] { return board.state.adapters.empty(); }));
    bluez->add_adapter("hci0");
    EXPECT_TRUE(soon([&] { return board.state.adapters.contains("hci0"); }));
    bluez->add_adapter("hci1");
    bluez->add_device("hci1", right);
    bluez->add_device("hci0", left);
    EXPECT_TRUE(soon([&] { return board.state.devices.contains(left); }));
    EXPECT_FALSE(board.state.devices.contains(right)) << "another's";
}

TEST_F(BluezTest, NonsenseAndSilenceChangeNothing) {
    have_bluez();
    bluez->devices[left].paired = true;
    bluez->add_device("hci0", left);
    Board board(io);
    ASSERT_TRUE(soon([&] { return board.state.devices.contains(left); }));
    bluez->talk_nonsense();
    bluez->hangs = true;
    board.take(core::DevicesWanted{{left}, {}});
    EXPECT_TRUE(soon([&] { return called("Connect"); }));
    EXPECT_EQ(board.state_of(left), DeviceState::connecting);
    board.bluez().perform({99, core::RadioCallKind::connect, "hci7", right});
    EXPECT_TRUE(soon([&] { return !board.endings.empty() && board.endings.back().id == 99; }));
    EXPECT_EQ(board.endings.back().failure, core::RadioFailure::other) << "of a device that is not there";
    board.bluez().perform({100, core::RadioCallKind::reset, "hci0"});
    EXPECT_TRUE(soon([&] { return board.endings.back().id == 100; }));
    EXPECT_EQ(board.endings.back().what, "not offered here");
    bluez->hangs = false;
    board.bluez().perform({101, core::RadioCallKind::power_cycle, "hci0"});
    EXPECT_TRUE(soon([&] { return board.endings.back().id == 101; }));
    EXPECT_TRUE(called("Powered off") && called("Powered on"));
    EXPECT_EQ(board.bluez().counters().malformed, 3U);
}

}  // namespace
}  // namespace antiphon::tests
