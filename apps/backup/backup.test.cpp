// Laws of backups: what is made is whole and of one moment; what is read is what this program could have made.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <functional>
#include <thread>

#include "apps/backup/fixture.test.hpp"
#include "apps/backup/make.hpp"
#include "apps/backup/read.hpp"

namespace antiphon::backup {
namespace {

using core::ErrorCode;
using ::testing::AllOf;
using testing::content_of;
using testing::Contents;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::manifest_of;
using testing::sha256_of;
using testing::tar_of;
namespace fs = std::filesystem;

std::vector<std::string> names_in(const Manifest& manifest) {
    std::vector<std::string> names;
    for (const auto& member : manifest.members) names.push_back(member.name);
    return names;
}

class Backup : public ::testing::Test {
  protected:
    Backup() { fs::create_directories(tar.parent_path()); }

    core::Result<Made> make_it(bool whole = false) { return make(data.path, whole, {1'790'000'000}, tar, progress); }

    core::Result<Manifest> verify_bytes(const std::string& bytes) const {
        testing::write(folder.path / "other.tar", bytes);
        return verify(folder.path / "other.tar");
    }

    testing::Folder folder;
    testing::DataFolder data{folder.path / "data"};
    const fs::path tar = folder.path / "made" / "backup.tar";
    Progress progress;
};

TEST_F(Backup, HoldsTheStateTheTokenAndWhatIsPlaying) {
    const auto made = make_it();
    ASSERT_TRUE(made) << made.error().what;
    EXPECT_THAT(names_in(made->manifest), ElementsAre("antiphon.db", "token", name_of({sha256_of(testing::playing)})));
    EXPECT_EQ(made->manifest.cluster, "c0ffee");
    EXPECT_EQ(made->manifest.epoch, 7u);
    EXPECT_THAT(made->manifest.left_out, IsEmpty());
    EXPECT_EQ(made->sha256, sha256_of(content_of(tar)));
    EXPECT_EQ(made->size_bytes, fs::file_size(tar));
    struct stat status{};
    ASSERT_EQ(::stat(tar.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600);
    const auto read = verify(tar);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(read->members, made->manifest.members);
    EXPECT_EQ(progress.done_bytes, progress.total_bytes);
    EXPECT_GT(progress.done_bytes, 2 * 4096);
}

TEST_F(Backup, WholeHoldsAllProgrammesAndFinishedRecordings) {
    const auto made = make_it(true);
    ASSERT_TRUE(made) << made.error().what;
    const auto names = names_in(made->manifest);
    EXPECT_EQ(names.size(), 6u);
    EXPECT_THAT(names, ::testing::IsSupersetOf({name_of({sha256_of(testing::silent)}),
                                                std::string("recordings/r1/w1.mic/000000.flac"),
                                                std::string("recordings/r1/w1.mic/000000.json")}));
    EXPECT_TRUE(verify(tar));
}

TEST_F(Backup, LeavesNothingBehindButItself) {
    ASSERT_TRUE(make_it());
    EXPECT_EQ(std::distance(fs::directory_iterator(tar.parent_path()), fs::directory_iterator()), 1);
    EXPECT_FALSE(make_it()) << "one that is there is not overwritten";
}

TEST_F(Backup, IsMadeWhileTheStateGoesOnChanging) {
    std::atomic<bool> done = false;
    core::Result<Made> made = core::Error{};
    std::thread maker([&] {
        made = make_it();
        done = true;
    });
    int commits = 0;
    for (; !done; ++commits) {
        const ports::StoreWrite write{"request/" + std::to_string(commits % 50), std::string(3000, 'x'), {}};
        ASSERT_TRUE(data.store->commit({&write, 1}));
    }
    maker.join();
    ASSERT_TRUE(made) << made.error().what;
    EXPECT_GT(commits, 0);
    EXPECT_TRUE(verify(tar));
}

TEST_F(Backup, NamesADamagedOrMissingProgrammeAndKeepsTheRest) {
    testing::write(data.path / name_of({sha256_of(testing::silent)}), "a programme of last wee!");
    fs::remove(data.path / name_of({sha256_of(testing::playing)}));
    const auto made = make_it();
    ASSERT_TRUE(made) << made.error().what;
    ASSERT_EQ(made->manifest.left_out.size(), 1u);
    EXPECT_EQ(made->manifest.left_out[0].name, name_of({sha256_of(testing::playing)}));
    fs::remove(tar);
    const auto whole = make_it(true);
    ASSERT_TRUE(whole) << whole.error().what;
    ASSERT_EQ(whole->manifest.left_out.size(), 1u);
    EXPECT_THAT(whole->manifest.left_out[0].reason, HasSubstr("damaged"));
    EXPECT_TRUE(verify(tar));
}

TEST_F(Backup, OfADamagedStateIsNone) {
    data.store.reset();
    auto bytes = content_of(data.path / database_name);
    bytes[bytes.find("ground")] = 'G';
    testing::write(data.path / database_name, bytes);
    const auto made = make_it();
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::corrupt);
    EXPECT_THAT(made.error().what, HasSubstr("zone/z1"));
    EXPECT_FALSE(fs::exists(tar));
}

TEST_F(Backup, GivenUpLeavesNothing) {
    progress.give_up = true;
    const auto made = make_it(true);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(fs::is_empty(tar.parent_path()));
}

TEST_F(Backup, CutOrFlippedAnywhereIsRefused) {
    ASSERT_TRUE(make_it());
    const auto good = content_of(tar);
    int refused = 0;
    for (std::size_t size = 0; size < good.size() - 1024; size += 509, ++refused)
        EXPECT_FALSE(verify_bytes(good.substr(0, size))) << size;
    const auto& content = testing::playing;
    for (std::size_t at = good.find("SQLite format 3"); at < good.find(content) + content.size();
         at += 997, ++refused) {
        auto bytes = good;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        const auto got = verify_bytes(bytes);
        // the padding behind a member is nobody's
        EXPECT_TRUE(!got || good[at] == 0) << at;
    }
    EXPECT_GT(refused, 40);
}

// A backup that is sound but for what `change` does to it.
struct Forged {
    Contents files{{database_name, "db"}, {token_name, "a token of some length"}};
    Manifest manifest = manifest_of(files);
    Contents extra;

    std::string bytes() const {
        Contents all{{manifest_name, json::encode(manifest)}};
        all.insert(all.end(), files.begin(), files.end());
        all.insert(all.end(), extra.begin(), extra.end());
        return tar_of(all);
    }
};

TEST_F(Backup, ThatSomebodyForgedIsRefusedByName) {
    const auto hash = sha256_of("x");
    const struct {
        const char* what;
        std::function<void(Forged&)> change;
        ErrorCode code;
    } cases[] = {
        {"its manifest is of another format", [](Forged& f) { f.manifest.format = "other"; }, ErrorCode::invalid},
        {"newer than this program", [](Forged& f) { f.manifest.version = format_version + 1; }, ErrorCode::conflict},
        {"newer than this program", [](Forged& f) { f.manifest.schema = 99; }, ErrorCode::conflict},
        {"a file that no backup has", [&](Forged& f) { f.manifest.members.push_back({"../../etc/passwd", 1, hash}); },
         ErrorCode::invalid},
        {"a file that no backup has", [&](Forged& f) { f.manifest.members.push_back({"broker/passwords", 1, hash}); },
         ErrorCode::invalid},
        {"a file that no backup has",
         [&](Forged& f) { f.manifest.members.push_back({"recordings/../x.flac", 1, hash}); }, ErrorCode::invalid},
        {"the hash of 'blobs/", [&](Forged& f) { f.manifest.members.push_back({name_of({hash}), 1, sha256_of("y")}); },
         ErrorCode::invalid},
        {"'token' twice", [](Forged& f) { f.manifest.members.push_back(f.manifest.members[1]); }, ErrorCode::invalid},
        {"it lacks token", [](Forged& f) { f.manifest.members.pop_back(); }, ErrorCode::invalid},
        {"its token is too long", [](Forged& f) { f.manifest.members[1].size_bytes = 1 << 30; }, ErrorCode::invalid},
        {"no hash of 'token'", [](Forged& f) { f.manifest.members[1].sha256 = "none"; }, ErrorCode::invalid},
        {"'token' is damaged", [&](Forged& f) { f.manifest.members[1].sha256 = hash; }, ErrorCode::corrupt},
        {"where 'token' of 5 bytes should be is 'token' of 22", [](Forged& f) { f.manifest.members[1].size_bytes = 5; },
         ErrorCode::corrupt},
        {"'token' is missing", [](Forged& f) { f.files.pop_back(); }, ErrorCode::corrupt},
        {"where 'antiphon.db'", [](Forged& f) { std::swap(f.files[0], f.files[1]); }, ErrorCode::corrupt},
        {"it holds 'extra'", [](Forged& f) { f.extra.push_back({"extra", "x"}); }, ErrorCode::invalid},
    };
    ASSERT_TRUE(verify_bytes(Forged{}.bytes())) << verify_bytes(Forged{}.bytes()).error().what;
    for (const auto& [what, change, code] : cases) {
        Forged forged;
        change(forged);
        const auto got = verify_bytes(forged.bytes());
        ASSERT_FALSE(got) << what;
        EXPECT_EQ(got.error().code, code) << got.error().what;
        EXPECT_THAT(got.error().what, AllOf(HasSubstr(what), HasSubstr("other.tar")));
    }
}

TEST_F(Backup, WhatIsSomethingElseIsRefused) {
    EXPECT_THAT(verify_bytes(tar_of({{"a", "b"}})).error().what, HasSubstr("it begins with 'a'"));
    EXPECT_THAT(verify_bytes(tar_of({{manifest_name, "[]"}})).error().what, HasSubstr("in its manifest"));
    EXPECT_THAT(verify_bytes(tar_of({})).error().what, HasSubstr("other.tar"));
    EXPECT_FALSE(verify_bytes(""));
}

}  // namespace
}  // namespace antiphon::backup
