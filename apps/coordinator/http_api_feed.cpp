// Feeding: the sound of a session is what somebody writes to it.
#include <limits>

#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/live/live_sources.hpp"

namespace antiphon::coordinator {
namespace {

// A player that is paused is silent for a while; one whose machine has died shall not hold a connection for ever.
constexpr std::chrono::minutes idle_max{10};

class FeedUpload final : public http::UploadSink {
  public:
    explicit FeedUpload(live::LiveSources& sources) : sources_(sources) {}

    core::Result<void> begin(const http::Request& request, std::optional<std::uint64_t>) override {
        session_ = {request.param("id")};
        const auto feeder = sources_.begin_feed(session_);
        if (!feeder) return feeder.error();
        feeder_ = *feeder;
        return {};
    }
    core::Result<void> chunk(std::span<const std::byte> piece) override {
        return sources_.feed(session_, feeder_, piece);
    }
    void when_ready(const std::function<void()>& go) override { sources_.when_wanted(session_, feeder_, go); }
    void finish(http::Responder responder) override {
        sources_.end_feed(session_, feeder_, true);
        responder.answer(http::Response::empty());
    }
    void aborted() noexcept override { sources_.end_feed(session_, feeder_, false); }

  private:
    live::LiveSources& sources_;
    core::SessionId session_;
    live::Feeder feeder_ = 0;
};

}  // namespace

void add_feed_routes(http::Router& router, ApiParts& parts) {
    router.upload(
        http::Method::put, "/v1/sessions/{id}/feed", http::Permission::play, std::numeric_limits<std::int64_t>::max(),
        [&parts] { return std::make_unique<FeedUpload>(parts.sources); },
        Does("Feeds a session whose source is \"feed\", as fast as it is played; its end is the session's")
            .takes_file("application/octet-stream")
            .gives_nothing()
            .refuses({404, 409}),
        idle_max);
}

}  // namespace antiphon::coordinator
