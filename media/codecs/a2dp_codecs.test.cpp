// Laws of all codecs: what they say they can they take, and each has a name of its own.
#include "media/codecs/a2dp_codecs.hpp"

#include <gtest/gtest.h>

#include <set>

namespace antiphon::media {
namespace {

TEST(A2dpCodecs, EachTakesWhatItOffersItself) {
    std::set<std::string_view> names;
    for (const auto* codec : a2dp_codecs()) {
        const auto chosen = codec->choose(codec->capabilities());
        ASSERT_TRUE(chosen) << codec->name;
        const auto format = codec->read(*chosen);
        ASSERT_TRUE(format) << codec->name;
        EXPECT_EQ(format->rate, 48'000U) << codec->name;
        EXPECT_EQ(format->channels, 2) << codec->name;
        EXPECT_TRUE(codec->open(*chosen, 895)) << codec->name;
        EXPECT_TRUE(names.insert(codec->name).second) << codec->name;
    }
}

TEST(A2dpCodecs, AreKnownByName) {
    const auto named = a2dp_codecs_named({"ldac", "sbc"});
    ASSERT_TRUE(named);
    EXPECT_EQ((*named)[0]->name, "ldac");
    EXPECT_EQ((*named)[1]->name, "sbc");
    EXPECT_EQ(*a2dp_codecs_named({}), usual_a2dp_codecs());
    EXPECT_EQ(usual_a2dp_codecs().back()->name, "sbc") << "which every device has";
    EXPECT_EQ(a2dp_codecs_named({"aac"}).error().what, "'aac' is no codec; there are sbc, sbc-xq, aptx, ldac");
    EXPECT_EQ(a2dp_codecs_named({"sbc", "sbc"}).error().what, "the codec 'sbc' is named twice");
}

}  // namespace
}  // namespace antiphon::media
