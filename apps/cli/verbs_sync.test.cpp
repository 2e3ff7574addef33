// Laws of the verb sync: what outputs say of themselves in a table, or over a while as a picture.
#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;
using http::Response;

std::string output(const std::string& name, int error_ns, const std::string& late = "0") {
    return R"({"output":")" + name + R"(","error_ns":)" + std::to_string(error_ns) +
           R"(,"bound_ns":12000,"correction_ppm":-0.251,"device_ppm":40.1,"ahead_ns":95400000,"late_frames":)" + late +
           R"(,"device_lost_frames":0,"jumps":0})";
}

std::string status(const std::string& outputs, std::int64_t cluster_ns = 0) {
    return R"({"cluster":{"id":"c","epoch":1,"version":"0","cluster_ns":)" + std::to_string(cluster_ns) +
           R"(,"warnings":[]},"workers":[{"id":"w1","name":"hall","online":true,"activity":"playing",)"
           R"("maintenance":false,"generation":1,"applied":1,"boot":1,"clock_synchronised":true,"clock_error_ns":1,)"
           R"("clock_rate_ppm":0,"outputs":[],"inputs":[],"wakeups_per_s":226.4}],"sessions":[{"id":"s3",)"
           R"("title":"radio","phase":"playing","reason":"","blob":"","frames":0,"position_frames":0,"volume":1,)"
           R"("outputs":[],"from_frame":0,"created":0,"members":[{"worker":"hall","state":"playing","reason":"",)"
           R"("position_frames":0,"lost_frames":0,"outputs":[)" +
           outputs + R"(],"stream":{"arrived":1200,"repaired":3,"asked":4,"late":1,"lost":2}}]}],)" +
           R"("recordings":[],"zones":[]})";
}

std::string nothing(std::int64_t cluster_ns) {
    return R"({"cluster":{"id":"c","epoch":1,"version":"0","cluster_ns":)" + std::to_string(cluster_ns) +
           R"(,"warnings":[]},"workers":[],"sessions":[],"recordings":[],"zones":[]})";
}

TEST_F(ServiceTest, SyncIsATableOfWhatOutputsSay) {
    service.on(Method::get, "/v1/status",
               {Response::json(status(output("hall/left", 1'240) + "," + output("hall/right", -400, "480")))});
    EXPECT_EQ(out_of({"sync"}),
              "SESSION  OUTPUT        ERROR   BOUND      SERVO     CRYSTAL  AHEAD  SILENT\n"
              "s3       hall/left   +1.2 µs  ±12 µs  -0.25 ppm  +40.10 ppm  95 ms  -\n"
              "s3       hall/right  -0.4 µs  ±12 µs  -0.25 ppm  +40.10 ppm  95 ms  10 ms late\n"
              "s3: 2 outputs within 1.6 µs of each other, as far as they can tell\n"
              "\n"
              "SESSION  WORKER  PACKETS  REPAIRED  LATE  LOST  WAKEUPS\n"
              "s3       hall       1200         3     1     2    226/s\n");
}

TEST_F(ServiceTest, SyncOfNothingSaysSo) {
    service.on(Method::get, "/v1/status",
               {Response::json(nothing(0)), Response::json(nothing(1)), Response::json(nothing(2'000'000'000))});
    EXPECT_EQ(out_of({"sync"}), "Nothing plays.\n");
    const auto drawn = run({"sync", "--plot", console.home / "x.svg", "--seconds", "1"});
    EXPECT_EQ(drawn.exit_code, 1);
    EXPECT_TRUE(drawn.says("nothing plays, so there is nothing to draw"));
}

TEST_F(ServiceTest, SyncIsDrawnOverTheClustersTime) {
    service.on(Method::get, "/v1/status",
               {Response::json(status(output("hall/left", 1'000), 5'000'000'000)),
                Response::json(status(output("hall/left", 3'000), 7'000'000'000)),
                Response::json(status(output("hall/left", 2'000), 9'000'000'000))});
    const auto file = (console.home / "sync.svg").string();
    EXPECT_EQ(out_of({"sync", "--plot", file, "--seconds", "4"}), "wrote " + file + "\n");
    const auto svg = text_of(file);
    EXPECT_NE(svg.find("Sync of 1 output, by their own clocks"), std::string::npos);
    EXPECT_NE(svg.find(">hall/left<"), std::string::npos);
    EXPECT_NE(svg.find("points=\"80.0,"), std::string::npos);
}

TEST_F(ServiceTest, SyncWithoutAPictureHasNoLength) {
    EXPECT_EQ(run({"sync", "--seconds", "5"}).exit_code, 2);
    EXPECT_EQ(run({"sync", "--plot", "x.svg", "--seconds", "0"}).exit_code, 2);
}

}  // namespace
}  // namespace antiphon::cli::testing
