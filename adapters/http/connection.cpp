// One HTTP connection: the order of things. Reading bodies and writing answers are in files of their own.
#include "adapters/http/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

#include "adapters/http/live_body.hpp"
#include "adapters/http/problem.hpp"
#include "core/contract.hpp"
#include "core/trace.hpp"

namespace antiphon::http {
namespace {

constexpr std::size_t first_read_bytes = 4096;

std::string address_of(const tcp::socket& socket) {
    error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return "";
    return Url{endpoint.address().to_string(), endpoint.port(), "/", ""}.authority();
}

std::string client_at(const tcp::socket& socket) {
    error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    return error ? "" : client_of(endpoint.address().to_string());
}

// Nothing of HTTP was wrong: the client left.
bool is_departure(error_code error) {
    return error == bhttp::error::end_of_stream || error == bhttp::error::partial_message ||
           error.category() == asio::error::get_system_category() ||
           error.category() == asio::error::get_ssl_category() || error.category() == asio::error::get_misc_category();
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, tcp::socket socket)
    : core_(std::move(core)),
      stream_(std::move(socket)),
      buffer_(core_->options.header_bytes_max + piece_bytes),
      peer_(address_of(stream_.socket())),
      client_(client_at(stream_.socket())) {
    core_->hold_stranger(*this);
}

Connection::~Connection() {
    abort_upload();
    core_->release(*this);
}

void Connection::start() {
    // what a sink or an authenticator throws ends its own connection only
    asio::co_spawn(core_->io, serve(shared_from_this()), [core = core_](const std::exception_ptr& thrown) {
        if (thrown) ++core->counters.dropped_responders;
    });
}

void Connection::drain() {
    if (idle_) stream_.close();
    if (live_) live_->finish();
}

void Connection::cut() noexcept {
    cut_ = true;
    abort_upload();
    if (live_) live_->forget();
    if (awaited_) awaited_->wake.cancel();
    stream_.close();
}

asio::awaitable<void> Connection::serve([[maybe_unused]] std::shared_ptr<Connection> self) {
    // one co_await to a statement: g++ 12 mistakes some of those inside of conditions
    bool more = true;
    if (core_->tls) more = co_await shake_hands();
    while (more && !cut_) more = co_await serve_one();
    if ((lingering_ || stream_.is_tls()) && !cut_) co_await linger(stream_);
}

asio::awaitable<bool> Connection::serve_one() {
    const bool asked = co_await await_request();
    if (!asked) co_return false;
    Exchange exchange;
    exchange.parser.header_limit(static_cast<std::uint32_t>(core_->options.header_bytes_max));
    exchange.parser.body_limit(boost::none);  // each route has its own
    const auto error = co_await read_head(exchange);
    exchange.trace = trace_of(exchange);
    if (error) {
        co_await refuse_malformed(exchange, error);
        co_return false;
    }
    exchange.begun = std::chrono::steady_clock::now();
    auto response = co_await answer_to(exchange);
    if (!response || cut_) co_return false;
    if (!exchange.parser.is_done()) {
        // the unread body would be taken for the next request
        exchange.keep_alive = false;
        lingering_ = true;
    }
    if (core_->draining) exchange.keep_alive = false;
    const bool keep = exchange.keep_alive;
    const bool written = co_await write(exchange, std::move(*response));
    co_return written&& keep && !core_->draining;
}

// Until the first byte of the next request. A new client has less time: it came to ask something.
asio::awaitable<bool> Connection::await_request() {
    if (buffer_.size() > 0) co_return true;
    idle_ = true;
    stream_.expires_after(first_ ? core_->options.header_timeout : core_->options.idle);
    first_ = false;
    auto [error, size] = co_await stream_.async_read_some(buffer_.prepare(first_read_bytes), as_result);
    idle_ = false;
    buffer_.commit(size);
    co_return !error && !cut_;
}

asio::awaitable<error_code> Connection::read_head(Exchange& exchange) {
    stream_.expires_after(core_->options.header_timeout);
    auto [error, size] = co_await bhttp::async_read_header(stream_, buffer_, exchange.parser, as_result);
    core_->counters.bytes_in += size;
    stream_.expires_never();
    co_return error;
}

std::string Connection::trace_of(const Exchange& exchange) const {
    const auto field = exchange.parser.get()[request_id_header];
    const std::string_view given(field.data(), field.size());
    if (core::is_trace(given)) return std::string(given);
    return core_->options.new_trace ? core_->options.new_trace() : "";
}

asio::awaitable<void> Connection::refuse_malformed(Exchange& exchange, error_code error) {
    auto& counters = core_->counters;
    if (error == beast::error::timeout) ++counters.timeouts;
    if (error == beast::error::timeout || is_departure(error) || cut_) co_return;
    ++counters.malformed_requests;
    const bool too_long = error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow;
    exchange.keep_alive = false;
    lingering_ = true;
    auto response = too_long ? problem(431, "the request's header may have at most " +
                                                std::to_string(core_->options.header_bytes_max) + " bytes")
                             : problem(400, "this is no HTTP request: " + error.message());
    co_await write(exchange, std::move(response));
}

asio::awaitable<std::optional<Response>> Connection::answer_to(Exchange& exchange) {
    exchange.request.peer = peer_;
    exchange.client = client_;
    auto refused = admit(*core_, exchange);
    if (exchange.request.identity) core_->show_identity(*this);
    if (refused) {
        const bool ambiguous = refused->status == 400 || refused->status == 501;
        if (refused->status == 400) ++core_->counters.malformed_requests;
        // where the next request begins is not sure any more
        if (ambiguous) exchange.keep_alive = false;
        lingering_ = lingering_ || ambiguous;
        co_return refused;
    }
    if (exchange.route->is_websocket()) {
        co_await upgrade(exchange);
        co_return std::nullopt;
    }
    if (exchange.route->is_upload()) {
        auto stored = co_await receive_upload(exchange);
        co_return stored;
    }
    const bool allowed = co_await allow_body(exchange);
    if (!allowed) co_return std::nullopt;
    if (!exchange.parser.is_done()) {
        refused = co_await receive_body(exchange);
        if (refused || !exchange.parser.is_done() || cut_) co_return refused;
    }
    auto& handler = std::get<Handler>(exchange.route->target);
    const auto call = [&](Responder responder) {
        // the head stays here: the answer's conditions and its log line need it
        Request request = exchange.request;
        request.body = std::move(exchange.request.body);
        handler(std::move(request), std::move(responder));
    };
    auto response = co_await ask(exchange, call);
    if (response) note_refusal(*core_, exchange, response->status);
    co_return response;
}

// Calls the handler and waits for its answer, for as long as the options allow.
asio::awaitable<std::optional<Response>> Connection::ask(Exchange& exchange, std::function<void(Responder)> handler) {
    const auto awaited = std::make_shared<Awaited>(stream_.get_executor());
    awaited_ = awaited;
    const auto settle = [weak = std::weak_ptr(awaited)](std::optional<Response> response) {
        const auto self = weak.lock();
        if (!self || self->settled) return;
        self->settled = true;
        self->response = std::move(response);
        self->wake.cancel();
    };
    std::string thrown;
    try {
        handler(Responder(settle, exchange.request.instance));
    } catch (const std::exception& failure) {
        thrown = failure.what();
    }
    if (!awaited->settled) {
        awaited->wake.expires_after(core_->options.answer);
        co_await awaited->wake.async_wait(as_result);
    }
    awaited_ = nullptr;
    const auto& instance = exchange.request.instance;
    if (awaited->settled && awaited->response) co_return std::move(awaited->response);
    if (cut_) co_return std::nullopt;
    if (!awaited->settled) {
        ++core_->counters.late_handlers;
        awaited->settled = true;  // what comes now comes too late
        co_return problem(503, "no answer in time; it may still take effect", instance);
    }
    ++core_->counters.dropped_responders;
    co_return problem(500, thrown.empty() ? "the request was given up; see the log" : "the request failed: " + thrown,
                      instance);
}

void Connection::observe(const Exchange& exchange, int status) {
    core_->count_answer(status);
    if (!core_->options.observer || cut_) return;
    const auto now = std::chrono::steady_clock::now();
    const auto took = exchange.begun == std::chrono::steady_clock::time_point()
                          ? std::chrono::nanoseconds(0)
                          : std::chrono::nanoseconds(now - exchange.begun);
    const std::string_view pattern = exchange.route ? std::string_view(exchange.route->pattern) : std::string_view();
    core_->options.observer(
        {exchange.request.method, pattern, exchange.request.instance, peer_, exchange.trace, status, took});
}

}  // namespace antiphon::http
