// Laws of mqtts: a real mosquitto proves who it is, and takes up a new certificate while its clients stay.
#include <gmock/gmock.h>
#include <openssl/err.h>
#include <signal.h>

#include <boost/asio/ip/tcp.hpp>
#include <ctime>

#include "adapters/tls/server_identity.hpp"
#include "adapters/tls/trust.hpp"
#include "tests/adapters/mqtt_world.hpp"
#include "tests/support/authority.hpp"

namespace antiphon::tests {
namespace {

using ::testing::HasSubstr;

class MqttTls : public ::testing::Test {
  protected:
    MqttTls() : first(authority.issue()) {
        mqtt::PrivateBrokerSettings settings;
        settings.tls = first;
        world = std::make_unique<MqttWorld>(std::move(settings));
    }
    std::shared_ptr<ports::TlsTrust> believing(const test::Authority& other) const {
        return std::make_shared<tls::AuthorityTrust>(folder.write("ca.pem", other.certificate()));
    }
    mqtt::MqttSettings login(const std::string& id, std::shared_ptr<ports::TlsTrust> trust = nullptr) const {
        auto settings = world->login(id);
        settings.trust = trust ? std::move(trust) : believing(authority);
        return settings;
    }
    // What the first attempt of such a client fails with.
    std::string refused(const mqtt::MqttSettings& settings) const {
        Client client(world->io, settings);
        client.bus->connect();
        run_until(world->io, [&] { return client.up || !client.reasons.empty(); });
        return client.up || client.reasons.empty() ? "" : client.reasons[0];
    }

    const test::Authority authority{"Hall Authority"};
    const test::CertificateFolder folder;
    const ports::TlsIdentity first;
    std::unique_ptr<MqttWorld> world;
};

TEST_F(MqttTls, CarriesManyAndLongMessages) {
    ASSERT_TRUE(world->start()) << world->started->error().what;
    Client coordinator(world->io, login("coordinator"));
    coordinator.bus->subscribe(world->everything());  // before it connects: up is when this is granted
    coordinator.bus->connect();
    ASSERT_TRUE(run_until(world->io, [&] { return coordinator.up; }));
    const auto worker = world->connect(login("a"));
    constexpr std::size_t count = 300;
    const std::string padding(2000, 'x');
    const auto topic = world->topic("a", "reported");
    for (std::size_t i = 0; i < count; ++i)
        ASSERT_TRUE(worker->bus->publish({topic, std::to_string(i) + padding, false}));
    ASSERT_TRUE(worker->bus->publish({topic, std::string(900'000, 'y'), false}));
    EXPECT_TRUE(run_until(world->io, [&] { return coordinator.heard.size() == count + 1; }));
    for (std::size_t i = 0; i < count && i < coordinator.heard.size(); ++i)
        ASSERT_TRUE(coordinator.heard[i].payload == std::to_string(i) + padding) << i;
    EXPECT_EQ(worker->bus->counters().disconnects, 0U);
}

TEST_F(MqttTls, ABrokerThatCannotProveItselfIsRefusedAndToldWhy) {
    ASSERT_TRUE(world->start());
    EXPECT_THAT(refused(login("a", believing(test::Authority("Somebody Else")))), HasSubstr("--tls-ca FILE"));
    const struct {
        test::CertificateWish wish;
        std::string wrong;
    } faults[] = {{{.ends_in_s = -60}, "expired on"}, {{.names = "DNS:elsewhere"}, "is for 'elsewhere'"}};
    for (const auto& fault : faults) {
        ASSERT_TRUE(world->broker->set_tls(authority.issue(fault.wish)));
        EXPECT_TRUE(run_until(world->io, [&] { return refused(login("a")).find(fault.wrong) != std::string::npos; }))
            << fault.wrong;
    }
}

TEST_F(MqttTls, AnErrorThatAnotherUserOfOpenSslLeftBehindIsNotTheLinks) {
    ASSERT_TRUE(world->start());
    Client client(world->io, login("a"));
    client.bus->connect();
    const auto spoiled = [](bool done) {
        ERR_raise(ERR_LIB_USER, 1);
        return done;
    };
    EXPECT_TRUE(run_until(world->io, [&] { return spoiled(client.up); }));
    for (int i = 0; i < 50; ++i) {
        ERR_raise(ERR_LIB_USER, 1);
        ASSERT_TRUE(client.bus->publish({world->topic("a", "reported"), std::to_string(i), false}));
    }
    EXPECT_TRUE(run_until(world->io, [&] { return spoiled(client.bus->pending() == 0); }));
    EXPECT_EQ(client.bus->counters().connects, 1U);
    EXPECT_EQ(client.bus->counters().disconnects, 0U);
}

TEST_F(MqttTls, APlainClientDoesNotGetIn) {
    ASSERT_TRUE(world->start());
    EXPECT_NE(refused(world->login("a")), "");
}

TEST_F(MqttTls, AReplacedCertificateServesTheNextAndLeavesThePresentAlone) {
    ASSERT_TRUE(world->start());
    const auto pinned = std::make_shared<tls::PinnedTrust>();
    pinned->pin(first.certificate);
    const auto old = world->connect(login("a", pinned));
    const auto next = authority.issue();
    const auto only_next = std::make_shared<tls::PinnedTrust>();
    only_next->pin(next.certificate);
    EXPECT_NE(refused(login("b", only_next)), "");
    ASSERT_TRUE(world->broker->set_tls(next));
    Client late(world->io, login("b", only_next));
    late.bus->connect();
    EXPECT_TRUE(run_until(world->io, [&] { return late.up; }));
    EXPECT_EQ(old->bus->counters().disconnects, 0U);
    ::kill(world->broker->pid(), SIGKILL);
    ASSERT_TRUE(run_until(world->io, [&] { return !late.up; }));
    EXPECT_TRUE(run_until(world->io, [&] { return late.up; })) << "the next life has the new one too";
    EXPECT_FALSE(old->up);
    pinned->pin(next.certificate);
    EXPECT_TRUE(run_until(world->io, [&] { return old->up; }));
}

TEST_F(MqttTls, ASilentBrokerIsGivenUpWithoutTurningIdly) {
    boost::asio::ip::tcp::acceptor silent(world->io, {boost::asio::ip::address_v4::loopback(), 0});
    auto settings = login("a");
    settings.port = silent.local_endpoint().port();
    settings.connect_timeout = std::chrono::seconds(1);
    const auto before = std::clock();
    EXPECT_THAT(refused(settings), HasSubstr("no answer"));
    EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 4);
}

}  // namespace
}  // namespace antiphon::tests
