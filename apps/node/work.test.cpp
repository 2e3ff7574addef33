// Work marks this thread's log lines, and only until it ends; a trace from outside is taken only when it can be one.
#include "apps/node/work.hpp"

#include <gmock/gmock.h>

namespace antiphon::node {
namespace {

using testing::HasSubstr;
using testing::Not;

class WorkTest : public testing::Test {
  protected:
    WorkTest() { system::log::configure({.format = system::log::Format::json}); }
    ~WorkTest() override { system::log::configure({}); }

    std::string line() {
        testing::internal::CaptureStderr();
        system::log::info("seen");
        return testing::internal::GetCapturedStderr();
    }

    Work work;
};

TEST_F(WorkTest, MarksLinesAndMessagesUntilItEnds) {
    work.begin("decider", "desk-42");
    EXPECT_EQ(work.trace(), "desk-42");
    EXPECT_THAT(line(), HasSubstr(R"("actor":"decider","trace":"desk-42","event":"seen")"));
    work.end();
    EXPECT_EQ(work.trace(), std::nullopt);
    EXPECT_THAT(line(), Not(HasSubstr("decider")));
}

TEST_F(WorkTest, WithoutATraceInheritsNone) {
    work.begin("decider", "desk-42");
    work.begin("decider", "");
    EXPECT_EQ(work.trace(), std::nullopt);
    const auto written = line();
    EXPECT_THAT(written, HasSubstr(R"("actor":"decider","event":"seen")"));
    EXPECT_THAT(written, Not(HasSubstr("desk-42")));
}

TEST(TraceOf, IsNothingThatALogCouldMisread) {
    core::Message message;
    EXPECT_EQ(trace_of(message), "");
    message.header.trace = "desk-42";
    EXPECT_EQ(trace_of(message), "desk-42");
    message.header.trace = "a\n" + std::string(100, 'x');
    EXPECT_EQ(trace_of(message), "");
}

}  // namespace
}  // namespace antiphon::node
