// The law of the round trip: what is encoded decodes to the same value and to the same text again.
#include <gtest/gtest.h>

#include <boost/describe.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "adapters/json/json.hpp"
#include "core/ids.hpp"

namespace antiphon::json {
namespace {

enum class Colour { red, green, blue };
BOOST_DESCRIBE_ENUM(Colour, red, green, blue)

struct Leaf {
    static constexpr std::string_view kind = "leaf";
    bool on = false;
    std::int8_t small = 0;
    std::int64_t wide = 0;
    std::uint64_t widest = 0;
    double real = 0;
    Colour colour = Colour::red;
    std::string text;
    std::optional<std::uint16_t> maybe;
    friend bool operator==(const Leaf&, const Leaf&) = default;
};
BOOST_DESCRIBE_STRUCT(Leaf, (), (on, small, wide, widest, real, colour, text, maybe))

struct Nothing {
    static constexpr std::string_view kind = "nothing";
    friend bool operator==(const Nothing&, const Nothing&) = default;
};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct Tree {
    core::Epoch epoch;
    core::ClusterTime at;
    core::LocalTime local;
    core::Duration took{};
    std::vector<Leaf> leaves;
    std::map<std::string, std::vector<std::optional<int>>> table;
    std::optional<Leaf> crown;
    std::vector<bool> bits;
    std::variant<Nothing, Leaf> body;
    friend bool operator==(const Tree&, const Tree&) = default;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (epoch, at, local, took, leaves, table, crown, bits, body))

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t below(std::uint64_t n) { return engine_() % n; }
    std::uint64_t any() { return below(4) == 0 ? edges_[below(edges_.size())] : engine_() >> below(64); }
    std::int64_t any_signed() { return static_cast<std::int64_t>(any()); }
    double any_double() {
        const auto bits = engine_();
        double value = 0;
        std::memcpy(&value, &bits, sizeof value);
        return std::isfinite(value) ? value : static_cast<double>(any_signed()) / 8;
    }
    std::string any_text() {
        static const std::array<std::string, 9> pieces{"a",      "\"",     "\\",         "\n",  std::string(1, '\0'),
                                                       "\u00e4", "\u20ac", "\U0001f3b5", "\x7f"};
        std::string text;
        for (auto n = below(12); n > 0; --n) text += pieces[below(pieces.size())];
        return text;
    }

  private:
    std::mt19937_64 engine_;
    std::array<std::uint64_t, 5> edges_{0, 1, std::numeric_limits<std::uint64_t>::max(), 1ULL << 63, (1ULL << 63) - 1};
};

Leaf any_leaf(Dice& dice) {
    Leaf leaf{dice.below(2) == 0, static_cast<std::int8_t>(dice.any()), dice.any_signed(), dice.any(),
              dice.any_double(),  static_cast<Colour>(dice.below(3)),   dice.any_text(),   {}};
    if (dice.below(2) == 0) leaf.maybe = static_cast<std::uint16_t>(dice.any());
    return leaf;
}

Tree any_tree(Dice& dice) {
    Tree tree;
    tree.epoch.value = dice.any();
    tree.at = {{dice.any()}, dice.any_signed()};
    tree.local.ns = dice.any_signed();
    tree.took = core::Duration{dice.any_signed()};
    for (auto n = dice.below(4); n > 0; --n) tree.leaves.push_back(any_leaf(dice));
    for (auto n = dice.below(4); n > 0; --n) {
        auto& row = tree.table[dice.any_text()];
        for (auto m = dice.below(4); m > 0; --m)
            row.push_back(dice.below(3) == 0 ? std::nullopt : std::optional<int>(static_cast<int>(dice.any())));
    }
    if (dice.below(2) == 0) tree.crown = any_leaf(dice);
    for (auto n = dice.below(4); n > 0; --n) tree.bits.push_back(dice.below(2) == 0);
    if (dice.below(2) == 0) tree.body = any_leaf(dice);
    return tree;
}

TEST(RoundTrip, GivesTheSameValueAndTheSameText) {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        Dice dice(seed);
        const auto tree = any_tree(dice);
        const auto text = encode(tree);
        DecodeCounters counters;
        const auto decoded = decode<Tree>(text, &counters);
        ASSERT_TRUE(decoded) << "seed " << seed << ": " << decoded.error().what << "\n" << text;
        ASSERT_EQ(*decoded, tree) << "seed " << seed << "\n" << text;
        ASSERT_EQ(encode(*decoded), text) << "seed " << seed;
        ASSERT_EQ(counters, DecodeCounters{}) << "seed " << seed;
    }
}

TEST(RoundTrip, ADamagedDocumentIsRefusedOrReadButNeverCrashes) {
    std::uint64_t refused = 0;
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        Dice dice(seed);
        auto text = encode(any_tree(dice));
        for (auto n = dice.below(3) + 1; n > 0; --n) {
            const auto at = dice.below(text.size());
            if (dice.below(2) == 0) text[at] = static_cast<char>(dice.any());
            if (dice.below(3) == 0) text.erase(at, dice.below(9));
            if (text.empty()) break;
        }
        refused += decode<Tree>(text).ok() ? 0 : 1;
    }
    EXPECT_GT(refused, 1000);  // else this exercised nothing
}

TEST(RoundTrip, NegativeZeroKeepsItsSign) { EXPECT_TRUE(std::signbit(*decode<double>(encode(-0.0)))); }

TEST(Encode, IsCompactAndInTheOrderOfDeclaration) {
    EXPECT_EQ(
        encode(Leaf{true, -1, 2, 3, 0.5, Colour::blue, "x\t\"\x01", 4}),
        R"({"on":true,"small":-1,"wide":2,"widest":3,"real":0.5,"colour":"blue","text":"x\t\"\u0001","maybe":4})");
    EXPECT_EQ(encode(std::vector<std::vector<int>>{{}, {1, 2}, {}}), "[[],[1,2],[]]");
    EXPECT_EQ(encode(std::map<std::string, int>{{"b", 1}, {"a", 2}}), R"({"a":2,"b":1})");
}

TEST(Encode, WritesWhatIsNotFiniteAsNull) {
    EXPECT_EQ(encode(std::vector<double>{std::nan(""), INFINITY, -INFINITY, 1}), "[null,null,null,1]");
}

TEST(Encode, RepairsWhatIsNotUtf8) {
    EXPECT_EQ(encode(std::string("a\xff\xc3(\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82")),
              "\"a\ufffd\ufffd(\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\"");
    Dice dice(1);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes;
        for (auto n = dice.below(40); n > 0; --n) bytes += static_cast<char>(dice.any() | (dice.below(2) << 7));
        const auto text = encode(bytes);
        ASSERT_TRUE(decode<std::string>(text)) << text;
    }
}

}  // namespace
}  // namespace antiphon::json
