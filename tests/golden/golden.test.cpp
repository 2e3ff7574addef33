// Version N talks to N-1: the messages of each released version, as they were on the wire, are still understood.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "adapters/json/json.hpp"
#include "adapters/mac/message_key.hpp"
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

// What the messages of that version were sealed with, and for which topics.
mac::MessageKey key_beside(const std::filesystem::path& path) {
    return *mac::MessageKey::from_hex(line_of(path.parent_path() / "key"));
}

std::string topic_of(const std::filesystem::path& path) {
    const std::map<std::string, std::string> leaf_of{
        {"ping", "command"}, {"bluetooth", "command"}, {"pong", "reply"}, {"outcome", "reply"}};
    const auto kind = path.stem().string();
    const auto leaf = leaf_of.find(kind);
    return "antiphon/v1/c1/workers/w1/" + (leaf == leaf_of.end() ? kind : leaf->second);
}

// The text of a file, for as long as this version opens it.
std::string opened(const std::filesystem::path& path) {
    const auto text = key_beside(path).open(topic_of(path), line_of(path));
    EXPECT_TRUE(text) << path << ": " << (text ? "" : text.error().what);
    return text ? *text : "";
}

core::Message must_read(const std::filesystem::path& path) {
    auto message = json::decode<core::Message>(opened(path));
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
        const auto& path = entry.path();
        if (path.extension() != ".json") continue;
        const auto message = must_read(path);
        EXPECT_EQ(key_beside(path).seal(topic_of(path), json::encode(message)), line_of(path)) << path;
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
    auto line = opened(golden / "0.1.0" / "alive.json");
    line.insert(line.find("\"alive\":false"), "\"mood\":\"good\",");
    json::DecodeCounters counters;
    EXPECT_TRUE(json::decode<core::Message>(line, &counters));
    EXPECT_EQ(counters.unknown_fields, 1u);
}

TEST(Golden, AKindOfALaterVersionIsRefusedAndCounted) {
    auto line = opened(golden / "0.1.0" / "ping.json");
    line.replace(line.find("\"ping\""), 6, "\"dance\"");
    json::DecodeCounters counters;
    const auto message = json::decode<core::Message>(line, &counters);
    ASSERT_FALSE(message);
    EXPECT_NE(message.error().what.find("dance"), std::string::npos);
    EXPECT_EQ(counters.unknown_kinds, 1u);
}

}  // namespace
}  // namespace antiphon
