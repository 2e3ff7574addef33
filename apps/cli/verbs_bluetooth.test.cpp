// Laws of the verbs of Bluetooth: what is around a board, and what a person says to it.
#include "apps/cli/fake_service.test.hpp"

namespace antiphon::cli::testing {
namespace {

using http::Method;

const std::string root = "/v1/workers/hall/bluetooth";
constexpr const char* address = "AA:00:00:00:00:01";

std::string view(const std::string& devices, bool scanning = false, const std::string& trouble = "") {
    return R"({"worker":"hall","online":true,"trouble":")" + trouble +
           R"(","pairing_open":false,"adapters":[{"id":"hci0","powered":true,"scanning":)" +
           (scanning ? "true" : "false") + R"(,"trouble":""}],"devices":[)" + devices + "]}";
}

const std::string headset =
    R"({"address":"AA:00:00:00:00:01","name":"Ear","adapter":"hci0","state":"streaming","reason":"","output":"hall/left",)"
    R"("paired":true,"sink":true,"battery_percent":80,"asks":false})";
const std::string asker =
    R"({"address":"AA:00:00:00:00:02","name":"","adapter":"hci0","state":"absent","reason":"it is not paired","output":"",)"
    R"("paired":false,"sink":true,"asks":true,"passkey":1234})";
const std::string stranger =
    R"({"address":"AA:00:00:00:00:03","name":"Speaker","adapter":"hci0","state":"absent","reason":"it is not paired",)"
    R"("output":"","paired":false,"sink":true,"asks":false})";

TEST_F(ServiceTest, DevicesAreATable) {
    service.on(Method::get, root, view(headset + "," + asker + "," + stranger));
    EXPECT_EQ(out_of({"bluetooth", "list", "hall"}),
              "hci0 is on\n"
              "ADDRESS            NAME     STATE       OUTPUT     BATTERY  REASON\n"
              "AA:00:00:00:00:01  Ear      streaming   hall/left     80 %\n"
              "AA:00:00:00:00:02           absent                          asks to be paired, and shows 001234\n"
              "AA:00:00:00:00:03  Speaker  not paired\n");
}

TEST_F(ServiceTest, ABoardWithoutBluetoothSaysWhy) {
    service.on(Method::get, root,
               R"({"worker":"hall","online":true,"trouble":"this board drives no Bluetooth","pairing_open":false,)"
               R"("adapters":[],"devices":[]})");
    EXPECT_EQ(out_of({"bluetooth", "list", "hall"}), "hall: this board drives no Bluetooth\n");
}

TEST_F(ServiceTest, AScanEndsWhenTheBoardHasLookedAround) {
    service.on(Method::post, root + "/scan", {http::Response::empty()});
    service.on(Method::get, root,
               {http::Response::json(view("", true)), http::Response::json(view(stranger, true)),
                http::Response::json(view(stranger))});
    const auto outcome = run({"bluetooth", "scan", "hall", "--for", "5s"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("Speaker"), std::string::npos) << outcome.out;
    ASSERT_FALSE(service.seen().empty());
    EXPECT_EQ(service.seen().front().body, R"({"for_s":5})");
}

TEST_F(ServiceTest, APairedDeviceIsAnOutput) {
    service.on(Method::post, root + "/devices/{address}/pair",
               R"({"device":"bluetooth:AA:00:00:00:00:01","output":"hall/left","name":"Ear","paired":0})", 201);
    const auto outcome = run({"bluetooth", "pair", "hall", address, "--as", "left"});
    EXPECT_EQ(outcome.out, "Ear is hall/left now\n");
    EXPECT_EQ(service.seen().back().body, R"({"output":"left"})");
    EXPECT_NE(run({"bluetooth", "pair", "hall", address}).exit_code, 0) << "an output has a name";
}

TEST_F(ServiceTest, OneWordForEachOrder) {
    for (const auto* word : {"accept", "refuse", "connect"})
        service.on(Method::post, root + "/devices/{address}/" + word, {http::Response::empty()});
    service.on(Method::delete_, root + "/devices/{address}", {http::Response::empty()});
    service.on(Method::post, root + "/open", {http::Response::empty()});
    service.on(Method::delete_, root + "/open", {http::Response::empty()});
    EXPECT_EQ(out_of({"bluetooth", "accept", "hall", address}), "AA:00:00:00:00:01 may be paired with hall\n");
    EXPECT_EQ(out_of({"bluetooth", "refuse", "hall", address}), "AA:00:00:00:00:01 may not be paired with hall\n");
    EXPECT_EQ(out_of({"bluetooth", "connect", "hall", address}), "hall connects AA:00:00:00:00:01 now\n");
    EXPECT_EQ(out_of({"bluetooth", "forget", "hall", address}), "AA:00:00:00:00:01 is paired with hall no more\n");
    EXPECT_EQ(
        out_of({"bluetooth", "open", "hall", "--for", "2m"}),
        "devices may ask to be paired with hall for 2m; each waits for your word: antiphon bluetooth list hall\n");
    EXPECT_EQ(out_of({"bluetooth", "close", "hall"}), "no device may ask to be paired with hall any more\n");
    EXPECT_EQ(run({"bluetooth", "scan", "hall", "--for", "soon"}).exit_code, 2);
}

}  // namespace
}  // namespace antiphon::cli::testing
