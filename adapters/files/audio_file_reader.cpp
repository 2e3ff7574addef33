// The decoder's frames through a fixed-rate converter (soxr, HQ: 20 bits).
#include "adapters/files/audio_file_reader.hpp"

#include <soxr.h>

#include <algorithm>
#include <numeric>

namespace antiphon::files {
namespace {

using core::cluster_rate;
using core::Error;
using core::ErrorCode;
using core::FrameCount;

constexpr std::size_t input_frames = 4096;
// Longer than the converter's impulse response at every rate that we accept.
constexpr FrameCount run_up_frames = 12000;
// Encoders and containers of lossy formats disagree by a block or two on where the sound ends.
constexpr FrameCount lossy_tolerance_frames = 4096;

// Rounded half up, as soxr does; in two parts, so that nothing overflows.
FrameCount at_cluster_rate(FrameCount frames, core::SampleRate rate) {
    const FrameCount whole = frames / rate * cluster_rate;
    return whole + (frames % rate * cluster_rate + rate / 2) / rate;
}

}  // namespace

void AudioFileReader::DeleteConverter::operator()(soxr* converter) const noexcept { soxr_delete(converter); }

AudioFileReader::AudioFileReader(std::filesystem::path path, std::unique_ptr<StereoDecoder> decoder)
    : path_(std::move(path)), decoder_(std::move(decoder)) {
    const auto& file = decoder_->info();
    if (file.frames) total_frames_ = at_cluster_rate(*file.frames, file.rate);
    if (file.rate != cluster_rate) tolerance_frames_ = 1;
    if (file.lossy) tolerance_frames_ = lossy_tolerance_frames;
}

core::Result<std::unique_ptr<AudioFileReader>> AudioFileReader::open(const std::filesystem::path& path) {
    auto decoder = StereoDecoder::open(path);
    if (!decoder) return decoder.error();
    auto reader = std::unique_ptr<AudioFileReader>(new AudioFileReader(path, std::move(*decoder)));
    if (reader->info().rate != cluster_rate)
        if (auto started = reader->start_converter(); !started) return started.error();
    return reader;
}

core::Result<void> AudioFileReader::start_converter() {
    const auto quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_error_t error = nullptr;
    converter_.reset(soxr_create(info().rate, cluster_rate, 2, &error, nullptr, &quality, nullptr));
    if (!error) {
        input_.resize(2 * input_frames);
        error = soxr_set_input_fn(converter_.get(), &AudioFileReader::feed, this, input_frames);
    }
    if (!error) return {};
    return Error{ErrorCode::internal,
                 path_.string() + ": cannot convert from " + std::to_string(info().rate) + " Hz: " + error};
}

// soxr calls this for more input; nothing is the end.
std::size_t AudioFileReader::feed(void* self, const void** data, std::size_t frames) {
    auto& reader = *static_cast<AudioFileReader*>(self);
    *data = reader.input_.data();
    return reader.decoder_->read(reader.input_.data(), std::min(frames, input_frames));
}

std::size_t AudioFileReader::produce(float* stereo, std::size_t frames) {
    return converter_ ? soxr_output(converter_.get(), stereo, frames) : decoder_->read(stereo, frames);
}

core::Result<std::size_t> AudioFileReader::read(std::span<float> stereo) {
    auto frames = stereo.size() / 2;
    if (total_frames_) frames = std::min(frames, static_cast<std::size_t>(*total_frames_ - position_));
    if (frames == 0) return std::size_t{0};
    auto done = produce(stereo.data(), frames);
    if (done < frames && total_frames_) {
        const auto missing = *total_frames_ - position_ - static_cast<FrameCount>(done);
        if (missing <= tolerance_frames_) {
            std::fill(stereo.begin() + static_cast<std::ptrdiff_t>(2 * done),
                      stereo.begin() + static_cast<std::ptrdiff_t>(2 * frames), 0.0F);
            done = frames;
        } else if (done == 0) {
            return Error{ErrorCode::corrupt, path_.string() + " is truncated or damaged: of " +
                                                 std::to_string(*total_frames_) + " frames, " +
                                                 std::to_string(position_) + " can be read; copy it again"};
        }
    }
    position_ += static_cast<FrameCount>(done);
    return done;
}

core::Result<void> AudioFileReader::seek(FrameCount frame) {
    if (frame < 0)
        return Error{ErrorCode::invalid,
                     path_.string() + " has no frame " + std::to_string(frame) + "; seek to 0 or later"};
    if (total_frames_) frame = std::min(frame, *total_frames_);
    auto sought = converter_ ? seek_converted(frame) : decoder_->seek(frame);
    if (sought) position_ = frame;
    return sought;
}

// Input and output frames fall together once in a block. Starting anew at such a place, early enough, gives the same
// filter phases and, after the run-up, the same samples as reading through.
core::Result<void> AudioFileReader::seek_converted(FrameCount frame) {
    const FrameCount common = std::gcd(info().rate, cluster_rate);
    const FrameCount block = std::max<FrameCount>(0, frame - run_up_frames) / (cluster_rate / common);
    if (auto sought = decoder_->seek(block * (info().rate / common)); !sought) return sought;
    if (auto started = start_converter(); !started) return started;
    auto skip = frame - block * (cluster_rate / common);
    std::vector<float> discarded(2 * input_frames);
    while (skip > 0) {
        const auto done = produce(discarded.data(), std::min(static_cast<std::size_t>(skip), input_frames));
        if (done == 0) break;
        skip -= static_cast<FrameCount>(done);
    }
    return {};
}

core::Result<FrameCount> AudioFileReader::readable_frames() {
    if (auto rewound = seek(0); !rewound) return rewound.error();
    std::vector<float> discarded(2 * input_frames);
    while (true) {
        const auto done = read(discarded);
        if (!done || *done == 0) break;  // damage ends what is readable
    }
    const auto frames = position_;
    if (auto rewound = seek(0); !rewound) return rewound.error();
    return frames;
}

}  // namespace antiphon::files
