// Which handler serves which method and path, and which permission it takes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/http/message.hpp"
#include "adapters/http/operation.hpp"
#include "adapters/http/responder.hpp"
#include "adapters/http/upload.hpp"
#include "adapters/http/websocket.hpp"

namespace antiphon::http {

// On the server's loop; must not block it. An exception that leaves it is answered with 500.
using Handler = std::function<void(Request request, Responder responder)>;
// The handshake is done; keep the socket to send to it. It closes itself only when one side says so.
using WebSocketHandler = std::function<void(const Request& request, std::shared_ptr<WebSocket> socket)>;

struct RouteOptions {
    Operation operation;                                       // for the API's description
    std::vector<std::string> consumes = {"application/json"};  // a body of another type is a 415; empty: any type
    std::uint64_t body_bytes_max = 1024 * 1024;                // beyond it 413
    std::optional<std::chrono::milliseconds> body_idle = {};   // of an upload, instead of the server's
    // Browsers ask for it by themselves and set no headers then (an <audio> element): the token may come as the
    // query's access_token, as with a WebSocket.
    bool token_in_query = false;
    // Something secret is asked for in the body: a 401 or 403 counts as a failure of that client, as a wrong token
    // does.
    bool guarded = false;
};

// `/v1/sessions/{id}`: a segment in braces matches one segment; `{rest...}` at the end matches one or more, with their
// '/'.
struct Route {
    Method method = Method::get;
    std::string pattern;
    Permission permission = Permission::admin;
    RouteOptions options;
    std::variant<Handler, UploadFactory, WebSocketHandler> target;

    bool is_upload() const noexcept { return target.index() == 1; }
    bool is_websocket() const noexcept { return target.index() == 2; }
};

// Filled before the server starts, constant after; then safe to read from any thread.
class Router {
  public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    // A pattern that is malformed or already there is a bug. GET serves HEAD too.
    void add(Method method, std::string pattern, Permission permission, Handler handler, RouteOptions options = {});
    // Uploads take any content type, unless told.
    void upload(Method method, std::string pattern, Permission permission, std::uint64_t body_bytes_max,
                UploadFactory factory, Operation operation = {},
                std::optional<std::chrono::milliseconds> body_idle = {});
    void websocket(std::string pattern, Permission permission, WebSocketHandler handler, Operation operation = {});

    // In the order they were added.
    const std::vector<Route>& routes() const noexcept;

    struct Match {
        const Route* route = nullptr;  // null: no such path (`allow` empty) or not with this method
        TextMap params;
        std::vector<Method> allow;  // the methods that the path knows
    };
    // A literal segment wins over a {name}, a {name} over a {rest...}.
    Match match(Method method, std::string_view path) const;

  private:
    struct Table;
    std::unique_ptr<Table> table_;
};

}  // namespace antiphon::http
