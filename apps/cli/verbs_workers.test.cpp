// Laws of the verbs of boards and of the whole: invitations for scripts, tables for people.
#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;

constexpr const char* hall =
    R"({"id":"w1","name":"hall","online":true,"activity":"playing","maintenance":false,"generation":7,"applied":7,)"
    R"("boot":2,"clock_synchronised":true,"clock_error_ns":12400,"clock_rate_ppm":3.5,)"
    R"("outputs":["left","right"],"inputs":["mic"]})";
constexpr const char* attic =
    R"({"id":"w2","name":"attic","online":false,"activity":"waiting","maintenance":false,"generation":7,"applied":5,)"
    R"("boot":1,"clock_synchronised":false,"clock_error_ns":0,"clock_rate_ppm":0,"outputs":[],"inputs":[]})";

TEST_F(ServiceTest, AnInvitationStandsAloneOnStdout) {
    service.on(Method::post, "/v1/invitations", R"({"invitation":"http://c:8740#t0k","expires_in_s":600})", 201);
    const auto outcome = run({"invite"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.out, "http://c:8740#t0k\n");
    EXPECT_EQ(outcome.err, "good for one worker, for 10 minutes\n");
}

TEST_F(ServiceTest, WorkersAreATable) {
    service.on(Method::get, "/v1/workers", R"({"workers":[)" + std::string(hall) + "," + attic + "]}");
    const std::string table =
        "WORKER  STATE     CLOCK  DESIRED STATE     OUTPUTS      INPUTS\n"
        "hall    playing  ±12 µs  up to date        left, right  mic\n"
        "attic   offline          2 changes behind\n";
    EXPECT_EQ(out_of({"workers"}), table);
    EXPECT_EQ(out_of({"workers", "list"}), table);
}

TEST_F(ServiceTest, WithoutWorkersItSaysHowToGetSome) {
    service.on(Method::get, "/v1/workers", R"({"workers":[]})");
    EXPECT_EQ(out_of({"workers"}), "No worker has joined; `antiphon invite` prints an invitation.\n");
}

TEST_F(ServiceTest, AWorkerIsPingedMaintainedAndReleased) {
    service.on(Method::post, "/v1/workers/{name}/ping",
               R"({"worker":"hall","activity":"waiting","boot":2,"applied":7})");
    service.on(Method::post, "/v1/workers/{name}/maintenance", hall);
    service.on(Method::delete_, "/v1/workers/{name}/maintenance", hall);
    EXPECT_EQ(out_of({"workers", "ping", "hall"}), "hall answers: waiting (boot 2, desired state 7 applied)\n");
    EXPECT_EQ(out_of({"workers", "maintain", "hall"}),
              "hall will be in maintenance once it waits; now it is playing\n");
    EXPECT_EQ(service.last().line, "POST /v1/workers/hall/maintenance");
    EXPECT_EQ(out_of({"workers", "release", "hall"}), "hall is back from maintenance\n");
    EXPECT_EQ(service.last().line, "DELETE /v1/workers/hall/maintenance");
}

TEST_F(ServiceTest, AWorkerIsRenamedRemovedAndReplaced) {
    service.on(Method::post, "/v1/workers/{name}/rename", hall);
    service.on(Method::delete_, "/v1/workers/{name}", "", 204);
    service.on(Method::post, "/v1/invitations", R"({"invitation":"http://c:8740#t0k","expires_in_s":600})", 201);
    EXPECT_EQ(out_of({"workers", "rename", "lobby", "hall"}), "lobby is now hall\n");
    EXPECT_EQ(service.last().line, "POST /v1/workers/lobby/rename");
    EXPECT_EQ(service.last().body, R"({"name":"hall"})");
    EXPECT_EQ(out_of({"workers", "remove", "hall"}), "hall belongs to the cluster no more\n");
    EXPECT_EQ(service.last().line, "DELETE /v1/workers/hall");
    EXPECT_EQ(out_of({"invite", "--replace", "hall"}), "http://c:8740#t0k\n");
    EXPECT_EQ(service.last().body, R"({"replaces":"hall"})");
}

TEST_F(ServiceTest, WhyTellsVerdictGroundsAndHistory) {
    ::setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe): before the service starts
    service.on(Method::get, "/v1/why/{object...}",
               R"({"kind":"output","object":"w1/left","name":"hall/left","verdict":"its output left is muted",)"
               R"("grounds":["its clock is not synchronised yet"],"history":[{"number":3,"time":1700000000000000000,)"
               R"("event":"volume.set","object":"hall/left","text":"muted","asked_by":"ann",)"
               R"("ground":"it was asked for"}]})");
    EXPECT_EQ(out_of({"why", "hall/left"}),
              "output hall/left (w1/left): its output left is muted\n"
              "  also: its clock is not synchronised yet\n"
              "\n"
              "what was decided, and because of what\n"
              "2023-11-14 22:13:20  volume.set              muted  (ann)  because it was asked for\n");
    EXPECT_EQ(service.last().line, "GET /v1/why/hall/left");
    ::unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe): nothing reads it meanwhile
}

TEST_F(ServiceTest, DevicesHaveHealthAndVolume) {
    service.on(Method::get, "/v1/devices", R"({"outputs":[
        {"name":"hall/left","device":"alsa:hw:0","failure":"","online":true,"volume":0.5,"muted":false},
        {"name":"hall/right","device":"alsa:hw:1","failure":"no such card","online":true,"volume":1,"muted":true}],
        "inputs":[{"name":"attic/mic","device":"alsa:hw:2","failure":"","online":false,"uses":["recorded by r3","listened to"]}]})");
    EXPECT_EQ(out_of({"devices"}),
              "OUTPUT      STATE         VOLUME          DEVICE\n"
              "hall/left   ready         50 % (-6.0 dB)  alsa:hw:0\n"
              "hall/right  no such card  muted           alsa:hw:1\n"
              "\n"
              "INPUT      STATE    USE                          DEVICE\n"
              "attic/mic  offline  recorded by r3, listened to  alsa:hw:2\n");
}

const std::string status = R"({"cluster":{"id":"c1","epoch":3,"version":"0.1.0","cluster_ns":5,
        "warnings":["listening beyond loopback without TLS"]},"workers":[)" +
                           std::string(hall) + "," + attic + R"(],
        "sessions":[{"id":"s7","title":"song.flac","phase":"playing","reason":"","blob":"ab","frames":9600000,
        "position_frames":4800000,"volume":0.8,"outputs":["hall/left","hall/right"],
        "members":[{"worker":"hall","state":"playing","reason":"","position_frames":0,"lost_frames":480}],
        "from_frame":0,"created":0}],"recordings":[],
        "zones":[{"id":"z1","name":"foyer","version":1,"outputs":["hall/left"]}]})";

TEST_F(ServiceTest, TheStatusHasWarningsOnTop) {
    service.on(Method::get, "/v1/status", status);
    EXPECT_EQ(out_of({"status"}),
              "warning: listening beyond loopback without TLS\n"
              "antiphon 0.1.0  cluster c1, epoch 3, 1 of 2 workers online\n"
              "\n"
              "WORKER  STATE     CLOCK  DESIRED STATE     OUTPUTS      INPUTS\n"
              "hall    playing  ±12 µs  up to date        left, right  mic\n"
              "attic   offline          2 changes behind\n"
              "\n"
              "SESSION  STATE    POSITION                      VOLUME  TITLE      OUTPUTS\n"
              "s7       playing  ━━━━━━━━──────── 1:40 / 3:20    80 %  song.flac  hall/left, hall/right\n"
              "s7 on hall: 480 frames were silent\n"
              "\n"
              "ZONE   VERSION  OUTPUTS\n"
              "foyer        1  hall/left\n");
}

TEST_F(ServiceTest, WatchingWithoutATerminalIsOneStatus) {
    service.on(Method::get, "/v1/status", status);
    EXPECT_EQ(out_of({"status", "--watch"}), out_of({"status"}));
    EXPECT_EQ(out_of({"status", "--watch", "--json"}), status + "\n");
}

TEST_F(ServiceTest, OnATerminalTheStatusHasColours) {
    service.on(Method::get, "/v1/status", status);
    console.terminal = true;
    EXPECT_TRUE(out_of({"status"}).starts_with("\x1b[33mwarning: "));
    console.variables["NO_COLOR"] = "1";
    EXPECT_EQ(out_of({"status"}).find('\x1b'), std::string::npos);
}

TEST_F(ServiceTest, WatchingOnATerminalEndsWhenTheServerRefuses) {
    const core::Error denied{core::ErrorCode::denied, "your token has expired"};
    service.on(Method::get, "/v1/status", {http::Response::json(status), http::problem(denied)});
    console.terminal = true;
    const auto outcome = run({"status", "--watch"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(outcome.out.starts_with("\x1b[?1049h")) << outcome.out;
    EXPECT_TRUE(outcome.says("song.flac"));
    EXPECT_TRUE(outcome.out.ends_with("\x1b[?1049l")) << outcome.out;
    EXPECT_EQ(outcome.err, "antiphon: your token has expired\n");
}

}  // namespace
}  // namespace antiphon::cli::testing
