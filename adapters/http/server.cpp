// The server: listening, accepting, refusing, stopping.
#include "adapters/http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <vector>

#include "adapters/http/connection.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/http/reply.hpp"
#include "adapters/http/server_core.hpp"
#include "core/contract.hpp"

namespace antiphon::http {
namespace {

constexpr std::size_t refusals_max = 64;  // 503s under way; beyond them connections are just closed
constexpr std::chrono::milliseconds refusal_time{1'000};
constexpr std::chrono::milliseconds accept_pause{100};  // when the process is out of file descriptors

core::Error cannot_listen(const HostPort& at, const error_code& error) {
    const auto where = "port " + std::to_string(at.port) + " on " + at.host;
    if (error == asio::error::address_in_use)
        return {core::ErrorCode::unavailable,
                where + " is in use by another program; choose another with --listen HOST:PORT"};
    if (error == asio::error::access_denied)
        return {core::ErrorCode::denied,
                where + " is reserved for root; choose one above 1023 with --listen HOST:PORT"};
    return {core::ErrorCode::invalid, "cannot listen on " + where + " (" + error.message() +
                                          "); choose an address of this machine with --listen HOST:PORT"};
}

tcp::endpoint endpoint_of(asio::io_context& io, const HostPort& at, error_code& error) {
    const auto address = asio::ip::make_address(at.host, error);
    if (!error) return {address, at.port};
    tcp::resolver resolver(io);
    const auto found = resolver.resolve(at.host, std::to_string(at.port), tcp::resolver::passive, error);
    return error || found.empty() ? tcp::endpoint() : found.begin()->endpoint();
}

// False: there is none.
bool cut_oldest(std::deque<Held*>& clients) {
    if (clients.empty()) return false;
    auto* const oldest = clients.front();
    clients.pop_front();
    oldest->cut();
    return true;
}

}  // namespace

core::Result<void> ServerCore::open() {
    error_code error;
    const auto endpoint = endpoint_of(io, options.listen, error);
    if (!error) acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) port = acceptor.local_endpoint(error).port();
    if (error) return cannot_listen(options.listen, error);
    return {};
}

asio::awaitable<void> ServerCore::accept_loop([[maybe_unused]] std::shared_ptr<ServerCore> self) {
    while (acceptor.is_open()) {
        auto [error, socket] = co_await acceptor.async_accept(as_result);
        if (!acceptor.is_open()) co_return;
        if (!error) {
            take(std::move(socket));
            continue;
        }
        if (error == asio::error::operation_aborted) co_return;
        asio::steady_timer pause(io, accept_pause);
        co_await pause.async_wait(as_result);
    }
}

void ServerCore::take(tcp::socket socket) {
    const bool full = held.size() >= options.connections_max;
    if (full && cut_oldest(strangers)) {
        ++counters.strangers_cut;
    } else if (full) {
        ++counters.refused_connections;
        if (tls) return;  // a handshake costs more than the answer is worth
        if (refusals < refusals_max) asio::co_spawn(io, refuse(shared_from_this(), std::move(socket)), asio::detached);
        return;
    }
    ++counters.connections;
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    std::make_shared<Connection>(shared_from_this(), std::move(socket))->start();
}

// Reading what the client sends keeps a reset from eating the answer.
asio::awaitable<void> ServerCore::refuse([[maybe_unused]] std::shared_ptr<ServerCore> self, tcp::socket socket) {
    ++refusals;
    Stream stream(std::move(socket));
    stream.expires_after(refusal_time);
    auto response = problem(503, "the server has all the connections it may have; try again later");
    response.headers.set("Retry-After", "1");
    const auto text = head_text(response, {options.server_name, response.body.size(), false}) + response.body;
    auto [error, written] = co_await asio::async_write(stream, asio::buffer(text), as_result);
    counters.bytes_out += written;
    if (!error) co_await linger(stream);
    --refusals;
}

void ServerCore::begin_handshake(Held& client) {
    if (handshakes.size() >= options.handshakes_max) cut_oldest(handshakes);
    handshakes.push_back(&client);
}

void ServerCore::end_handshake(Held& client) noexcept { std::erase(handshakes, &client); }

void ServerCore::hold_stranger(Held& client) {
    hold(client);
    strangers.push_back(&client);
}

void ServerCore::hold(Held& one) {
    held.insert(&one);
    counters.open_connections = held.size();
}

void ServerCore::release(Held& one) noexcept {
    held.erase(&one);
    show_identity(one);
    counters.open_connections = held.size();
    if (!draining || !held.empty() || !stopped) return;
    deadline.cancel();
    asio::post(io, std::exchange(stopped, nullptr));
}

void ServerCore::count_answer(int status) noexcept {
    if (status >= 100 && status < 600) ++counters.answers_by_class[static_cast<std::size_t>(status / 100 - 1)];
    if (status == 401 || status == 403) ++counters.unauthorised;
    if (status == 429) ++counters.limited;
}

core::LocalTime ServerCore::now() const {
    if (options.now) return options.now();
    const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<core::Duration>(since_start).count()};
}

void ServerCore::cut_all() noexcept {
    const std::vector<Held*> all(held.begin(), held.end());
    for (auto* one : all)
        if (held.contains(one)) one->cut();
}

void ServerCore::stop(std::chrono::milliseconds limit, std::function<void()> done) {
    error_code ignored;
    acceptor.close(ignored);
    draining = true;
    if (held.empty()) {
        asio::post(io, std::move(done));
        return;
    }
    stopped = std::move(done);
    deadline.expires_after(limit);
    deadline.async_wait([weak = weak_from_this()](error_code error) {
        const auto self = weak.lock();
        if (!error && self) self->cut_all();
    });
    const std::vector<Held*> all(held.begin(), held.end());
    for (auto* one : all)
        if (held.contains(one)) one->drain();
}

core::Result<std::unique_ptr<Server>> Server::listen(asio::io_context& io, ServerOptions options, Router router) {
    auto core = std::make_shared<ServerCore>(io, std::move(options), std::move(router));
    if (auto opened = core->open(); !opened) return opened.error();
    asio::co_spawn(io, core->accept_loop(core), asio::detached);
    return std::unique_ptr<Server>(new Server(std::move(core)));
}

Server::Server(std::shared_ptr<ServerCore> core) : core_(std::move(core)) {}

Server::~Server() {
    error_code ignored;
    core_->acceptor.close(ignored);
    core_->deadline.cancel();
    core_->stopped = nullptr;
    core_->draining = true;
    core_->cut_all();
}

std::uint16_t Server::port() const noexcept { return core_->port; }
std::string Server::url() const {
    const auto& options = core_->options;
    const auto& host = options.host_in_url.empty() ? options.listen.host : options.host_in_url;
    return Url{host, core_->port, "/", "", core_->tls != nullptr}.origin();
}
void Server::use_tls(ports::TlsContext context, std::string host_in_url) {
    ANTIPHON_ASSERT(core_->tls && context);
    core_->tls = std::move(context);
    core_->options.host_in_url = std::move(host_in_url);
}
const Router& Server::router() const noexcept { return core_->router; }
const ServerCounters& Server::counters() const noexcept { return core_->counters; }

void Server::stop(std::chrono::milliseconds deadline, std::function<void()> done) {
    core_->stop(deadline, std::move(done));
}

}  // namespace antiphon::http
