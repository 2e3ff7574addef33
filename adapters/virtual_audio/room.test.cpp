// Laws of a room's folder: one seed for all who open it, and a clear word about a file that is not a room's.
#include "adapters/virtual_audio/room.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "adapters/virtual_audio/draw.hpp"
#include "adapters/virtual_audio/fixtures.test.hpp"

namespace antiphon::virtual_audio {
namespace {

std::uint64_t fingerprint(const Room& room) { return Draw::bits(room, "test", "fingerprint"); }

TEST(Room, KeepsItsSeedForWhoeverOpensItLater) {
    const TemporaryFolder folder;
    const auto first = Room::open(folder.path() / "new" / "room");
    ASSERT_TRUE(first) << first.error().what;
    const auto again = Room::open(folder.path() / "new" / "room");
    ASSERT_TRUE(again);
    EXPECT_EQ(fingerprint(*first), fingerprint(*again));
    EXPECT_TRUE(std::filesystem::is_directory(first->speakers()));
    EXPECT_NE(fingerprint(*first), fingerprint(*Room::open(folder.path() / "other")));
}

TEST(Room, IsOneRoomHoweverManyMakeItAtOnce) {
    const TemporaryFolder folder;
    std::array<std::uint64_t, 8> seeds{};
    {
        std::array<std::jthread, seeds.size()> openers;
        for (std::size_t i = 0; i < seeds.size(); ++i)
            openers[i] = std::jthread([&, i] { seeds[i] = fingerprint(*Room::open(folder.path())); });
    }
    for (const auto seed : seeds) EXPECT_EQ(seed, seeds[0]);
    // Nothing is left of the drafts of those who came second: room.json and speakers.
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

TEST(Room, RefusesAFileThatIsNoRoomsAndSaysWhichAndWhatToDo) {
    for (const auto* content :
         {"", "{", "[]", "{\"v\":1}", "{\"seed\":\"0123456789abcdef\"}", "{\"v\":1,\"seed\":\"0123\"}",
          "{\"v\":1,\"seed\":\"0123456789abcdeg\"}", "{\"v\":1,\"seed\":5}",
          "{\"v\":\"1\",\"seed\":\"0123456789abcdef\"}", "{\"v\":2,\"seed\":\"0123456789abcdef\"}"}) {
        const TemporaryFolder folder;
        std::ofstream(folder.path() / "room.json") << content;
        const auto room = Room::open(folder.path());
        ASSERT_FALSE(room) << content;
        EXPECT_EQ(room.error().code, core::ErrorCode::corrupt);
        EXPECT_NE(room.error().what.find((folder.path() / "room.json").string()), std::string::npos);
        EXPECT_NE(room.error().what.find("deleted"), std::string::npos);
    }
}

TEST(Room, ReadsAFileWithFieldsOfALaterVersionsMaking) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "room.json") << R"({"seed":"0123456789abcdef","v":1,"colour":"blue"})";
    EXPECT_TRUE(Room::open(folder.path()));
}

TEST(Room, SaysWhatTheSystemSaidWhenItCannotBeMade) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "file") << "x";
    const auto room = Room::open(folder.path() / "file" / "room");
    ASSERT_FALSE(room);
    EXPECT_EQ(room.error().code, core::ErrorCode::unavailable);
}

}  // namespace
}  // namespace antiphon::virtual_audio
