// The client's public face, and its connections.
#include "adapters/http/client.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include "adapters/http/client_core.hpp"
#include "adapters/http/socket_pump.hpp"

namespace antiphon::http {
namespace {

std::string with_small_initial(std::string text) {
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + ('a' - 'A'));
    return text;
}

core::Error too_many(const ClientOptions& options) {
    return {core::ErrorCode::exhausted, "more than " + std::to_string(options.exchanges_max) +
                                            " HTTP requests under way at once; wait for some of them"};
}

// Both are improvements that a network or container may refuse.
void pace(tcp::socket& socket, std::uint32_t bytes_per_s) {
    constexpr int lower_effort = 1 << 2;  // DSCP 1 in the octet of the class of traffic
    const int fd = socket.native_handle();
    ::setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes_per_s, sizeof bytes_per_s);
    ::setsockopt(fd, IPPROTO_IP, IP_TOS, &lower_effort, sizeof lower_effort);
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &lower_effort, sizeof lower_effort);
}

// Closed by the server meanwhile, or holding bytes that nobody asked for.
bool is_stale(Link& link) {
    auto& socket = link.stream.socket();
    error_code error;
    socket.non_blocking(true, error);
    char byte = 0;
    socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    return error != asio::error::would_block || link.buffer.size() > 0;
}

}  // namespace

core::Error ClientCore::cannot_reach(error_code error) const {
    const auto why = error == beast::error::timeout
                         ? "no answer in " + std::to_string(options.connect_timeout.count()) + " ms"
                         : with_small_initial(error.message());
    return {core::ErrorCode::unavailable, "cannot reach " + base.origin() + " (" + why +
                                              "); is the coordinator running? set --server or ANTIPHON_URL"};
}

core::Error ClientCore::failed(Method method, const std::string& target, core::ErrorCode code,
                               const std::string& why) const {
    const auto path = target.substr(0, target.find('?'));
    return {code, std::string(to_string(method)) + " " + path.substr(0, 200) + " at " + base.origin() + ": " + why};
}

core::Error ClientCore::failed(Method method, const std::string& target, error_code error) const {
    const bool no_http = error.category() == bhttp::make_error_code(bhttp::error::bad_chunk).category() &&
                         error != bhttp::error::end_of_stream && error != bhttp::error::partial_message;
    if (no_http) return failed(method, target, core::ErrorCode::corrupt, "the answer is no HTTP: " + error.message());
    const bool slow = error == beast::error::timeout;
    const bool left = error == bhttp::error::end_of_stream || error == bhttp::error::partial_message;
    const auto why = slow   ? "no answer in time; try again later"
                     : left ? "the server closed the connection; try again later"
                            : with_small_initial(error.message()) + "; try again later";
    return failed(method, target, core::ErrorCode::unavailable, why);
}

asio::awaitable<core::Result<void>> ClientCore::connect(Stream& stream, tcp::resolver& resolver,
                                                        std::chrono::milliseconds limit) {
    stream.expires_after(std::min(limit, options.connect_timeout));
    const auto unreachable = co_await connect_tcp(stream, resolver);
    if (unreachable) co_return cannot_reach(unreachable);
    error_code ignored;
    stream.socket().set_option(tcp::no_delay(true), ignored);
    if (options.paced_bytes_per_s > 0) pace(stream.socket(), options.paced_bytes_per_s);
    if (!base.tls) co_return core::Result<void>();
    auto proven = co_await prove(stream);
    co_return proven;
}

asio::awaitable<error_code> ClientCore::connect_tcp(Stream& stream, tcp::resolver& resolver) {
    auto& socket = stream.next_layer();
    error_code no_address;
    const auto address = asio::ip::make_address(base.host, no_address);
    if (!no_address) {
        auto [error] = co_await socket.async_connect(tcp::endpoint(address, base.port), as_result);
        co_return error;
    }
    auto [unknown, found] = co_await resolver.async_resolve(base.host, std::to_string(base.port), as_result);
    if (unknown) co_return unknown;
    auto [error, chosen] = co_await socket.async_connect(found, as_result);
    co_return error;
}

asio::awaitable<core::Result<std::shared_ptr<Link>>> ClientCore::link_up(bool may_reuse,
                                                                         std::chrono::milliseconds limit) {
    while (may_reuse && !idle.empty()) {
        auto link = std::move(idle.back());
        idle.pop_back();
        if (is_stale(*link)) continue;
        link->reused = true;
        co_return link;
    }
    auto link = std::make_shared<Link>(io);
    const Busy busy_now(*this, *link);
    const auto connected = co_await connect(link->stream, link->resolver, limit);
    if (!connected) co_return connected.error();
    co_return link;
}

void ClientCore::keep(std::shared_ptr<Link> link) {
    link->stream.expires_never();
    if (!dead && idle.size() < options.idle_connections_max) idle.push_back(std::move(link));
}

Client::Client(asio::io_context& io, Url base, std::string token, ClientOptions options)
    : core_(std::make_shared<ClientCore>(io, std::move(base), std::move(token), std::move(options))) {}

Client::~Client() {
    core_->dead = true;
    core_->idle.clear();
    const auto busy = core_->busy;
    for (auto* link : busy) link->close();
    for (const auto& weak : core_->sockets)
        if (const auto pump = weak.lock()) pump->cut();
}

const Url& Client::base() const noexcept { return core_->base; }

void Client::request(ClientRequest request, Done done) {
    if (core_->exchanges >= core_->options.exchanges_max) return done(too_many(core_->options));
    core_->run<Response>(exchange(core_, std::move(request)), std::move(done));
}

void Client::download(DownloadRequest request, ChunkSink sink, std::function<void(core::Result<Downloaded>)> done) {
    if (core_->exchanges >= core_->options.exchanges_max) return done(too_many(core_->options));
    core_->run<Downloaded>(http::download(core_, std::move(request), std::move(sink)), std::move(done));
}

void Client::upload(UploadRequest request, Done done) {
    if (core_->exchanges >= core_->options.exchanges_max) return done(too_many(core_->options));
    core_->run<Response>(http::upload(core_, std::move(request)), std::move(done));
}

std::shared_ptr<WebSocket> Client::websocket(std::string target, WebSocketEvents events) {
    return open_websocket(core_, std::move(target), std::move(events));
}

core::Result<Response> fetch(const Url& base, const std::string& token, ClientRequest request, ClientOptions options) {
    asio::io_context io(1);
    Client client(io, base, token, std::move(options));
    std::optional<core::Result<Response>> answer;
    client.request(std::move(request), [&](core::Result<Response> got) { answer = std::move(got); });
    while (!answer && io.run_one() > 0) {
    }
    if (!answer)
        return core::Error{core::ErrorCode::internal, "the request to " + base.origin() + " ended without an answer"};
    return std::move(*answer);
}

}  // namespace antiphon::http
