// Laws of schemas: they say what the codec writes, field by field.
#include "adapters/json/schema.hpp"

#include <gtest/gtest.h>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "adapters/json/json.hpp"

namespace antiphon::json {
namespace schema_test {

BOOST_DEFINE_ENUM_CLASS(Colour, red, green)

struct Inner {
    std::uint16_t port = 0;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (port))

struct Ping {
    static constexpr std::string_view kind = "ping";
    bool loud = false;
};
BOOST_DESCRIBE_STRUCT(Ping, (), (loud))

struct Stop {
    static constexpr std::string_view kind = "stop";
};
BOOST_DESCRIBE_STRUCT(Stop, (), ())

struct Sample {
    std::string name;
    std::optional<double> gain_db;
    std::vector<Inner> doors;
    std::map<std::string, bool> flags;
    Colour colour = Colour::red;
    core::WallTime created;
    std::int64_t frames = 0;
    std::optional<core::ClusterTime> start;
};
BOOST_DESCRIBE_STRUCT(Sample, (), (name, gain_db, doors, flags, colour, created, frames, start))

struct Letter {
    int v = 1;
    std::variant<Ping, Stop> body;
};
BOOST_DESCRIBE_STRUCT(Letter, (), (v, body))

struct Holder {
    std::variant<Ping, Stop> what;
};
BOOST_DESCRIBE_STRUCT(Holder, (), (what))

struct Settings {
    static constexpr bool json_keeps_defaults = true;
    int level = 3;
};
BOOST_DESCRIBE_STRUCT(Settings, (), (level))

namespace other {
struct Inner {
    bool open = false;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (open))
}  // namespace other

}  // namespace schema_test
namespace {

using namespace schema_test;

template <class T>
std::string schema(const std::string& name) {
    Schemas schemas;
    schemas.add<T>();
    return schemas.all().at(name);
}

TEST(Schema, OfAStructTellsEachFieldAndWhichMustBeThere) {
    EXPECT_EQ(
        schema<Sample>("Sample"),
        R"({"type":"object","properties":{"name":{"type":"string"},"gain_db":{"type":"number","format":"double"},)"
        R"("doors":{"type":"array","items":{"$ref":"#/components/schemas/Inner"}},)"
        R"("flags":{"type":"object","additionalProperties":{"type":"boolean"}},)"
        R"("colour":{"$ref":"#/components/schemas/Colour"},)"
        R"("created":{"type":"integer","format":"int64","description":"nanoseconds since 1970, UTC"},)"
        R"("frames":{"type":"integer","format":"int64"},)"
        R"("start":{"type":"object","properties":{"incarnation":{"type":"integer","minimum":0,)"
        R"("maximum":18446744073709551615},"ns":{"type":"integer","format":"int64"}},)"
        R"("required":["incarnation","ns"],"additionalProperties":false}},)"
        R"("required":["name","doors","flags","colour","created","frames"],"additionalProperties":false})");
}

TEST(Schema, WhatAStructIsMadeOfComesWithIt) {
    EXPECT_EQ(schema<Sample>("Inner"),
              R"({"type":"object","properties":{"port":{"type":"integer","minimum":0,"maximum":65535}},)"
              R"("required":["port"],"additionalProperties":false})");
    EXPECT_EQ(schema<Sample>("Colour"), R"({"type":"string","enum":["red","green"]})");
}

TEST(Schema, OfAStructThatKeepsItsDefaultsNothingMustBeThere) {
    EXPECT_EQ(schema<Settings>("Settings"), R"({"type":"object","properties":{"level":{"type":"integer",)"
                                            R"("minimum":-2147483648,"maximum":2147483647}},)"
                                            R"("required":[],"additionalProperties":false})");
}

TEST(Schema, OfAVariantNamesEachKindWithItsBody) {
    EXPECT_EQ(schema<Holder>("Holder"),
              R"({"type":"object","properties":{"what":{"oneOf":[)"
              R"({"type":"object","properties":{"kind":{"const":"ping"},"body":{"$ref":"#/components/schemas/Ping"}},)"
              R"("required":["kind","body"],"additionalProperties":false},)"
              R"({"type":"object","properties":{"kind":{"const":"stop"},"body":{"$ref":"#/components/schemas/Stop"}},)"
              R"("required":["kind","body"],"additionalProperties":false}]}},)"
              R"("required":["what"],"additionalProperties":false})");
}

TEST(Schema, OfAVariantBesideItsFieldsIsClosedOverBoth) {
    const auto text = schema<Letter>("Letter");
    EXPECT_NE(text.find(R"("required":["v"],"oneOf":[{"type":"object","properties":{"kind":{"const":"ping"})"),
              std::string::npos)
        << text;
    EXPECT_TRUE(text.ends_with(R"("required":["kind","body"]}],"unevaluatedProperties":false})")) << text;
}

TEST(Schema, AReferenceIsCalledLikeTheType) {
    EXPECT_EQ(reference_to<Sample>(), R"({"$ref":"#/components/schemas/Sample"})");
}

TEST(SchemaDeathTest, TwoTypesOfOneNameAreABug) {
    Schemas schemas;
    schemas.add<Inner>();
    EXPECT_DEATH(schemas.add<other::Inner>(), "broken contract");
}

}  // namespace
}  // namespace antiphon::json
