// Answers as bytes: status line, fields, and the file behind them.
#include "adapters/http/reply.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "adapters/http/conditional.hpp"
#include "adapters/http/problem.hpp"

namespace antiphon::http {
namespace {

constexpr std::chrono::milliseconds linger_time{1'000};
constexpr std::size_t linger_bytes_max = 4 * 1024 * 1024;

bool is_safe_value(std::string_view value) {
    return std::none_of(value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool is_safe_name(std::string_view name) {
    const auto token = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != ':' && c != 0x7f; };
    return !name.empty() && std::all_of(name.begin(), name.end(), token);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    if (is_safe_name(name) && is_safe_value(value)) out.append(name).append(": ").append(value).append("\r\n");
}

// Formatted once a second: it costs more than the rest of the head.
std::string_view date_now() {
    thread_local std::time_t formatted = 0;
    thread_local std::array<char, 40> text{};
    const auto now = std::time(nullptr);  // tidy: allow wall-clock because the Date header (RFC 9110, 6.6.1) is a label
    if (now != formatted) {
        std::tm parts{};
        gmtime_r(&now, &parts);
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        formatted = now;
    }
    return text.data();
}

void become(Response& response, Response other) {
    other.headers.set("Accept-Ranges", "bytes");
    response = std::move(other);
}

int open_regular(const std::filesystem::path& path, std::uint64_t& size_bytes) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return -1;
    struct stat status{};
    if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        size_bytes = static_cast<std::uint64_t>(status.st_size);
        return fd;
    }
    ::close(fd);
    errno = ENOENT;
    return -1;
}

bool wants_range(const Request& request, const std::string& etag) {
    if (request.method != Method::get || !request.headers.find("Range")) return false;
    const auto* condition = request.headers.find("If-Range");
    return !condition || (!etag.empty() && *condition == etag);
}

std::string content_range(const OpenFile& file, std::uint64_t size_bytes) {
    return "bytes " + std::to_string(file.first) + "-" + std::to_string(file.first + file.length - 1) + "/" +
           std::to_string(size_bytes);
}

}  // namespace

std::string head_text(const Response& response, const HeadOptions& options) {
    const auto reason = bhttp::obsolete_reason(static_cast<bhttp::status>(response.status));
    std::string out;
    out.reserve(256);
    out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    out.append(reason.data(), reason.size()).append("\r\n");
    append_field(out, "Server", options.server_name);
    append_field(out, "Date", date_now());
    if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
    append_field(out, "X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) append_field(out, name, value);
    const bool bodiless = response.status < 200 || response.status == 204 || response.status == 304;
    if (!bodiless && options.content_length)
        append_field(out, "Content-Length", std::to_string(*options.content_length));
    if (!bodiless && options.chunked) append_field(out, "Transfer-Encoding", "chunked");
    append_field(out, "Connection", options.keep_alive ? "keep-alive" : "close");
    return out.append("\r\n");
}

OpenFile::~OpenFile() {
    if (fd >= 0) ::close(fd);
}

std::optional<OpenFile> open_file(const Request& request, Response& response) {
    const auto wanted = *std::exchange(response.file, std::nullopt);
    OpenFile file;
    std::uint64_t size_bytes = 0;
    file.fd = open_regular(wanted.path, size_bytes);
    if (file.fd < 0) {
        // the path is ours, not the client's: it goes to no client
        const bool missing = errno == ENOENT || errno == ENOTDIR;
        response =
            missing ? problem(404, "the file is not there any more", request.instance)
                    : problem(500, std::string("the file cannot be read: ") + std::strerror(errno), request.instance);
        return std::nullopt;
    }
    if (is_not_modified(request, wanted.etag)) {
        become(response, not_modified(wanted.etag));
        return std::nullopt;
    }
    if (!wanted.etag.empty()) response.headers.set("ETag", wanted.etag);
    response.headers.set("Accept-Ranges", "bytes");
    file.length = size_bytes;
    if (!wants_range(request, wanted.etag)) return file;
    const auto range = parse_range(request.headers.get("Range"), size_bytes);
    if (!range) {
        become(response, problem(416, range.error().what, request.instance));
        response.headers.set("Content-Range", "bytes */" + std::to_string(size_bytes));
        return std::nullopt;
    }
    if (!*range) return file;
    file.first = (*range)->first;
    file.length = (*range)->length;
    response.status = 206;
    response.headers.set("Content-Range", content_range(file, size_bytes));
    return file;
}

asio::awaitable<void> linger(Stream& stream) {
    error_code ignored;
    stream.expires_after(linger_time);
    co_await stream.close_tls();
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    std::array<char, 4096> bin{};
    for (std::size_t read = 0; read < linger_bytes_max;) {
        // what TLS carries is of no interest any more
        auto [error, size] = co_await stream.next_layer().async_read_some(asio::buffer(bin), as_result);
        if (error) break;
        read += size;
    }
    stream.close();
}

}  // namespace antiphon::http
