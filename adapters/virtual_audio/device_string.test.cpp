// Laws of the device string: everything it can say is read, everything else is refused by name.
#include "adapters/virtual_audio/device_string.hpp"

#include <gtest/gtest.h>

namespace antiphon::virtual_audio {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(VirtualDeviceString, NeedsNothingButTheKind) {
    EXPECT_EQ(*parse_virtual_device("virtual:speaker"), VirtualDevice{});
    EXPECT_EQ(parse_virtual_device("virtual:microphone")->kind, DeviceKind::microphone);
}

TEST(VirtualDeviceString, ReadsEveryOptionInAnyOrder) {
    const auto device =
        parse_virtual_device("virtual:speaker,mute,late=5ms,granule=48,at=1.5,-2,room=/srv/room,ppm=-40.5,buffer=100");
    ASSERT_TRUE(device) << device.error().what;
    EXPECT_EQ(device->ppm, -40.5);
    EXPECT_EQ(device->room, "/srv/room");
    EXPECT_EQ(device->at, (Position{1.5, -2}));
    EXPECT_EQ(device->granule, 48);
    EXPECT_EQ(device->buffer, milliseconds{100});
    EXPECT_EQ(device->late, milliseconds{5});
    EXPECT_TRUE(device->mute);
    EXPECT_EQ(parse_virtual_device("virtual:speaker,late=0.25")->late, microseconds{250});
}

TEST(VirtualDeviceString, RefusesWhatIsNoVirtualDevice) {
    for (const auto* text : {"", "virtual", "virtual:", "virtual:horn", "alsa:default", "virtual:speakers"}) {
        const auto device = parse_virtual_device(text);
        ASSERT_FALSE(device) << text;
        EXPECT_NE(device.error().what.find("device '" + std::string(text) + "'"), std::string::npos);
    }
}

struct Refusal {
    const char* options;
    const char* named;
};

TEST(VirtualDeviceString, NamesTheBadOptionAndItsValue) {
    for (const auto& [options, named] :
         {Refusal{"ppm=fast", "'ppm' of a virtual device is 'fast'"}, Refusal{"ppm=1001", "from -1000 to 1000"},
          Refusal{"ppm=nan", "is 'nan'"}, Refusal{"ppm", "is ''"}, Refusal{"room=", "'room'"},
          Refusal{"at=3", "'at' of a virtual device is '3'"}, Refusal{"at=1,mute", "is '1,mute'"},
          Refusal{"granule=0", "from 1 to 4800"}, Refusal{"granule=1.5", "'granule'"},
          Refusal{"buffer=5ms", "from 20 to 2000"}, Refusal{"late=-1", "from 0 to 1000"}, Refusal{"late=5s", "is '5s'"},
          Refusal{"mute=yes", "'mute' without a value"},
          Refusal{"loud", "option 'loud' of a virtual device is unknown"}, Refusal{"", "option ''"},
          Refusal{"mute,mute", "given twice"}, Refusal{"ppm=1,", "option ''"}}) {
        const auto device = parse_virtual_device("virtual:speaker," + std::string(options));
        ASSERT_FALSE(device) << options;
        EXPECT_EQ(device.error().code, core::ErrorCode::invalid);
        EXPECT_NE(device.error().what.find(named), std::string::npos) << options << " -> " << device.error().what;
    }
}

TEST(VirtualDeviceString, AMicrophoneHasNoAnalogueFaultsToChoose) {
    for (const auto* option : {"late=5", "mute", "buffer=100"})
        EXPECT_FALSE(parse_virtual_device("virtual:microphone," + std::string(option)));
    EXPECT_TRUE(parse_virtual_device("virtual:microphone,ppm=3,granule=48,at=0,0,room=x"));
}

}  // namespace
}  // namespace antiphon::virtual_audio
