// One request and its answer, kept in memory.
#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

#include "adapters/http/client_core.hpp"

namespace antiphon::http {
namespace {

constexpr std::uint32_t head_bytes_max = 64 * 1024;
constexpr int informational_max = 10;  // 1xx answers before the real one

bool is_safe_value(std::string_view value) {
    return std::none_of(value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::string text_of(beast::string_view view) { return {view.data(), view.size()}; }

// Once more, on a new connection, does no harm.
bool is_idempotent(Method method) { return method != Method::post && method != Method::patch; }

struct Attempt {
    core::Result<Response> answer;
    bool unheard = false;  // the connection ended before any of the answer came
};

// Ends the link when the deadline passes, whatever it waits for.
class Deadline {
  public:
    Deadline(ClientCore& core, const std::shared_ptr<Link>& link, std::chrono::steady_clock::time_point at)
        : timer_(core.io, at) {
        timer_.async_wait([weak = std::weak_ptr(link), passed = passed_](error_code error) {
            const auto held = weak.lock();
            if (error || !held) return;
            *passed = true;
            held->close();
        });
    }
    bool passed() const noexcept { return *passed_; }

  private:
    std::shared_ptr<bool> passed_ = std::make_shared<bool>(false);
    asio::steady_timer timer_;
};

asio::awaitable<Attempt> attempt(ClientCore& core, std::shared_ptr<Link> link, const ClientRequest& request,
                                 std::chrono::steady_clock::time_point deadline) {
    const Busy busy(core, *link);
    const Deadline bound(core, link, deadline);
    link->stream.expires_never();
    const auto explain = [&](error_code error) {
        const error_code slow = beast::error::timeout;
        return core.failed(request.method, request.target, bound.passed() ? slow : error);
    };
    auto headers = request.headers;
    if (!request.body.empty()) headers.set("Content-Type", request.content_type);
    const bool bodied = !request.body.empty() || request.method == Method::post || request.method == Method::put;
    if (bodied) headers.set("Content-Length", std::to_string(request.body.size()));
    const auto bytes = core.head_of(request.method, request.target, headers) + request.body;
    const auto unsent = co_await core.write(*link, bytes);
    // a server that refuses early answers and closes: its answer may be there though our write failed
    std::unique_ptr<ResponseParser> parser;
    const auto unheard = co_await core.read_head(*link, parser, request.method == Method::head);
    if (unheard) co_return Attempt{explain(unsent ? unsent : unheard), !bound.passed()};
    auto response = co_await core.read_rest(*link, *parser, request.method, request.target);
    if (bound.passed()) co_return Attempt{explain(beast::error::timeout)};
    if (response && !unsent && parser->keep_alive()) core.keep(link);
    co_return Attempt{std::move(response)};
}

}  // namespace

bool is_safe_target(std::string_view target) noexcept {
    const auto plain = [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
    };
    return target.starts_with('/') && std::all_of(target.begin(), target.end(), plain);
}

std::string ClientCore::head_of(Method method, const std::string& target, const Headers& headers) const {
    std::string out;
    out.append(to_string(method)).append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(base.authority());
    out.append("\r\nUser-Agent: antiphon\r\n");
    if (!token.empty() && is_safe_value(token)) out.append("Authorization: Bearer ").append(token).append("\r\n");
    for (const auto& [name, value] : headers)
        if (is_safe_value(name) && is_safe_value(value)) out.append(name).append(": ").append(value).append("\r\n");
    return out.append("\r\n");
}

asio::awaitable<error_code> ClientCore::write(Link& link, std::string_view bytes) {
    auto [error, size] = co_await asio::async_write(link.stream, asio::buffer(bytes.data(), bytes.size()), as_result);
    co_return error;
}

asio::awaitable<error_code> ClientCore::read_any_head(Link& link, std::unique_ptr<ResponseParser>& parser,
                                                      bool bodiless) {
    parser = std::make_unique<ResponseParser>();
    parser->header_limit(head_bytes_max);
    parser->body_limit(boost::none);  // each use has its own
    parser->skip(bodiless);
    auto [error, size] = co_await bhttp::async_read_header(link.stream, link.buffer, *parser, as_result);
    co_return error;
}

asio::awaitable<error_code> ClientCore::read_head(Link& link, std::unique_ptr<ResponseParser>& parser, bool bodiless) {
    for (int i = 0; i < informational_max; ++i) {
        const auto error = co_await read_any_head(link, parser, bodiless);
        if (error) co_return error;
        const auto status = parser->get().result_int();
        if (status >= 200 || status == 101) co_return error_code();
    }
    co_return bhttp::error::bad_status;
}

Response head_as_response(const ResponseParser& parser) {
    Response response;
    response.status = static_cast<int>(parser.get().result_int());
    for (const auto& field : parser.get()) response.headers.add(text_of(field.name_string()), text_of(field.value()));
    response.content_type = response.headers.get("Content-Type");
    return response;
}

asio::awaitable<core::Result<Response>> ClientCore::read_rest(Link& link, ResponseParser& parser, Method method,
                                                              const std::string& target) {
    auto response = head_as_response(parser);
    std::vector<std::byte> space(piece_bytes);
    while (!parser.is_done()) {
        const auto piece = co_await read_piece(link.stream, link.buffer, parser, space);
        if (piece.error) co_return failed(method, target, piece.error);
        if (response.body.size() + piece.size > options.body_bytes_max)
            co_return failed(method, target, core::ErrorCode::exhausted,
                             "the answer is longer than " + std::to_string(options.body_bytes_max) + " bytes");
        response.body.append(reinterpret_cast<const char*>(space.data()), piece.size);
    }
    co_return response;
}

asio::awaitable<core::Result<Response>> exchange(std::shared_ptr<ClientCore> core, ClientRequest request) {
    const auto deadline = std::chrono::steady_clock::now() + request.deadline;
    if (!is_safe_target(request.target))
        co_return core->failed(request.method, request.target, core::ErrorCode::invalid,
                               "the path must start with '/' and be percent-encoded");
    for (bool may_reuse = true;; may_reuse = false) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        auto link = co_await core->link_up(may_reuse, left);
        if (!link) co_return link.error();
        const bool reused = (*link)->reused;
        auto tried = co_await attempt(*core, *link, request, deadline);
        const bool again = tried.unheard && reused && is_idempotent(request.method) && !core->dead;
        if (!again) co_return std::move(tried.answer);
    }
}

}  // namespace antiphon::http
