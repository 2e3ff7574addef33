// Laws of backing up: a file of that name is a whole and checked backup for its owner only, or there is none.
#include <sys/stat.h>

#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;
using http::Response;

std::string view(const std::string& phase, const std::string& sha256 = "", const std::string& left_out = "",
                 const std::string& reason = "") {
    return R"({"id":"b1","phase":")" + phase + R"(","reason":")" + reason +
           R"(","made":1769882709000000000,"whole":false,"done_bytes":5,"total_bytes":10,"cluster":"c0ffee",)"
           R"("size_bytes":9,"sha256":")" +
           sha256 + R"(","left_out":[)" + left_out + "]}";
}

class BackupTest : public ServiceTest {
  protected:
    // The coordinator makes one that holds `content`.
    void serve(const std::string& content, const std::string& sha256, const std::string& left_out = "") {
        const auto path = console.home.write("served", content);
        service.on(Method::post, "/v1/backups", view("making"), 202);
        service.on(Method::get, "/v1/backups/b1",
                   {Response::json(view("making")), Response::json(view("ready", sha256, left_out))});
        service.on(Method::get, "/v1/backups/b1/file", {Response::of_file({path, "\"b1\""})});
        service.on(Method::delete_, "/v1/backups/b1", {Response::empty()});
    }
    std::filesystem::path in_home(const std::string& name) const { return console.home / name; }
    Outcome backup(const std::string& to) { return run({"backup", in_home(to).string()}); }
};

TEST_F(BackupTest, IsFetchedOnceItIsReadyAndLetGo) {
    serve("a backup!", sha256_of("a backup!"));
    const auto done = backup("mine.tar");
    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(done.out, in_home("mine.tar").string() + " (9 B, state and what is playing)\n");
    EXPECT_EQ(text_of(in_home("mine.tar")), "a backup!");
    EXPECT_FALSE(std::filesystem::exists(in_home("mine.tar.part")));
    struct stat status{};
    ASSERT_EQ(::stat(in_home("mine.tar").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600);
    EXPECT_EQ(service.seen().front().body, R"({"whole":false})");
    EXPECT_EQ(service.last().line, "DELETE /v1/backups/b1");
}

TEST_F(BackupTest, HasANameOfItsOwnInAFolder) {
    serve("a backup!", sha256_of("a backup!"));
    EXPECT_EQ(run({"backup", "--whole", console.home.path()}).exit_code, 0);
    EXPECT_EQ(text_of(in_home("antiphon-c0ffee-20260131T180509Z.tar")), "a backup!");
    EXPECT_EQ(service.seen().front().body, R"({"whole":true})");
}

TEST_F(BackupTest, ReplacesAnOlderOneOnlyWhenItIsWhole) {
    serve("a backup?", sha256_of("a backup!"));
    console.home.write("mine.tar", "the older one");
    const auto failed = backup("mine.tar");
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_TRUE(failed.says("its SHA-256 differs")) << failed.err;
    EXPECT_EQ(text_of(in_home("mine.tar")), "the older one");
    EXPECT_FALSE(std::filesystem::exists(in_home("mine.tar.part")));
}

TEST_F(BackupTest, DoesNotGoOnFromThePartOfAnotherOne) {
    serve("a backup!", sha256_of("a backup!"));
    console.home.write("mine.tar.part", "other");
    EXPECT_EQ(backup("mine.tar").exit_code, 0);
    EXPECT_EQ(text_of(in_home("mine.tar")), "a backup!");
}

TEST_F(BackupTest, TellsWhatIsNotInIt) {
    serve("a backup!", sha256_of("a backup!"), R"({"name":"blobs/ab/abc","reason":"it is damaged"})");
    const auto done = backup("mine.tar");
    EXPECT_EQ(done.exit_code, 0);
    EXPECT_TRUE(done.says("left out: blobs/ab/abc: it is damaged")) << done.err;
}

TEST_F(BackupTest, ThatCannotBeMadeSaysWhy) {
    service.on(Method::post, "/v1/backups", view("making"), 202);
    service.on(Method::get, "/v1/backups/b1", view("failed", "", "", "the disk is full"));
    const auto failed = backup("mine.tar");
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_TRUE(failed.says("cannot make a backup: the disk is full")) << failed.err;
    EXPECT_FALSE(std::filesystem::exists(in_home("mine.tar")));
}

TEST_F(BackupTest, IntoNoFolderIsRefusedByName) {
    serve("a backup!", sha256_of("a backup!"));
    const auto failed = backup("nowhere/mine.tar");
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_TRUE(failed.says("nowhere/mine.tar.part")) << failed.err;
}

TEST_F(BackupTest, PrintsJson) {
    serve("a backup!", sha256_of("a backup!"));
    EXPECT_EQ(out_of({"backup", in_home("mine.tar").string(), "--json"}), view("ready", sha256_of("a backup!")) + "\n");
}

class RestoreTest : public ::testing::Test {
  protected:
    RestoreTest() {
        console.programs.restore = [this](const node::RestoreOptions& options) -> core::Result<node::Restored> {
            asked = options;
            if (options.file == "bad.tar") return core::Error{core::ErrorCode::corrupt, "bad.tar is damaged"};
            return node::Restored{options.data.string(), "c0ffee", 1007, {1'769'882'709'000'000'000}, true, 3};
        };
    }
    Console console;
    node::RestoreOptions asked;
};

TEST_F(RestoreTest, GoesToTheCoordinatorsFolderUnlessTold) {
    const auto done = console.run({"restore", "x.tar"});
    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(asked.file, "x.tar");
    EXPECT_EQ(asked.data, console.home / ".local/state/antiphon/coordinator");
    EXPECT_TRUE(done.says("restored cluster c0ffee")) << done.out;
    console.variables["ANTIPHON_DATA"] = "/srv/one";
    console.run({"restore", "x.tar"});
    EXPECT_EQ(asked.data, "/srv/one");
    EXPECT_TRUE(console.run({"restore", "x.tar", "--data", "/srv/two"}).says("coordinator --data /srv/two"));
    EXPECT_EQ(asked.data, "/srv/two");
}

TEST_F(RestoreTest, PrintsJsonAndRefusals) {
    EXPECT_EQ(console.run({"restore", "x.tar", "--data", "/d", "--json"}).out,
              R"({"data":"/d","cluster":"c0ffee","epoch":1007,"made":1769882709000000000,"whole":true,"files":3})"
              "\n");
    const auto failed = console.run({"restore", "bad.tar"});
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_TRUE(failed.says("bad.tar is damaged"));
    EXPECT_EQ(console.run({"restore"}).exit_code, 2);
}

}  // namespace
}  // namespace antiphon::cli::testing
