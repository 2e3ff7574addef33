// Goal: what a worker renders sounds in a headset, whatever the headset does. Method: the worker's board over a BlueZ
// of our own; what the headset hears is decoded.
#include "apps/worker/bluetooth_board.hpp"

#include <gtest/gtest.h>
#include <sbc/sbc.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "adapters/system/clock.hpp"
#include "tests/bluetooth/fake_bluez.hpp"
#include "tests/bluetooth/private_bus.hpp"
#include "tests/support/run_until.hpp"

namespace antiphon::tests {
namespace {

using core::BluetoothAddress;
using core::DeviceState;

const BluetoothAddress left{"AA:00:00:00:00:01"};

class Tone final : public ports::Renderer {
  public:
    void render(const ports::RenderBlock& block) noexcept override {
        for (std::size_t i = 0; i < block.samples.size(); ++i) {
            const auto frame = block.first + static_cast<core::FrameCount>(i) / block.channels;
            block.samples[i] =
                static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * static_cast<double>(frame % 48) / 48));
        }
    }
};

class BoardTest : public testing::Test {
  protected:
    void SetUp() override {
        bluez.add_adapter("hci0");
        bluez.devices[left].paired = true;
        bluez.add_device("hci0", left);
        board.want({left});
    }
    template <class Predicate>
    bool soon(Predicate predicate) {
        return run_until(io, predicate);
    }
    bool called(const std::string& what, int times = 1) const { return std::ranges::count(bluez.calls, what) >= times; }
    std::optional<core::DeviceReport> report_of(const BluetoothAddress& address) const {
        const auto devices = board.report().devices;
        const auto at = std::ranges::find(devices, address.value, &core::DeviceReport::address);
        return at == devices.end() ? std::nullopt : std::optional(*at);
    }
    DeviceState state() const {
        const auto report = report_of(left);
        return report ? report->state : DeviceState::absent;
    }
    // The left channel of what has come since.
    std::vector<double> heard(std::size_t frames) {
        std::vector<double> sound;
        sbc_t sbc;
        EXPECT_EQ(sbc_init(&sbc, 0), 0);
        EXPECT_TRUE(soon([&] {
            std::array<std::byte, 2000> buffer;
            for (ssize_t got; bluez.devices[left].ear >= 0 &&
                              (got = ::recv(bluez.devices[left].ear, buffer.data(), buffer.size(), 0)) > 13;) {
                auto packet = std::span(buffer).first(static_cast<std::size_t>(got)).subspan(13);
                while (!packet.empty()) {
                    std::array<std::int16_t, 256> pcm;
                    std::size_t bytes = 0;
                    const auto taken = sbc_decode(&sbc, packet.data(), packet.size(), pcm.data(), sizeof pcm, &bytes);
                    if (taken <= 0) break;
                    for (std::size_t i = 0; i < bytes / 4; ++i) sound.push_back(pcm[2 * i] / 32768.0);
                    packet = packet.subspan(static_cast<std::size_t>(taken));
                }
            }
            return sound.size() >= frames;
        }));
        sbc_finish(&sbc);
        return sound;
    }

    boost::asio::io_context io;
    PrivateBus bus{io};
    FakeBluez bluez{io};
    system::SystemClock clock;
    worker::BluetoothBoard board{io, clock, {"hci0"}};
    Tone tone;
};

TEST_F(BoardTest, WhatIsRenderedSoundsInTheHeadset) {
    const auto sink = board.make_sink(left);
    ASSERT_TRUE(soon([&] { return state() == DeviceState::ready; }));
    ASSERT_TRUE(sink->start(tone));
    ASSERT_TRUE(soon([&] { return state() == DeviceState::streaming && sink->trouble().empty(); })) << sink->trouble();
    const auto sound = heard(24'000);
    ASSERT_GE(sound.size(), 24'000U);
    double in_phase = 0, quadrature = 0, energy = 0;
    for (std::size_t i = 4800; i < 24'000; ++i) {
        const double angle = 2 * std::numbers::pi * static_cast<double>(i) / 48;
        in_phase += sound[i] * std::sin(angle);
        quadrature += sound[i] * std::cos(angle);
        energy += sound[i] * sound[i];
    }
    const double of_tone = 2 * (in_phase * in_phase + quadrature * quadrature) / 19'200;
    EXPECT_GT(10 * std::log10(of_tone / (energy - of_tone)), 40);
    sink->stop();
    EXPECT_TRUE(soon([&] { return called("Release") && state() == DeviceState::ready; }));
}

TEST_F(BoardTest, ItSoundsAgainWhenTheHeadsetIsBack) {
    const auto sink = board.make_sink(left);
    ASSERT_TRUE(sink->start(tone));
    ASSERT_TRUE(soon([&] { return sink->trouble().empty(); }));
    heard(1);
    bluez.set_connected(left, false);
    EXPECT_TRUE(soon([&] { return !sink->trouble().empty(); }));
    EXPECT_TRUE(soon([&] { return called("Connect", 2) && sink->trouble().empty(); })) << sink->trouble();
    EXPECT_FALSE(heard(4800).empty());
}

TEST_F(BoardTest, WhatTheHeadsetSuspendsIsBegunAgain) {
    const auto sink = board.make_sink(left);
    ASSERT_TRUE(sink->start(tone));
    ASSERT_TRUE(soon([&] { return sink->trouble().empty(); }));
    bluez.suspend(left);
    EXPECT_TRUE(soon([&] { return sink->trouble() == "the device has suspended it"; })) << sink->trouble();
    EXPECT_TRUE(soon([&] { return called("Acquire", 2) && sink->trouble().empty(); })) << sink->trouble();
    EXPECT_FALSE(heard(4800).empty());
}

TEST_F(BoardTest, APlainReasonWhileNothingIsHeard) {
    const auto sink = board.make_sink(left);
    ASSERT_TRUE(sink->start(tone));
    ASSERT_TRUE(soon([&] { return sink->trouble().empty(); }));
    board.want({});
    EXPECT_TRUE(soon([&] { return called("Disconnect"); }));
    EXPECT_TRUE(soon([&] { return sink->trouble() == "it is away, or off"; })) << sink->trouble();
}

TEST_F(BoardTest, OrdersAreAnsweredOnce) {
    const BluetoothAddress fresh{"AA:00:00:00:00:09"};
    std::vector<core::Result<void>> answers;
    const auto obey = [&](core::BluetoothVerb verb) {
        board.obey({verb, fresh.value, 5000}, [&](const core::Result<void>& answer) { answers.push_back(answer); });
    };
    obey(core::BluetoothVerb::scan);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].error().code, core::ErrorCode::unavailable) << "BlueZ has not been seen yet";
    ASSERT_TRUE(soon([&] { return !board.report().adapters.empty(); }));
    obey(core::BluetoothVerb::pair);
    EXPECT_EQ(answers.size(), 1U) << "it is looked for";
    EXPECT_TRUE(soon([&] { return called("StartDiscovery"); }));
    bluez.add_device("hci0", fresh);
    EXPECT_TRUE(soon([&] { return answers.size() == 2; }));
    EXPECT_TRUE(answers[1]);
    EXPECT_TRUE(bluez.devices[fresh].paired);
    obey(core::BluetoothVerb::accept);
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[2].error().code, core::ErrorCode::conflict) << "it does not ask";
    obey(core::BluetoothVerb::forget);
    EXPECT_TRUE(soon([&] { return answers.size() == 4; }));
    EXPECT_TRUE(answers[3]);
    EXPECT_FALSE(report_of(fresh));
}

TEST_F(BoardTest, WhatChangesIsTold) {
    std::vector<core::BluetoothReport> told;
    board.on_change([&](const core::BluetoothReport& report) { told.push_back(report); });
    ASSERT_TRUE(soon([&] { return state() == DeviceState::ready; }));
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back(), board.report());
    for (std::size_t i = 1; i < told.size(); ++i) EXPECT_NE(told[i], told[i - 1]);
    bus.kill();
    EXPECT_TRUE(soon([&] { return !told.back().trouble.empty(); }));
    EXPECT_TRUE(told.back().adapters.empty());
}

}  // namespace
}  // namespace antiphon::tests
