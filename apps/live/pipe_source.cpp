// Read when there is something and room for it: the pipe itself is what holds a fast writer back.
#include "apps/live/pipe_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>

#include "apps/live/pcm_flow.hpp"

namespace antiphon::live {
namespace {

// A pipe without a writer is always readable: it is looked at so often instead.
constexpr std::chrono::milliseconds look_for_writer{20};
constexpr std::size_t piece_bytes = 8192;

core::Error error_of(const std::string& path, int number) {
    const auto code = number == ENOENT   ? core::ErrorCode::not_found
                      : number == EACCES ? core::ErrorCode::denied
                                         : core::ErrorCode::unavailable;
    const std::string way_out = number == ENOENT ? "; make it with: mkfifo " + path : "";
    return {code, "pipe " + path + ": " + std::strerror(number) + way_out};
}

core::Error no_pipe(const std::string& path) {
    return {core::ErrorCode::invalid, path + " is no named pipe; make one with mkfifo, or play a file by its name"};
}

// The descriptor; it does not wait for a writer.
core::Result<int> open_pipe(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) return error_of(path, errno);
    struct stat what{};  // of what is open: a name may become another file's
    if (::fstat(descriptor, &what) == 0 && S_ISFIFO(what.st_mode)) return descriptor;
    ::close(descriptor);
    return no_pipe(path);
}

}  // namespace

// Outlives the source while a handler of the loop refers to it.
class PipeSource::Reading : public std::enable_shared_from_this<Reading> {
  public:
    Reading(boost::asio::io_context& io, const ports::Clock& clock, const PipeSpec& spec, int descriptor)
        : path_(spec.path), flow_(spec.format, clock), pipe_(io, descriptor), timer_(io) {}

    void begin() { take(); }
    void end() {
        boost::system::error_code ignored;
        pipe_.close(ignored);
        timer_.cancel();
    }

    void produce(std::span<float> frames, core::LocalTime at) {
        flow_.produce(frames, at);
        if (std::exchange(full_, false)) take();
    }

    SourceView view() const {
        if (flow_.phase() == media::SourcePhase::flowing) return {true, ""};
        if (!failure_.empty()) return {false, failure_};
        if (!written_) return {false, "no program writes to " + path_ + " yet"};
        if (!writer_) return {false, "the program that wrote to " + path_ + " has gone"};
        return flow_.view(path_);
    }

  private:
    void take() {
        while (pipe_.is_open()) {
            const auto room = flow_.room_bytes();
            if (room == 0) return void(full_ = true);
            std::array<std::byte, piece_bytes> bytes;
            // At least a whole frame, so that what was begun of one never stands in the way.
            const auto wanted = std::min(bytes.size() / flow_.frame_bytes() * flow_.frame_bytes(), room);
            const auto got = ::read(pipe_.native_handle(), bytes.data(), wanted);
            if (got > 0)
                keep(std::span(bytes).first(static_cast<std::size_t>(got)));
            else if (got < 0 && errno == EINTR)
                continue;
            else
                return wait(got == 0, errno);
        }
    }

    void keep(std::span<const std::byte> bytes) {
        written_ = writer_ = true;
        failure_.clear();
        flow_.write(bytes);
    }

    void wait(bool no_writer, int error) {
        const auto again = [self = shared_from_this()](const boost::system::error_code& stopped) {
            if (!stopped) self->take();
        };
        writer_ = !no_writer;
        if (no_writer) flow_.forget();
        if (!no_writer && error == EAGAIN)
            return pipe_.async_wait(boost::asio::posix::stream_descriptor::wait_read, again);
        if (!no_writer) failure_ = "pipe " + path_ + ": " + std::strerror(error);
        timer_.expires_after(look_for_writer);
        timer_.async_wait(again);
    }

    const std::string path_;
    PcmFlow flow_;
    boost::asio::posix::stream_descriptor pipe_;
    boost::asio::steady_timer timer_;
    bool full_ = false;
    bool written_ = false;  // ever
    bool writer_ = false;   // somebody has it open
    std::string failure_;
};

core::Result<std::unique_ptr<Source>> PipeSource::open(boost::asio::io_context& io, const ports::Clock& clock,
                                                       const PipeSpec& spec) {
    const auto descriptor = open_pipe(spec.path);
    if (!descriptor) return descriptor.error();
    auto reading = std::make_shared<Reading>(io, clock, spec, *descriptor);
    reading->begin();
    return std::unique_ptr<Source>(new PipeSource(std::move(reading)));
}

core::Result<void> PipeSource::check(const PipeSpec& spec) {
    // Not by opening it: its writer would lose its reader again, and die of that.
    struct stat what{};
    if (::stat(spec.path.c_str(), &what) != 0 || ::access(spec.path.c_str(), R_OK) != 0)
        return error_of(spec.path, errno);
    return S_ISFIFO(what.st_mode) ? core::Result<void>{} : no_pipe(spec.path);
}

PipeSource::~PipeSource() { reading_->end(); }
void PipeSource::produce(core::FrameCount, std::span<float> frames, core::LocalTime at) {
    reading_->produce(frames, at);
}
SourceView PipeSource::view() const { return reading_->view(); }

}  // namespace antiphon::live
