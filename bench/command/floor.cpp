// command_floor: what a command costs at least: a raw round trip of two QoS 1 messages through a Mosquitto that keeps
// nothing, and a commit of our store. Prints a line `ROUND_TRIP_US COMMIT_US` for each; bench/command reads it.
#include <mosquitto.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>

#include "adapters/sqlite/sqlite_store.hpp"

namespace antiphon::bench {
namespace {

using Micros = std::chrono::duration<double, std::micro>;
using std::chrono::steady_clock;

constexpr int qos = 1;
constexpr const char* there = "bench/command";
constexpr const char* back = "bench/reply";

// One client with a thread of its own, subscribed to one topic.
class Client {
  public:
    Client(int port, const char* topic) : mosquitto_(mosquitto_new(nullptr, true, this)) {
        mosquitto_int_option(mosquitto_, MOSQ_OPT_TCP_NODELAY, 1);
        mosquitto_message_callback_set(mosquitto_, [](mosquitto*, void* self, const mosquitto_message* message) {
            static_cast<Client*>(self)->heard(message);
        });
        mosquitto_subscribe_callback_set(
            mosquitto_, [](mosquitto*, void* self, int, int, const int*) { static_cast<Client*>(self)->count(); });
        if (mosquitto_connect(mosquitto_, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS) std::exit(1);
        mosquitto_loop_start(mosquitto_);
        mosquitto_subscribe(mosquitto_, nullptr, topic, qos);
        wait();
    }
    ~Client() {
        mosquitto_disconnect(mosquitto_);
        mosquitto_loop_stop(mosquitto_, false);
        mosquitto_destroy(mosquitto_);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    bool answers = false;  // whatever it hears
    void say(const char* topic, const std::string& text) {
        mosquitto_publish(mosquitto_, nullptr, topic, static_cast<int>(text.size()), text.data(), qos, false);
    }
    // For the next thing that it hears.
    void wait() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, std::chrono::seconds(10), [&] { return seen_ > waited_for_; })) std::exit(1);
        waited_for_ = seen_;
    }

  private:
    void heard(const mosquitto_message* message) {
        if (answers) return say(back, {static_cast<const char*>(message->payload), std::size_t(message->payloadlen)});
        count();
    }
    void count() {
        std::lock_guard lock(mutex_);
        ++seen_;
        changed_.notify_one();
    }

    mosquitto* mosquitto_;
    std::mutex mutex_;
    std::condition_variable changed_;
    int seen_ = 0;
    int waited_for_ = 0;
};

int measure(int port, const std::string& folder, int rounds) {
    auto store = sqlite::SqliteStore::open(folder + "/floor.db");
    if (!store) return std::fprintf(stderr, "command_floor: %s\n", store.error().what.c_str()), 1;
    mosquitto_lib_init();
    Client worker(port, there);
    Client caller(port, back);
    worker.answers = true;
    const std::string text(250, 'x');  // as long as a ping with its envelope
    for (int i = 0; i < rounds; ++i) {
        const auto begun = steady_clock::now();
        caller.say(there, text);
        caller.wait();
        const auto heard = steady_clock::now();
        const std::array writes{ports::StoreWrite{"worker/memory", text + std::to_string(i), {}}};
        if (!(*store)->commit(writes)) return 1;
        std::printf("%.1f %.1f\n", Micros(heard - begun).count(), Micros(steady_clock::now() - heard).count());
    }
    return 0;
}

}  // namespace
}  // namespace antiphon::bench

int main(int argc, char** argv) {
    if (argc != 4) return std::fputs("usage: command_floor MQTT_PORT FOLDER ROUNDS\n", stderr), 2;
    return antiphon::bench::measure(std::atoi(argv[1]), argv[2], std::atoi(argv[3]));
}
