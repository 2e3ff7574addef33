// WebSockets that are all told the same.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "adapters/http/websocket.hpp"
#include "core/ids.hpp"

namespace antiphon::coordinator {

// For the loop of its server. Whoever is too slow is cut off by his queue.
class Sockets {
  public:
    // `token`: that let it in; empty: another secret.
    void admit(const std::shared_ptr<http::WebSocket>& socket, core::TokenId token);
    void tell(std::string text);
    // Closes those whose token is over.
    void dismiss(const std::function<bool(const core::TokenId& token)>& over, const std::string& why);
    bool empty() const { return open_->empty(); }

  private:
    using Open = std::map<std::shared_ptr<http::WebSocket>, core::TokenId>;
    // shared with the sockets' handlers, which may outlive this
    std::shared_ptr<Open> open_ = std::make_shared<Open>();
};

}  // namespace antiphon::coordinator
