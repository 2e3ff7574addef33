// Negotiation, and the calls of the steady state.
#include "adapters/alsa/pcm.hpp"

#include <alsa/asoundlib.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>

#include "core/contract.hpp"

namespace antiphon::alsa {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr core::Duration period = std::chrono::milliseconds{5};

// The finest first.
struct Known {
    snd_pcm_format_t alsa;
    media::SampleFormat ours;
};
constexpr std::array formats{Known{SND_PCM_FORMAT_S32_LE, media::SampleFormat::s32},
                             Known{SND_PCM_FORMAT_S24_LE, media::SampleFormat::s24_in_32},
                             Known{SND_PCM_FORMAT_S24_3LE, media::SampleFormat::s24},
                             Known{SND_PCM_FORMAT_FLOAT_LE, media::SampleFormat::f32},
                             Known{SND_PCM_FORMAT_S16_LE, media::SampleFormat::s16}};

// ALSA writes its errors to stderr unless somebody else takes them; we tell them where they belong.
void swallow(const char*, int, const char*, int, const char*, ...) {}  // NOLINT(cert-dcl50-cpp): ALSA's form

Error refused(const std::string& what, int error) {
    const bool missing = error == -ENOENT || error == -ENODEV;
    return {missing ? ErrorCode::not_found : ErrorCode::unavailable, what + ": " + Pcm::word_for(error)};
}

snd_pcm_uframes_t frames_of(core::Duration duration) {
    return static_cast<snd_pcm_uframes_t>(duration.count() * core::cluster_rate / 1'000'000'000);
}

// snd_pcm_hw_params_alloca is a macro with a C cast; the heap will do here.
struct FreeParams {
    void operator()(snd_pcm_hw_params_t* params) const { snd_pcm_hw_params_free(params); }
    void operator()(snd_pcm_sw_params_t* params) const { snd_pcm_sw_params_free(params); }
};
using HwParams = std::unique_ptr<snd_pcm_hw_params_t, FreeParams>;
using SwParams = std::unique_ptr<snd_pcm_sw_params_t, FreeParams>;

HwParams all_of(snd_pcm_t* pcm) {
    snd_pcm_hw_params_t* params = nullptr;
    if (snd_pcm_hw_params_malloc(&params) < 0) return {};
    HwParams owned(params);
    return snd_pcm_hw_params_any(pcm, params) < 0 ? HwParams{} : std::move(owned);
}

Result<media::SampleFormat> choose_format(snd_pcm_t* pcm, snd_pcm_hw_params_t* params) {
    for (const auto& format : formats)
        if (snd_pcm_hw_params_set_format(pcm, params, format.alsa) == 0) return format.ours;
    return Error{ErrorCode::invalid, "it takes none of the formats S32, S24, S24_3, FLOAT and S16 (little-endian)"};
}

Result<int> choose_channels(snd_pcm_t* pcm, snd_pcm_hw_params_t* params) {
    unsigned channels = 2;
    if (const int error = snd_pcm_hw_params_set_channels_near(pcm, params, &channels); error < 0)
        return refused("it agrees to no number of channels", error);
    if (channels > 32)
        return Error{ErrorCode::invalid, "it has " + std::to_string(channels) + " channels; at most 32 are served"};
    return static_cast<int>(channels);
}

int error_of(snd_pcm_state_t state) {
    switch (state) {
        case SND_PCM_STATE_RUNNING:
            return 0;
        case SND_PCM_STATE_XRUN:
            return -EPIPE;
        case SND_PCM_STATE_SUSPENDED:
            return -ESTRPIPE;
        case SND_PCM_STATE_DISCONNECTED:
            return -ENODEV;
        default:
            return -EPIPE;  // stopped by somebody: to be started anew like after an underrun
    }
}

}  // namespace

void Pcm::Close::operator()(_snd_pcm* pcm) const noexcept { snd_pcm_close(pcm); }
void Pcm::Close::operator()(_snd_pcm_status* status) const noexcept { snd_pcm_status_free(status); }

Pcm::Pcm(_snd_pcm* pcm, const ports::Clock& clock) : pcm_(pcm), clock_(&clock) {
    snd_pcm_status_t* status = nullptr;
    ANTIPHON_ASSERT(snd_pcm_status_malloc(&status) == 0);
    status_.reset(status);
}

std::string Pcm::word_for(int error) { return snd_strerror(error); }

Result<Pcm> Pcm::open(const std::string& name, Direction direction, core::Duration buffer, const ports::Clock& clock) {
    snd_lib_error_set_handler(swallow);
    snd_pcm_t* raw = nullptr;
    const auto stream = direction == Direction::playback ? SND_PCM_STREAM_PLAYBACK : SND_PCM_STREAM_CAPTURE;
    if (const int error = snd_pcm_open(&raw, name.c_str(), stream, SND_PCM_NONBLOCK); error < 0)
        return refused("alsa:" + name, error);
    Pcm pcm(raw, clock);
    if (auto agreed = pcm.agree(buffer); !agreed) return agreed.error().within("alsa:" + name);
    if (auto free = pcm.run_freely(); !free) return free.error().within("alsa:" + name);
    return pcm;
}

Result<void> Pcm::agree(core::Duration buffer) {
    const auto params = all_of(pcm_.get());
    if (!params) return Error{ErrorCode::unavailable, "it tells no configuration"};
    auto* const hw = params.get();
    if (const int error = snd_pcm_hw_params_set_access(pcm_.get(), hw, SND_PCM_ACCESS_RW_INTERLEAVED); error < 0)
        return refused("it takes no interleaved frames", error);
    const auto format = choose_format(pcm_.get(), hw);
    if (!format) return format.error();
    const auto channels = choose_channels(pcm_.get(), hw);
    if (!channels) return channels.error();
    if (const int error = snd_pcm_hw_params_set_rate(pcm_.get(), hw, core::cluster_rate, 0); error < 0)
        return refused("it does not run at 48000 Hz (alsa:plughw:... converts)", error);
    auto period_frames = frames_of(std::min(period, buffer / 4));
    auto buffer_frames = frames_of(buffer);
    snd_pcm_hw_params_set_period_size_near(pcm_.get(), hw, &period_frames, nullptr);
    snd_pcm_hw_params_set_buffer_size_near(pcm_.get(), hw, &buffer_frames);
    if (const int error = snd_pcm_hw_params(pcm_.get(), hw); error < 0) return refused("its configuration", error);
    if (const int error = snd_pcm_hw_params_get_buffer_size(hw, &buffer_frames); error < 0)
        return refused("its buffer", error);
    agreed_ = {*format, *channels, static_cast<core::FrameCount>(buffer_frames)};
    return {};
}

// Starts when told; an underrun does not stop it. Stamps are of the monotonic clock: by default there are none.
Result<void> Pcm::run_freely() {
    snd_pcm_sw_params_t* raw = nullptr;
    if (snd_pcm_sw_params_malloc(&raw) < 0) return Error{ErrorCode::exhausted, "no memory"};
    const SwParams owned(raw);
    snd_pcm_uframes_t boundary = 0;
    snd_pcm_sw_params_current(pcm_.get(), raw);
    snd_pcm_sw_params_get_boundary(raw, &boundary);
    snd_pcm_sw_params_set_start_threshold(pcm_.get(), raw, boundary);
    snd_pcm_sw_params_set_stop_threshold(pcm_.get(), raw, boundary);
    snd_pcm_sw_params_set_tstamp_mode(pcm_.get(), raw, SND_PCM_TSTAMP_ENABLE);
    snd_pcm_sw_params_set_tstamp_type(pcm_.get(), raw, SND_PCM_TSTAMP_TYPE_MONOTONIC);
    if (snd_pcm_stream(pcm_.get()) == SND_PCM_STREAM_PLAYBACK) {
        snd_pcm_sw_params_set_silence_threshold(pcm_.get(), raw, 0);
        snd_pcm_sw_params_set_silence_size(pcm_.get(), raw, boundary);  // what was played becomes silence
    }
    if (snd_pcm_sw_params(pcm_.get(), raw) == 0) return {};
    snd_pcm_sw_params_set_silence_size(pcm_.get(), raw, 0);  // not every plugin can
    if (const int error = snd_pcm_sw_params(pcm_.get(), raw); error < 0) return refused("its thresholds", error);
    return {};
}

int Pcm::prepare() noexcept { return snd_pcm_prepare(pcm_.get()); }
int Pcm::start() noexcept { return snd_pcm_start(pcm_.get()); }
int Pcm::resume() noexcept { return snd_pcm_resume(pcm_.get()); }

int Pcm::look(Moment& moment) noexcept {
    auto* const status = status_.get();
    const auto before = std::chrono::steady_clock::now();
    if (const int error = snd_pcm_status(pcm_.get(), status); error < 0) return error;
    const auto now = clock_->now();
    if (const int error = error_of(snd_pcm_status_get_state(status)); error < 0) return error;
    snd_htimestamp_t stamp{};
    snd_pcm_status_get_htstamp(status, &stamp);
    const std::chrono::steady_clock::time_point stamped{std::chrono::seconds{stamp.tv_sec} +
                                                        std::chrono::nanoseconds{stamp.tv_nsec}};
    // Some plugins stamp with another clock, or not at all.
    moment.at = stamped >= before ? std::min(now, clock_->from_steady(stamped)) : now;
    moment.delay = snd_pcm_status_get_delay(status);
    moment.free = static_cast<core::FrameCount>(snd_pcm_status_get_avail(status));
    return 0;
}

long Pcm::write(const std::byte* bytes, core::FrameCount frames) noexcept {
    return snd_pcm_writei(pcm_.get(), bytes, static_cast<snd_pcm_uframes_t>(frames));
}

long Pcm::read(std::byte* bytes, core::FrameCount frames) noexcept {
    return snd_pcm_readi(pcm_.get(), bytes, static_cast<snd_pcm_uframes_t>(frames));
}

long Pcm::skip(core::FrameCount frames) noexcept {
    return snd_pcm_forward(pcm_.get(), static_cast<snd_pcm_uframes_t>(frames));
}

}  // namespace antiphon::alsa
