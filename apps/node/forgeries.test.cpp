// A flood of forgeries is counted, and fills neither a line nor the log.
#include "apps/node/forgeries.hpp"

#include <gmock/gmock.h>

namespace antiphon::node {
namespace {

TEST(Forgeries, AreCountedAndFewAreTold) {
    testing::internal::CaptureStderr();
    Forgeries forgeries;
    const ports::BusMessage forged{std::string(65535, 'x'), "", false};
    for (int i = 0; i < 1000; ++i) forgeries.refuse(forged, "it is forged", {});
    const auto written = testing::internal::GetCapturedStderr();
    EXPECT_EQ(forgeries.refused(), 1000U);
    EXPECT_THAT(written, testing::HasSubstr("message.forged"));
    EXPECT_LT(written.size(), 1000U);
}

}  // namespace
}  // namespace antiphon::node
