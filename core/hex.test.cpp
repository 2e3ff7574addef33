// Each byte is two digits, in its place.
#include "core/hex.hpp"

#include <gtest/gtest.h>

#include <array>

namespace antiphon::core {
namespace {

TEST(Hex, HasTwoDigitsForEachByte) {
    EXPECT_EQ(hex_of({}), "");
    constexpr std::array bytes{std::byte{0x00}, std::byte{0x0f}, std::byte{0xf0}, std::byte{0x9a}, std::byte{0xff}};
    EXPECT_EQ(hex_of(bytes), "000ff09aff");
}

}  // namespace
}  // namespace antiphon::core
