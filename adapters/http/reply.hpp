// An answer as bytes. Internal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/http/message.hpp"
#include "adapters/http/stream.hpp"

namespace antiphon::http {

struct HeadOptions {
    std::string_view server_name;
    std::optional<std::uint64_t> content_length = 0;  // absent: not known, and `chunked` or until the connection ends
    bool keep_alive = true;
    bool chunked = false;
};

// Status line and header fields with the empty line. Fields that would break the framing are left out.
std::string head_text(const Response& response, const HeadOptions& options);

// An open file, with what is to be sent of it.
struct OpenFile {
    OpenFile() = default;
    OpenFile(OpenFile&& other) noexcept : fd(std::exchange(other.fd, -1)), first(other.first), length(other.length) {}
    OpenFile& operator=(OpenFile&&) = delete;
    ~OpenFile();

    int fd = -1;
    std::uint64_t first = 0;
    std::uint64_t length = 0;
};

// Opens the file of `response` and turns that into a 200, 206, 304, 416 or a problem, by the request's conditions.
// Nothing when there is no body to send from it.
std::optional<OpenFile> open_file(const Request& request, Response& response);

// Says goodbye and waits a moment for the client to close, reading what it still sends: else a reset may eat our last
// answer.
asio::awaitable<void> linger(Stream& stream);

}  // namespace antiphon::http
