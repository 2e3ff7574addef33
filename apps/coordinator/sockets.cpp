// Telling or closing one may change the set: each walk is over a copy.
#include "apps/coordinator/sockets.hpp"

namespace antiphon::coordinator {

void Sockets::admit(const std::shared_ptr<http::WebSocket>& socket, core::TokenId token) {
    open_->emplace(socket, std::move(token));
    socket->on_close([all = std::weak_ptr(open_), weak = std::weak_ptr(socket)](std::uint16_t, const std::string&) {
        if (const auto here = all.lock()) here->erase(weak.lock());
    });
}

void Sockets::tell(std::string text) {
    const auto shared = std::make_shared<const std::string>(std::move(text));
    const auto all = *open_;
    for (const auto& [socket, token] : all)
        if (!socket->send(shared)) open_->erase(socket);
}

void Sockets::dismiss(const std::function<bool(const core::TokenId& token)>& over, const std::string& why) {
    const auto all = *open_;
    for (const auto& [socket, token] : all)
        if (over(token)) socket->close(http::close_code::policy, why);
}

}  // namespace antiphon::coordinator
