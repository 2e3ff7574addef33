// libsndfile for WAV, FLAC and Ogg; MP3 goes to mp3_decoder.cpp.
#include "adapters/files/decoder.hpp"

#include <sndfile.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/files/posix.hpp"

namespace antiphon::files {
namespace {

constexpr core::FrameCount frames_max = core::FrameCount{1} << 46;  // years; beyond it the header lies

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

class SndfileDecoder : public Decoder {
  public:
    SndfileDecoder(SNDFILE* file, AudioFileInfo info) : file_(file), info_(std::move(info)) {}

    const AudioFileInfo& info() const override { return info_; }
    std::size_t read(float* samples, std::size_t frames) override {
        const auto wanted = static_cast<sf_count_t>(frames);
        const auto got = sf_readf_float(file_.get(), samples, wanted);
        return got <= 0 || got > wanted ? 0 : static_cast<std::size_t>(got);
    }
    bool seek(core::FrameCount frame) override { return sf_seek(file_.get(), frame, SEEK_SET) == frame; }

  private:
    struct Close {
        void operator()(SNDFILE* file) const noexcept { sf_close(file); }
    };
    std::unique_ptr<SNDFILE, Close> file_;
    AudioFileInfo info_;
};

core::Result<std::unique_ptr<Decoder>> open_sndfile(int descriptor, const std::filesystem::path& path) {
    SF_INFO found{};
    auto* file = sf_open_fd(descriptor, SFM_READ, &found, SF_FALSE);
    if (!file) return not_readable(path, sf_strerror(nullptr));
    AudioFileInfo info;
    info.format = format_name(found.format);
    info.rate = static_cast<core::SampleRate>(found.samplerate);
    info.channels = found.channels;
    info.lossy = info.format != "WAV" && info.format != "FLAC";
    if (found.frames > 0 && found.frames < frames_max) info.frames = found.frames;
    return std::unique_ptr<Decoder>(std::make_unique<SndfileDecoder>(file, info));
}

// A tag of ID3v2 stands before the sound of many MP3s; its length is in four bytes of seven bits.
::off_t after_tag(int descriptor) {
    unsigned char head[10];
    if (::pread(descriptor, head, sizeof head, 0) != sizeof head) return 0;
    if (head[0] != 'I' || head[1] != 'D' || head[2] != '3') return 0;
    return 10 + ((head[6] & 0x7f) << 21 | (head[7] & 0x7f) << 14 | (head[8] & 0x7f) << 7 | (head[9] & 0x7f));
}

// A frame header of MPEG layer III with no reserved value in it.
bool looks_like_mp3(int descriptor) {
    unsigned char head[4];
    if (::pread(descriptor, head, sizeof head, after_tag(descriptor)) != sizeof head) return false;
    const bool sync = head[0] == 0xff && (head[1] & 0xe0) == 0xe0;
    const bool version = (head[1] & 0x18) != 0x08;
    const bool layer_three = (head[1] & 0x06) == 0x02;
    return sync && version && layer_three && (head[2] & 0xf0) != 0xf0 && (head[2] & 0x0c) != 0x0c;
}

}  // namespace

core::Error not_readable(const std::filesystem::path& path, const std::string& detail) {
    return {core::ErrorCode::invalid, path.string() +
                                          " is not an audio file that we can read (WAV, FLAC, Ogg, Opus, MP3)" +
                                          (detail.empty() ? "" : ": " + detail)};
}

// libsndfile guesses the length of an MP3 without a length in its header, and stops there; so MP3s are not its
// business.
core::Result<std::unique_ptr<Decoder>> open_decoder(int descriptor, const std::filesystem::path& path) {
    if (looks_like_mp3(descriptor)) return open_mp3(descriptor, path);
    auto decoder = open_sndfile(descriptor, path);
    if (!decoder) return decoder;
    const auto& format = (*decoder)->info().format;
    if (format.empty()) return not_readable(path, "");
    if (format != "MP3") return decoder;
    decoder = core::Error{};
    if (::lseek(descriptor, 0, SEEK_SET) != 0) return system_error("cannot read", path, errno);
    return open_mp3(descriptor, path);
}

}  // namespace antiphon::files
