// libsndfile writes; we name, and tell what it says.
#include "adapters/files/sound_writer.hpp"

#include <sndfile.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace antiphon::files {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;

int sndfile_format(SoundFormat format) {
    switch (format) {
        case SoundFormat::wav:
            return SF_FORMAT_RF64 | SF_FORMAT_PCM_24;
        case SoundFormat::opus:
            return SF_FORMAT_OGG | SF_FORMAT_OPUS;
        case SoundFormat::flac:
            break;
    }
    return SF_FORMAT_FLAC | SF_FORMAT_PCM_24;
}

template <std::size_t size>
void put(char (&field)[size], const std::string& text) {
    std::copy_n(text.begin(), std::min(size, text.size()), field);  // filled up with zeros, or none
}

std::string utc(core::WallTime time, const char* format) {
    const std::time_t seconds = time.ns / 1'000'000'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, format, &parts)};
}

SF_BROADCAST_INFO broadcast_of(const SoundAbout& about) {
    SF_BROADCAST_INFO info{};
    put(info.description, about.title);
    put(info.originator, "Antiphon");
    put(info.origination_date, utc(about.started, "%Y-%m-%d"));
    put(info.origination_time, utc(about.started, "%H:%M:%S"));
    const auto reference = static_cast<std::uint64_t>(about.time_reference);
    info.time_reference_low = static_cast<std::uint32_t>(reference);
    info.time_reference_high = static_cast<std::uint32_t>(reference >> 32);
    info.version = 1;
    return info;
}

}  // namespace

struct SoundWriter::State {
    SNDFILE* file = nullptr;
    fs::path path, growing;
    int channels = 1;

    ~State() {
        std::error_code none;
        if (file) sf_close(file);
        if (!growing.empty()) fs::remove(growing, none);
    }
    // The library keeps no errno; the disk may be full or gone.
    Error failed() const {
        std::error_code unknown;
        const auto space = fs::space(growing.parent_path(), unknown);
        if (!unknown && space.available < (1u << 20))
            return {ErrorCode::exhausted, "cannot write " + growing.string() + ": the disk is full; free some space"};
        return {ErrorCode::unavailable, "cannot write " + growing.string() + ": " + sf_strerror(file)};
    }
};

std::string ending_of(SoundFormat format) {
    return format == SoundFormat::wav ? ".wav" : format == SoundFormat::opus ? ".opus" : ".flac";
}

core::Result<SoundWriter> SoundWriter::open(const fs::path& file, SoundFormat format, const SoundAbout& about) {
    auto state = std::make_unique<State>();
    state->path = file;
    state->growing = fs::path(file) += ".part";
    state->channels = about.channels;
    SF_INFO info{};
    info.samplerate = core::cluster_rate;
    info.channels = about.channels;
    info.format = sndfile_format(format);
    if (!sf_format_check(&info))
        return Error{ErrorCode::invalid, std::to_string(about.channels) + " channels do not fit into one file " +
                                             ending_of(format) + "; write one file for each track"};
    errno = 0;
    state->file = sf_open(state->growing.c_str(), SFM_WRITE, &info);
    if (!state->file) {
        const auto growing = std::exchange(state->growing, {});
        const auto code = errno == EACCES   ? ErrorCode::denied
                          : errno == ENOSPC ? ErrorCode::exhausted
                                            : ErrorCode::not_found;
        return Error{code,
                     "cannot make " + growing.string() + ": " + (errno ? std::strerror(errno) : sf_strerror(nullptr))};
    }
    sf_command(state->file, SFC_SET_CLIPPING, nullptr, SF_TRUE);
    if (format == SoundFormat::wav) {
        sf_command(state->file, SFC_RF64_AUTO_DOWNGRADE, nullptr, SF_TRUE);
        auto broadcast = broadcast_of(about);
        sf_command(state->file, SFC_SET_BROADCAST_INFO, &broadcast, sizeof broadcast);
    }
    sf_set_string(state->file, SF_STR_TITLE, about.title.c_str());
    sf_set_string(state->file, SF_STR_DATE, utc(about.started, "%Y-%m-%dT%H:%M:%SZ").c_str());
    return SoundWriter(std::move(state));
}

core::Result<void> SoundWriter::write(std::span<const float> samples) {
    const auto frames = static_cast<sf_count_t>(samples.size()) / state_->channels;
    if (sf_writef_float(state_->file, samples.data(), frames) == frames) return {};
    return state_->failed();
}

core::Result<void> SoundWriter::finish() {
    sf_write_sync(state_->file);
    if (sf_close(std::exchange(state_->file, nullptr)) != 0) return state_->failed();
    std::error_code error;
    fs::rename(state_->growing, state_->path, error);
    if (error) return Error{ErrorCode::unavailable, "cannot name " + state_->path.string() + ": " + error.message()};
    state_->growing.clear();
    return {};
}

SoundWriter::SoundWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
SoundWriter::SoundWriter(SoundWriter&&) noexcept = default;
SoundWriter& SoundWriter::operator=(SoundWriter&&) noexcept = default;
SoundWriter::~SoundWriter() = default;

}  // namespace antiphon::files
