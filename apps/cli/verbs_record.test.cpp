// Laws of recording: what is brought home is what was recorded, whole and checked, or it is not there.
#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;
using http::Response;

std::string track(const std::string& input, const std::string& state, const std::string& file = "",
                  const std::string& sha256 = "", const std::string& reason = "") {
    return R"({"input":")" + input + R"(","state":")" + state + R"(","reason":")" + reason +
           R"(","frames":480000,"gap_frames":0,"sha256":")" + sha256 + R"(","file":")" + file + "\"}";
}

std::string recording(const std::string& phase, const std::string& tracks) {
    return R"({"id":"r3","phase":")" + phase + R"(","tracks":[)" + tracks + R"(],"created":1700000000000000000})";
}

Response list_of(const std::string& recordings) { return Response::json(R"({"recordings":[)" + recordings + "]}"); }

class RecordTest : public ServiceTest {
  protected:
    // The coordinator has one file of recording r3.
    void serve(const std::string& file, const std::string& content) {
        const auto path = console.home.write("served/" + file, content);
        service.on(Method::get, "/v1/recordings/r3/files/" + file, {Response::of_file({path, "\"e\""})});
        service.on(Method::get, "/v1/recordings/r3/files/" + file + ".json", R"({"start":1})");
    }
    Outcome get() { return run({"recordings", "get", "r3", "--to", (console.home / "monday/early").string()}); }
    std::filesystem::path fetched(const std::string& file) const { return console.home / "monday/early" / file; }
};

TEST_F(RecordTest, ARecordingIsStartedAndStopped) {
    service.on(Method::post, "/v1/recordings", recording("recording", track("hall/mic", "recording")), 201);
    service.on(Method::post, "/v1/recordings/{id}/stop", recording("stopping", track("hall/mic", "recording")));
    EXPECT_EQ(out_of({"record", "start", "--from", "hall/mic,attic/mic"}), "recording r3: recording, hall/mic\n");
    EXPECT_EQ(service.last().body, R"({"from":["hall/mic","attic/mic"]})");
    EXPECT_NE(service.last().headers.get("Idempotency-Key"), "");
    EXPECT_EQ(out_of({"record", "stop", "r3"}), "recording r3: stopping, hall/mic\n");
    EXPECT_EQ(service.last().line, "POST /v1/recordings/r3/stop");
}

TEST_F(RecordTest, WaitingEndsWhenAllFilesAreIn) {
    service.on(Method::post, "/v1/recordings/{id}/stop", recording("stopping", ""));
    service.on(Method::get, "/v1/recordings/r3",
               {Response::json(recording("stopping", track("hall/mic", "stored"))),
                Response::json(recording("complete", track("hall/mic", "uploaded", "hall-mic.flac", "ab")))});
    EXPECT_EQ(out_of({"record", "stop", "r3", "--wait"}),
              "recording r3: complete, hall/mic\n"
              "INPUT     STATE     LENGTH  MISSING  FILE           REASON\n"
              "hall/mic  uploaded    0:10     0:00  hall-mic.flac\n");
}

TEST_F(RecordTest, WaitingForWhatFailsFails) {
    service.on(Method::post, "/v1/recordings/{id}/stop", recording("stopping", ""));
    service.on(Method::get, "/v1/recordings/r3", recording("failed", track("hall/mic", "failed", "", "", "disk full")));
    const auto outcome = run({"record", "stop", "r3", "--wait"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err, "antiphon: recording r3 failed: hall/mic: disk full\n");
}

TEST_F(RecordTest, RecordingsAreListed) {
    ::setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe): before the service starts
    service.on(Method::get, "/v1/recordings",
               {list_of(recording("complete", track("hall/mic", "uploaded") + "," +
                                                  track("attic/mic", "failed", "", "", "disk full"))),
                list_of("")});
    EXPECT_EQ(out_of({"recordings"}),
              "RECORDING  STATE     LENGTH  TRACKS HERE  STARTED              INPUTS\n"
              "r3         complete    0:10       1 of 2  2023-11-14 22:13:20  hall/mic, attic/mic\n"
              "r3 of attic/mic: disk full\n");
    EXPECT_TRUE(out_of({"recordings"}).starts_with("There are no recordings;"));
    ::unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe): nothing reads it meanwhile
}

TEST_F(RecordTest, FilesAreFetchedAndChecked) {
    serve("hall-mic.flac", "fLaC and more");
    service.on(Method::get, "/v1/recordings/r3",
               {Response::json(
                   recording("complete", track("hall/mic", "uploaded", "hall-mic.flac", sha256_of("fLaC and more"))))});
    auto outcome = get();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(text_of(fetched("hall-mic.flac")), "fLaC and more");
    EXPECT_EQ(text_of(fetched("hall-mic.flac.json")), R"({"start":1})");
    EXPECT_FALSE(std::filesystem::exists(fetched("hall-mic.flac.part")));
    outcome = get();
    EXPECT_TRUE(outcome.says("was there already"));
}

TEST_F(RecordTest, AnInterruptedFetchIsCompleted) {
    serve("hall-mic.flac", "fLaC and more");
    service.on(Method::get, "/v1/recordings/r3",
               {Response::json(
                   recording("complete", track("hall/mic", "uploaded", "hall-mic.flac", sha256_of("fLaC and more"))))});
    for (const auto* part : {"fLaC", "fLaC and more", "something else", "something else that is longer"}) {
        console.home.write("monday/early/hall-mic.flac.part", part);
        EXPECT_EQ(get().exit_code, 0) << part;
        EXPECT_EQ(text_of(fetched("hall-mic.flac")), "fLaC and more");
        std::filesystem::remove(fetched("hall-mic.flac"));
    }
}

TEST_F(RecordTest, WhatIsNotWhatWasRecordedIsNotKept) {
    serve("hall-mic.flac", "rotten");
    service.on(
        Method::get, "/v1/recordings/r3",
        {Response::json(recording("complete", track("hall/mic", "uploaded", "hall-mic.flac", sha256_of("fresh"))))});
    const auto outcome = get();
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(outcome.says("its SHA-256 differs")) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(fetched("hall-mic.flac")));
    EXPECT_FALSE(std::filesystem::exists(fetched("hall-mic.flac.part")));
}

TEST_F(RecordTest, MissingTracksAreNamedAndTheOthersFetched) {
    serve("hall-mic.flac", "x");
    service.on(Method::get, "/v1/recordings/r3",
               {Response::json(recording(
                   "stopping", track("attic/mic", "stored") + "," + track("cellar/mic", "failed", "", "", "no clock") +
                                   "," + track("hall/mic", "uploaded", "hall-mic.flac", sha256_of("x"))))});
    const auto outcome = get();
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(outcome.says("antiphon: not on the coordinator: attic/mic (stored), cellar/mic (failed: no clock)\n"));
    EXPECT_EQ(text_of(fetched("hall-mic.flac")), "x");
}

TEST_F(RecordTest, TheServerCannotWriteElsewhere) {
    for (const auto* name : {"../evil", "/etc/evil", ".bashrc", ""}) {
        FakeService other;
        other.on(Method::get, "/v1/recordings/r3",
                 {Response::json(recording("complete", track("a/b", "uploaded", name, "ab")))});
        console.variables["ANTIPHON_URL"] = other.start();
        console.variables["ANTIPHON_TOKEN"] = FakeService::token;
        const auto outcome = get();
        EXPECT_EQ(outcome.exit_code, 1);
        EXPECT_TRUE(outcome.says("which is no plain name")) << outcome.err;
    }
}

TEST_F(RecordTest, AFetchThatFailsLeavesNothingHalf) {
    service.on(Method::get, "/v1/recordings/r3",
               {Response::json(recording("complete", track("hall/mic", "uploaded", "gone.flac", sha256_of("x"))))});
    EXPECT_EQ(get().exit_code, 1);
    EXPECT_TRUE(std::filesystem::is_empty(console.home / "monday/early"));
}

TEST_F(RecordTest, AFileThatIsGoneLeavesNothingEither) {
    service.on(Method::get, "/v1/recordings/r3/files/gone.flac.json", "{}");
    service.on(Method::get, "/v1/recordings/r3",
               {Response::json(recording("complete", track("hall/mic", "uploaded", "gone.flac", sha256_of("x"))))});
    EXPECT_EQ(get().exit_code, 1);
    EXPECT_FALSE(std::filesystem::exists(fetched("gone.flac")));
    EXPECT_FALSE(std::filesystem::exists(fetched("gone.flac.part")));
}

TEST_F(RecordTest, WhatIsNotOverIsNotFetched) {
    service.on(Method::get, "/v1/recordings/r3", {Response::json(recording("recording", ""))});
    const auto outcome = get();
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err, "antiphon: recording r3 is not over; `antiphon record stop r3 --wait` ends it\n");
}

}  // namespace
}  // namespace antiphon::cli::testing
