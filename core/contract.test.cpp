// Laws of contracts: a broken one ends the process and says where; a kept one costs nothing.
#include "core/contract.hpp"

#include <gtest/gtest.h>

namespace antiphon::core {
namespace {

TEST(Contract, BrokenEndsTheProcessAndNamesConditionAndPlace) {
    EXPECT_DEATH(ANTIPHON_ASSERT(1 + 1 == 3), "broken contract: 1 \\+ 1 == 3 .*contract\\.test\\.cpp:");
}

TEST(Contract, KeptGoesOn) {
    int evaluated = 0;
    ANTIPHON_ASSERT(++evaluated == 1);
    EXPECT_EQ(evaluated, 1);
}

}  // namespace
}  // namespace antiphon::core
