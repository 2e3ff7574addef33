// Laws of sealed messages: what was not sealed with this key for this topic, to the last byte, does not open.
#include "adapters/mac/message_key.hpp"

#include <gtest/gtest.h>

namespace antiphon::mac {
namespace {

constexpr const char* topic = "antiphon/v1/c1/workers/w1/reported";
const std::string text = R"({"v":1,"id":"w1-9","kind":"alive","body":{"alive":true}})";

MessageKey key_of(char digit) { return *MessageKey::from_hex(std::string(64, digit)); }

const MessageKey key = key_of('a');
const std::string sealed = key.seal(topic, text);

TEST(MessageKey, OpensWhatItSealed) {
    EXPECT_EQ(*key.open(topic, sealed), text);
    const std::string one_field = R"({"a":1})";
    EXPECT_EQ(*key.open("t", key.seal("t", one_field)), one_field);
}

// RFC 4231 has no key of 32 bytes; this is `printf 't\0{"a":1}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:aa...`.
TEST(MessageKey, IsHmacSha256OfTopicZeroAndText) {
    EXPECT_EQ(key.seal("t", R"({"a":1})"),
              R"({"a":1,"mac":"f420f0e86ab66dd2693580024807a395632f2b9548232c4c4fd317c3ba7c4fa4"})");
}

TEST(MessageKey, EachByteCounts) {
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        for (const int flip : {1, 0x20, 0x80}) {
            auto forged = sealed;
            forged[i] = static_cast<char>(forged[i] ^ flip);
            ASSERT_FALSE(key.open(topic, forged)) << i << " ^ " << flip;
        }
    }
}

TEST(MessageKey, APieceIsNotTheWhole) {
    for (std::size_t length = 0; length < sealed.size(); ++length) {
        ASSERT_FALSE(key.open(topic, std::string_view(sealed).substr(0, length))) << length;
        ASSERT_FALSE(key.open(topic, std::string_view(sealed).substr(sealed.size() - length))) << length;
    }
}

TEST(MessageKey, NothingCanBeAdded) {
    for (const auto& forged : {sealed + "}", sealed + " ", " " + sealed, sealed + sealed})
        EXPECT_FALSE(key.open(topic, forged)) << forged;
    auto between = sealed;
    between.insert(between.find(",\"mac\""), R"(,"epoch":99)");
    EXPECT_FALSE(key.open(topic, between));
}

TEST(MessageKey, AnotherTopicIsRefused) {
    for (const auto* other : {"antiphon/v1/c1/workers/w2/reported", "antiphon/v1/c1/workers/w1/desired",
                              "antiphon/v1/c2/workers/w1/reported", "", "antiphon/v1/c1/workers/w1/reported/"})
        EXPECT_FALSE(key.open(other, sealed)) << other;
}

TEST(MessageKey, TopicAndTextDoNotRunTogether) {
    EXPECT_NE(key.seal("t", R"({{"a":1})").substr(8), key.seal("t{", R"({"a":1})").substr(7));
}

TEST(MessageKey, AnotherMembersKeyIsRefused) {
    EXPECT_FALSE(key.open(topic, key_of('b').seal(topic, text)));
    const auto refused = key.open(topic, key_of('b').seal(topic, text));
    EXPECT_EQ(refused.error().code, core::ErrorCode::denied);
    EXPECT_NE(refused.error().what.find("forged"), std::string::npos) << refused.error().what;
}

TEST(MessageKey, WithoutACodeItIsNotFromAMember) {
    for (const std::string& bare :
         {text, std::string(), std::string("{}"), std::string(74, '"'), std::string(1 << 20, '}')})
        EXPECT_NE(key.open(topic, bare).error().what.find("does not end with"), std::string::npos);
}

TEST(MessageKey, AHugeOneIsSealedAndItsForgeryRefused) {
    const auto huge = R"({"a":")" + std::string(1 << 20, 'x') + R"("})";
    auto big = key.seal(topic, huge);
    EXPECT_EQ(*key.open(topic, big), huge);
    big[big.size() / 2] = 'y';
    EXPECT_FALSE(key.open(topic, big));
}

TEST(MessageKey, OfOtherDigitsIsRefusedAndNotRepeated) {
    for (const auto& wrong : {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(63, 'a') + "g",
                              std::string(62, 'a') + "-1", " " + std::string(63, 'a'), "0x" + std::string(62, 'a')}) {
        const auto refused = MessageKey::from_hex(wrong);
        ASSERT_FALSE(refused) << wrong;
        EXPECT_EQ(refused.error().what.find("aaaa"), std::string::npos) << refused.error().what;
    }
}

}  // namespace
}  // namespace antiphon::mac
