// Version N talks to N-1: the messages of each released version, as they were on the wire, are still understood.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "adapters/json/json.hpp"
#include "core/messages.hpp"

namespace antiphon {
namespace {

const std::filesystem::path golden = GOLDEN_FOLDER;
constexpr const char* present = "0.1.0";

std::string line_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

core::Message must_read(const std::filesystem::path& path) {
    auto message = json::decode<core::Message>(line_of(path));
    EXPECT_TRUE(message) << path << ": " << (message ? "" : message.error().what);
    return message ? std::move(*message) : core::Message{};
}

TEST(Golden, EveryMessageOfEveryVersionIsUnderstood) {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(golden)) {
        if (entry.path().extension() != ".json") continue;
        must_read(entry.path());
        ++files;
    }
    EXPECT_GE(files, 5);
}

TEST(Golden, ThePresentVersionWritesWhatItsFilesSay) {
    std::set<std::size_t> kinds;
    for (const auto& entry : std::filesystem::directory_iterator(golden / present)) {
        const auto message = must_read(entry.path());
        EXPECT_EQ(json::encode(message), line_of(entry.path())) << entry.path();
        kinds.insert(message.body.index());
    }
    EXPECT_EQ(kinds.size(), std::variant_size_v<core::MessageBody>) << "each kind of message has a golden file";
}

TEST(Golden, MeansWhatItMeant) {
    const auto message = must_read(golden / "0.1.0" / "desired.json");
    const auto& document = std::get<core::Desired>(message.body).document;
    EXPECT_EQ(message.header.epoch.value, 3u);
    EXPECT_EQ(document.generation.value, 12u);
    EXPECT_EQ(document.sessions.at(0).start->ns, 8306978840047);
    EXPECT_EQ(document.outputs.at(0).volume, 0.8);
}

TEST(Golden, AFieldOfALaterVersionIsIgnoredAndCounted) {
    auto line = line_of(golden / "0.1.0" / "alive.json");
    line.replace(line.find("\"alive\":false}"), 14, "\"alive\":false,\"mood\":\"good\"}");
    json::DecodeCounters counters;
    EXPECT_TRUE(json::decode<core::Message>(line, &counters));
    EXPECT_EQ(counters.unknown_fields, 1u);
}

TEST(Golden, AKindOfALaterVersionIsRefusedAndCounted) {
    auto line = line_of(golden / "0.1.0" / "ping.json");
    line.replace(line.find("\"ping\""), 6, "\"dance\"");
    json::DecodeCounters counters;
    const auto message = json::decode<core::Message>(line, &counters);
    ASSERT_FALSE(message);
    EXPECT_NE(message.error().what.find("dance"), std::string::npos);
    EXPECT_EQ(counters.unknown_kinds, 1u);
}

}  // namespace
}  // namespace antiphon
