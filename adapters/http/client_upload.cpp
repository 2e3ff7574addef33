// Uploads: streamed from a file or a source, after the server said that it wants them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "adapters/http/client_core.hpp"

namespace antiphon::http {
namespace {

// Servers that do not know the expectation get the body after this.
constexpr std::chrono::milliseconds continue_wait{1'000};

class File {
  public:
    explicit File(const std::filesystem::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::optional<std::uint64_t> size() const {
        struct stat status{};
        if (fd_ < 0 || ::fstat(fd_, &status) != 0) return std::nullopt;
        if (!S_ISREG(status.st_mode)) return errno = EISDIR, std::nullopt;
        return static_cast<std::uint64_t>(status.st_size);
    }
    core::Result<std::size_t> read(std::span<std::byte> space) const {
        const auto got = ::read(fd_, space.data(), space.size());
        if (got < 0) return core::Error{core::ErrorCode::internal, std::string("cannot read: ") + std::strerror(errno)};
        return static_cast<std::size_t>(got);
    }

  private:
    int fd_;
};

core::Result<void> open_source(UploadRequest& request) {
    if (request.source.index() == 1) return {};
    const auto path = std::get<std::filesystem::path>(request.source);
    const auto file = std::make_shared<File>(path);
    request.content_length = file->size();
    if (!request.content_length)
        return core::Error{errno == ENOENT ? core::ErrorCode::not_found : core::ErrorCode::invalid,
                           "cannot upload " + path.string() + ": " + std::strerror(errno)};
    request.source = ChunkSource([file](std::span<std::byte> space) { return file->read(space); });
    return {};
}

// Waits until the server says something, or for a moment; true when there is something to read.
asio::awaitable<bool> hear(ClientCore& core, std::shared_ptr<Link> link) {
    const auto over = std::make_shared<bool>(false);
    asio::steady_timer moment(core.io, continue_wait);
    moment.async_wait([weak = std::weak_ptr(link), over](error_code error) {
        const auto held = weak.lock();
        if (!error && held && !*over) held->stream.cancel();
    });
    auto [error] = co_await link->stream.socket().async_wait(tcp::socket::wait_read, as_result);
    *over = true;
    co_return !error;
}

bool has_answer(Link& link) {
    error_code ignored;
    return link.buffer.size() > 0 || link.stream.socket().available(ignored) > 0;
}

bool is_interim(const ResponseParser& parser) {
    const auto status = parser.get().result_int();
    return status < 200 && status != 101;
}

class Upload {
  public:
    Upload(ClientCore& core, const UploadRequest& request, Link& link) : core_(core), request_(request), link_(link) {}

    // Sends everything, or stops early when the server answers before the end.
    asio::awaitable<core::Result<void>> send_body() {
        std::vector<std::byte> space(piece_bytes);
        const auto& source = std::get<ChunkSource>(request_.source);
        for (;;) {
            if (core_.dead) co_return core::Result<void>();
            const auto got = source(space);
            if (!got) co_return got.error();
            if (*got == 0) break;
            sent_ += *got;
            if (request_.content_length && sent_ > *request_.content_length) co_return wrong_length();
            const std::string_view piece(reinterpret_cast<const char*>(space.data()), *got);
            const bool sent = co_await send_piece(piece);
            if (!sent) co_return core::Result<void>();
            if (request_.progress && !core_.dead) request_.progress(sent_, request_.content_length);
            if (core_.dead) co_return core::Result<void>();
            if (!has_answer(link_)) continue;
            const auto unheard = co_await hear_head();
            if (unheard) co_return core_.failed(request_.method, request_.target, unheard);
            if (answer_) co_return core::Result<void>();
        }
        if (request_.content_length && sent_ != *request_.content_length) co_return wrong_length();
        constexpr std::string_view last_chunk = "0\r\n\r\n";
        if (!request_.content_length) co_await core_.write(link_, last_chunk);
        complete_ = true;
        co_return core::Result<void>();
    }

    bool complete() const noexcept { return complete_; }
    // The head of the final answer, if it came before the end.
    std::unique_ptr<ResponseParser> early_answer() noexcept { return std::move(answer_); }

  private:
    // A server that is late with its 100, or tells that it works, wants the rest.
    asio::awaitable<error_code> hear_head() {
        std::unique_ptr<ResponseParser> parser;
        const auto unheard = co_await core_.read_any_head(link_, parser, false);
        if (!unheard && !is_interim(*parser)) answer_ = std::move(parser);
        co_return unheard;
    }

    core::Error wrong_length() const {
        return core_.failed(request_.method, request_.target, core::ErrorCode::invalid,
                            "the source gave another length than the " + std::to_string(*request_.content_length) +
                                " bytes announced; has the file changed?");
    }

    asio::awaitable<bool> send_piece(std::string_view piece) {
        link_.stream.expires_after(core_.options.stall_timeout);
        std::string chunk;
        if (!request_.content_length) {
            std::array<char, 24> size{};
            std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
            chunk.append(size.data()).append(piece).append("\r\n");
            piece = chunk;
        }
        const auto error = co_await core_.write(link_, piece);
        co_return !error;
    }

    ClientCore& core_;
    const UploadRequest& request_;
    Link& link_;
    std::unique_ptr<ResponseParser> answer_;
    std::uint64_t sent_ = 0;
    bool complete_ = false;
};

Headers upload_headers(const UploadRequest& request) {
    auto headers = request.headers;
    headers.set("Content-Type", request.content_type);
    headers.set("Expect", "100-continue");
    if (request.content_length)
        headers.set("Content-Length", std::to_string(*request.content_length));
    else
        headers.set("Transfer-Encoding", "chunked");
    return headers;
}

}  // namespace

asio::awaitable<core::Result<Response>> upload(std::shared_ptr<ClientCore> core, UploadRequest request) {
    const auto& target = request.target;
    if (!is_safe_target(target))
        co_return core->failed(request.method, target, core::ErrorCode::invalid,
                               "the path must start with '/' and be percent-encoded");
    if (auto opened = open_source(request); !opened) co_return opened.error();
    auto linked = co_await core->link_up(false, core->options.connect_timeout);
    if (!linked) co_return linked.error();
    auto& link = **linked;
    const Busy busy(*core, link);
    link.stream.expires_after(core->options.stall_timeout);
    const auto head = core->head_of(request.method, target, upload_headers(request));
    const auto unsent = co_await core->write(link, head);
    if (unsent) co_return core->failed(request.method, target, unsent);
    std::unique_ptr<ResponseParser> parser;
    error_code unheard;
    const bool spoke = co_await hear(*core, *linked);
    if (spoke) unheard = co_await core->read_any_head(link, parser, false);
    if (unheard) co_return core->failed(request.method, target, unheard);
    Upload body(*core, request, link);
    // an answer other than 100 is final: nothing is sent then
    if (!parser || parser->get().result_int() == 100) {
        const auto sent = co_await body.send_body();
        if (!sent) co_return sent.error();
        link.stream.expires_after(core->options.stall_timeout);
        parser = body.early_answer();
        if (!parser) unheard = co_await core->read_head(link, parser, false);
    }
    if (unheard) co_return core->failed(request.method, target, unheard);
    auto response = co_await core->read_rest(link, *parser, request.method, target);
    if (response && body.complete() && parser->keep_alive()) core->keep(*linked);
    co_return response;
}

}  // namespace antiphon::http
