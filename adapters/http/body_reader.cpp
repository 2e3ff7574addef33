// Reads one piece of a body that Beast parses, for both ends.
#include "adapters/http/body_reader.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

namespace antiphon::http {
namespace {

template <class Parser>
asio::awaitable<Piece> read_some(Stream& stream, beast::flat_buffer& buffer, Parser& parser,
                                 std::span<std::byte> space) {
    auto& body = parser.get().body();
    body.data = space.data();
    body.size = space.size();
    auto [error, consumed] = co_await bhttp::async_read_some(stream, buffer, parser, as_result);
    if (error == bhttp::error::need_buffer) error = {};
    co_return Piece{error, space.size() - body.size, consumed};
}

}  // namespace

asio::awaitable<Piece> read_piece(Stream& stream, beast::flat_buffer& buffer, RequestParser& parser,
                                  std::span<std::byte> space) {
    return read_some(stream, buffer, parser, space);
}

asio::awaitable<Piece> read_piece(Stream& stream, beast::flat_buffer& buffer, ResponseParser& parser,
                                  std::span<std::byte> space) {
    return read_some(stream, buffer, parser, space);
}

}  // namespace antiphon::http
