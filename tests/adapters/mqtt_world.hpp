// A real mosquitto on a free port, and clients of it: what the tests of the bus and of the private broker start from.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "adapters/mqtt/mqtt_bus.hpp"
#include "adapters/mqtt/private_broker.hpp"
#include "adapters/net/listen.hpp"
#include "adapters/system/child_process.hpp"
#include "adapters/system/clock.hpp"
#include "adapters/system/random.hpp"
#include "tests/support/run_until.hpp"

namespace antiphon::tests {

// A bus that remembers what it heard.
struct Client {
    Client(boost::asio::io_context& io, const mqtt::MqttSettings& settings)
        : bus(std::make_unique<mqtt::MqttBus>(io, settings)) {
        bus->on_message([this](const ports::BusMessage& message) { heard.push_back(message); });
        bus->on_link([this](bool connected, const std::string& why) {
            up = connected;
            reasons.push_back(why);
        });
    }

    bool has_heard(const std::string& payload) const {
        for (const auto& message : heard)
            if (message.payload == payload) return true;
        return false;
    }

    std::unique_ptr<mqtt::MqttBus> bus;
    std::vector<ports::BusMessage> heard;
    std::vector<std::string> reasons;  // of each change of the link; empty: it came up
    bool up = false;
};

// Everything lives as long as this does, in one loop on the calling thread.
class MqttWorld {
  public:
    explicit MqttWorld(mqtt::PrivateBrokerSettings wanted = {}, mqtt::PrivateBrokerHandlers its_handlers = {})
        : settings(std::move(wanted)), handlers(std::move(its_handlers)) {
        folder = settings.folder.empty() ? make_folder() : settings.folder;
        settings.folder = folder / "broker";
        if (settings.cluster.empty()) settings.cluster = "test";
        make_broker();
    }
    ~MqttWorld() {
        broker.reset();
        std::filesystem::remove_all(folder);
    }

    // A new one that everybody may enter.
    static std::filesystem::path make_folder() {
        std::string name = std::filesystem::temp_directory_path() / "antiphon-broker-XXXXXX";
        const std::filesystem::path made = ::mkdtemp(name.data());
        std::filesystem::permissions(made, std::filesystem::perms{0755});
        return made;
    }

    // True when the broker listens; workers "a" and "b" have their id as password.
    bool start() {
        for (int ports = 0; ports < 3; ++ports) {
            started.reset();
            broker->start(workers({"a", "b"}), [this](const core::Result<void>& result) { started = result; });
            run_until(io, [this] { return started.has_value(); });
            if (!started || started->ok() || started->error().what.find("in use") == std::string::npos) break;
            make_broker();  // a test beside this one was quicker to take the port
        }
        return started && started->ok();
    }

    void make_broker() {
        settings.port = net::free_port(net::Transport::tcp);
        broker = std::make_unique<mqtt::PrivateBroker>(io, launcher, clock, random, settings, handlers);
    }

    std::vector<mqtt::BrokerUser> workers(const std::vector<std::string>& ids) const {
        std::vector<mqtt::BrokerUser> users;
        for (const auto& id : ids) users.push_back({id, mqtt::password_hash(id, random)});
        return users;
    }

    mqtt::MqttSettings login(const std::string& id) const {
        mqtt::MqttSettings login;
        login.port = settings.port;
        login.client_id = login.username = id;
        login.password = id == broker->username() ? broker->password() : id;
        login.seed = system::random_u64();
        return login;
    }

    // Connected, or the test fails.
    std::unique_ptr<Client> connect(const mqtt::MqttSettings& login_) {
        auto client = std::make_unique<Client>(io, login_);
        client->bus->connect();
        EXPECT_TRUE(run_until(io, [&] { return client->up; })) << (client->reasons.empty() ? "" : client->reasons[0]);
        return client;
    }
    std::unique_ptr<Client> connect(const std::string& id) { return connect(login(id)); }

    std::string topic(const std::string& worker, const std::string& name) const {
        return "antiphon/v1/" + settings.cluster + "/workers/" + worker + "/" + name;
    }
    std::string everything() const { return "antiphon/v1/" + settings.cluster + "/#"; }

    const ports::RandomBytes random = [](std::span<std::byte> out) { system::random_bytes(out); };
    boost::asio::io_context io;
    system::ChildLauncher launcher{io};
    const system::SystemClock clock;
    mqtt::PrivateBrokerSettings settings;
    const mqtt::PrivateBrokerHandlers handlers;
    std::filesystem::path folder;
    std::unique_ptr<mqtt::PrivateBroker> broker;
    std::optional<core::Result<void>> started;
};

}  // namespace antiphon::tests
