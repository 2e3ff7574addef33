// Mixing, run-ups, and the limits of what we take for audio.
#include "adapters/files/stereo_decoder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

namespace antiphon::files {
namespace {

using core::Error;
using core::ErrorCode;
using core::FrameCount;

constexpr std::size_t block_frames = 2048;
constexpr float sample_max = 8;  // headroom of what decoders overshoot; a float file may hold anything
constexpr int channels_max = 32;
constexpr core::SampleRate rate_min = 2000;
constexpr core::SampleRate rate_max = 768000;

float sound(float sample) { return std::isfinite(sample) ? std::clamp(sample, -sample_max, sample_max) : 0; }

void mix_frame(const float* from, int channels, float* to) {
    if (channels <= 2) {
        to[0] = sound(from[0]);
        to[1] = sound(from[channels - 1]);
        return;
    }
    float others = 0;
    for (int channel = 2; channel < channels; ++channel) others += sound(from[channel]);
    others /= static_cast<float>(channels - 2);
    to[0] = (sound(from[0]) + others) / 2;
    to[1] = (sound(from[1]) + others) / 2;
}

bool within_limits(const AudioFileInfo& info) {
    return info.channels >= 1 && info.channels <= channels_max && info.rate >= rate_min && info.rate <= rate_max;
}

}  // namespace

core::Result<std::unique_ptr<StereoDecoder>> StereoDecoder::open(const std::filesystem::path& path) {
    auto file = open_for_reading(path);
    if (!file) return file.error();
    struct stat status{};
    if (::fstat(file->get(), &status) == 0 && status.st_size == 0)
        return Error{ErrorCode::invalid, path.string() + " is empty; was it copied to its end?"};
    auto decoder = std::unique_ptr<StereoDecoder>(new StereoDecoder(path, std::move(*file)));
    if (auto started = decoder->start(); !started) return started.error();
    float first[2];
    if (decoder->read(first, 1) == 0)
        return Error{ErrorCode::invalid, path.string() + " holds no sound; was it copied to its end?"};
    if (auto rewound = decoder->seek(0); !rewound) return rewound.error();
    return decoder;
}

// Opens the decoder at the start of the file.
core::Result<void> StereoDecoder::start() {
    if (::lseek(file_.get(), 0, SEEK_SET) != 0) return system_error("cannot read", path_, errno);
    auto decoder = open_decoder(file_.get(), path_);
    if (!decoder) return decoder.error();
    const auto& info = (*decoder)->info();
    if (!within_limits(info))
        return not_readable(path_, std::to_string(info.channels) + " channels at " + std::to_string(info.rate) + " Hz");
    block_.resize(block_frames * static_cast<std::size_t>(info.channels));
    decoder_ = std::move(*decoder);
    return {};
}

std::size_t StereoDecoder::read(float* stereo, std::size_t frames) {
    const auto channels = static_cast<std::size_t>(info().channels);
    std::size_t done = 0;
    while (done < frames) {
        const auto got = decoder_->read(block_.data(), std::min(frames - done, block_frames));
        if (got == 0) break;  // the end, or damage, which is an end as well
        for (std::size_t i = 0; i < got; ++i) {
            mix_frame(block_.data() + i * channels, info().channels, stereo + 2 * done);
            ++done;
        }
    }
    return done;
}

void StereoDecoder::skip(FrameCount frames) {
    float discarded[2 * block_frames];
    while (frames > 0) {
        const auto wanted = std::min(static_cast<std::size_t>(frames), block_frames);
        const auto got = read(discarded, wanted);
        if (got == 0) return;
        frames -= static_cast<FrameCount>(got);
    }
}

core::Result<void> StereoDecoder::seek(FrameCount frame) {
    // A lossy decoder carries state from block to block: it needs a run-up to sound as if it had read through.
    const FrameCount run_up = info().lossy ? info().rate : 0;
    auto from = std::max<FrameCount>(0, frame - run_up);
    if (!decoder_->seek(from)) {
        if (auto started = start(); !started) return started;
        from = 0;
    }
    skip(frame - from);
    return {};
}

}  // namespace antiphon::files
