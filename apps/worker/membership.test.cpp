// Laws of asking for one's membership: no doubt is forgotten, and no flood of doubts is a flood of questions.
#include "apps/worker/membership.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace antiphon::worker {
namespace {

struct Asking : ::testing::Test {
    void answer(std::optional<bool> member) { std::exchange(open, nullptr)(member); }
    // The pause after an answer.
    void wait() {
        ASSERT_TRUE(later) << "nobody waits";
        EXPECT_EQ(waits, Membership::ask_again_after);
        std::exchange(later, nullptr)();
    }

    int asked = 0;
    Membership::Heard open;
    core::Duration waits{};
    std::function<void()> later;
    std::vector<bool> told;
    Membership membership{{[this](Membership::Heard heard) {
                               ++asked;
                               open = std::move(heard);
                           },
                           [this](core::Duration pause, std::function<void()> action) {
                               waits = pause;
                               later = std::move(action);
                           },
                           [this](bool member) { told.push_back(member); }}};
};

TEST_F(Asking, ADoubtIsAskedAtOnceAndItsAnswerTold) {
    EXPECT_EQ(asked, 0);
    membership.doubt();
    EXPECT_EQ(asked, 1);
    answer(false);
    EXPECT_EQ(told, (std::vector<bool>{false}));
    wait();
    EXPECT_EQ(asked, 1) << "it is answered";
    membership.doubt();
    answer(true);
    EXPECT_EQ(told, (std::vector<bool>{false, true}));
}

TEST_F(Asking, AFloodOfDoubtsIsOneQuestionEachPause) {
    for (int pause = 1; pause <= 5; ++pause) {
        for (int i = 0; i < 1000; ++i) membership.doubt();
        EXPECT_EQ(asked, pause);
        answer(true);
        for (int i = 0; i < 1000; ++i) membership.doubt();
        EXPECT_EQ(asked, pause);
        wait();
        EXPECT_EQ(asked, pause + 1);
    }
}

TEST_F(Asking, ADoubtWhileItAsksIsAskedAfterwards) {
    membership.doubt();
    membership.doubt();
    answer(true);
    wait();
    EXPECT_EQ(asked, 2);
    answer(true);
    wait();
    EXPECT_EQ(asked, 2);
}

TEST_F(Asking, WithoutAnAnswerItGoesOnAsking) {
    membership.doubt();
    for (int i = 1; i <= 3; ++i) {
        EXPECT_EQ(asked, i);
        answer(std::nullopt);
        EXPECT_TRUE(told.empty());
        wait();
    }
    membership.trust();
    answer(std::nullopt);
    wait();
    EXPECT_EQ(asked, 4) << "something else has told";
}

TEST_F(Asking, AnAnswerDoesNotSettleADoubtThatCameAfterTrust) {
    membership.doubt();
    membership.trust();
    membership.doubt();
    answer(true);
    wait();
    EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace antiphon::worker
