// Downloads: streamed, and resumed where the connection broke.
#include <charconv>

#include "adapters/http/client_core.hpp"
#include "adapters/http/problem.hpp"

namespace antiphon::http {
namespace {

struct ContentRange {
    std::uint64_t first = 0;
    std::uint64_t total = 0;  // 0: the server does not know
};

std::optional<std::uint64_t> number_at(std::string_view text) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// "bytes 5-9/10", "bytes 5-9/*", "bytes */10"
std::optional<ContentRange> parse_content_range(std::string_view text) {
    if (!text.starts_with("bytes ")) return std::nullopt;
    text.remove_prefix(6);
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto total = number_at(text.substr(slash + 1));
    const auto first = number_at(text);
    if (!first && !text.starts_with('*')) return std::nullopt;
    return ContentRange{first.value_or(0), total.value_or(0)};
}

class Download {
  public:
    Download(ClientCore& core, DownloadRequest& request, const Client::ChunkSink& sink)
        : core_(core), request_(request), sink_(sink), etag_(request.etag) {}

    asio::awaitable<core::Result<Downloaded>> run() {
        for (;;) {
            const auto before = got_.bytes;
            auto done = co_await try_once();
            const bool again = broken_ && got_.bytes > before && got_.resumes < request_.resumes_max && !core_.dead;
            if (!again && !done) co_return done.error();
            if (!again) co_return got_;
            ++got_.resumes;
        }
    }

  private:
    core::Error failed(core::ErrorCode code, const std::string& why) const {
        return core_.failed(Method::get, request_.target, code, why);
    }
    core::Error broke(error_code error) {
        broken_ = true;
        return core_.failed(Method::get, request_.target, error);
    }

    Headers headers() const {
        auto headers = request_.headers;
        const auto at = request_.offset + got_.bytes;
        if (at > 0) headers.set("Range", "bytes=" + std::to_string(at) + "-");
        if (at > 0 && !etag_.empty()) headers.set("If-Range", etag_);
        return headers;
    }

    asio::awaitable<core::Result<void>> try_once() {
        broken_ = false;
        auto linked = co_await core_.link_up(false, core_.options.connect_timeout);
        if (!linked) co_return linked.error();
        auto& link = **linked;
        const Busy busy(core_, link);
        link.stream.expires_after(core_.options.stall_timeout);
        const auto head = core_.head_of(Method::get, request_.target, headers());
        const auto unsent = co_await core_.write(link, head);
        if (unsent) co_return broke(unsent);
        std::unique_ptr<ResponseParser> parser;
        const auto unheard = co_await core_.read_head(link, parser, false);
        if (unheard) co_return broke(unheard);
        const auto response = head_as_response(*parser);
        if (response.status != 200 && response.status != 206) {
            auto why = co_await refused(link, *parser);
            co_return why;
        }
        if (auto fits = check(response); !fits) co_return fits;
        auto received = co_await receive(link, *parser);
        co_return received;
    }

    // Is it the piece that we asked for, of the file that we began with?
    core::Result<void> check(const Response& response) {
        const auto at = request_.offset + got_.bytes;
        const std::string etag(response.headers.get("ETag"));
        if (response.status == 200 && at > 0)
            return failed(core::ErrorCode::conflict,
                          "the file is another one now, or cannot be resumed; start it again");
        if (!etag_.empty() && !etag.empty() && etag != etag_)
            return failed(core::ErrorCode::conflict, "the file is another one now; start it again");
        const auto range = parse_content_range(response.headers.get("Content-Range"));
        if (response.status == 206 && (!range || range->first != at))
            return failed(core::ErrorCode::corrupt, "the server sent another range than asked for");
        etag_ = etag;
        got_.etag = etag;
        got_.content_type = response.content_type;
        got_.total_size = range ? range->total : number_at(response.headers.get("Content-Length")).value_or(0);
        return {};
    }

    asio::awaitable<core::Result<void>> refused(Link& link, ResponseParser& parser) {
        const auto response = co_await core_.read_rest(link, parser, Method::get, request_.target);
        if (!response) co_return response.error();
        const auto at = request_.offset + got_.bytes;
        const auto range = parse_content_range(response->headers.get("Content-Range"));
        const bool complete = response->status == 416 && range && at > 0 && range->total == at;
        if (!complete) co_return error_of(*response).within("GET " + request_.target.substr(0, 200));
        got_.total_size = at;
        co_return core::Result<void>();
    }

    asio::awaitable<core::Result<void>> receive(Link& link, ResponseParser& parser) {
        std::vector<std::byte> space(piece_bytes);
        link.buffer.reserve(piece_bytes);
        while (!parser.is_done()) {
            link.stream.expires_after(core_.options.stall_timeout);
            const auto piece = co_await read_piece(link.stream, link.buffer, parser, space);
            if (core_.dead) co_return failed(core::ErrorCode::unavailable, "given up");
            if (piece.size > 0) {
                got_.bytes += piece.size;
                if (auto taken = sink_(std::span(space).first(piece.size)); !taken) co_return taken;
                // the sink may have ended the client
                if (core_.dead) co_return failed(core::ErrorCode::unavailable, "given up");
            }
            if (piece.error) co_return broke(piece.error);
        }
        co_return core::Result<void>();
    }

    ClientCore& core_;
    DownloadRequest& request_;
    const Client::ChunkSink& sink_;
    std::string etag_;
    Downloaded got_;
    bool broken_ = false;  // the last attempt ended with the connection
};

}  // namespace

asio::awaitable<core::Result<Downloaded>> download(std::shared_ptr<ClientCore> core, DownloadRequest request,
                                                   Client::ChunkSink sink) {
    if (!is_safe_target(request.target))
        co_return core->failed(Method::get, request.target, core::ErrorCode::invalid,
                               "the path must start with '/' and be percent-encoded");
    Download run(*core, request, sink);
    auto done = co_await run.run();
    co_return done;
}

}  // namespace antiphon::http
