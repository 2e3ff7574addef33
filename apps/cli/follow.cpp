// Events by WebSocket. The past is fetched once the socket is open, so that nothing falls between the two.
#include "apps/cli/follow.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>

#include "adapters/http/client.hpp"
#include "adapters/json/json.hpp"
#include "adapters/system/signals.hpp"
#include "apps/cli/api_client.hpp"
#include "apps/cli/call.hpp"

namespace antiphon::cli {
namespace {

constexpr const char* past_target = "/v1/events";
constexpr const char* live_target = "/v1/events/live";
constexpr std::chrono::milliseconds again_after{1'000};
constexpr std::size_t early_max = 4096;  // events that came before the past did; the past has the older ones

class Follower {
  public:
    Follower(const ClientSettings& settings, FollowHandlers handlers)
        : handlers_(std::move(handlers)),
          client_(io_, settings.server, settings.token, client_options(settings)),
          timer_(io_),
          signals_(system::on_termination(io_, [this](int) { ended_ = true; })) {}

    core::Result<void> run() {
        fetch_past();
        while (!ended_ && !failure_ && io_.run_one() > 0) {
        }
        return failure_ ? core::Result<void>(*failure_) : core::Result<void>();
    }

  private:
    // The first answer tells whether we may see events at all: a refused handshake says less.
    void fetch_past() {
        client_.request({.target = past_target},
                        [this](core::Result<http::Response> answer) { got_past(accepted(std::move(answer))); });
    }
    void got_past(const core::Result<http::Response>& answer) {
        auto past = Call::decoded<api::EventsView>(answer);
        if (!past) return past_failed(past.error());
        greeted_ = true;
        // a coordinator that started anew may count anew
        if (!past->events.empty() && past->events.back().number < last_) last_ = 0;
        for (const auto& event : past->events) hand_on(event);
        if (!socket_) return open();
        caught_up_ = true;
        for (const auto& event : std::exchange(early_, {})) hand_on(event);
    }
    void past_failed(const core::Error& error) {
        if (!greeted_ || error.code != core::ErrorCode::unavailable)
            failure_ = error;
        else
            try_again(error.what);
    }

    void open() {
        caught_up_ = false;
        socket_ = client_.websocket(live_target, {.on_open = [this] { fetch_past(); },
                                                  .on_message = [this](const std::string& text) { heard(text); },
                                                  .on_close =
                                                      [this](std::uint16_t, const std::string& reason) {
                                                          socket_.reset();
                                                          try_again(reason);
                                                      }});
    }
    void heard(const std::string& text) {
        auto event = json::decode<api::EventView>(text);
        if (!event) return;  // of a newer server, perhaps
        if (caught_up_) return hand_on(*event);
        early_.push_back(std::move(*event));
        if (early_.size() > early_max) early_.pop_front();
    }
    void hand_on(const api::EventView& event) {
        if (event.number <= last_) return;
        last_ = event.number;
        handlers_.on_event(event, json::encode(event));
    }

    void try_again(const std::string& reason) {
        if (!lost_) handlers_.on_lost(reason);
        lost_ = true;
        timer_.expires_after(again_after);
        timer_.async_wait([this](const auto& error) {
            if (error) return;
            lost_ = false;
            fetch_past();
        });
    }

    const FollowHandlers handlers_;
    boost::asio::io_context io_{1};
    http::Client client_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<void> signals_;
    std::shared_ptr<http::WebSocket> socket_;
    std::deque<api::EventView> early_;
    std::optional<core::Error> failure_;
    std::uint64_t last_ = 0;
    bool greeted_ = false;
    bool caught_up_ = false;
    bool lost_ = false;
    bool ended_ = false;
};

}  // namespace

core::Result<void> follow_events(const ClientSettings& settings, FollowHandlers handlers) {
    return Follower(settings, std::move(handlers)).run();
}

}  // namespace antiphon::cli
