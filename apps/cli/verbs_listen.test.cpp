// Laws of the verb listen: sound goes where it was asked to go, and nowhere else.
#include "adapters/http/live_body.hpp"
#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;
using http::Response;

std::string wav(const std::string& sound) { return std::string(44, 'h') + sound; }

struct ListenTest : ServiceTest {
    // Gives this, and then nothing more for as long as it is listened to.
    void give(const std::string& sound) {
        const auto body = std::make_shared<http::LiveBody>();
        body->send(std::make_shared<const std::string>(sound));
        service.on(Method::get, "/v1/inputs/{worker}/{input}/live", {Response::of_live(body, "audio/wav")});
    }

    const std::string file = (console.home / "heard.wav").string();
};

TEST_F(ListenTest, WritesAFileThatTellsItsLengthAndEndsInTime) {
    give(wav("sound"));
    const auto done = run({"listen", "hall/mic", "--output", file, "--for", "1s"});
    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(done.out, file + " has 1.0 s of hall/mic (49 B)\n");
    EXPECT_EQ(service.last().line, "GET /v1/inputs/hall/mic/live");
    EXPECT_EQ(text_of(file),
              "hhhh" + std::string("\x29\0\0\0", 4) + std::string(32, 'h') + std::string("\x05\0\0\0", 4) + "sound");
}

TEST_F(ListenTest, WritesOverNothing) {
    console.home.write("heard.wav", "precious");
    give(wav("sound"));
    const auto refused = run({"listen", "hall/mic", "--output", file, "--for", "1s"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE(refused.err.find("choose another name"), std::string::npos) << refused.err;
    EXPECT_EQ(text_of(file), "precious");
}

TEST_F(ListenTest, WhatTheServerEndsIsNoSuccessButIsKept) {
    service.on(Method::get, "/v1/inputs/{worker}/{input}/live", {Response::text(wav("sound"))});
    const auto ended = run({"listen", "hall/mic", "--format", "wav"});
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_EQ(ended.out, wav("sound")) << "to a pipe it goes as it is";
    EXPECT_NE(ended.err.find("the coordinator has ended it"), std::string::npos) << ended.err;
}

TEST_F(ListenTest, ARefusalIsToldInTheServersWordsAndLeavesNoFile) {
    service.on(Method::get, "/v1/inputs/{worker}/{input}/live",
               {http::problem(503, "worker 'hall' is offline: nothing comes from hall/mic")});
    const auto refused = run({"listen", "hall/mic", "--output", file});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE(refused.err.find("worker 'hall' is offline"), std::string::npos) << refused.err;
    EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(ListenTest, ItIsNotAskedForWhatCannotBe) {
    EXPECT_EQ(run({"listen", "hall"}).exit_code, 2);
    EXPECT_EQ(run({"listen", "hall/"}).exit_code, 2);
    EXPECT_EQ(run({"listen", "hall/mic", "--format", "mp3", "--output", file}).exit_code, 2);
    EXPECT_EQ(run({"listen", "hall/mic", "--for", "soon", "--output", file}).exit_code, 2);
    const auto to_nobody = run({"listen", "hall/mic", "--json"});
    EXPECT_EQ(to_nobody.exit_code, 2);
    EXPECT_NE(to_nobody.err.find("--output FILE"), std::string::npos) << to_nobody.err;
    EXPECT_TRUE(service.seen().empty());
}

}  // namespace
}  // namespace antiphon::cli::testing
