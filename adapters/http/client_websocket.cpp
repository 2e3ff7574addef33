// The client's end of a WebSocket: connecting and shaking hands; the rest is the pump's.
#include "adapters/http/client_core.hpp"
#include "adapters/http/socket_pump.hpp"

namespace antiphon::http {
namespace {

namespace websocket = beast::websocket;

std::string why_declined(error_code error, const websocket::response_type& answer) {
    if (error != websocket::error::upgrade_declined) return error.message();
    return "the server answered " + std::to_string(answer.result_int()) + " " +
           std::string(answer.reason().data(), answer.reason().size());
}

asio::awaitable<void> open(std::shared_ptr<ClientCore> core, std::shared_ptr<SocketPump> pump, std::string target,
                           std::function<void()> on_open) {
    if (!is_safe_target(target))
        co_return pump->fail(close_code::abnormal, "the path must start with '/' and be percent-encoded");
    auto& stream = pump->stream().next_layer();
    tcp::resolver resolver(core->io);
    const auto connected = co_await core->connect(stream, resolver, core->options.connect_timeout);
    if (!connected) co_return pump->fail(close_code::abnormal, connected.error().what);
    if (!pump->is_open()) co_return;
    stream.expires_never();  // the WebSocket layer has its own time-outs
    pump->stream().set_option(
        websocket::stream_base::decorator([token = core->token](websocket::request_type& request) {
            request.set(bhttp::field::user_agent, "antiphon");
            if (!token.empty()) request.set(bhttp::field::authorization, "Bearer " + token);
        }));
    websocket::response_type answer;
    const auto host = core->base.authority();
    auto [error] = co_await pump->stream().async_handshake(answer, host, target, as_result);
    if (error) co_return pump->fail(close_code::abnormal, why_declined(error, answer));
    if (!pump->is_open()) co_return;
    pump->start();
    if (on_open) on_open();
}

}  // namespace

std::shared_ptr<WebSocket> open_websocket(const std::shared_ptr<ClientCore>& core, std::string target,
                                          WebSocketEvents events) {
    auto pump = std::make_shared<SocketPump>(Stream(core->io), core->options.websocket);
    pump->on_message(std::move(events.on_message));
    pump->on_close(std::move(events.on_close));
    std::erase_if(core->sockets, [](const auto& weak) { return weak.expired(); });
    core->sockets.push_back(pump);
    asio::co_spawn(core->io, open(core, pump, std::move(target), std::move(events.on_open)),
                   [](const std::exception_ptr& thrown) {
                       if (thrown) std::rethrow_exception(thrown);
                   });
    return pump;
}

}  // namespace antiphon::http
