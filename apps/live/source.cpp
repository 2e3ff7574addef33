// The one place that knows which kinds of source there are.
#include "apps/live/source.hpp"

#include "apps/live/card_source.hpp"
#include "apps/live/feed_source.hpp"
#include "apps/live/input_source.hpp"
#include "apps/live/pipe_source.hpp"
#include "apps/live/tone_source.hpp"
#include "core/step.hpp"

namespace antiphon::live {

core::Result<std::unique_ptr<Source>> open_source(boost::asio::io_context& io, const ports::Clock& clock,
                                                  const PortRange& ports, const SourceSpec& spec) {
    using Opened = core::Result<std::unique_ptr<Source>>;
    return std::visit(
        core::Overloaded{
            [](const ToneSpec& tone) -> Opened { return std::unique_ptr<Source>(std::make_unique<ToneSource>(tone)); },
            [&](const PipeSpec& pipe) -> Opened { return PipeSource::open(io, clock, pipe); },
            [&](const FeedSpec& feed) -> Opened {
                return std::unique_ptr<Source>(std::make_unique<FeedSource>(feed, clock));
            },
            [&](const CardSpec& card) -> Opened { return CardSource::open(clock, card); },
            [&](const InputSpec& input) -> Opened {
                return ports.open_first_free(
                    [&](const auto& local) { return InputSource::open(io, clock, input, local); });
            }},
        spec);
}

core::Result<void> check_source(const SourceSpec& spec) {
    const auto* pipe = std::get_if<PipeSpec>(&spec);
    return pipe ? PipeSource::check(*pipe) : core::Result<void>{};
}

}  // namespace antiphon::live
