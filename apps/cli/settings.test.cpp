// Laws of the layers: flag before environment before configuration before default; bad values name where they stand.
#include "apps/cli/settings.hpp"

#include <gtest/gtest.h>

#include "apps/cli/console.test.hpp"

namespace antiphon::cli::testing {
namespace {

class SettingsTest : public ::testing::Test {
  protected:
    Console console;
    CoordinatorArguments flags;
    config::CoordinatorSection file;

    core::Result<node::CoordinatorOptions> settled() { return settle(flags, console.reader(), file); }
    std::string refused() {
        const auto options = settled();
        return options ? "accepted" : options.error().what;
    }
    std::string refused_worker(const WorkerArguments& worker) {
        const auto options = settle(worker, console.reader(), config::WorkerSection());
        return options ? "accepted" : options.error().what;
    }
};

TEST_F(SettingsTest, TheLayersStandInTheirOrder) {
    file.listen = "127.0.0.1:3";
    EXPECT_EQ(settled()->listen, "127.0.0.1:3");
    console.variables["ANTIPHON_LISTEN"] = "127.0.0.1:2";
    EXPECT_EQ(settled()->listen, "127.0.0.1:2");
    flags.listen = "127.0.0.1:1";
    EXPECT_EQ(settled()->listen, "127.0.0.1:1");
}

TEST_F(SettingsTest, EachValueHasAVariable) {
    console.variables = {
        {"ANTIPHON_DATA", "/d"},       {"ANTIPHON_BROKER", "mqtt://b"}, {"ANTIPHON_MQTT_PORT", "11"},
        {"ANTIPHON_CLOCK_PORT", "12"}, {"ANTIPHON_AUDIO_PORT", "13"},   {"ANTIPHON_INSECURE_LAN", "true"},
        {"ANTIPHON_LOG", "json"},      {"ANTIPHON_ROOM", "/r"},         {"ANTIPHON_TLS_CERTIFICATE", "/c"},
        {"ANTIPHON_TLS_KEY", "/k"},    {"ANTIPHON_TLS_CA", "/ca"}};
    const auto options = settled();
    ASSERT_TRUE(options);
    EXPECT_EQ(options->data, "/d");
    EXPECT_EQ(options->broker, "mqtt://b");
    EXPECT_EQ(options->mqtt_port, 11);
    EXPECT_EQ(options->clock_port, 12);
    EXPECT_EQ(options->audio_port, 13);
    EXPECT_TRUE(options->insecure_lan);
    EXPECT_EQ(options->log_format, system::log::Format::json);
    EXPECT_EQ(options->room, "/r");
    ASSERT_TRUE(options->tls);
    EXPECT_EQ(options->tls->certificate, "/c");
    EXPECT_EQ(options->tls->key, "/k");
    EXPECT_EQ(options->tls_ca, "/ca");
}

TEST_F(SettingsTest, ACertificateAndItsKeyComeTogether) {
    flags.tls_certificate = "/c";
    EXPECT_EQ(refused(), "'/c' of --tls-certificate needs its key; name it with --tls-key FILE");
    file.tls_key = "/k";
    EXPECT_EQ(refused(), "accepted");
    flags.tls_certificate.reset();
    EXPECT_EQ(refused(), "'/k' of the configuration needs its certificate; name it with --tls-certificate FILE");
}

TEST_F(SettingsTest, TheFileIsHeardForEachValue) {
    file = {"/d", "127.0.0.1:1", "mqtt://b", 11, 12, 13, true, "json", "/r"};
    const auto options = settled();
    ASSERT_TRUE(options);
    EXPECT_EQ(options->data, "/d");
    EXPECT_EQ(options->mqtt_port, 11);
    EXPECT_EQ(options->clock_port, 12);
    EXPECT_EQ(options->audio_port, 13);
    EXPECT_TRUE(options->insecure_lan);
    console.variables["ANTIPHON_INSECURE_LAN"] = "0";
    EXPECT_FALSE(settled()->insecure_lan);
}

TEST_F(SettingsTest, ABadValueNamesWhereItStands) {
    console.variables["ANTIPHON_CLOCK_PORT"] = "12x";
    EXPECT_EQ(refused(), "'12x' of ANTIPHON_CLOCK_PORT is no port; write 1 to 65535");
    console.variables = {{"HOME", "/h"}, {"ANTIPHON_LOG", "xml"}};
    EXPECT_EQ(refused(), "'xml' of ANTIPHON_LOG is no log format; write text or json");
    console.variables = {{"HOME", "/h"}, {"ANTIPHON_INSECURE_LAN", "perhaps"}};
    EXPECT_EQ(refused(), "'perhaps' of ANTIPHON_INSECURE_LAN is neither true nor false");
    console.variables = {{"HOME", "/h"}};
    file.listen = "x";
    EXPECT_EQ(refused(), "'x' of the configuration is no address; write HOST:PORT, such as 127.0.0.1:8740");
}

TEST_F(SettingsTest, DataGoesWhereXdgAndSystemdSay) {
    console.variables = {{"HOME", "/h"}, {"XDG_STATE_HOME", "relative"}};
    EXPECT_EQ(settled()->data, "/h/.local/state/antiphon/coordinator");
    console.variables["XDG_STATE_HOME"] = "/x";
    EXPECT_EQ(settled()->data, "/x/antiphon/coordinator");
    console.variables["STATE_DIRECTORY"] = "/var/lib/antiphon:/var/lib/other";
    EXPECT_EQ(settled()->data, "/var/lib/antiphon");
    console.variables.clear();
    EXPECT_EQ(refused(), "there is no HOME to keep data in; name a folder with --data");
}

TEST_F(SettingsTest, AWorkerIsRefusedWhatIsNoNameDeviceOrInvitation) {
    EXPECT_TRUE(refused_worker({.name = "Hall"}).starts_with("name 'Hall' has a character"));
    EXPECT_EQ(refused_worker({.name = "hall", .join = "http://c:8740"}),
              "what --join holds is no invitation; copy the line that `antiphon invite` prints");
    EXPECT_EQ(refused_worker({.name = "hall", .outputs = {"left"}}),
              "'left' of --output names no device; write NAME=DEVICE, such as left=alsa:hw:0");
    EXPECT_EQ(refused_worker({.name = "hall", .inputs = {"m=a", "m=b"}}), "--input names 'm' twice; names must differ");
    EXPECT_TRUE(refused_worker({.name = "hall", .inputs = {"M=a"}}).starts_with("--input: name 'M'"));
}

TEST_F(SettingsTest, AdaptersAreThoseOfTheKernel) {
    config::WorkerSection section;
    section.name = "hall";
    section.adapters = {"hci1"};
    EXPECT_EQ(settle(WorkerArguments(), console.reader(), section)->adapters, std::vector<std::string>{"hci1"});
    EXPECT_EQ(settle(WorkerArguments{.adapters = {"hci0"}}, console.reader(), section)->adapters,
              std::vector<std::string>{"hci0"});
    EXPECT_EQ(refused_worker({.name = "hall", .adapters = {"usb"}}),
              "'usb' of --adapter is no Bluetooth adapter; write one such as hci0");
    EXPECT_NE(refused_worker({.name = "hall", .adapters = {"hci/0"}}), "accepted");
    EXPECT_NE(refused_worker({.name = "hall", .adapters = {"hci"}}), "accepted");
}

TEST_F(SettingsTest, CodecsAreThoseThatThereAre) {
    config::WorkerSection section;
    section.name = "hall";
    section.codecs = {"ldac", "sbc"};
    EXPECT_EQ(settle(WorkerArguments(), console.reader(), section)->codecs, section.codecs);
    EXPECT_EQ(settle(WorkerArguments{.codecs = {"sbc-xq"}}, console.reader(), section)->codecs,
              std::vector<std::string>{"sbc-xq"});
    EXPECT_EQ(refused_worker({.name = "hall", .codecs = {"aac"}}),
              "--codec: 'aac' is no codec; there are sbc, sbc-xq, aptx, ldac");
    EXPECT_EQ(refused_worker({.name = "hall", .codecs = {"sbc", "sbc"}}), "--codec: the codec 'sbc' is named twice");
}

TEST_F(SettingsTest, OutputsOfTheFlagsReplaceThoseOfTheFile) {
    config::WorkerSection section;
    section.name = "hall";
    section.outputs = {{"left", "alsa:a"}, {"right", "alsa:b"}};
    EXPECT_EQ(settle(WorkerArguments(), console.reader(), section)->outputs.size(), 2U);
    EXPECT_EQ(settle(WorkerArguments{.outputs = {"mid=alsa:c"}}, console.reader(), section)->outputs,
              (std::vector<node::NamedDevice>{{"mid", "alsa:c"}}));
}

TEST_F(SettingsTest, TheLoginAtABrokerOfSomebodyElseHasItsLayers) {
    config::WorkerSection section;
    section.name = "hall";
    EXPECT_FALSE(settle(WorkerArguments(), console.reader(), section)->broker_login);
    section.broker_login = "/of-the-file";
    EXPECT_EQ(settle(WorkerArguments(), console.reader(), section)->broker_login, "/of-the-file");
    console.variables["ANTIPHON_BROKER_LOGIN"] = "/of-the-variable";
    EXPECT_EQ(settle(WorkerArguments(), console.reader(), section)->broker_login, "/of-the-variable");
    EXPECT_EQ(settle(WorkerArguments{.broker_login = "/of-the-flag"}, console.reader(), section)->broker_login,
              "/of-the-flag");
}

TEST_F(SettingsTest, ASizeIsWrittenAsDisksAreSold) {
    const auto settled = [&](const std::string& text) {
        return settle(WorkerArguments{.name = "hall", .recordings_max = text}, console.reader(), {});
    };
    EXPECT_EQ(settle(WorkerArguments{.name = "hall"}, console.reader(), {})->recordings_max_bytes, 0U);
    EXPECT_EQ(settled("500MB")->recordings_max_bytes, 500'000'000U);
    EXPECT_EQ(settled("1.5TB")->recordings_max_bytes, 1'500'000'000'000U);
    for (const auto* text : {"", "20", "GB", "-1GB", "0GB", "20gb", "20 GB", "1e30TB", "nanGB", "20GBx"})
        EXPECT_EQ(settled(text).error().what,
                  "'" + std::string(text) + "' of --recordings-max is no size; write one such as 500MB, 20GB or 1.5TB");
    config::WorkerSection section;
    section.name = "hall";
    section.recordings_max = "1GB";
    EXPECT_EQ(settle(WorkerArguments(), console.reader(), section)->recordings_max_bytes, 1'000'000'000U);
}

class ClientSettingsTest : public ::testing::Test {
  protected:
    Console console;
    std::ostringstream nowhere;

    core::Result<ClientSettings> settled(const ClientArguments& flags = {}) {
        Outside outside{.out = nowhere, .err = nowhere, .variables = console.reader()};
        outside.system_configuration = console.home / "etc/antiphon.toml";
        outside.system_data = console.home / "var";
        return settle(flags, outside);
    }
};

TEST_F(ClientSettingsTest, TheServerHasItsLayers) {
    EXPECT_EQ(settled()->server.origin(), "http://127.0.0.1:8740");
    console.home.write("etc/antiphon.toml", "[client]\nserver = \"http://a:4\"\n");
    EXPECT_EQ(settled()->server.origin(), "http://a:4");
    console.home.write(".config/antiphon/client.toml", "[client]\nserver = \"http://a:3\"\n");
    EXPECT_EQ(settled()->server.origin(), "http://a:3");
    console.variables["ANTIPHON_URL"] = "http://a:2";
    EXPECT_EQ(settled()->server.origin(), "http://a:2");
    EXPECT_EQ(settled({.server = "http://a:1"})->server.origin(), "http://a:1");
    const auto bad = settled({.server = "a:1"});
    ASSERT_FALSE(bad);
    EXPECT_TRUE(bad.error().what.starts_with("--server: URL 'a:1'")) << bad.error().what;
}

TEST_F(ClientSettingsTest, TheTokenHasItsLayers) {
    console.home.write("var/token", "t5");
    EXPECT_EQ(settled()->token, "t5");
    console.home.write(".local/state/antiphon/coordinator/token", "  t4\n");
    EXPECT_EQ(settled()->token, "t4");
    console.home.write(".config/antiphon/client.toml",
                       "[client]\ntoken_file = \"" + console.home.write("t3", "t3\n") + "\"\n");
    EXPECT_EQ(settled()->token, "t3");
    console.variables["ANTIPHON_TOKEN"] = "t2";
    EXPECT_EQ(settled()->token, "t2");
    EXPECT_EQ(settled({.token_file = console.home.write("t1", "t1")})->token, "t1");
}

TEST_F(ClientSettingsTest, ALocalTokenIsForNobodyElse) {
    console.home.write(".local/state/antiphon/coordinator/token", "secret");
    EXPECT_EQ(settled({.server = "http://example.org:8740"})->token, "");
    EXPECT_EQ(settled({.server = "http://127.example.org:8740"})->token, "");
    EXPECT_EQ(settled({.server = "http://localhost:1"})->token, "secret");
    EXPECT_EQ(settled({.server = "http://[::1]:1"})->token, "secret");
}

TEST_F(ClientSettingsTest, ANamedFileMustHoldAToken) {
    EXPECT_EQ(settled({.token_file = "/nowhere/token"}).error().code, core::ErrorCode::not_found);
    EXPECT_TRUE(settled({.token_file = console.home.write("e", "\n")}).error().what.ends_with("should hold a token"));
    EXPECT_TRUE(settled({.token_file = console.home.write("w", "a b")}).error().what.ends_with("should hold a token"));
    EXPECT_EQ(settled({.token_file = console.home.path()}).error().what,
              "cannot read " + console.home.path() + ": Is a directory");
}

TEST_F(ClientSettingsTest, TheDataFolderOfTheConfigurationIsLookedAt) {
    console.home.write("etc/antiphon.toml", "[coordinator]\ndata = \"" + console.home.path() + "/data\"\n");
    console.home.write("data/token", "here");
    EXPECT_EQ(settled()->token, "here");
}

}  // namespace
}  // namespace antiphon::cli::testing
