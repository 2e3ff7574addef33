// Laws of the watch: what rests is read once, what is bad is told once, and the two files need not change together.
#include "adapters/tls/fixture.test.hpp"

namespace antiphon::tls {
namespace {

using ::testing::HasSubstr;

class IdentityWatchTest : public TlsTest {
  protected:
    void SetUp() override {
        write(authority.issue());
        watch.emplace(files);
    }
    bool silent() { return !watch->poll(now).has_value(); }

    std::optional<IdentityWatch> watch;
};

TEST_F(IdentityWatchTest, FilesThatStayAreNotReadAgain) {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(silent());
    EXPECT_EQ(watch->counters().taken, 0U);
}

TEST_F(IdentityWatchTest, AReplacedPairIsTakenOnceItRests) {
    const auto next = authority.issue();
    write(next);
    EXPECT_TRUE(silent());
    const auto news = watch->poll(now);
    ASSERT_TRUE(news && *news) << (news ? news->error().what : "no news");
    EXPECT_EQ((*news)->pem, next);
    EXPECT_TRUE(silent());
    EXPECT_EQ(watch->counters().taken, 1U);
    EXPECT_EQ(watch->counters().refused, 0U);
}

TEST_F(IdentityWatchTest, BetweenTheTwoFilesNothingIsTold) {
    const auto next = authority.issue();
    folder.write("certificate.pem", next.certificate);
    EXPECT_TRUE(silent());
    folder.write("key.pem", next.key);
    EXPECT_TRUE(silent());
    const auto news = watch->poll(now);
    ASSERT_TRUE(news && *news);
    EXPECT_EQ((*news)->pem, next);
}

TEST_F(IdentityWatchTest, ABadStateIsToldOnceAndTheNextGoodOneIsTaken) {
    folder.write("key.pem", authority.issue().key);
    EXPECT_TRUE(silent());
    const auto bad = watch->poll(now);
    ASSERT_TRUE(bad && !*bad);
    EXPECT_THAT(bad->error().what, HasSubstr("does not belong"));
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(silent());
    EXPECT_EQ(watch->counters().refused, 1U);
    write(authority.issue());
    EXPECT_TRUE(silent());
    const auto good = watch->poll(now);
    EXPECT_TRUE(good && *good);
}

TEST_F(IdentityWatchTest, ALinkThatPointsElsewhereIsSeen) {
    const auto old = authority.issue();
    const auto next = authority.issue();
    for (const auto& [name, identity] : {std::pair("old", &old), std::pair("new", &next)}) {
        std::filesystem::create_directory(folder.file(name));
        folder.write(std::string(name) + "/certificate.pem", identity->certificate);
        folder.write(std::string(name) + "/key.pem", identity->key);
    }
    std::filesystem::create_directory_symlink("old", folder.file("live"));
    watch.emplace(IdentityFiles{folder.file("live") / "certificate.pem", folder.file("live") / "key.pem"});
    std::filesystem::remove(folder.file("live"));
    std::filesystem::create_directory_symlink("new", folder.file("live"));
    EXPECT_TRUE(silent());
    const auto news = watch->poll(now);
    ASSERT_TRUE(news && *news);
    EXPECT_EQ((*news)->pem, next);
}

TEST_F(IdentityWatchTest, ReloadReadsAtOnceAndRemovedFilesAreNamed) {
    EXPECT_TRUE(watch->reload(now));
    std::filesystem::remove(files.certificate);
    const auto gone = watch->reload(now);
    ASSERT_FALSE(gone);
    EXPECT_THAT(gone.error().what, HasSubstr("certificate.pem"));
    EXPECT_TRUE(silent());
}

}  // namespace
}  // namespace antiphon::tls
