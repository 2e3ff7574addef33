// Laws of the keyring: a member is heard and spoken to with its own key, and nobody else is.
#include "apps/coordinator/keyring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace antiphon::coordinator {
namespace {

const core::WorkerId hall{"w1"};
const core::WorkerId foyer{"w2"};
const ports::BusMessage word{"antiphon/v1/c1/workers/w1/alive", R"({"v":1})", true};

struct Members : ::testing::Test {
    Members() {
        put(hall, "hall", std::string(64, 'a'));
        put(foyer, "foyer", std::string(64, 'b'));
    }
    std::vector<std::string> put(const core::WorkerId& id, const std::string& name, const std::string& key) {
        core::WorkerRow row;
        row.id = id;
        row.name = name;
        row.message_key = key;
        state.workers.put(id, std::make_shared<core::WorkerRow>(row));
        return keyring.take(state);
    }
    core::ErrorCode refused(const core::WorkerId& id, const ports::BusMessage& message) {
        const auto text = keyring.open(id, message);
        return text ? core::ErrorCode::internal : text.error().code;
    }

    core::CoordinatorState state;
    Keyring keyring;
};

TEST_F(Members, AreHeardWithTheirOwnKey) {
    const auto sealed = *keyring.seal(hall, word);
    EXPECT_EQ(sealed.topic, word.topic);
    EXPECT_TRUE(sealed.retain);
    EXPECT_EQ(*keyring.open(hall, sealed), word.payload);
    EXPECT_EQ(refused(foyer, sealed), core::ErrorCode::denied);
    EXPECT_EQ(refused(hall, *keyring.seal(foyer, word)), core::ErrorCode::denied);
    EXPECT_EQ(refused(hall, word), core::ErrorCode::denied);
}

TEST_F(Members, WhoIsNoneIsNeitherHeardNorSpokenTo) {
    EXPECT_EQ(refused({"w3"}, *keyring.seal(hall, word)), core::ErrorCode::not_found);
    EXPECT_FALSE(keyring.seal({"w3"}, word));
    const auto late = *keyring.seal(hall, word);
    state.workers.erase(hall);
    keyring.take(state);
    EXPECT_EQ(refused(hall, late), core::ErrorCode::not_found);
}

TEST_F(Members, OneThatJoinsAnewHasANewKey) {
    const auto old = *keyring.seal(hall, word);
    put(hall, "hall", std::string(64, 'c'));
    EXPECT_EQ(refused(hall, old), core::ErrorCode::denied);
    EXPECT_TRUE(keyring.open(hall, *keyring.seal(hall, word)));
}

// A row of the programs before there were keys, or one that is damaged in a way that its checksum allows.
TEST_F(Members, OneWithoutAKeyIsNamedAndNotHeard) {
    for (const auto& key : {std::string(), std::string("x"), std::string(63, 'a')}) {
        put(hall, "hall", std::string(64, 'a'));
        EXPECT_THAT(put(hall, "hall", key), testing::ElementsAre("hall"));
        EXPECT_FALSE(keyring.seal(hall, word));
        EXPECT_EQ(refused(hall, word), core::ErrorCode::not_found);
        EXPECT_TRUE(keyring.seal(foyer, word));
    }
}

// A thousand that join anew one after the other shall not each have the rest of them told again.
TEST_F(Members, OneWithoutAKeyIsNamedOnce) {
    EXPECT_THAT(put(hall, "hall", ""), testing::ElementsAre("hall"));
    EXPECT_THAT(put(foyer, "foyer", ""), testing::ElementsAre("foyer"));
    EXPECT_THAT(put(foyer, "foyer", std::string(64, 'b')), testing::IsEmpty());
}

}  // namespace
}  // namespace antiphon::coordinator
