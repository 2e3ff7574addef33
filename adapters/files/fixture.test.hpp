// What the tests of this folder share: a folder that goes away, files, and made audio.
#pragma once

#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <numbers>
#include <span>
#include <string>
#include <vector>

namespace antiphon::files {

// In memory where the system has such a place: no law here needs a disk that is slow to sync.
class TempFolder {
  public:
    TempFolder() {
        const std::filesystem::path memory = "/dev/shm";
        const auto root = ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
        auto pattern = (root / "antiphon-files-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        path_ = pattern;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// What a made file holds: its sample of a channel at a frame.
using Sound = std::function<float(int channel, int frame)>;

inline Sound sine(double hz, int rate, double level = 0.5) {
    return
        [=](int, int frame) { return static_cast<float>(level * std::sin(2 * std::numbers::pi * hz * frame / rate)); };
}

// A different level and pitch in each channel, never periodic: no two places sound alike.
inline Sound chirp(int rate) {
    return [=](int channel, int frame) {
        const double t = static_cast<double>(frame) / rate;
        return static_cast<float>((0.4 + 0.1 * channel) *
                                  std::sin(2 * std::numbers::pi * (200 + 400 * t) * t + channel));
    };
}

// `format` as libsndfile spells it.
inline void make_audio(const std::filesystem::path& path, int format, int rate, int channels, int frames,
                       const Sound& sound) {
    SF_INFO info{};
    info.samplerate = rate;
    info.channels = channels;
    info.format = format;
    auto* file = sf_open(path.c_str(), SFM_WRITE, &info);
    ASSERT_NE(file, nullptr) << path << ": " << sf_strerror(nullptr);
    std::vector<float> samples;
    for (int frame = 0; frame < frames; ++frame)
        for (int channel = 0; channel < channels; ++channel) samples.push_back(sound(channel, frame));
    EXPECT_EQ(sf_writef_float(file, samples.data(), frames), frames);
    sf_close(file);
}

constexpr int wav16 = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
constexpr int wav_float = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
constexpr int flac16 = SF_FORMAT_FLAC | SF_FORMAT_PCM_16;
constexpr int ogg_vorbis = SF_FORMAT_OGG | SF_FORMAT_VORBIS;
constexpr int ogg_opus = SF_FORMAT_OGG | SF_FORMAT_OPUS;
constexpr int mp3 = SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III;

}  // namespace antiphon::files
