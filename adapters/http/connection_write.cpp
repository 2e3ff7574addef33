// Answers on their way out.
#include <unistd.h>

#include <array>
#include <boost/asio/write.hpp>
#include <charconv>

#include "adapters/http/connection.hpp"
#include "adapters/http/live_body.hpp"

namespace antiphon::http {
namespace {

// What waits in the kernel is late too.
constexpr int live_kernel_bytes = 64 * 1024;

// "1f40\r\n" (RFC 9112, 7.1).
std::string chunk_head(std::size_t bytes) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes, 16).ptr;
    return std::string(digits.data(), end) + "\r\n";
}

}  // namespace

asio::awaitable<bool> Connection::write(Exchange& exchange, Response response) {
    if (response.live) {
        const bool sent = co_await write_live(exchange, std::move(response));
        co_return sent;
    }
    const auto file = response.file ? open_file(exchange.request, response) : std::nullopt;
    if (!exchange.trace.empty()) response.headers.set(request_id_header, exchange.trace);
    const bool head_only = exchange.request.method == Method::head;
    const auto length = file ? file->length : response.body.size();
    auto bytes = head_text(response, {core_->options.server_name, length, exchange.keep_alive});
    const bool bodiless = head_only || response.status == 204 || response.status == 304;
    if (!bodiless && !file) bytes += response.body;
    bool written = co_await write_all(bytes);
    if (written && file && !bodiless) written = co_await write_file(*file);
    if (written) observe(exchange, response.status);
    co_return written;
}

// Told to the observer when it begins: how long somebody reads on is not how long an answer took.
asio::awaitable<bool> Connection::write_live(Exchange& exchange, Response response) {
    if (!exchange.trace.empty()) response.headers.set(request_id_header, exchange.trace);
    const bool chunked = exchange.parser.get().version() != 10;
    exchange.keep_alive = exchange.keep_alive && chunked;
    const auto head = head_text(response, {core_->options.server_name, {}, exchange.keep_alive, chunked});
    error_code ignored;
    stream_.socket().set_option(tcp::socket::send_buffer_size(live_kernel_bytes), ignored);
    live_ = std::move(response.live);
    bool whole = co_await write_all(head);
    if (whole) observe(exchange, response.status);
    if (whole && exchange.request.method != Method::head) whole = co_await write_pieces(*live_, chunked);
    live_ = nullptr;
    co_return whole;
}

asio::awaitable<bool> Connection::write_pieces(LiveBodyReader& reader, bool chunked) {
    const auto awaited = awaited_ = std::make_shared<Awaited>(stream_.get_executor());
    awaited->wake.expires_at(asio::steady_timer::time_point::max());
    reader.on_news([this, awaited, &reader] {
        awaited->settled = true;
        awaited->wake.cancel();
        if (reader.too_slow()) stream_.close();  // what is being written would wait for it
    });
    if (core_->draining) reader.finish();
    bool good = true;
    while (!cut_ && !reader.too_slow()) {
        awaited->settled = false;
        if (const auto bytes = reader.take()) {
            std::string piece;
            if (chunked) piece = chunk_head(bytes->size());
            piece += *bytes;
            if (chunked) piece += "\r\n";
            good = co_await write_all(piece);
            if (!good) break;
            continue;
        }
        if (reader.finished()) {
            good = !chunked;
            if (chunked) good = co_await write_all("0\r\n\r\n");
            break;
        }
        if (!awaited->settled) co_await awaited->wake.async_wait(as_result);
    }
    awaited_ = nullptr;
    if (reader.too_slow()) ++core_->counters.slow_consumers_cut;
    co_return good && !cut_ && !reader.too_slow();
}

asio::awaitable<bool> Connection::write_file(const OpenFile& file) {
    std::vector<char> piece(std::min<std::uint64_t>(piece_bytes, file.length));
    for (std::uint64_t done = 0; done < file.length;) {
        const auto wanted = std::min<std::uint64_t>(piece.size(), file.length - done);
        const auto got = ::pread(file.fd, piece.data(), wanted, static_cast<off_t>(file.first + done));
        // shrunk or unreadable: the length is promised already, so only a cut tells the client
        if (got <= 0) co_return false;
        const std::string_view ready(piece.data(), static_cast<std::size_t>(got));
        const bool written = co_await write_all(ready);
        if (!written) co_return false;
        done += static_cast<std::uint64_t>(got);
    }
    co_return true;
}

asio::awaitable<bool> Connection::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        stream_.expires_after(core_->options.body_idle);
        auto [error, size] = co_await stream_.async_write_some(asio::buffer(bytes.data(), bytes.size()), as_result);
        core_->counters.bytes_out += size;
        if (error == beast::error::timeout) ++core_->counters.slow_consumers_cut;
        if (error || cut_) co_return false;
        bytes.remove_prefix(size);
    }
    stream_.expires_never();
    co_return true;
}

}  // namespace antiphon::http
