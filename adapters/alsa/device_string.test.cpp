// Laws of `alsa:` device strings.
#include "adapters/alsa/device_string.hpp"

#include <gtest/gtest.h>

namespace antiphon::alsa {
namespace {

using std::chrono::milliseconds;

TEST(AlsaDeviceString, TakesTheNamesThatAlsaHas) {
    for (const auto* name :
         {"default", "hw:0", "plughw:CARD=Headset,DEV=0", "bluealsa:DEV=00:11:22:33:44:55,PROFILE=sco"})
        EXPECT_EQ(*parse_alsa_device("alsa:" + std::string(name)), (AlsaDevice{name, milliseconds{60}}));
    EXPECT_EQ(*parse_alsa_device("alsa:hw:1,0?buffer=20"), (AlsaDevice{"hw:1,0", milliseconds{20}}));
    EXPECT_EQ(*parse_alsa_device("alsa:dac?buffer=200ms"), (AlsaDevice{"dac", milliseconds{200}}));
}

TEST(AlsaDeviceString, SaysWhatIsWrong) {
    for (const auto& [text, word] :
         {std::pair{"alsa:", "names no device"}, std::pair{"alsa:?buffer=20", "names no device"},
          std::pair{"hw:0", "write alsa:NAME"}, std::pair{"alsa:x?period=3", "unknown option"},
          std::pair{"alsa:x?buffer=4", "5 to 2000"}, std::pair{"alsa:x?buffer=2001", "5 to 2000"},
          std::pair{"alsa:x?buffer=", "5 to 2000"}, std::pair{"alsa:x?buffer=20s", "5 to 2000"},
          std::pair{"alsa:a\nb", "control character"}}) {
        const auto parsed = parse_alsa_device(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, core::ErrorCode::invalid);
        EXPECT_NE(parsed.error().what.find(word), std::string::npos) << parsed.error().what;
    }
    EXPECT_FALSE(parse_alsa_device("alsa:" + std::string(200, 'x')));
}

}  // namespace
}  // namespace antiphon::alsa
