// libsndfile, with exact seeks and a check of what comes out.
#include "adapters/files/stereo_decoder.hpp"

#include <sndfile.h>
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
constexpr int rate_min = 2000;
constexpr int rate_max = 768000;
constexpr FrameCount frames_max = FrameCount{1} << 46;  // years; beyond it the header lies

std::string format_name(int format) {
    switch (format & SF_FORMAT_TYPEMASK) {
        case SF_FORMAT_WAV:
        case SF_FORMAT_WAVEX:
        case SF_FORMAT_RF64:
            return "WAV";
        case SF_FORMAT_FLAC:
            return "FLAC";
        case SF_FORMAT_MPEG:
            return "MP3";
        case SF_FORMAT_OGG:
            break;
        default:
            return "";
    }
    const int codec = format & SF_FORMAT_SUBMASK;
    return codec == SF_FORMAT_VORBIS ? "Ogg Vorbis" : codec == SF_FORMAT_OPUS ? "Ogg Opus" : "";
}

Error unreadable(const std::filesystem::path& path, const std::string& detail) {
    return {ErrorCode::invalid, path.string() + " is not an audio file that we can read (WAV, FLAC, Ogg, Opus, MP3)" +
                                    (detail.empty() ? "" : ": " + detail)};
}

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

bool within_limits(const SF_INFO& info) {
    return info.channels >= 1 && info.channels <= channels_max && info.samplerate >= rate_min &&
           info.samplerate <= rate_max;
}

}  // namespace

void StereoDecoder::Close::operator()(sf_private_tag* file) const noexcept { sf_close(file); }

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
    decoder_.reset();
    if (::lseek(file_.get(), 0, SEEK_SET) != 0) return system_error("cannot read", path_, errno);
    SF_INFO info{};
    decoder_.reset(sf_open_fd(file_.get(), SFM_READ, &info, SF_FALSE));
    if (!decoder_) return unreadable(path_, sf_strerror(nullptr));
    info_.format = format_name(info.format);
    if (info_.format.empty()) return unreadable(path_, "");
    if (!within_limits(info))
        return unreadable(path_,
                          std::to_string(info.channels) + " channels at " + std::to_string(info.samplerate) + " Hz");
    info_.rate = static_cast<core::SampleRate>(info.samplerate);
    info_.channels = info.channels;
    info_.lossy = info_.format != "WAV" && info_.format != "FLAC";
    info_.frames.reset();
    if (info.frames > 0 && info.frames < frames_max) info_.frames = info.frames;
    block_.resize(block_frames * static_cast<std::size_t>(info.channels));
    return {};
}

std::size_t StereoDecoder::read(float* stereo, std::size_t frames) {
    std::size_t done = 0;
    while (done < frames) {
        const auto wanted = static_cast<sf_count_t>(std::min(frames - done, block_frames));
        const auto got = sf_readf_float(decoder_.get(), block_.data(), wanted);
        if (got <= 0 || got > wanted) break;  // the end, or damage, which is an end as well
        for (sf_count_t i = 0; i < got; ++i) {
            mix_frame(block_.data() + i * info_.channels, info_.channels, stereo + 2 * done);
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
    const FrameCount run_up = info_.lossy ? info_.rate : 0;
    auto from = std::max<FrameCount>(0, frame - run_up);
    if (from == 0 || sf_seek(decoder_.get(), from, SEEK_SET) != from) {
        if (auto started = start(); !started) return started;
        from = 0;
    }
    skip(frame - from);
    return {};
}

}  // namespace antiphon::files
