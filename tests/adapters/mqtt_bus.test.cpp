// Laws of the bus, against a real mosquitto: what was accepted arrives, whatever happens to the broker in between.
#include "adapters/mqtt/mqtt_bus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <csignal>

#include "tests/adapters/mqtt_world.hpp"

// libmosquitto takes its locks in changing order, which is harmless: each client belongs to one thread.
extern "C" const char* __tsan_default_suppressions() { return "deadlock:libmosquitto.so\n"; }

namespace antiphon::tests {
namespace {

using core::ErrorCode;
using std::chrono::steady_clock;
using testing::Contains;
using testing::HasSubstr;

class MqttBusTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(world.start()) << world.started->error().what; }

    bool until(const std::function<bool()>& predicate) { return run_until(world.io, predicate); }
    void kill_broker() {
        const auto starts = world.broker->counters().starts;
        ::kill(world.broker->pid(), SIGKILL);
        ASSERT_TRUE(until([&] { return world.broker->counters().starts > starts && world.broker->running(); }));
    }

    MqttWorld world;
};

TEST_F(MqttBusTest, DeliversWhatIsSubscribed) {
    const auto coordinator = world.connect("coordinator");
    const auto worker = world.connect("a");
    worker->bus->subscribe(world.topic("a", "command"));
    worker->bus->subscribe(world.topic("a", "command"));  // a second time changes nothing
    ASSERT_TRUE(until([&] {
        EXPECT_TRUE(coordinator->bus->publish({world.topic("a", "command"), "go"}));
        return worker->has_heard("go");
    }));
    EXPECT_EQ(worker->heard[0].topic, world.topic("a", "command"));
    EXPECT_TRUE(until([&] { return coordinator->bus->pending() == 0; }));
    EXPECT_GE(coordinator->bus->counters().published, 1U);
}

TEST_F(MqttBusTest, KeepsRetainedStateForThoseWhoComeLater) {
    const auto coordinator = world.connect("coordinator");
    EXPECT_TRUE(coordinator->bus->publish({world.topic("a", "desired"), std::string("\0state", 6), true}));
    ASSERT_TRUE(until([&] { return coordinator->bus->pending() == 0; }));
    const auto worker = world.connect("a");
    worker->bus->subscribe(world.topic("a", "desired"));
    ASSERT_TRUE(until([&] { return !worker->heard.empty(); }));
    EXPECT_EQ(worker->heard[0], (ports::BusMessage{world.topic("a", "desired"), std::string("\0state", 6), true}));
}

TEST_F(MqttBusTest, ConnectsSubscribesAndSaysAgainAfterTheBrokerDied) {
    const auto coordinator = world.connect("coordinator");
    const auto worker = world.connect("a");
    coordinator->bus->subscribe(world.everything());
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(worker->bus->publish({world.topic("a", "event"), std::to_string(i)}));
    kill_broker();
    for (int i = 50; i < 100; ++i) EXPECT_TRUE(worker->bus->publish({world.topic("a", "event"), std::to_string(i)}));
    ASSERT_TRUE(until([&] { return worker->up && coordinator->up && worker->bus->pending() == 0; }));
    EXPECT_TRUE(worker->bus->publish({world.topic("a", "event"), "last"}));
    ASSERT_TRUE(until([&] { return coordinator->has_heard("last") && worker->bus->pending() == 0; }));
    EXPECT_EQ(worker->bus->counters().connects, 2U);
    EXPECT_EQ(worker->bus->counters().disconnects, 1U);
    EXPECT_EQ(worker->bus->counters().published, 101U);
}

TEST_F(MqttBusTest, SaysThatThePasswordIsWrongAndGoesOnTrying) {
    auto login = world.login("a");
    login.password = "wrong";
    Client client(world.io, login);
    client.bus->connect();
    ASSERT_TRUE(until([&] { return client.bus->mqtt_counters().attempts >= 3; }));
    ASSERT_EQ(client.reasons.size(), 1U);  // told once, not at each attempt
    EXPECT_THAT(client.reasons[0], HasSubstr("broker 127.0.0.1:" + std::to_string(login.port)));
    EXPECT_THAT(client.reasons[0], HasSubstr("wrong user name or password"));
    EXPECT_EQ(client.bus->counters().connects, 0U);
}

TEST_F(MqttBusTest, RefusesTheNewestWhenItsQueueIsFull) {
    auto login = world.login("a");
    login.outbox.messages_max = 10;
    Client client(world.io, login);
    for (int i = 0; i < 15; ++i) {
        const auto accepted = client.bus->publish({world.topic("a", "event"), std::to_string(i)});
        ASSERT_EQ(accepted.ok(), i < 10);
        if (!accepted) {
            EXPECT_EQ(accepted.error().code, ErrorCode::exhausted);
        }
    }
    EXPECT_EQ(client.bus->counters().overflowed, 5U);
    const auto coordinator = world.connect("coordinator");
    coordinator->bus->subscribe(world.everything());
    EXPECT_TRUE(coordinator->bus->publish({world.topic("b", "command"), "subscribed"}));
    ASSERT_TRUE(until([&] { return coordinator->has_heard("subscribed"); }));
    client.bus->connect();
    ASSERT_TRUE(until([&] { return coordinator->heard.size() == 11; }));
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(coordinator->heard[1 + static_cast<std::size_t>(i)].payload, std::to_string(i));
}

TEST_F(MqttBusTest, CountsWhatIsTooLarge) {
    const auto coordinator = world.connect("coordinator");
    const std::string largest(1 << 20, 'x');
    EXPECT_EQ(coordinator->bus->publish({world.topic("a", "command"), largest + "x"}).error().code, ErrorCode::invalid);
    EXPECT_EQ(coordinator->bus->mqtt_counters().oversize_sent, 1U);

    auto login = world.login("a");
    login.payload_bytes_max = 1000;
    const auto worker = world.connect(login);
    worker->bus->subscribe(world.topic("a", "desired"));
    EXPECT_TRUE(coordinator->bus->publish({world.topic("a", "desired"), largest, true}));
    ASSERT_TRUE(until([&] { return worker->bus->mqtt_counters().oversize_received >= 1; }));
    EXPECT_TRUE(coordinator->bus->publish({world.topic("a", "desired"), "small", true}));
    EXPECT_TRUE(until([&] { return worker->has_heard("small"); }));
    EXPECT_TRUE(worker->up);
}

TEST_F(MqttBusTest, RefusesTopicsThatAreNone) {
    const auto client = world.connect("a");
    for (const auto& topic : {std::string(), std::string("a/#"), std::string("+"), std::string("\xff"),
                              std::string(70000, 'x'), std::string("a\0b", 3)})
        EXPECT_EQ(client->bus->publish({topic, "x"}).error().code, ErrorCode::invalid) << topic.substr(0, 10);
    client->bus->subscribe("a/#/b");
    EXPECT_EQ(client->bus->mqtt_counters().refused_subscriptions, 1U);
    EXPECT_TRUE(client->up);
}

TEST_F(MqttBusTest, LeavesAWillOnlyWhenKilled) {
    const auto coordinator = world.connect("coordinator");
    coordinator->bus->subscribe(world.everything());
    auto login = world.login("a");
    login.will = [topic = world.topic("a", "alive")] { return ports::BusMessage{topic, "gone", true}; };
    const auto polite = [&](bool from_handler) {
        auto client = world.connect(login);
        client->bus->subscribe(world.topic("a", "command"));
        if (from_handler) {
            client->bus->on_message([&](const ports::BusMessage&) { client->bus.reset(); });
            EXPECT_TRUE(coordinator->bus->publish({world.topic("a", "command"), "leave", true}));
            EXPECT_TRUE(until([&] { return !client->bus; }));
        }
        client.reset();
    };
    polite(false);
    polite(true);
    EXPECT_TRUE(coordinator->bus->publish({world.topic("b", "command"), "mark"}));
    ASSERT_TRUE(until([&] { return coordinator->has_heard("mark"); }));
    EXPECT_FALSE(coordinator->has_heard("gone"));

    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t helper = ::fork();
    if (helper == 0) {
        boost::asio::io_context own;
        Client client(own, login);
        client.bus->connect();
        const char ok = run_until(own, [&] { return client.up; }) ? '+' : '-';
        if (::write(ends[1], &ok, 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    char ok = 0;
    ASSERT_EQ(::read(ends[0], &ok, 1), 1);
    EXPECT_EQ(ok, '+');
    ::kill(helper, SIGKILL);
    ::waitpid(helper, nullptr, 0);
    EXPECT_TRUE(until([&] { return coordinator->has_heard("gone"); }));
    for (const int end : ends) ::close(end);
}

TEST_F(MqttBusTest, CanBeDestroyedAtAnyMoment) {
    // Cut after n handlers of the loop, for every n up to well beyond the first message.
    for (int handlers = 0; handlers < 25; ++handlers) {
        for (const auto* host : {"127.0.0.1", "localhost", "no.such.host.invalid"}) {
            auto login = world.login("b");
            login.host = host;
            login.will = [topic = world.topic("b", "alive")] { return ports::BusMessage{topic, "gone", true}; };
            auto client = std::make_unique<Client>(world.io, login);
            client->bus->subscribe(world.topic("b", "command"));
            client->bus->connect();
            EXPECT_TRUE(client->bus->publish({world.topic("b", "event"), std::string(100'000, 'x')}));
            world.io.restart();
            for (int i = 0; i < handlers; ++i) world.io.run_one_for(std::chrono::milliseconds{2});
            client.reset();
        }
    }
    EXPECT_TRUE(world.connect("b")->up);
}

TEST_F(MqttBusTest, GivesUpOnABrokerThatDoesNotAnswer) {
    boost::asio::ip::tcp::acceptor silent(world.io, {boost::asio::ip::address_v4::loopback(), 0});
    auto login = world.login("a");
    login.port = silent.local_endpoint().port();
    login.connect_timeout = std::chrono::seconds{1};
    Client client(world.io, login);
    client.bus->connect();
    ASSERT_TRUE(until([&] { return client.bus->mqtt_counters().attempts == 2; }));
    EXPECT_THAT(client.reasons, Contains(HasSubstr("no answer in 1 s")));
}

// A broker that welcomes everybody and grants subscriptions from the second connection on.
class ReluctantBroker {
  public:
    explicit ReluctantBroker(boost::asio::io_context& io)
        : acceptor_(io, {boost::asio::ip::address_v4::loopback(), 0}), client_(io) {
        accept();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  private:
    using Error = boost::system::error_code;

    void accept() {
        acceptor_.async_accept([this](const Error& error, boost::asio::ip::tcp::socket socket) {
            if (error) return;
            client_ = std::move(socket);
            ++connections_;
            read_header();
        });
    }
    void read_header() {
        boost::asio::async_read(client_, boost::asio::buffer(packet_, 2), [this](const Error& error, std::size_t) {
            if (error) return accept();
            boost::asio::async_read(client_, boost::asio::buffer(packet_.data() + 2, packet_[1]),
                                    [this](const Error& failed, std::size_t) { failed ? accept() : answer(); });
        });
    }
    void answer() {
        constexpr unsigned char connect = 0x10, subscribe = 0x82;
        const unsigned char code = connections_ == 1 ? 0x80 : 1;
        std::vector<unsigned char> reply;
        if (packet_[0] == connect) reply = {0x20, 2, 0, 0};
        if (packet_[0] == subscribe) reply = {0x90, 3, packet_[2], packet_[3], code};
        Error ignored;
        boost::asio::write(client_, boost::asio::buffer(reply), ignored);
        read_header();
    }

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::ip::tcp::socket client_;
    std::array<unsigned char, 258> packet_{};
    int connections_ = 0;
};

TEST_F(MqttBusTest, IsUpOnlyWhenItsSubscriptionsAreGranted) {
    ReluctantBroker reluctant(world.io);
    auto login = world.login("a");
    login.port = reluctant.port();
    Client client(world.io, login);
    client.bus->subscribe("x");
    client.bus->connect();
    ASSERT_TRUE(until([&] { return client.up; }));
    ASSERT_EQ(client.reasons.size(), 2U);
    EXPECT_THAT(client.reasons[0], HasSubstr("refused a subscription"));
    EXPECT_EQ(client.bus->mqtt_counters().refused_subscriptions, 1U);
    EXPECT_EQ(client.bus->counters().connects, 1U);
}

TEST_F(MqttBusTest, BacksOffFromANamesake) {
    const auto first = world.connect("a");
    const auto second = world.connect("a");
    run_until(world.io, [] { return false; }, std::chrono::seconds{2});
    EXPECT_LE(first->bus->counters().connects + second->bus->counters().connects, 16U);
}

TEST_F(MqttBusTest, MovesThousandsOfMessages) {
    const auto coordinator = world.connect("coordinator");
    const auto worker = world.connect("a");
    coordinator->bus->subscribe(world.everything());
    worker->bus->subscribe(world.topic("a", "command"));
    constexpr std::size_t count = 5000;
    std::size_t sent = 0;
    const auto begun = steady_clock::now();
    ASSERT_TRUE(until([&] {
        while (sent < count && worker->bus->publish({world.topic("a", "event"), std::to_string(sent)})) ++sent;
        return coordinator->heard.size() >= count;
    }));
    const std::chrono::duration<double> took = steady_clock::now() - begun;
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(coordinator->heard[i].payload, std::to_string(i));

    std::vector<double> round_trips_us;
    for (int i = 0; i < 300; ++i) {
        const auto start = steady_clock::now();
        worker->heard.clear();
        EXPECT_TRUE(coordinator->bus->publish({world.topic("a", "command"), "ping"}));
        ASSERT_TRUE(until([&] { return !worker->heard.empty(); }));
        round_trips_us.push_back(std::chrono::duration<double, std::micro>(steady_clock::now() - start).count());
    }
    std::sort(round_trips_us.begin(), round_trips_us.end());
    RecordProperty("messages_per_s", static_cast<int>(static_cast<double>(count) / took.count()));
    RecordProperty("one_way_us_p50", static_cast<int>(round_trips_us[150]));
    RecordProperty("one_way_us_p99", static_cast<int>(round_trips_us[297]));
}

}  // namespace
}  // namespace antiphon::tests
