// What the exchanges of one client share. Internal.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <memory>
#include <set>
#include <vector>

#include "adapters/http/body_reader.hpp"
#include "adapters/http/client.hpp"
#include "adapters/http/stream.hpp"

namespace antiphon::http {

class SocketPump;

// One connection to the server.
struct Link {
    explicit Link(asio::io_context& io) : stream(io), resolver(io), buffer(2 * piece_bytes) {}

    void close() noexcept {
        resolver.cancel();
        stream.close();
    }

    Stream stream;
    tcp::resolver resolver;
    beast::flat_buffer buffer;
    bool reused = false;
};

struct ClientCore : std::enable_shared_from_this<ClientCore> {
    ClientCore(asio::io_context& loop, Url url, std::string bearer, ClientOptions settings)
        : io(loop), base(std::move(url)), token(std::move(bearer)), options(std::move(settings)) {}

    // "cannot reach http://... (connection refused); ..."
    core::Error cannot_reach(error_code error) const;
    // "GET /v1/x at http://...: WHY"
    core::Error failed(Method method, const std::string& target, core::ErrorCode code, const std::string& why) const;
    core::Error failed(Method method, const std::string& target, error_code error) const;

    // With the handshake of TLS, when the URL says https.
    asio::awaitable<core::Result<void>> connect(Stream& stream, tcp::resolver& resolver,
                                                std::chrono::milliseconds limit);
    asio::awaitable<error_code> connect_tcp(Stream& stream, tcp::resolver& resolver);
    asio::awaitable<core::Result<void>> prove(Stream& stream);
    // An idle connection that is still good, or a new one, within `limit` and the options' time-out.
    asio::awaitable<core::Result<std::shared_ptr<Link>>> link_up(bool may_reuse, std::chrono::milliseconds limit);
    void keep(std::shared_ptr<Link> link);

    std::string head_of(Method method, const std::string& target, const Headers& headers) const;
    asio::awaitable<error_code> write(Link& link, std::string_view bytes);
    // The head of the next answer, be it a 1xx.
    asio::awaitable<error_code> read_any_head(Link& link, std::unique_ptr<ResponseParser>& parser, bool bodiless);
    // The head of the final answer, after any 1xx.
    asio::awaitable<error_code> read_head(Link& link, std::unique_ptr<ResponseParser>& parser, bool bodiless);
    // The rest of the answer, up to the bound.
    asio::awaitable<core::Result<Response>> read_rest(Link& link, ResponseParser& parser, Method method,
                                                      const std::string& target);

    // Runs `work` unless there is too much under way already.
    template <class Answer>
    void run(asio::awaitable<core::Result<Answer>> work, std::function<void(core::Result<Answer>)> done);

    asio::io_context& io;
    Url base;
    std::string token;
    ClientOptions options;
    std::vector<std::shared_ptr<Link>> idle;
    std::set<Link*> busy;
    std::vector<std::weak_ptr<SocketPump>> sockets;
    std::size_t exchanges = 0;
    bool dead = false;  // no callback any more
};

// A link among the busy ones, for as long as this lives.
class Busy {
  public:
    Busy(ClientCore& core, Link& link) : core_(core), link_(link) { core_.busy.insert(&link_); }
    ~Busy() { core_.busy.erase(&link_); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

  private:
    ClientCore& core_;
    Link& link_;
};

// Fills status, headers and content type from a parsed head.
Response head_as_response(const ResponseParser& parser);
// A target that cannot break the request line.
bool is_safe_target(std::string_view target) noexcept;

asio::awaitable<core::Result<Response>> exchange(std::shared_ptr<ClientCore> core, ClientRequest request);
asio::awaitable<core::Result<Downloaded>> download(std::shared_ptr<ClientCore> core, DownloadRequest request,
                                                   Client::ChunkSink sink);
asio::awaitable<core::Result<Response>> upload(std::shared_ptr<ClientCore> core, UploadRequest request);
std::shared_ptr<WebSocket> open_websocket(const std::shared_ptr<ClientCore>& core, std::string target,
                                          WebSocketEvents events);

// Counts the exchange for as long as it lives, and hands its answer over.
template <class Answer>
asio::awaitable<void> carry(std::shared_ptr<ClientCore> core, asio::awaitable<core::Result<Answer>> work,
                            std::function<void(core::Result<Answer>)> done) {
    auto answer = co_await std::move(work);
    --core->exchanges;
    if (!core->dead) done(std::move(answer));
}

template <class Answer>
void ClientCore::run(asio::awaitable<core::Result<Answer>> work, std::function<void(core::Result<Answer>)> done) {
    ++exchanges;
    asio::co_spawn(io, carry<Answer>(shared_from_this(), std::move(work), std::move(done)),
                   [](const std::exception_ptr& thrown) {
                       // a callback's exception leaves through the loop, as it would without coroutines
                       if (thrown) std::rethrow_exception(thrown);
                   });
}

}  // namespace antiphon::http
