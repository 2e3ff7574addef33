// libsystemd speaks; when, is decided here.
#include "adapters/systemd/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>

namespace antiphon::systemd {
namespace {

constexpr std::chrono::microseconds interval_without_watchdog{5'000'000};

// Nothing that stands in a name may end the line and begin another assignment.
std::string one_line(std::string text) {
    std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
    return text;
}

}  // namespace

struct ServiceManager::State : std::enable_shared_from_this<State> {
    explicit State(boost::asio::io_context& io) : timer(io), present(std::getenv("NOTIFY_SOCKET") != nullptr) {
        std::uint64_t watchdog_us = 0;
        watched = ::sd_watchdog_enabled(0, &watchdog_us) > 0;
        if (watched) interval = std::chrono::microseconds(watchdog_us / 2);
    }

    void tick() {
        ask();
        timer.expires_after(interval);
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!error && self) self->tick();
        });
    }

    void ask() {
        if (!present || !probe || !question.expired()) return;
        const auto asked = std::make_shared<char>();
        question = asked;
        probe([weak = weak_from_this(), asked](const Sign& sign) {
            if (const auto self = weak.lock()) self->take(sign);
        });
    }

    void take(const Sign& sign) {
        std::string words = watched ? "WATCHDOG=1\n" : "";
        if (sign.ready && !std::exchange(told_ready, true)) words += "READY=1\n";
        if (!ending && sign.status != told_status) words += "STATUS=" + one_line(sign.status) + "\n";
        told_status = sign.status;
        if (!words.empty()) ::sd_notify(0, words.c_str());
    }

    boost::asio::steady_timer timer;
    const bool present;
    bool watched = false;
    std::chrono::microseconds interval = interval_without_watchdog;
    Probe probe;
    std::weak_ptr<char> question;  // alive while an answer may come
    std::string told_status;
    bool told_ready = false;
    bool ending = false;
};

ServiceManager::ServiceManager(boost::asio::io_context& io) : state_(std::make_shared<State>(io)) {}
ServiceManager::~ServiceManager() { state_->timer.cancel(); }

void ServiceManager::watch(Probe probe) {
    state_->probe = std::move(probe);
    if (state_->present) state_->tick();
}

void ServiceManager::look() { state_->ask(); }

void ServiceManager::stopping() {
    state_->ending = true;
    if (state_->present) ::sd_notify(0, "STOPPING=1\nSTATUS=asked to end");
}

}  // namespace antiphon::systemd
