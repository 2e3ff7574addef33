// Laws of the command line of `mics`: places are understood, or refused with what was written.
#include "apps/ruler/mics/mics_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace antiphon::ruler {
namespace {

TEST(ParsePlace, UnderstandsANameAndMetres) {
    const auto place = parse_place("hall/left=1.5,2");
    ASSERT_TRUE(place) << place.error().what;
    EXPECT_EQ(place->name, "hall/left");
    EXPECT_EQ(place->at, (virtual_audio::Position{1.5, 2}));
}

TEST(ParsePlace, RefusesWhatIsNone) {
    for (const char* text : {"", "hall/left", "=1,2", "hall/left=", "hall/left=1", "hall/left=1,2,3", "a=x,y"}) {
        const auto place = parse_place(text);
        ASSERT_FALSE(place) << text;
        EXPECT_THAT(place.error().what, testing::HasSubstr(std::string("'") + text + "'"));
    }
}

}  // namespace
}  // namespace antiphon::ruler
