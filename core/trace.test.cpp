// What is taken for a trace, and what is not.
#include "core/trace.hpp"

#include <gtest/gtest.h>

#include <string>

namespace antiphon::core {
namespace {

TEST(Trace, IsShortAndHoldsNothingThatALogOrAHeaderCouldMisread) {
    for (const auto* good : {"a", "desk-42", "0123456789abcdef", "A.b_C-9"}) EXPECT_TRUE(is_trace(good)) << good;
    EXPECT_TRUE(is_trace(std::string(64, 'x')));
    EXPECT_FALSE(is_trace(std::string(65, 'x')));
    EXPECT_FALSE(is_trace(std::string("a\0b", 3)));
    for (const auto* bad : {"", "a b", "a\nb", "a\"b", "a:b", "\xc3\xa4"}) EXPECT_FALSE(is_trace(bad)) << bad;
}

}  // namespace
}  // namespace antiphon::core
