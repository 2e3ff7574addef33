// Bodies on their way in: kept in memory up to the route's limit, or passed on piece by piece.
#include <array>
#include <boost/beast/http/error.hpp>

#include "adapters/http/body_reader.hpp"
#include "adapters/http/connection.hpp"
#include "adapters/http/problem.hpp"

namespace antiphon::http {
namespace {

constexpr std::size_t memory_piece_bytes = 8 * 1024;

std::optional<std::uint64_t> declared_length(const RequestParser& parser) {
    const auto length = parser.content_length();
    return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}

Response too_long(const Exchange& exchange) {
    return problem(413,
                   "the body may have at most " + std::to_string(exchange.route->options.body_bytes_max) + " bytes",
                   exchange.request.instance);
}

}  // namespace

// "100 Continue", when the client waits for it.
asio::awaitable<bool> Connection::allow_body(const Exchange& exchange) {
    if (exchange.parser.is_done() || !exchange.request.headers.find("Expect") || buffer_.size() > 0) co_return true;
    core_->count_answer(100);
    const bool written = co_await write_all("HTTP/1.1 100 Continue\r\n\r\n");
    co_return written;
}

std::optional<Response> Connection::broken_body(Exchange& exchange, error_code error) {
    auto& counters = core_->counters;
    if (error == beast::error::timeout) ++counters.timeouts;
    const bool departed = error == bhttp::error::partial_message || error == bhttp::error::end_of_stream;
    if (departed || error.category() != bhttp::make_error_code(bhttp::error::bad_chunk).category()) return std::nullopt;
    ++counters.malformed_requests;
    return problem(400, "the body's framing is broken: " + error.message(), exchange.request.instance);
}

asio::awaitable<std::optional<Response>> Connection::receive_body(Exchange& exchange) {
    std::array<std::byte, memory_piece_bytes> space{};
    auto& body = exchange.request.body;
    buffer_.reserve(std::min(memory_piece_bytes, buffer_.max_size()));
    while (!exchange.parser.is_done()) {
        stream_.expires_after(core_->options.body_idle);
        const auto piece = co_await read_piece(stream_, buffer_, exchange.parser, space);
        core_->counters.bytes_in += piece.consumed;
        if (piece.error) co_return broken_body(exchange, piece.error);
        body.append(reinterpret_cast<const char*>(space.data()), piece.size);
        if (body.size() > exchange.route->options.body_bytes_max) co_return too_long(exchange);
    }
    stream_.expires_never();
    co_return std::nullopt;
}

asio::awaitable<std::optional<Response>> Connection::receive_upload(Exchange& exchange) {
    sink_ = std::get<UploadFactory>(exchange.route->target)();
    const auto begun = sink_->begin(exchange.request, declared_length(exchange.parser));
    if (!begun) {
        sink_ = nullptr;
        co_return problem(begun.error(), exchange.request.instance);
    }
    sink_begun_ = true;
    std::optional<Response> refused;
    const bool allowed = co_await allow_body(exchange);
    if (allowed) refused = co_await pass_body(exchange);
    if (refused || !exchange.parser.is_done() || cut_) {
        abort_upload();
        co_return refused;
    }
    sink_begun_ = false;
    const auto call = [&](Responder responder) { sink_->finish(std::move(responder)); };
    auto response = co_await ask(exchange, call);
    sink_ = nullptr;
    co_return response;
}

asio::awaitable<std::optional<Response>> Connection::pass_body(Exchange& exchange) {
    std::vector<std::byte> space(piece_bytes);
    buffer_.reserve(piece_bytes);
    std::uint64_t received = 0;
    while (!exchange.parser.is_done()) {
        stream_.expires_after(exchange.route->options.body_idle.value_or(core_->options.body_idle));
        const auto piece = co_await read_piece(stream_, buffer_, exchange.parser, space);
        core_->counters.bytes_in += piece.consumed;
        if (cut_) co_return std::nullopt;
        if (piece.error) co_return broken_body(exchange, piece.error);
        received += piece.size;
        if (received > exchange.route->options.body_bytes_max) co_return too_long(exchange);
        if (piece.size == 0) continue;
        const auto taken = sink_->chunk(std::span(space).first(piece.size));
        if (!taken) co_return problem(taken.error(), exchange.request.instance);
        co_await sink_ready();
        if (cut_) co_return std::nullopt;
    }
    stream_.expires_never();
    co_return std::nullopt;
}

// Until the sink wants more; who is held back is not idle.
asio::awaitable<void> Connection::sink_ready() {
    const auto wanted = std::make_shared<Awaited>(stream_.get_executor());
    sink_->when_ready([weak = std::weak_ptr(wanted)] {
        const auto waits = weak.lock();
        if (!waits) return;
        waits->settled = true;
        waits->wake.cancel();
    });
    if (wanted->settled) co_return;
    stream_.expires_never();
    awaited_ = wanted;
    wanted->wake.expires_at(asio::steady_timer::time_point::max());
    while (!wanted->settled && !cut_) co_await wanted->wake.async_wait(as_result);
    awaited_ = nullptr;
}

void Connection::abort_upload() noexcept {
    if (std::exchange(sink_begun_, false)) {
        ++core_->counters.aborted_uploads;
        sink_->aborted();
        sink_ = nullptr;
    }
}

}  // namespace antiphon::http
