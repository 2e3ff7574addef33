// Answers on their way out.
#include <unistd.h>

#include <boost/asio/write.hpp>

#include "adapters/http/connection.hpp"

namespace antiphon::http {

asio::awaitable<bool> Connection::write(Exchange& exchange, Response response) {
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
