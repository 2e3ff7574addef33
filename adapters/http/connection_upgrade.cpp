// A connection that becomes a WebSocket.
#include "adapters/http/connection.hpp"
#include "adapters/http/socket_pump.hpp"

namespace antiphon::http {
namespace {

namespace websocket = beast::websocket;

// A WebSocket among the things that the server must be able to end. Lives as long as its pump is open.
class HeldSocket final : public Held, public std::enable_shared_from_this<HeldSocket> {
  public:
    HeldSocket(std::shared_ptr<ServerCore> core, const std::shared_ptr<SocketPump>& pump)
        : core_(std::move(core)), pump_(pump) {
        core_->hold(*this);
        ++core_->counters.open_websockets;
    }
    ~HeldSocket() override {
        --core_->counters.open_websockets;
        core_->release(*this);
    }
    HeldSocket(const HeldSocket&) = delete;
    HeldSocket& operator=(const HeldSocket&) = delete;

    // The pump keeps this alive, and lets go when it ends.
    void attach() {
        SocketPump::Watch watch;
        watch.received = [core = core_](std::size_t bytes) { core->counters.bytes_in += bytes; };
        watch.sent = [core = core_](std::size_t bytes) { core->counters.bytes_out += bytes; };
        watch.too_slow = [core = core_] { ++core->counters.slow_consumers_cut; };
        watch.ended = [self = shared_from_this()] {};
        if (const auto pump = pump_.lock()) pump->watch(std::move(watch));
    }
    void drain() override {
        if (const auto pump = pump_.lock()) pump->close(close_code::going_away, "the server stops");
    }
    void cut() noexcept override {
        if (const auto pump = pump_.lock()) pump->cut();
    }

  private:
    std::shared_ptr<ServerCore> core_;
    std::weak_ptr<SocketPump> pump_;  // kept alive by its own read
};

}  // namespace

asio::awaitable<void> Connection::upgrade(Exchange& exchange) {
    const auto core = core_;
    const auto pump = std::make_shared<SocketPump>(std::move(stream_), core->options.websocket);
    std::make_shared<HeldSocket>(core, pump)->attach();
    pump->stream().set_option(websocket::stream_base::decorator(
        [name = core->options.server_name, trace = exchange.trace](websocket::response_type& response) {
            response.set(bhttp::field::server, name);
            if (!trace.empty()) response.set(request_id_header, trace);
        }));
    const auto handshake = exchange.parser.release();
    auto [error] = co_await pump->stream().async_accept(handshake, as_result);
    if (error || cut_ || !pump->is_open()) {
        pump->cut();
        co_return;
    }
    observe(exchange, 101);
    pump->start();  // first: a handler that closes it at once is to be heard
    std::get<WebSocketHandler>(exchange.route->target)(exchange.request, pump);
}

}  // namespace antiphon::http
