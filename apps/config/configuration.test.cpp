// Laws of antiphon.toml: what it says is what we get; what it may not say is named with its line and the way out.
#include "apps/config/configuration.hpp"

#include <gtest/gtest.h>

namespace antiphon::config {
namespace {

Configuration good(std::string_view text) {
    const auto parsed = parse_configuration(text, "antiphon.toml");
    EXPECT_TRUE(parsed) << parsed.error().what;
    return parsed ? *parsed : Configuration();
}

std::string refused(std::string_view text) {
    const auto parsed = parse_configuration(text, "antiphon.toml");
    if (parsed) return "accepted";
    EXPECT_EQ(parsed.error().code, core::ErrorCode::invalid);
    return parsed.error().what;
}

TEST(Configuration, EverythingIsOptional) {
    EXPECT_EQ(good(""), Configuration());
    EXPECT_EQ(good("# nothing\n[coordinator]\n[worker.outputs]\n"), Configuration());
}

TEST(Configuration, ReadsEachKeyOfTheCoordinator) {
    const auto section = good(R"([coordinator]
data = "/srv/antiphon"
listen = "0.0.0.0:8740"
broker = "mqtt://broker:1883"
mqtt_port = 1
clock_port = 65535
audio_port = 9000
insecure_lan = true
log = "json"
room = "/tmp/room"
tls_certificate = "/c"
tls_key = "/k"
tls_ca = "/ca"
)")
                             .coordinator;
    EXPECT_EQ(section, (CoordinatorSection{"/srv/antiphon", "0.0.0.0:8740", "mqtt://broker:1883", 1, 65535, 9000, true,
                                           "json", "/tmp/room", "/c", "/k", "/ca"}));
}

TEST(Configuration, ReadsEachKeyOfTheWorkerInTheOrderOfTheFile) {
    const auto section = good(R"([worker]
name = "hall"
join = "http://c:8740#token"
data = "d"
log = "text"
room = "r"
tls_ca = "/ca"
broker_login = "/l"
recordings_max = "20GB"
adapters = ["hci0", "hci1"]
[worker.outputs]
right = "alsa:hw:1"
left = "alsa:hw:0"
[worker.inputs]
mic = "virtual:microphone,at=1.5,2"
)")
                             .worker;
    EXPECT_EQ(section, (WorkerSection{"hall",
                                      "http://c:8740#token",
                                      "d",
                                      "text",
                                      "r",
                                      NamedDevices{{"right", "alsa:hw:1"}, {"left", "alsa:hw:0"}},
                                      NamedDevices{{"mic", "virtual:microphone,at=1.5,2"}},
                                      "/ca",
                                      "/l",
                                      "20GB",
                                      {"hci0", "hci1"}}));
}

TEST(Configuration, ReadsEachKeyOfTheClient) {
    EXPECT_EQ(good("[client]\nserver = \"http://c:1\"\ntoken_file = \"t\"\n").client,
              (ClientSection{"http://c:1", "t"}));
}

TEST(Configuration, AnUnknownKeyIsNamedWithItsLineAndWhatIsAllowed) {
    EXPECT_EQ(
        refused("[coordinator]\ndata = \"d\"\nlisen = \"x\"\n"),
        "antiphon.toml, line 3: unknown key 'lisen' in [coordinator]; allowed are data, listen, broker, mqtt_port, "
        "clock_port, audio_port, insecure_lan, tls_certificate, tls_key, tls_ca, log, room");
    EXPECT_EQ(refused("\n[workers]\n"),
              "antiphon.toml, line 2: unknown key 'workers' at the top; allowed are coordinator, worker, client");
    EXPECT_EQ(refused("[client]\n\"a\\u001b[2J\" = 1\n"),
              "antiphon.toml, line 2: unknown key 'a?[2J' in [client]; allowed are server, token_file, tls_ca");
}

TEST(Configuration, AWrongTypeIsNamedWithItsLineAndWhatIsWanted) {
    EXPECT_EQ(refused("[coordinator]\nmqtt_port = \"8741\"\n"),
              "antiphon.toml, line 2: 'mqtt_port' in [coordinator] must be a port, 1 to 65535");
    EXPECT_EQ(refused("[coordinator]\nclock_port = 65536\n"),
              "antiphon.toml, line 2: 'clock_port' in [coordinator] must be a port, 1 to 65535");
    EXPECT_EQ(refused("[coordinator]\nmqtt_port = 0\n"),
              "antiphon.toml, line 2: 'mqtt_port' in [coordinator] must be a port, 1 to 65535");
    EXPECT_EQ(refused("[coordinator]\ninsecure_lan = 1\n"),
              "antiphon.toml, line 2: 'insecure_lan' in [coordinator] must be true or false");
    EXPECT_EQ(refused("[worker]\nlog = \"xml\"\n"),
              "antiphon.toml, line 2: 'log' in [worker] must be \"text\" or \"json\"");
    EXPECT_EQ(refused("[client]\nserver = [1]\n"),
              "antiphon.toml, line 2: 'server' in [client] must be a URL in quotes, such as \"http://127.0.0.1:8740\"");
    EXPECT_EQ(refused("client = 3\n"), "antiphon.toml, line 1: 'client' at the top must be a table, [client]");
    EXPECT_EQ(refused("[worker]\noutputs = \"x\"\n"),
              "antiphon.toml, line 2: 'outputs' in [worker] must be a table, [worker.outputs]");
}

TEST(Configuration, ADeviceHasANameAndIsText) {
    EXPECT_EQ(refused("[worker.outputs]\nleft = 1\n"),
              "antiphon.toml, line 2: 'left' in [worker.outputs] must be a device in quotes, such as \"alsa:hw:0\"");
    EXPECT_EQ(refused("[worker.inputs]\nmic = \"\"\n"),
              "antiphon.toml, line 2: 'mic' in [worker.inputs] must be a device in quotes, such as \"alsa:hw:0\"");
    EXPECT_TRUE(refused("[worker.inputs]\n\nMic = \"alsa:x\"\n").starts_with("antiphon.toml, line 3: name 'Mic'"));
}

TEST(Configuration, WhatIsNoTomlIsSaidWithItsLine) {
    EXPECT_TRUE(refused("[coordinator]\ndata = \n").starts_with("antiphon.toml, line 2: is no TOML: "));
    EXPECT_TRUE(
        refused("[client]\nserver = \"a\"\nserver = \"b\"\n").starts_with("antiphon.toml, line 3: is no TOML: "));
    EXPECT_EQ(refused("[client]\nserver = 'a\xff'\n"), "antiphon.toml, line 2: it is no UTF-8");
    for (const auto* header : {"[!]", "[[=]]", "[ #", "[\n]", "[.a]", "[a.!]"})
        EXPECT_TRUE(refused(header).starts_with("antiphon.toml, line 1: is no TOML: ")) << header;
}

TEST(Configuration, AnyScriptMayStandInQuotesAndComments) {
    EXPECT_EQ(good("# größer\n[coordinator]\ndata = \"/srv/größer\" # ė\nroom = '/tmp/音楽'\n").coordinator,
              (CoordinatorSection{.data = "/srv/größer", .room = "/tmp/音楽"}));
    EXPECT_EQ(refused("[coordinator]\ndata = größer\n"),
              "antiphon.toml, line 2: there is a character outside of quotes that only quotes may hold");
}

TEST(Configuration, HasABound) {
    EXPECT_EQ(refused(std::string(64 * 1024 + 1, '#')),
              "antiphon.toml is longer than 64 KiB; is it really the configuration?");
    std::string deep = "a";
    for (int i = 0; i < 5000; ++i) deep += ".a";
    EXPECT_EQ(refused(deep + " = 1"), "antiphon.toml has more than 4096 dots; is it really the configuration?");
    EXPECT_TRUE(refused(deep.substr(0, 8001) + " = 1").starts_with("antiphon.toml, line 1: unknown key 'a'"));
}

}  // namespace
}  // namespace antiphon::config
