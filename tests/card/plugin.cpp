// The card as ALSA wants it: an external I/O plugin. In asound.conf:
//   pcm_type.antiphon_card { lib "/.../libasound_module_pcm_antiphon_card.so" }
//   pcm.left { type antiphon_card  room "/dev/shm/room"  owner "hall"  name "left"  ppm 40  granule 48  control
//   "/tmp/c" }
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <memory>

#include "tests/card/card.hpp"

namespace antiphon::card {
namespace {

struct Plugin {
    snd_pcm_ioplug_t io{};
    std::unique_ptr<Card> card;
    int timer = -1;  // ticks once a period, for whoever polls
    snd_pcm_uframes_t boundary = 0;
    snd_pcm_uframes_t stop_threshold = 0;
    core::FrameCount moved = 0;        // frames of the application in this run, also beyond the boundary
    snd_pcm_uframes_t moved_appl = 0;  // where the application stood then
    std::vector<float> mono;
};

Plugin& of(snd_pcm_ioplug_t* io) { return *static_cast<Plugin*>(io->private_data); }

// The application's place, counted from the run's beginning.
core::FrameCount place(Plugin& plugin) {
    const auto ahead = (plugin.io.appl_ptr + plugin.boundary - plugin.moved_appl) % plugin.boundary;
    plugin.moved += static_cast<core::FrameCount>(ahead);
    plugin.moved_appl = plugin.io.appl_ptr;
    return plugin.moved;
}

core::FrameCount available(Plugin& plugin) {
    const auto position = plugin.card->position();
    if (plugin.io.stream == SND_PCM_STREAM_CAPTURE) return position - place(plugin);
    return position + static_cast<core::FrameCount>(plugin.io.buffer_size) - place(plugin);
}

int start(snd_pcm_ioplug_t* io) {
    auto& plugin = of(io);
    if (const auto* control = plugin.card->control(); control && control->away) return -ENODEV;
    if (const auto* control = plugin.card->control(); control && control->broken)
        return -static_cast<int>(control->broken);
    plugin.card->start();
    const long period_ns = static_cast<long>(io->period_size * 1'000'000'000 / io->rate);
    const itimerspec ticks{{0, period_ns}, {0, period_ns}};
    return ::timerfd_settime(plugin.timer, 0, &ticks, nullptr);
}

int stop(snd_pcm_ioplug_t* io) {
    of(io).card->stop();
    const itimerspec none{};
    return ::timerfd_settime(of(io).timer, 0, &none, nullptr);
}

snd_pcm_sframes_t pointer(snd_pcm_ioplug_t* io) {
    auto& plugin = of(io);
    const auto position = static_cast<snd_pcm_uframes_t>(plugin.card->position()) % plugin.boundary;
    const auto* control = plugin.card->control();
    if (control && (control->away || control->asleep)) {
        plugin.card->stop();
        snd_pcm_ioplug_set_state(io, control->away ? SND_PCM_STATE_DISCONNECTED : SND_PCM_STATE_SUSPENDED);
        return static_cast<snd_pcm_sframes_t>(io->hw_ptr);
    }
    const bool runs = io->state == SND_PCM_STATE_RUNNING;  // before that nothing can run dry
    if (runs && available(plugin) >= static_cast<core::FrameCount>(plugin.stop_threshold)) return -EPIPE;
    return static_cast<snd_pcm_sframes_t>(position);
}

template <class Sample>
snd_pcm_sframes_t transfer_as(snd_pcm_ioplug_t* io, const snd_pcm_channel_area_t* areas, snd_pcm_uframes_t offset,
                              snd_pcm_uframes_t size) {
    auto& plugin = of(io);
    auto* samples = static_cast<Sample*>(areas[0].addr) + areas[0].first / (8 * sizeof(Sample)) + offset * io->channels;
    plugin.mono.assign(size, 0);
    constexpr float full = -static_cast<float>(std::numeric_limits<Sample>::min());
    if (io->stream == SND_PCM_STREAM_CAPTURE) {
        plugin.card->capture(place(plugin), plugin.mono);
        for (const float sample : plugin.mono)
            for (unsigned channel = 0; channel < io->channels; ++channel)
                *samples++ = static_cast<Sample>(std::clamp(sample, -1.0F, 0.9999999F) * full);
        return static_cast<snd_pcm_sframes_t>(size);
    }
    for (float& sample : plugin.mono)
        for (unsigned channel = 0; channel < io->channels; ++channel)
            sample += static_cast<float>(*samples++) / full / static_cast<float>(io->channels);
    plugin.card->play(place(plugin), plugin.mono);
    return static_cast<snd_pcm_sframes_t>(size);
}

snd_pcm_sframes_t transfer(snd_pcm_ioplug_t* io, const snd_pcm_channel_area_t* areas, snd_pcm_uframes_t offset,
                           snd_pcm_uframes_t size) {
    if (io->format == SND_PCM_FORMAT_S16_LE) return transfer_as<std::int16_t>(io, areas, offset, size);
    return transfer_as<std::int32_t>(io, areas, offset, size);
}

int close(snd_pcm_ioplug_t* io) {
    const std::unique_ptr<Plugin> last(&of(io));
    last->card->stop();
    ::close(last->timer);
    return 0;
}

int sw_params(snd_pcm_ioplug_t* io, snd_pcm_sw_params_t* params) {
    snd_pcm_sw_params_get_boundary(params, &of(io).boundary);
    return snd_pcm_sw_params_get_stop_threshold(params, &of(io).stop_threshold);
}

int prepare(snd_pcm_ioplug_t* io) {
    auto& plugin = of(io);
    plugin.card->stop();
    const auto* control = plugin.card->control();
    if (control && control->away) return -ENODEV;
    plugin.moved = 0;
    plugin.moved_appl = io->appl_ptr;
    return 0;
}

int resume(snd_pcm_ioplug_t* io) {
    const auto* control = of(io).card->control();
    return control && control->asleep ? -EAGAIN : -ENOSYS;
}

int poll_revents(snd_pcm_ioplug_t* io, pollfd*, unsigned, unsigned short* revents) {
    auto& plugin = of(io);
    std::uint64_t ticks = 0;
    [[maybe_unused]] const auto read = ::read(plugin.timer, &ticks, sizeof ticks);
    const bool ready = available(plugin) >= static_cast<core::FrameCount>(io->period_size);
    *revents = !ready ? 0 : io->stream == SND_PCM_STREAM_CAPTURE ? POLLIN : POLLOUT;
    return 0;
}

constexpr snd_pcm_ioplug_callback_t callbacks{.start = start,
                                              .stop = stop,
                                              .pointer = pointer,
                                              .transfer = transfer,
                                              .close = close,
                                              .hw_params = nullptr,
                                              .hw_free = nullptr,
                                              .sw_params = sw_params,
                                              .prepare = prepare,
                                              .drain = nullptr,
                                              .pause = nullptr,
                                              .resume = resume,
                                              .poll_descriptors_count = nullptr,
                                              .poll_descriptors = nullptr,
                                              .poll_revents = poll_revents,
                                              .dump = nullptr,
                                              .delay = nullptr,
                                              .query_chmaps = nullptr,
                                              .get_chmap = nullptr,
                                              .set_chmap = nullptr};

int refuse(const std::string& what, int error) {
    SNDERR("antiphon_card: %s", what.c_str());
    return error;
}

int read_setup(snd_config_t* configuration, Setup& setup) {
    snd_config_iterator_t at, next;
    snd_config_for_each(at, next, configuration) {
        auto* const entry = snd_config_iterator_entry(at);
        const char *id = nullptr, *text = nullptr;
        double number = 0;
        if (snd_config_get_id(entry, &id) < 0) continue;
        const std::string key = id;
        const bool is_text = snd_config_get_string(entry, &text) == 0;
        const bool is_number = snd_config_get_ireal(entry, &number) == 0;
        if (key == "type" || key == "comment" || key == "hint") continue;
        if (key == "room" && is_text)
            setup.room = text;
        else if (key == "owner" && is_text)
            setup.owner = text;
        else if (key == "name" && is_text)
            setup.name = text;
        else if (key == "control" && is_text)
            setup.control = text;
        else if (key == "ppm" && is_number)
            setup.ppm = number;
        else if (key == "granule" && is_number && number >= 1)
            setup.granule = static_cast<core::FrameCount>(number);
        else if (key == "rate" && is_number && number >= 8000)
            setup.rate = static_cast<core::SampleRate>(number);
        else
            return refuse("'" + key + "' is unknown, or no value for it", -EINVAL);
    }
    return 0;
}

int constrain(Plugin& plugin) {
    constexpr std::array<unsigned, 1> access{SND_PCM_ACCESS_RW_INTERLEAVED};
    constexpr std::array<unsigned, 2> formats{SND_PCM_FORMAT_S32_LE, SND_PCM_FORMAT_S16_LE};
    auto* const io = &plugin.io;
    const auto rate = plugin.card->setup().rate;
    const std::array results{
        snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, access.size(), access.data()),
        snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, formats.size(), formats.data()),
        snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, 1, 2),
        snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_RATE, rate, rate),
        snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 48 * 4, 1U << 16),
        snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 96 * 4, 1U << 20)};
    return *std::min_element(results.begin(), results.end());
}

int open_plugin(snd_pcm_t** pcm, const char* name, snd_config_t* configuration, snd_pcm_stream_t stream, int mode) {
    Setup setup;
    setup.captures = stream == SND_PCM_STREAM_CAPTURE;
    if (const int error = read_setup(configuration, setup); error < 0) return error;
    auto card = Card::open(setup);
    if (!card) {
        const bool busy = card.error().code == core::ErrorCode::conflict;
        return refuse(card.error().what, busy                                              ? -EBUSY
                                         : card.error().code == core::ErrorCode::not_found ? -ENODEV
                                                                                           : -EINVAL);
    }
    auto plugin = std::make_unique<Plugin>();
    plugin->card = std::move(*card);
    plugin->timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    plugin->io.version = SND_PCM_IOPLUG_VERSION;
    plugin->io.name = "sound card of a virtual room";
    plugin->io.flags = SND_PCM_IOPLUG_FLAG_MONOTONIC | SND_PCM_IOPLUG_FLAG_BOUNDARY_WA;
    plugin->io.callback = &callbacks;
    plugin->io.private_data = plugin.get();
    plugin->io.poll_fd = plugin->timer;
    plugin->io.poll_events = POLLIN;
    if (const int error = snd_pcm_ioplug_create(&plugin->io, name, stream, mode); error < 0) return error;
    auto& made = *plugin.release();  // its close() ends it
    if (const int error = constrain(made); error < 0) return snd_pcm_ioplug_delete(&made.io), error;
    *pcm = made.io.pcm;
    return 0;
}

}  // namespace
}  // namespace antiphon::card

extern "C" {
#pragma GCC visibility push(default)
SND_PCM_PLUGIN_DEFINE_FUNC(antiphon_card) {
    static_cast<void>(root);
    return antiphon::card::open_plugin(pcmp, name, conf, stream, mode);
}
SND_PCM_PLUGIN_SYMBOL(antiphon_card);
#pragma GCC visibility pop
}
