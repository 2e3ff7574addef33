// Requests and responses: the small conveniences.
#include "adapters/http/message.hpp"

#include "adapters/http/live_body.hpp"

#include <array>

#include "core/contract.hpp"

namespace antiphon::http {
namespace {

constexpr std::array<std::string_view, 7> method_names = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

Response of_type(std::string content_type, std::string body, int status) {
    Response response;
    response.status = status;
    response.content_type = std::move(content_type);
    response.body = std::move(body);
    return response;
}

}  // namespace

std::string_view to_string(Method method) noexcept { return method_names[static_cast<std::size_t>(method)]; }

std::optional<Method> parse_method(std::string_view text) noexcept {
    for (std::size_t i = 0; i < method_names.size(); ++i)
        if (method_names[i] == text) return static_cast<Method>(i);
    return std::nullopt;
}

const std::string& Request::param(std::string_view name) const {
    const auto found = params.find(name);
    ANTIPHON_ASSERT(found != params.end());
    return found->second;
}

std::string_view Request::query_or(std::string_view name, std::string_view otherwise) const noexcept {
    const auto found = query.find(name);
    return found == query.end() ? otherwise : std::string_view(found->second);
}

std::optional<std::string> Request::idempotency_key() const {
    const auto* key = headers.find("Idempotency-Key");
    return key ? std::optional(*key) : std::nullopt;
}

Response Response::json(std::string body, int status) { return of_type("application/json", std::move(body), status); }
Response Response::text(std::string body, int status) {
    return of_type("text/plain; charset=utf-8", std::move(body), status);
}
Response Response::html(std::string body) { return of_type("text/html; charset=utf-8", std::move(body), 200); }
Response Response::empty(int status) { return of_type("", "", status); }

Response Response::of_live(std::shared_ptr<LiveBody> body, std::string content_type) {
    auto response = of_type(std::move(content_type), "", 200);
    response.live = std::make_shared<LiveBodyReader>(std::move(body));
    return response;
}

Response Response::of_file(FileBody file, std::string content_type) {
    auto response = of_type(std::move(content_type), "", 200);
    response.file = std::move(file);
    return response;
}

}  // namespace antiphon::http
