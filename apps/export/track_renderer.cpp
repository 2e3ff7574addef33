// Between lives there is silence.
#include "apps/export/track_renderer.hpp"

#include <algorithm>
#include <cmath>

namespace antiphon::exporting {
namespace {

constexpr double frame_ns = 1e9 / core::cluster_rate;

}  // namespace

TrackRenderer::TrackRenderer(const media::TimedTrack& track, const std::vector<media::SegmentRow>& rows,
                             const SegmentFile& file_of, std::int64_t begin_ns)
    : file_of_(file_of), begin_ns_(begin_ns) {
    core::FrameCount free = 0;  // a life that seems to begin before the one before has ended waits for it
    for (const auto& timed : track.lives) {
        Life life{&timed,
                  std::max(free, media::frame_on_line(timed, 0, begin_ns)),
                  media::frame_on_line(timed, timed.end, begin_ns),
                  {}};
        std::ranges::copy_if(rows, std::back_inserter(life.rows),
                             [&](const auto& row) { return row.life == timed.life; });
        free = std::max(free, life.end);
        lives_.push_back(std::move(life));
    }
}

core::Result<void> TrackRenderer::render(std::span<float> frames) {
    while (!frames.empty()) {
        while (life_ < lives_.size() && lives_[life_].end <= rendered_) {
            ++life_;
            aligned_.reset();
        }
        const auto wanted = static_cast<core::FrameCount>(frames.size());
        const bool over = life_ == lives_.size();
        const auto silent = over ? wanted : std::clamp<core::FrameCount>(lives_[life_].first - rendered_, 0, wanted);
        auto now = frames.first(static_cast<std::size_t>(silent));
        std::ranges::fill(now, 0.0F);
        if (silent == 0) {
            now = frames.first(static_cast<std::size_t>(std::min(wanted, lives_[life_].end - rendered_)));
            if (auto rendered = render_life(lives_[life_], now); !rendered) return rendered;
        }
        rendered_ += static_cast<core::FrameCount>(now.size());
        frames = frames.subspan(now.size());
    }
    return {};
}

core::Result<void> TrackRenderer::render_life(const Life& life, std::span<float> frames) {
    if (!aligned_) {
        source_.emplace(life.rows, file_of_);
        const auto origin_ns = begin_ns_ + std::llround(static_cast<double>(rendered_) * frame_ns);
        aligned_.emplace(life.timed->time, life.timed->rate, origin_ns,
                         [this](core::FrameCount first, std::span<float> out) { return source_->read(first, out); });
    }
    return aligned_->render(frames);
}

}  // namespace antiphon::exporting
