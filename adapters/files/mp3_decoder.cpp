// MP3 by libmpg123, after a walk over all frame headers: an exact length and exact seeks whatever the file declares.
#include <mpg123.h>

#include "adapters/files/decoder.hpp"

namespace antiphon::files {
namespace {

struct Delete {
    void operator()(mpg123_handle* handle) const noexcept { mpg123_delete(handle); }
};
using Handle = std::unique_ptr<mpg123_handle, Delete>;

struct Format {
    long rate = 0;
    int channels = 0;
    int encoding = 0;
    friend bool operator==(const Format&, const Format&) = default;
};

Format format_of(mpg123_handle* handle) {
    Format format;
    if (mpg123_getformat(handle, &format.rate, &format.channels, &format.encoding) != MPG123_OK) return {};
    return format;
}

class Mp3Decoder : public Decoder {
  public:
    Mp3Decoder(Handle handle, const Format& format) : handle_(std::move(handle)), format_(format) {
        info_.rate = static_cast<core::SampleRate>(format.rate);
        info_.channels = format.channels;
        info_.format = "MP3";
        info_.lossy = true;
        if (const auto frames = mpg123_length(handle_.get()); frames > 0) info_.frames = frames;
    }

    const AudioFileInfo& info() const override { return info_; }

    std::size_t read(float* samples, std::size_t frames) override {
        const auto frame_bytes = sizeof(float) * static_cast<std::size_t>(format_.channels);
        std::size_t bytes = 0;
        int code = MPG123_OK;
        do {
            code = mpg123_read(handle_.get(), samples, frames * frame_bytes, &bytes);
            // Told at the first frame; a stream that changes its rate in the middle ends there.
            if (code == MPG123_NEW_FORMAT && format_of(handle_.get()) != format_) return 0;
        } while (code == MPG123_NEW_FORMAT && bytes == 0);
        return bytes / frame_bytes;
    }

    bool seek(core::FrameCount frame) override { return mpg123_seek(handle_.get(), frame, SEEK_SET) == frame; }

  private:
    Handle handle_;
    Format format_;
    AudioFileInfo info_;
};

Handle make_handle() {
    static const int ready = mpg123_init();
    Handle handle(ready == MPG123_OK ? mpg123_new(nullptr, nullptr) : nullptr);
    constexpr long flags = MPG123_QUIET | MPG123_FORCE_FLOAT | MPG123_GAPLESS | MPG123_SKIP_ID3V2;
    if (handle && mpg123_param(handle.get(), MPG123_ADD_FLAGS, flags, 0) != MPG123_OK) handle.reset();
    return handle;
}

}  // namespace

core::Result<std::unique_ptr<Decoder>> open_mp3(int descriptor, const std::filesystem::path& path) {
    auto handle = make_handle();
    if (!handle) return core::Error{core::ErrorCode::internal, path.string() + ": the MP3 decoder does not start"};
    const bool opened = mpg123_open_fd(handle.get(), descriptor) == MPG123_OK && mpg123_scan(handle.get()) == MPG123_OK;
    const auto format = format_of(handle.get());
    if (!opened || format.encoding != MPG123_ENC_FLOAT_32) return not_readable(path, mpg123_strerror(handle.get()));
    return std::unique_ptr<Decoder>(std::make_unique<Mp3Decoder>(std::move(handle), format));
}

}  // namespace antiphon::files
