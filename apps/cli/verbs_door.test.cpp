// Laws of the door verbs: each asks what the API wants, and a description can be piped as it is.
#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;
using http::Response;

std::string session(const std::string& door) {
    return R"({"id":"s7","title":"tone:440","phase":"playing","reason":"","blob":"","frames":0,"position_frames":0,)"
           R"("volume":1,"outputs":["hall/left"],"members":[],"from_frame":0,"created":0,"live":{"source":"tone:440",)"
           R"("state":"flowing","reason":"","latency_ns":100000000,"codec":"flac")" +
           door + "}}";
}

TEST_F(ServiceTest, ADoorIsOpenedAndToldHowToUse) {
    service.on(Method::put, "/v1/sessions/{id}/door",
               session(R"(,"open_door":{"to":"239.1.2.3:5004","codec":"opus"})"));
    EXPECT_EQ(out_of({"door", "open", "s7", "--to", "239.1.2.3:5004", "--codec", "opus"}),
              "session s7 is sent without encryption to 239.1.2.3:5004 (opus); what receivers need: antiphon door sdp "
              "s7\n");
    EXPECT_EQ(service.last().line, "PUT /v1/sessions/s7/door");
    EXPECT_EQ(service.last().body, R"({"to":"239.1.2.3:5004","codec":"opus"})");
    out_of({"door", "open", "s7", "--to", "[ff15::1]:5004"});
    EXPECT_EQ(service.last().body, R"({"to":"[ff15::1]:5004"})");
}

TEST_F(ServiceTest, ADoorNeedsAPlaceToOpenTo) {
    EXPECT_EQ(run({"door", "open", "s7"}).exit_code, 2);
    EXPECT_TRUE(service.seen().empty());
}

TEST_F(ServiceTest, ADoorIsShut) {
    service.on(Method::delete_, "/v1/sessions/{id}/door", session(""));
    EXPECT_EQ(out_of({"door", "shut", "s7"}), "session s7 is sent to nobody but the cluster\n");
    EXPECT_EQ(service.last().line, "DELETE /v1/sessions/s7/door");
}

TEST_F(ServiceTest, ADescriptionIsPrintedAsItIsForFilesAndAsJsonForPrograms) {
    Response sdp;
    sdp.content_type = "application/sdp";
    sdp.body = "v=0\r\ns=-\r\n";
    service.on(Method::get, "/v1/sessions/{id}/door.sdp", {sdp});
    EXPECT_EQ(out_of({"door", "sdp", "s7"}), "v=0\r\ns=-\r\n");
    EXPECT_EQ(service.last().line, "GET /v1/sessions/s7/door.sdp");
    EXPECT_EQ(out_of({"door", "sdp", "s7", "--json"}), "{\"sdp\":\"v=0\\r\\ns=-\\r\\n\"}\n");
}

TEST_F(ServiceTest, WhereThereIsNoDoorTheServersWordsAreTold) {
    service.on(Method::get, "/v1/sessions/{id}/door.sdp",
               {http::problem({core::ErrorCode::conflict, "session s7 has no open door"})});
    const auto outcome = run({"door", "sdp", "s7"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err, "antiphon: session s7 has no open door\n");
}

}  // namespace
}  // namespace antiphon::cli::testing
