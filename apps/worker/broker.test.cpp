// Laws of the worker's broker: the one that the coordinator named, and no secret of ours for one of somebody else.
#include "apps/worker/broker.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace antiphon::worker {
namespace {

struct Broker : ::testing::Test {
    Broker() {
        identity.host = "coordinator.example";
        identity.joined.id = "w1";
        identity.joined.credential = "the credential";
        identity.joined.broker_port = 8741;
    }
    ~Broker() override { std::filesystem::remove(login); }

    void keep(const std::string& text) {
        std::ofstream(login, std::ios::binary) << text;
        options.broker_login = login;
    }
    mqtt::MqttSettings settings() { return *broker_settings(identity, options); }

    const std::filesystem::path login =
        std::filesystem::temp_directory_path() / ("antiphon-login-" + std::to_string(::getpid()));
    Identity identity;
    node::WorkerOptions options;
};

TEST_F(Broker, ThePrivateOneIsAtTheCoordinatorsHostAndKnowsTheWorker) {
    const auto own = settings();
    EXPECT_EQ(own.host, "coordinator.example");
    EXPECT_EQ(own.port, 8741);
    EXPECT_EQ(own.username, "w1");
    EXPECT_EQ(own.password, "the credential");
    EXPECT_FALSE(own.trust);
    identity.joined.broker_scheme = "mqtts";
    EXPECT_TRUE(settings().trust);
}

TEST_F(Broker, ThePrivateOneDoesNotGetTheLoginOfAnother) {
    keep("ann:secret\n");
    EXPECT_EQ(settings().username, "w1");
}

TEST_F(Broker, SomebodyElsesIsWhereItsUrlSaysAndGetsNoSecretOfOurs) {
    identity.joined.broker_url = "mqtt://broker.example:1884";
    const auto foreign = settings();
    EXPECT_EQ(foreign.host, "broker.example");
    EXPECT_EQ(foreign.port, 1884);
    EXPECT_EQ(foreign.username, "");
    EXPECT_EQ(foreign.password, "");
    EXPECT_FALSE(foreign.trust);
}

TEST_F(Broker, SomebodyElsesWithTlsIsVerified) {
    identity.joined.broker_url = "mqtts://broker.example";
    EXPECT_EQ(settings().port, 8883);
    EXPECT_TRUE(settings().trust);
}

TEST_F(Broker, SomebodyElsesGetsTheLoginOfTheFile) {
    identity.joined.broker_url = "mqtt://broker.example";
    for (const std::string text : {"ann:se:cret", "ann:se:cret\n", "ann:se:cret\r\n"}) {
        keep(text);
        EXPECT_EQ(settings().username, "ann");
        EXPECT_EQ(settings().password, "se:cret");
    }
}

TEST_F(Broker, APasswordThatCrossesTheNetworkInTheClearIsWarnedOf) {
    const auto warning = [this] { return login_warning(identity, settings()); };
    keep("ann:secret");
    EXPECT_EQ(warning(), "") << "the private broker does not get it";
    identity.joined.name = "hall";
    identity.joined.broker_url = "mqtt://broker.example:1883";
    for (const auto* word : {"mqtt://broker.example:1883", "without encryption", "mqtts://", "--replace hall"})
        EXPECT_NE(warning().find(word), std::string::npos) << word << ": " << warning();
    EXPECT_EQ(warning().find("secret"), std::string::npos);
    for (const auto* url : {"mqtts://broker.example", "mqtt://127.0.0.1", "mqtt://[::1]"}) {
        identity.joined.broker_url = url;
        EXPECT_EQ(warning(), "") << url;
    }
    identity.joined.broker_url = "mqtt://broker.example";
    options.broker_login.reset();
    EXPECT_EQ(warning(), "") << "there is no password";
}

TEST_F(Broker, AFileThatIsNoLoginIsNamedAndNotRepeated) {
    identity.joined.broker_url = "mqtt://broker.example";
    for (const auto* text : {"", "\n", "secret", ":secret", "ann:secret\nbob:secret\n"}) {
        keep(text);
        const auto refused = broker_settings(identity, options);
        ASSERT_FALSE(refused) << text;
        EXPECT_NE(refused.error().what.find(login.string()), std::string::npos) << refused.error().what;
        EXPECT_EQ(refused.error().what.find("secret"), std::string::npos) << refused.error().what;
    }
    std::filesystem::remove(login);
    EXPECT_NE(broker_settings(identity, options).error().what.find(login.string()), std::string::npos);
}

TEST_F(Broker, AUrlThatIsNoneIsRefused) {
    identity.joined.broker_url = "http://broker.example";
    const auto refused = broker_settings(identity, options);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("the broker that the coordinator named"), std::string::npos);
}

}  // namespace
}  // namespace antiphon::worker
