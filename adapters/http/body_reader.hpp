// Reads one piece of a body that Beast parses, for both ends.
#pragma once

#include <span>

#include "adapters/http/stream.hpp"

namespace antiphon::http {

struct Piece {
    error_code error;
    std::size_t size = 0;      // how much of the span is filled; may be 0 without an error
    std::size_t consumed = 0;  // bytes of the wire
};

// Returns on any progress, so that the stream's time-out (set it before) measures idleness.
asio::awaitable<Piece> read_piece(Stream& stream, beast::flat_buffer& buffer, RequestParser& parser,
                                  std::span<std::byte> space);
asio::awaitable<Piece> read_piece(Stream& stream, beast::flat_buffer& buffer, ResponseParser& parser,
                                  std::span<std::byte> space);

}  // namespace antiphon::http
