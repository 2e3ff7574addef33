// Laws of topics.
#include "apps/node/topics.hpp"

#include <gtest/gtest.h>

namespace antiphon::node {
namespace {

TEST(Topics, ParseWhatTheyMake) {
    const Topics topics("c1");
    EXPECT_EQ(topics.of({"w1"}, "reported"), "antiphon/v1/c1/workers/w1/reported");
    const auto parsed = topics.parse("antiphon/v1/c1/workers/w1/reported");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->worker.value, "w1");
    EXPECT_EQ(parsed->leaf, "reported");
}

TEST(Topics, AClientIdIsOfOneWorkerOfOneCluster) {
    EXPECT_NE(Topics("c1").client_id({"w1"}), Topics("c2").client_id({"w1"}));
    EXPECT_NE(Topics("c1").client_id({"w1"}), Topics("c1").client_id({"w2"}));
}

TEST(Topics, AreShownUpToABound) {
    EXPECT_EQ(Topics::shown("antiphon/v1"), "antiphon/v1");
    EXPECT_EQ(Topics::shown(std::string(65535, 'x')).size(), Topics::shown_max);
}

TEST(Topics, KnowWhatIsNotTheirs) {
    const Topics topics("c1");
    for (const auto* topic : {"", "antiphon/v1/c2/workers/w1/reported", "antiphon/v1/c1/workers/w1",
                              "antiphon/v1/c1/workers//reported", "antiphon/v1/c1/workers"})
        EXPECT_FALSE(topics.parse(topic)) << topic;
}

}  // namespace
}  // namespace antiphon::node
