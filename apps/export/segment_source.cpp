// One file is open at a time; what was decoded of it is kept for as long as it may be asked for.
#include "apps/export/segment_source.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "media/recording/segment_damage.hpp"

namespace antiphon::exporting {
namespace {

std::vector<media::SegmentRow> in_order(std::vector<media::SegmentRow> rows) {
    for (auto& row : rows) row.frames = media::frames_in_file(row);
    std::ranges::sort(rows, {}, &media::SegmentRow::first);
    return rows;
}

}  // namespace

SegmentSource::SegmentSource(std::vector<media::SegmentRow> rows, SegmentFile file_of)
    : rows_(in_order(std::move(rows))), file_of_(std::move(file_of)) {}

const media::SegmentRow* SegmentSource::row_at(core::FrameCount frame) const {
    for (const auto& row : rows_)
        if (frame >= row.first && frame < row.end()) return &row;
    return nullptr;
}

core::FrameCount SegmentSource::next_after(core::FrameCount frame) const {
    for (const auto& row : rows_)
        if (row.first > frame) return row.first;
    return std::numeric_limits<core::FrameCount>::max();
}

core::Result<void> SegmentSource::read(core::FrameCount first, std::span<float> frames) {
    while (!frames.empty()) {
        const auto* row = row_at(first);
        const auto end = row ? row->end() : next_after(first);
        const auto now =
            frames.first(static_cast<std::size_t>(std::min(end - first, static_cast<core::FrameCount>(frames.size()))));
        if (row) {
            const auto until = first + static_cast<core::FrameCount>(now.size());
            if (auto loaded = load(*row, until); !loaded) return loaded;
            std::copy_n(decoded_.begin() + (first - decoded_first_), now.size(), now.begin());
        } else {
            std::ranges::fill(now, 0.0F);
        }
        first += static_cast<core::FrameCount>(now.size());
        frames = frames.subspan(now.size());
    }
    return {};
}

core::Result<void> SegmentSource::load(const media::SegmentRow& row, core::FrameCount until) {
    const auto file = file_of_(row.number);
    if (open_ != &row) {
        open_ = &row;
        in_ = std::ifstream(file, std::ios::binary);
        if (!in_) return core::Error{core::ErrorCode::not_found, "cannot read " + file.string()};
        decoder_.emplace();
        decoded_first_ = row.first;
        decoded_.clear();
    }
    std::array<char, 4096> piece{};  // little, for silence is packed a thousandfold
    bool more = true;
    while (decoded_first_ + static_cast<core::FrameCount>(decoded_.size()) < until) {
        if (!more)
            return core::Error{core::ErrorCode::corrupt,
                               file.string() + " holds less than was recorded; fetch it anew"};
        in_.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        more = in_.gcount() > 0;
        const auto got = std::as_bytes(std::span(piece).first(static_cast<std::size_t>(in_.gcount())));
        if (auto fed = more ? decoder_->feed(got) : decoder_->finish(); !fed) return fed.error().within(file.string());
        const auto samples = decoder_->take();
        const auto behind = static_cast<core::FrameCount>(decoded_.size()) - kept_behind;
        if (behind > kept_behind) {
            decoded_.erase(decoded_.begin(), decoded_.begin() + behind);
            decoded_first_ += behind;
        }
        decoded_.insert(decoded_.end(), samples.begin(), samples.end());
    }
    return {};
}

}  // namespace antiphon::exporting
