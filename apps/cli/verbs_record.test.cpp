// Laws of recording: it is begun, ended and listed.
#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;
using http::Response;

std::string track(const std::string& input, const std::string& state, const std::string& reason = "") {
    return R"({"input":")" + input + R"(","state":")" + state + R"(","reason":")" + reason +
           R"(","frames":480000,"gap_frames":0,"sha256":"","id":"w1.mic"})";
}

std::string recording(const std::string& phase, const std::string& tracks) {
    return R"({"id":"r3","phase":")" + phase + R"(","tracks":[)" + tracks + R"(],"created":1700000000000000000})";
}

Response list_of(const std::string& recordings) { return Response::json(R"({"recordings":[)" + recordings + "]}"); }

Response list_of_marks(const std::string& marks) { return Response::json(R"({"marks":[)" + marks + "]}"); }

class RecordTest : public ServiceTest {};

TEST_F(RecordTest, ARecordingIsStartedAndStopped) {
    service.on(Method::post, "/v1/recordings", recording("recording", track("hall/mic", "recording")), 201);
    service.on(Method::post, "/v1/recordings/{id}/stop", recording("stopping", track("hall/mic", "recording")));
    EXPECT_EQ(out_of({"record", "start", "--from", "hall/mic,attic/mic"}), "recording r3: recording, hall/mic\n");
    EXPECT_EQ(service.last().body, R"({"from":["hall/mic","attic/mic"]})");
    EXPECT_NE(service.last().headers.get("Idempotency-Key"), "");
    EXPECT_EQ(out_of({"record", "stop", "r3"}), "recording r3: stopping, hall/mic\n");
    EXPECT_EQ(service.last().line, "POST /v1/recordings/r3/stop");
}

TEST_F(RecordTest, ARecordingMayHaveAnEndAndATitle) {
    ::setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe): before the service starts
    ::tzset();
    const std::string more = R"(,"title":"concert","ends":1700005400000000000})";
    auto begun = recording("recording", track("hall/mic", "recording"));
    begun = begun.substr(0, begun.size() - 1) + more;
    service.on(Method::post, "/v1/recordings", begun, 201);
    service.on(Method::get, "/v1/recordings", {list_of(begun)});
    EXPECT_EQ(out_of({"record", "start", "--from", "hall/mic", "--for", "90m", "--title", "concert"}),
              "recording r3: recording, hall/mic, until 2023-11-14 23:43:20\n");
    EXPECT_EQ(service.last().body, R"({"from":["hall/mic"],"for_s":5400,"title":"concert"})");
    EXPECT_EQ(run({"record", "start", "--from", "hall/mic", "--for", "ever"}).exit_code, 2);
    out_of({"record", "start", "--from", "hall/mic", "--on-sound", "-40dB", "--pre-roll", "3s"});
    EXPECT_EQ(service.last().body, R"({"from":["hall/mic"],"on_sound":{"level_db":-40,"pre_roll_s":3}})");
    EXPECT_TRUE(run({"record", "start", "--from", "hall/mic", "--on-sound", "loud"}).says("--on-sound: 'loud'"));
    EXPECT_TRUE(run({"record", "start", "--from", "hall/mic", "--hold", "3s"}).says("give --on-sound LEVEL too"));
    EXPECT_EQ(out_of({"recordings"}),
              "RECORDING  STATE      LENGTH  TRACKS HERE  STARTED              INPUTS    TITLE\n"
              "r3         recording    0:10       0 of 1  2023-11-14 22:13:20  hall/mic  concert\n");
}

TEST_F(RecordTest, TheStatusHasAMeterForEachInputThatIsRecorded) {
    const auto with_level = [](const std::string& input, double rms, double peak) {
        auto one = track(input, "recording");
        return one.substr(0, one.size() - 1) + R"(,"level":{"rms_db":)" + std::to_string(rms) + R"(,"peak_db":)" +
               std::to_string(peak) + "}}";
    };
    const auto status =
        R"({"cluster":{"id":"c1","epoch":1,"version":"0.1.0","cluster_ns":0,"warnings":[]},"workers":[],)"
        R"("sessions":[],"zones":[],"recordings":[)" +
        recording("recording", with_level("hall/mic", -30, -12.4) + "," + with_level("attic/mic", -120, -120) + "," +
                                   track("roof/mic", "recording")) +
        "]}";
    service.on(Method::get, "/v1/status", status);
    const auto shown = out_of({"status"});
    EXPECT_NE(shown.find("INPUT      LEVEL                     RMS     PEAK\n"
                         "hall/mic   ━━━━━━━━━━──────────   -30 dB   -12 dB\n"
                         "attic/mic  ────────────────────  -120 dB  -120 dB\n"),
              std::string::npos)
        << shown;
    EXPECT_EQ(shown.find("roof/mic  "), std::string::npos) << "nothing is known of it yet: " << shown;
}

TEST_F(RecordTest, MarksAreMadeListedAndRemoved) {
    ::setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe): before the service starts
    ::tzset();
    const std::string mark =
        R"({"id":"m7","text":"second act","time":60000000000,"incarnation":1,"at_ns":5,"asked_by":"ann"})";
    service.on(Method::post, "/v1/recordings/r3/marks", mark, 201);
    service.on(Method::get, "/v1/recordings/r3/marks", {list_of_marks(mark), list_of_marks("")});
    service.on(Method::delete_, "/v1/recordings/r3/marks/m7", {Response::empty()});
    EXPECT_EQ(out_of({"record", "mark", "r3", "second act"}), "mark m7 of recording r3: second act\n");
    EXPECT_EQ(service.last().body, R"({"text":"second act"})");
    out_of({"record", "mark", "r3", "second act", "--ago", "10s"});
    EXPECT_EQ(service.last().body, R"({"text":"second act","ago_s":10})");
    EXPECT_EQ(run({"record", "mark", "r3", "second act", "--ago", "soon"}).exit_code, 2);
    EXPECT_EQ(out_of({"record", "marks", "r3"}),
              "MARK  TIME                 BY   TEXT\n"
              "m7    1970-01-01 00:01:00  ann  second act\n");
    EXPECT_TRUE(out_of({"record", "marks", "r3"}).starts_with("It has no marks;"));
    EXPECT_EQ(out_of({"record", "unmark", "r3", "m7"}), "mark m7 of recording r3 is gone\n");
}

TEST_F(RecordTest, WaitingEndsWhenAllFilesAreIn) {
    service.on(Method::post, "/v1/recordings/{id}/stop", recording("stopping", ""));
    service.on(Method::get, "/v1/recordings/r3",
               {Response::json(recording("stopping", track("hall/mic", "stored"))),
                Response::json(recording("complete", track("hall/mic", "uploaded")))});
    EXPECT_EQ(out_of({"record", "stop", "r3", "--wait"}),
              "recording r3: complete, hall/mic\n"
              "INPUT     STATE     LENGTH  MISSING  REASON\n"
              "hall/mic  uploaded    0:10     0:00\n");
}

TEST_F(RecordTest, WaitingForWhatFailsFails) {
    service.on(Method::post, "/v1/recordings/{id}/stop", recording("stopping", ""));
    service.on(Method::get, "/v1/recordings/r3", recording("failed", track("hall/mic", "failed", "disk full")));
    const auto outcome = run({"record", "stop", "r3", "--wait"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err, "antiphon: recording r3 failed: hall/mic: disk full\n");
}

TEST_F(RecordTest, ACheckLooksAtEachSegmentAndNamesWhatIsDamaged) {
    service.on(Method::get, "/v1/recordings/r3", recording("complete", track("hall/mic", "uploaded")));
    const std::string row =
        R"({"number":1,"life":1,"first":0,"frames":9,"rate":48000,"closed":true,"bytes":9,"sha256":"","started":0,)"
        R"("device":"","anchors":[],"gaps":[],"note":"","kept":true})";
    service.on(Method::get, "/v1/recordings/r3/tracks/w1.mic/segments", R"({"segments":[)" + row + "]}");
    service.on(Method::get, "/v1/recordings/r4", recording("recording", ""));
    const std::string sound = R"({"sound":true,"problem":"","news":false})";
    const std::string damaged = R"({"sound":false,"problem":"1.5 s of its sound cannot be read any more","news":true})";
    service.on(Method::post, "/v1/recordings/r3/tracks/w1.mic/segments/0/check", sound);
    service.on(Method::post, "/v1/recordings/r3/tracks/w1.mic/segments/1/check",
               {Response::json(sound), Response::json(damaged)});
    EXPECT_EQ(out_of({"record", "check", "r3"}), "recording r3: 2 segments checked, all as they were brought in\n");
    EXPECT_TRUE(out_of({"record", "check", "r4"}).ends_with(": nothing of it is here yet\n"));
    const auto outcome = run({"record", "check", "r3"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.out,
              "recording r3: 2 segments checked, 1 not as brought in\n"
              "hall/mic, segment 1: 1.5 s of its sound cannot be read any more\n"
              "An export has silence there, and its manifest tells the gaps.\n");
}

TEST_F(RecordTest, RecordingsAreListed) {
    ::setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe): before the service starts
    service.on(Method::get, "/v1/recordings",
               {list_of(recording("complete",
                                  track("hall/mic", "uploaded") + "," + track("attic/mic", "failed", "disk full"))),
                list_of("")});
    EXPECT_EQ(out_of({"recordings"}),
              "RECORDING  STATE     LENGTH  TRACKS HERE  STARTED              INPUTS\n"
              "r3         complete    0:10       1 of 2  2023-11-14 22:13:20  hall/mic, attic/mic\n"
              "r3 of attic/mic: disk full\n");
    EXPECT_TRUE(out_of({"recordings"}).starts_with("There are no recordings;"));
    ::unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe): nothing reads it meanwhile
}

}  // namespace
}  // namespace antiphon::cli::testing
