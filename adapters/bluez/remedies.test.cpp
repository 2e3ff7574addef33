// Laws of the remedies: the adapter's own switches are thrown, and no others.
#include "adapters/bluez/remedies.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>

namespace antiphon::bluez {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;
using core::RadioCallKind;

class RemediesTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = "/tmp/antiphon-sys-XXXXXX";
        sys = ::mkdtemp(name.data());
        add("hci0", "1-1");
        add("hci1", "1-2");
    }
    void TearDown() override { fs::remove_all(sys); }
    // As the kernel lays it out: the adapter below an interface of its USB device.
    void add(const std::string& adapter, const std::string& usb) {
        const auto interface = sys / "devices" / usb / (usb + ":1.0");
        fs::create_directories(interface / adapter / ("rfkill" + usb));
        fs::create_directories(sys / "class/bluetooth");
        fs::create_directory_symlink(interface / adapter, sys / "class/bluetooth" / adapter);
        fs::create_directory_symlink(interface, interface / adapter / "device");
        put(interface.parent_path() / "authorized", "1");
        put(interface / adapter / ("rfkill" + usb) / "soft", "?");
    }
    static void put(const fs::path& file, const char* text) { std::ofstream(file) << text; }
    static std::string text(const fs::path& file) {
        std::ifstream in(file);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    fs::path sys;
};

TEST_F(RemediesTest, ItsOwnSwitchesAreThrown) {
    EXPECT_TRUE(help_adapter(RadioCallKind::unblock, "hci0", sys));
    EXPECT_EQ(text(sys / "devices/1-1/1-1:1.0/hci0/rfkill1-1/soft"), "0");
    EXPECT_EQ(text(sys / "devices/1-2/1-2:1.0/hci1/rfkill1-2/soft"), "?");
    put(sys / "devices/1-1/authorized", "?");
    EXPECT_TRUE(help_adapter(RadioCallKind::reset, "hci0", sys));
    EXPECT_EQ(text(sys / "devices/1-1/authorized"), "1");
}

TEST_F(RemediesTest, WhatIsNotThereIsNamed) {
    for (const auto* adapter : {"hci7", "", "../bluetooth/hci0"})
        EXPECT_EQ(help_adapter(RadioCallKind::reset, adapter, sys).error().code, ErrorCode::not_found) << adapter;
    fs::remove(sys / "devices/1-1/authorized");
    EXPECT_EQ(help_adapter(RadioCallKind::reset, "hci0", sys).error().what,
              "hci0 is on no USB, so it cannot be taken from it");
    fs::remove_all(sys / "devices/1-1/1-1:1.0/hci0/rfkill1-1");
    EXPECT_EQ(help_adapter(RadioCallKind::unblock, "hci0", sys).error().what, "hci0 has no rfkill switch");
    EXPECT_EQ(help_adapter(RadioCallKind::connect, "hci1", sys).error().code, ErrorCode::invalid);
}

TEST_F(RemediesTest, ASwitchThatCannotBeThrownIsTold) {
    const auto file = sys / "devices/1-1/authorized";
    fs::remove(file);
    fs::create_directory(file);  // root may write to any file
    const auto refused = help_adapter(RadioCallKind::reset, "hci0", sys);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("cannot write '0' to " + file.string()), std::string::npos);
}

}  // namespace
}  // namespace antiphon::bluez
