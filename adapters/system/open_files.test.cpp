// The limit goes up to what is wanted or allowed, and never down.
#include "adapters/system/open_files.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace antiphon::system {
namespace {

class OpenFiles : public testing::Test {
  protected:
    OpenFiles() { ::getrlimit(RLIMIT_NOFILE, &before_); }
    ~OpenFiles() override { ::setrlimit(RLIMIT_NOFILE, &before_); }

    void begin_with(rlim_t soft) {
        const rlimit limit{soft, before_.rlim_max};
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    }

    rlimit before_{};
};

TEST_F(OpenFiles, AreAllowedUpToWhatIsWanted) {
    begin_with(100);
    EXPECT_EQ(allow_open_files(120), 120U);
    EXPECT_EQ(allow_open_files(110), 120U) << "never lowered";
    rlimit now{};
    ::getrlimit(RLIMIT_NOFILE, &now);
    EXPECT_EQ(now.rlim_cur, 120U);
}

TEST_F(OpenFiles, AreAllowedUpToTheHardLimit) {
    begin_with(100);
    EXPECT_EQ(allow_open_files(static_cast<std::size_t>(before_.rlim_max) + 1), before_.rlim_max);
}

}  // namespace
}  // namespace antiphon::system
