// A loop with a client, a timer and an ear for Ctrl-C.
#include "apps/cli/take_stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/system/signals.hpp"
#include "apps/cli/api_client.hpp"

namespace antiphon::cli {
namespace {

class Taking {
  public:
    Taking(const ClientSettings& settings, std::optional<core::Duration> length, StreamSink sink)
        : length_(length),
          sink_(std::move(sink)),
          client_(io_, settings.server, settings.token, client_options(settings)),
          timer_(io_),
          signals_(system::on_termination(io_, [this](int) { enough_ = true; })) {}

    core::Result<TakenStream> run(const std::string& target) {
        client_.download(
            {.target = target, .resumes_max = 0}, [this](const auto& piece) { return take(piece); },
            [this](const core::Result<http::Downloaded>& done) { over(done); });
        while (!enough_ && !taken_.ended && !failure_ && io_.run_one() > 0) {
        }
        if (failure_) return *failure_;
        if (taken_.bytes > 0) taken_.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
        return taken_;
    }

  private:
    using Clock = std::chrono::steady_clock;

    core::Result<void> take(std::span<const std::byte> piece) {
        if (taken_.bytes == 0) begin();
        taken_.bytes += piece.size();
        return sink_(piece);
    }
    void begin() {
        begun_ = Clock::now();
        if (!length_) return;
        timer_.expires_after(*length_);
        timer_.async_wait([this](const auto& error) {
            if (!error) enough_ = true;
        });
    }
    void over(const core::Result<http::Downloaded>& done) {
        if (!done) failure_ = done.error();
        taken_.ended = true;
    }

    const std::optional<core::Duration> length_;
    const StreamSink sink_;
    boost::asio::io_context io_{1};
    http::Client client_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<void> signals_;
    Clock::time_point begun_;
    TakenStream taken_;
    std::optional<core::Error> failure_;
    bool enough_ = false;
};

}  // namespace

core::Result<TakenStream> take_stream(const ClientSettings& settings, const std::string& target,
                                      std::optional<core::Duration> length, StreamSink sink) {
    return Taking(settings, length, std::move(sink)).run(target);
}

}  // namespace antiphon::cli
