// A loop with a client, a timer and an ear for Ctrl-C.
#include "apps/cli/poll.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/system/signals.hpp"
#include "apps/cli/api_client.hpp"

namespace antiphon::cli {
namespace {

constexpr std::chrono::milliseconds patience{5'000};  // with one answer

class Poll {
  public:
    Poll(const ClientSettings& settings, std::string target, PollHandler handler)
        : target_(std::move(target)),
          handler_(std::move(handler)),
          client_(io_, settings.server, settings.token, client_options(settings)),
          timer_(io_),
          signals_(system::on_termination(io_, [this](int) { ended_ = true; })) {}

    bool run() {
        ask();
        while (!enough_ && !ended_ && io_.run_one() > 0) {
        }
        return enough_;
    }

  private:
    void ask() {
        client_.request({.target = target_, .deadline = patience},
                        [this](core::Result<http::Response> answer) { got(accepted(std::move(answer))); });
    }
    void got(const core::Result<http::Response>& answer) {
        enough_ = handler_(answer);
        if (enough_) return;
        timer_.expires_after(poll_interval);
        timer_.async_wait([this](const auto& error) {
            if (!error) ask();
        });
    }

    const std::string target_;
    const PollHandler handler_;
    boost::asio::io_context io_{1};
    http::Client client_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<void> signals_;
    bool enough_ = false;
    bool ended_ = false;
};

}  // namespace

bool poll(const ClientSettings& settings, const std::string& target, PollHandler handler) {
    return Poll(settings, target, std::move(handler)).run();
}

}  // namespace antiphon::cli
