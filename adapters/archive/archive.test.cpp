// Laws of archives: what was written is read; what is cut, damaged or dangerous is refused by name.
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "adapters/archive/member_name.hpp"
#include "adapters/archive/tar_reader.hpp"
#include "adapters/archive/tar_writer.hpp"

namespace antiphon::archive {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;
using testing::AllOf;
using testing::HasSubstr;
using Members = std::map<std::string, std::string>;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string tar_of(const Members& members) {
    std::string tar;
    TarWriter writer([&](std::span<const std::byte> piece) -> core::Result<void> {
        tar.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        return {};
    });
    for (const auto& [name, content] : members) {
        EXPECT_TRUE(writer.begin(name, content.size(), {1'790'000'000'000'000'000}));
        EXPECT_TRUE(writer.append(bytes_of(content)));
    }
    EXPECT_TRUE(writer.finish());
    return tar;
}

class Archive : public testing::Test {
  protected:
    Archive() {
        std::string pattern = (fs::temp_directory_path() / "antiphon-archive-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
    }
    ~Archive() override {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }

    core::Result<Members> read(const std::string& tar) const {
        const auto path = folder / "some.tar";
        std::ofstream(path, std::ios::binary) << tar;
        return read_file(path);
    }
    static core::Result<Members> read_file(const fs::path& path) {
        auto reader = TarReader::open(path);
        if (!reader) return reader.error();
        Members members;
        while (true) {
            const auto member = (*reader)->next();
            if (!member) return member.error();
            if (!*member) return members;
            auto& content = members[(*member)->name];
            std::array<std::byte, 1000> piece;
            while (true) {
                const auto size = (*reader)->read(piece);
                if (!size) return size.error();
                if (*size == 0) break;
                content.append(reinterpret_cast<const char*>(piece.data()), *size);
            }
            EXPECT_EQ(content.size(), (*member)->size_bytes);
        }
    }
    // What the shell's tar makes of `script`, run in a folder of its own.
    std::string made_by_tar(const std::string& script) const {
        const auto place = folder / "made";
        fs::create_directories(place);
        EXPECT_EQ(std::system(("cd " + place.string() + " && " + script).c_str()), 0);
        std::ifstream file(place / "x.tar", std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    fs::path folder;
};

TEST_F(Archive, GivesBackWhatWasPutIn) {
    const Members members{{"a", ""}, {"b/c.d", "text"}, {"blobs/00/11", std::string(200'000, 'x')}};
    const auto got = read(tar_of(members));
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(*got, members);
}

TEST_F(Archive, IsWhatTarReads) {
    std::ofstream(folder / "some.tar", std::ios::binary) << tar_of({{"b/c.d", "text"}});
    EXPECT_EQ(std::system(("cd " + folder.string() + " && tar -xf some.tar && grep -qx text b/c.d").c_str()), 0);
}

TEST_F(Archive, AMemberIsAsLongAsWasSaid) {
    TarWriter writer([](std::span<const std::byte>) { return core::Result<void>(); });
    ASSERT_TRUE(writer.begin("a", 3, {}));
    EXPECT_EQ(writer.append(bytes_of("four")).error().code, ErrorCode::invalid);
    ASSERT_TRUE(writer.append(bytes_of("ab")));
    EXPECT_THAT(writer.begin("b", 0, {}).error().what, HasSubstr("'a' lacks its last 1 bytes"));
    EXPECT_THAT(writer.finish().error().what, HasSubstr("'a' lacks its last 1 bytes"));
}

TEST_F(Archive, AnErrorOfTheSinkIsTheWriters) {
    std::size_t taken = 0;
    TarWriter writer([&](std::span<const std::byte> piece) -> core::Result<void> {
        taken += piece.size();
        if (taken > 100'000) return core::Error{ErrorCode::exhausted, "the disk is full"};
        return {};
    });
    ASSERT_TRUE(writer.begin("a", 1'000'000, {}));
    core::Result<void> written;
    for (int i = 0; i < 100 && written; ++i) written = writer.append(bytes_of(std::string(10'000, 'x')));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().what, "the disk is full");
}

TEST(MemberName, LeadsNowhereElse) {
    for (const auto* good : {"a", "a/b/c", "blobs/ab/abcd", "recordings/r1/w1.mic.flac.json", "A_1-2.x"})
        EXPECT_TRUE(is_member_name(good)) << good;
    for (const auto* bad : {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", ".hidden", "a/.b", "a b",
                            "a\nb", "a\\b", "\xc3\xa4", "a:b"})
        EXPECT_FALSE(is_member_name(bad)) << bad;
    EXPECT_FALSE(is_member_name(std::string(name_max_bytes + 1, 'a')));
}

TEST_F(Archive, RefusesWhatIsNoPlainFileByName) {
    const struct {
        const char* script;
        const char* named;
        const char* what;
    } cases[] = {
        {"ln -s /etc/passwd token && tar -cf x.tar token", "'token'", "a symbolic link"},
        {"echo 1 >a && ln a b && tar -cf x.tar a b", "'b'", "a hard link"},
        {"mkdir d && tar -cf x.tar d", "'d/'", "a folder"},
        {"mkfifo f && tar -cf x.tar f", "'f'", "a special file"},
        {"echo 1 >a && tar --transform 's,^,../../,' -Pcf x.tar a", "'../../a'", "a name or size"},
        {"echo 1 >a && tar --transform 's,^,/etc/,' -Pcf x.tar a", "'/etc/a'", "a name or size"},
        {"echo 1 >a && tar --transform 's,^,.,' -cf x.tar a", "'.a'", "a name or size"},
        {"truncate -s 1M s && tar -S -cf x.tar s", "'s'", "a sparse file"},
    };
    for (const auto& [script, named, what] : cases) {
        const auto got = read(made_by_tar(std::string("rm -rf -- * && ") + script));
        ASSERT_FALSE(got) << script;
        EXPECT_EQ(got.error().code, ErrorCode::invalid) << script;
        EXPECT_THAT(got.error().what, AllOf(HasSubstr(named), HasSubstr(what)));
    }
}

TEST_F(Archive, CutAnywhereInAMemberIsRefused) {
    const auto tar = tar_of({{"a", std::string(3000, 'x')}});
    int refused = 0;
    for (std::size_t size = 1; size < 512 + 3000; size += 97, ++refused)
        EXPECT_FALSE(read(tar.substr(0, size))) << size;
    EXPECT_GT(refused, 20);
}

TEST_F(Archive, WhatIsNoTarIsRefused) {
    EXPECT_EQ(read(std::string(5000, 'x')).error().code, ErrorCode::corrupt);
    EXPECT_FALSE(read(made_by_tar("echo 1 >a && tar -czf x.tar a"))) << "compressed by somebody else";
    EXPECT_EQ(read_file(folder / "missing.tar").error().code, ErrorCode::not_found);
    EXPECT_FALSE(read_file(folder));
    EXPECT_FALSE(read(""));
}

}  // namespace
}  // namespace antiphon::archive
