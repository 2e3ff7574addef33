// Laws of playing: a file travels once, a session is asked for once, and waiting ends as the session does.
#include "adapters/files/sha256.hpp"
#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;
using http::Response;

std::string session(const std::string& phase, const std::string& reason = "") {
    return R"({"id":"s7","title":"song.flac","phase":")" + phase + R"(","reason":")" + reason +
           R"(","blob":"ab","frames":9600000,"position_frames":48000,"volume":1,"outputs":["hall/left","hall/right"],)"
           R"("members":[],"from_frame":0,"created":0})";
}

class PlayTest : public ServiceTest {
  protected:
    PlayTest() : song(console.home.write("song.flac", "la la la")) {
        hash = files::sha256_file(song)->value;
        service.on(Method::post, "/v1/sessions", session("preparing"), 201);
    }
    void serve_blobs(bool there) {
        service.on(Method::get, "/v1/blobs/{hash}", {there ? Response::text("la la la") : Response::text("", 404)});
        service.on_upload("/v1/blobs", [this](const std::string&) {
            return Response::json(R"({"blob":")" + answered_hash.value_or(hash) + R"(","size_bytes":8})", 201);
        });
    }

    std::vector<std::string> uploads() const {
        std::vector<std::string> bodies;
        for (const auto& seen : service.seen())
            if (seen.line == "POST /v1/blobs") bodies.push_back(seen.body);
        return bodies;
    }

    std::string song;
    std::string hash;
    std::optional<std::string> answered_hash;
};

TEST_F(PlayTest, AFileIsUploadedAndPlayed) {
    serve_blobs(false);
    const auto outcome =
        run({"play", song, "--to", "hall/left", "--to", "foyer,all", "--volume", "80%", "--from", "1:30"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "session s7: song.flac (3:20) on hall/left and hall/right\n");
    EXPECT_EQ(outcome.err, "uploaded song.flac (8 B)\n");
    EXPECT_EQ(uploads(), std::vector<std::string>{"la la la"});
    EXPECT_EQ(service.last().line, "POST /v1/sessions");
    EXPECT_EQ(service.last().headers.get("Idempotency-Key").size(), 32U);
    EXPECT_EQ(service.last().body,
              R"({"source":"blob:)" + hash +
                  R"(","to":["hall/left","foyer","all"],"volume":0.8,"from_s":90,"title":"song.flac"})");
}

TEST_F(PlayTest, WhatIsThereAlreadyIsNotUploaded) {
    serve_blobs(true);
    EXPECT_EQ(run({"play", song, "--to", "all"}).exit_code, 0);
    EXPECT_TRUE(uploads().empty());
}

TEST_F(PlayTest, ABlobIsPlayedAsItIs) {
    EXPECT_EQ(out_of({"play", "blob:" + hash, "--to", "all", "--json"}), session("preparing") + "\n");
    EXPECT_EQ(service.last().body, R"({"source":"blob:)" + hash + R"(","to":["all"]})");
}

std::string live(const std::string& source) {
    return R"({"id":"s7","title":")" + source +
           R"(","phase":"preparing","reason":"","blob":"","frames":0,"position_frames":0,"volume":1,)"
           R"("outputs":["foyer/left"],"members":[],"from_frame":0,"created":0,"live":{"source":")" +
           source + R"(","state":"opening","reason":"","latency_ns":100000000,"codec":""}})";
}

using PlayLiveTest = ServiceTest;

TEST_F(PlayLiveTest, OfALiveSourceItsLatencyIsTold) {
    service.on(Method::post, "/v1/sessions",
               {Response::json(live("tone:440"), 201), Response::json(live("input:hall/mic"), 201)});
    EXPECT_EQ(out_of({"play", "tone:440", "--to", "foyer/left"}),
              "session s7: tone:440 (live, 100 ms from source to ear) on foyer/left\n");
    EXPECT_EQ(out_of({"play", "input:hall/mic", "--to", "foyer/left"}),
              "session s7: input:hall/mic (live, 100 ms from coordinator to ear) on foyer/left\n");
    EXPECT_EQ(service.last().body, R"({"source":"input:hall/mic","to":["foyer/left"]})");
}

TEST_F(PlayTest, AFileThatChangedOnTheWayIsNotPlayed) {
    answered_hash = std::string(64, '0');
    serve_blobs(false);
    const auto outcome = run({"play", song, "--to", "all"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(outcome.says("changed while it was uploaded"));
    EXPECT_EQ(service.last().line, "POST /v1/blobs");
}

TEST_F(PlayTest, WhatCannotBePlayedIsRefusedBeforeAnythingIsSent) {
    auto outcome = run({"play", "http://radio/x", "--to", "all"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(
        outcome.says("not in this version; play a file, -, tone:HZ, pipe:PATH, alsa:NAME or input:WORKER/NAME"));
    EXPECT_EQ(run({"play", "tone:440", "--to", "all", "--latency", "soon"}).exit_code, 2);
    outcome = run({"play", "/nowhere/x.wav", "--to", "all"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err, "antiphon: there is no file '/nowhere/x.wav'\n");
    EXPECT_EQ(run({"play", console.home.path(), "--to", "all"}).exit_code, 1);
    EXPECT_EQ(run({"play", song, "--to", "all", "--volume", "loud"}).exit_code, 2);
    EXPECT_EQ(run({"play", song, "--to", "all", "--from", "later"}).exit_code, 2);
    EXPECT_EQ(run({"play", song}).exit_code, 2);
    EXPECT_EQ(run({"play", "blob:x", "--to", "all"}).exit_code, 2);
    EXPECT_TRUE(service.seen().empty());
}

TEST_F(PlayTest, WhatComesInIsFedToTheSessionToItsEnd) {
    console.in = "what a program plays";
    service.on_upload("/v1/sessions/{id}/feed", [](const std::string&) { return Response::empty(); }, Method::put);
    const auto outcome = run({"play", "stdin,rate=44100", "--to", "all"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "session s7: song.flac (3:20) on hall/left and hall/right\n");
    EXPECT_EQ(service.seen().front().body, R"({"source":"feed,rate=44100","to":["all"],"title":"standard input"})");
    EXPECT_EQ(service.last().line, "PUT /v1/sessions/s7/feed");
    EXPECT_EQ(service.last().body, "what a program plays");
    EXPECT_EQ(out_of({"play", "-", "--to", "all", "--json"}), session("preparing") + "\n");
}

TEST_F(PlayTest, AFeedThatIsRefusedIsTold) {
    service.on_upload(
        "/v1/sessions/{id}/feed",
        [](const std::string&) {
            return http::problem({core::ErrorCode::conflict, "somebody else feeds session s7 now"});
        },
        Method::put);
    const auto outcome = run({"play", "-", "--to", "all"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err, "antiphon: somebody else feeds session s7 now\n");
}

TEST_F(PlayTest, WaitingEndsWithTheSession) {
    service.on(Method::get, "/v1/sessions/s7",
               {Response::json(session("playing")), Response::text("not yet", 503), Response::json(session("ended"))});
    EXPECT_EQ(out_of({"play", "blob:" + hash, "--to", "all", "--wait"}),
              "session s7: song.flac (3:20) on hall/left and hall/right\nsession s7 has ended\n");
}

TEST_F(PlayTest, WaitingForASessionThatFailsOrIsStoppedFails) {
    service.on(Method::get, "/v1/sessions/s7",
               {Response::json(session("failed", "nobody is online")), Response::json(session("stopped")),
                Response::text("", 404)});
    const std::vector<std::string> words{"play", "blob:" + hash, "--to", "all", "--wait"};
    auto outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err, "antiphon: session s7 failed: nobody is online\n");
    outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err, "antiphon: session s7 was stopped before its end\n");
    EXPECT_EQ(run(words).exit_code, 1);
}

TEST_F(ServiceTest, SessionsAreSteered) {
    for (const auto* what : {"pause", "resume", "seek", "stop"})
        service.on(Method::post, std::string("/v1/sessions/{id}/") + what, session("paused"));
    for (const auto* what : {"pause", "resume", "stop"}) {
        EXPECT_EQ(out_of({what, "s7"}), "session s7 is paused at 0:01 of 3:20\n");
        EXPECT_EQ(service.last().line, std::string("POST /v1/sessions/s7/") + what);
        EXPECT_EQ(service.last().body, "");
    }
    out_of({"seek", "s7", "1:30"});
    EXPECT_EQ(service.last().body, R"({"to_s":90})");
    EXPECT_EQ(run({"seek", "s7", "soon"}).exit_code, 2);
}

TEST_F(ServiceTest, VolumesAreSetAndMuted) {
    service.on(Method::put, "/v1/volume", {Response::empty()});
    EXPECT_EQ(out_of({"volume", "hall/left", "50%"}), "volume of hall/left: 50 % (-6.0 dB)\n");
    EXPECT_EQ(service.last().body, R"({"target":"hall/left","volume":0.5})");
    EXPECT_EQ(out_of({"mute", "all"}), "all is muted\n");
    EXPECT_EQ(service.last().body, R"({"target":"all","muted":true})");
    EXPECT_EQ(out_of({"unmute", "all"}), "all is heard again\n");
    EXPECT_EQ(service.last().body, R"({"target":"all","muted":false})");
    EXPECT_EQ(run({"volume", "all", "11"}).exit_code, 2);
    EXPECT_EQ(out_of({"volume", "hall/left", "--max", "50%"}), "hall/left is never louder than 50 % (-6.0 dB)\n");
    EXPECT_EQ(service.last().body, R"({"target":"hall/left","max_level":0.5})");
    EXPECT_EQ(out_of({"volume", "hall/left", "1", "--max", "0.5"}),
              "volume of hall/left: 100 % (0.0 dB), never louder than 50 % (-6.0 dB)\n");
    EXPECT_EQ(run({"volume", "all"}).exit_code, 2);
    EXPECT_EQ(run({"volume", "all", "--max", "loud"}).exit_code, 2);
}

}  // namespace
}  // namespace antiphon::cli::testing
