// Laws of closed variants and of the envelope whose kind and body stand beside its other fields.
#include <gmock/gmock.h>

#include <boost/describe.hpp>

#include "adapters/json/value.hpp"
#include "core/messages.hpp"

namespace antiphon::json {
namespace {

struct Play {
    static constexpr std::string_view kind = "play";
    std::string what;
    std::optional<double> gain_db;
    friend bool operator==(const Play&, const Play&) = default;
};
BOOST_DESCRIBE_STRUCT(Play, (), (what, gain_db))

struct Stop {
    static constexpr std::string_view kind = "stop";
    friend bool operator==(const Stop&, const Stop&) = default;
};
BOOST_DESCRIBE_STRUCT(Stop, (), ())

using Command = std::variant<Play, Stop>;

struct Header {
    int v = 1;
    core::MessageId id;
    std::optional<core::Epoch> epoch;
    friend bool operator==(const Header&, const Header&) = default;
};
BOOST_DESCRIBE_STRUCT(Header, (), (v, id, epoch))

struct Message {
    int v = 1;
    std::optional<core::Epoch> epoch;
    Command body;
    friend bool operator==(const Message&, const Message&) = default;
};
BOOST_DESCRIBE_STRUCT(Message, (), (v, epoch, body))

struct Plan {
    Command first;
    std::vector<Command> then;
    friend bool operator==(const Plan&, const Plan&) = default;
};
BOOST_DESCRIBE_STRUCT(Plan, (), (first, then))

TEST(Variant, IsKindAndBody) {
    const Plan plan{Play{"tone:440", -6.5}, {Stop{}, Play{"blob:1", {}}}};
    const auto text = encode(plan);
    EXPECT_EQ(text, R"({"first":{"kind":"play","body":{"what":"tone:440","gain_db":-6.5}},)"
                    R"("then":[{"kind":"stop","body":{}},{"kind":"play","body":{"what":"blob:1"}}]})");
    EXPECT_EQ(*decode<Plan>(text), plan);
}

TEST(Variant, AnUnknownKindIsRefusedByNameAndCountedApart) {
    DecodeCounters counters;
    const auto plan = decode<Plan>(R"({"first":{"kind":"dance","body":{}},"then":[]})", &counters);
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().what, "first.kind names an unknown kind 'dance'");
    EXPECT_EQ(counters, (DecodeCounters{0, 1, 0}));
}

TEST(Variant, KindAndBodyAreBothNeeded) {
    const auto why = [](std::string_view text) { return decode<Command>(text).error().what; };
    EXPECT_EQ(why(R"({"body":{}})"), "kind is missing, and it is required");
    EXPECT_EQ(why(R"({"kind":"stop"})"), "body is missing, and it is required");
    EXPECT_EQ(why(R"({"kind":4,"body":{}})"), "kind is the number 4, wanted a string");
    EXPECT_EQ(why(R"({"kind":"play","body":{}})"), "body.what is missing, and it is required");
    EXPECT_EQ(why(R"("stop")"), R"(the document is the string "stop", wanted an object with kind and body)");
}

TEST(Variant, UnknownFieldsBesideKindAndBodyAreCounted) {
    DecodeCounters counters;
    EXPECT_TRUE(decode<Command>(R"({"kind":"stop","body":{"a":1},"b":2,"c":3})", &counters));
    EXPECT_EQ(counters, (DecodeCounters{3, 0, 0}));
}

TEST(Envelope, PutsKindAndBodyAfterTheHeader) {
    const Header header{1, {"m1"}, core::Epoch{4}};
    const auto text = encode_envelope(header, Command{Stop{}});
    EXPECT_EQ(text, R"({"v":1,"id":"m1","epoch":4,"kind":"stop","body":{}})");
    const Envelope<Header, Command> envelope{header, Stop{}};
    EXPECT_EQ(encode(envelope), text);
    DecodeCounters counters;
    const auto decoded = decode_envelope<Header, Command>(text, &counters);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, envelope);
    EXPECT_EQ(counters, DecodeCounters{});
}

TEST(Envelope, OrderIsFreeAndUnknownFieldsAreCountedOnce) {
    DecodeCounters counters;
    const auto decoded = decode_envelope<Header, Command>(
        R"({"body":{"what":"x"},"later":1,"kind":"play","id":"m1","v":2,"epoch":null})", &counters);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->header, (Header{2, {"m1"}, {}}));
    EXPECT_EQ(decoded->body, Command(Play{"x", {}}));
    EXPECT_EQ(counters, (DecodeCounters{1, 0, 0}));
}

TEST(Envelope, TheHeaderOfARefusedBodyIsStillReadable) {
    DecodeCounters counters;
    const std::string_view text = R"({"v":9,"id":"m1","kind":"dance","body":{"steps":3}})";
    const auto refused = decode_envelope<Header, Command>(text, &counters);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().what, "kind names an unknown kind 'dance'");
    EXPECT_EQ(counters.unknown_kinds, 1);
    EXPECT_EQ(decode<Header>(text)->id, core::MessageId{"m1"});
}

TEST(Envelope, AStructWithAVariantNamedBodyIsOneToo) {
    const Message message{1, {}, Play{"x", {}}};
    const auto text = encode(message);
    EXPECT_EQ(text, R"({"v":1,"kind":"play","body":{"what":"x"}})");
    DecodeCounters counters;
    EXPECT_EQ(*decode<Message>(text, &counters), message);
    EXPECT_TRUE(decode<Message>(R"({"v":1,"kind":"stop","body":{},"x":0})", &counters));
    EXPECT_EQ(counters, (DecodeCounters{1, 0, 0}));
    EXPECT_EQ(decode<Message>(R"({"v":1,"kind":"play"})").error().what, "body is missing, and it is required");
}

TEST(Envelope, TheMessagesOfTheClusterAreOne) {
    core::Message message;
    message.header = {1, {"m1"}, {4}, core::Generation{7}, {99}, core::ClusterTime{{3}, 5}, "request-1"};
    message.body = core::Desired{{{4}, {7}, "hall", {{{"s1"}, {}, {"left"}, {}, 0, 0.5}}, {}, {}, {}, false}};
    const auto text = encode(message);
    EXPECT_THAT(text, testing::StartsWith(R"({"v":1,"id":"m1","epoch":4,"generation":7,"sent":99,)"
                                          R"("deadline":{"incarnation":3,"ns":5},"trace":"request-1",)"
                                          R"("kind":"desired","body":{"document":{"epoch":4,)"));
    const auto decoded = decode<core::Message>(text);
    ASSERT_TRUE(decoded) << decoded.error().what;
    EXPECT_EQ(*decoded, message);
}

TEST(Value, DecodesAndEncodesWithoutText) {
    const boost::json::value value = {{"what", "x"}, {"gain_db", 2U}};
    EXPECT_EQ(*decode_value<Play>(value), (Play{"x", 2.0}));
    EXPECT_EQ(encode_value(Play{"x", 2.0}), boost::json::value({{"what", "x"}, {"gain_db", 2}}));
    const boost::json::value hand_made = {{"v", 1ULL}, {"id", "a"}};
    EXPECT_EQ(decode_value<Header>(hand_made)->v, 1);
}

TEST(Value, PassesThroughUnread) {
    const auto value = decode<std::vector<boost::json::value>>(R"([{"a":[1,"x"]},null])");
    ASSERT_TRUE(value);
    EXPECT_EQ(encode(*value), R"([{"a":[1,"x"]},null])");
}

}  // namespace
}  // namespace antiphon::json
