// Framing, target, route, origin, token, content: in this order, so that the cheap and the dangerous come first.
#include "adapters/http/admission.hpp"

#include <algorithm>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "adapters/http/problem.hpp"

namespace antiphon::http {
namespace {

std::string text_of(beast::string_view view) { return {view.data(), view.size()}; }

Response refusal(const Exchange& exchange, int status, std::string detail) {
    return problem(status, std::move(detail), exchange.request.instance);
}

// Whatever two parsers could read in two ways is refused: that is how requests are smuggled.
std::optional<Response> check_framing(const Exchange& exchange) {
    const auto& message = exchange.parser.get();
    const auto encoding = text_of(message[bhttp::field::transfer_encoding]);
    if (message.version() == 11 && message.count(bhttp::field::host) != 1)
        return refusal(exchange, 400, "the request needs exactly one Host header");
    if (message.count(bhttp::field::content_length) > 1)
        return refusal(exchange, 400, "the request has more than one Content-Length");
    if (!message.count(bhttp::field::transfer_encoding)) return std::nullopt;
    if (message.version() != 11 || message.count(bhttp::field::content_length) > 0)
        return refusal(exchange, 400, "Transfer-Encoding goes neither with HTTP/1.0 nor with Content-Length");
    if (message.count(bhttp::field::transfer_encoding) > 1 || !equal_ignoring_case(encoding, "chunked"))
        return refusal(exchange, 501, "the only Transfer-Encoding is chunked");
    return std::nullopt;
}

// "http://host/path" as proxies send it is the same as "/path".
std::string_view origin_form(std::string_view target) {
    if (!equal_ignoring_case(target.substr(0, 7), "http://")) return target;
    const auto slash = target.find('/', 7);
    return slash == std::string_view::npos ? "/" : target.substr(slash);
}

std::optional<Response> read_target(Exchange& exchange) {
    auto& message = exchange.parser.get();
    auto& request = exchange.request;
    for (const auto& field : message) request.headers.add(text_of(field.name_string()), text_of(field.value()));
    request.headers.set(request_id_header, exchange.trace);
    const auto raw = text_of(message.target());
    const auto target = origin_form(raw);
    auto parsed = parse_target(target);
    if (!parsed) return problem(400, parsed.error().what);
    request.instance = target.substr(0, target.find('?'));
    request.path = std::move(parsed->path);
    request.query = std::move(parsed->query);
    const auto method = parse_method(text_of(message.method_string()));
    if (!method) return refusal(exchange, 501, "the method " + text_of(message.method_string()) + " is not served");
    request.method = *method;
    return std::nullopt;
}

std::optional<Response> find_route(const ServerCore& core, Exchange& exchange) {
    auto match = core.router.match(exchange.request.method, exchange.request.path);
    exchange.route = match.route;
    exchange.request.params = std::move(match.params);
    if (match.route) return std::nullopt;
    if (match.allow.empty()) return refusal(exchange, 404, "there is nothing at " + exchange.request.path);
    std::string allowed;
    for (const auto method : match.allow) allowed.append(allowed.empty() ? "" : ", ").append(to_string(method));
    auto response = refusal(exchange, 405, exchange.request.path + " knows only " + allowed);
    response.headers.set("Allow", allowed);
    return response;
}

bool is_same_host(std::string_view origin, std::string_view host) {
    const auto scheme = origin.find("://");
    return scheme != std::string_view::npos && equal_ignoring_case(origin.substr(scheme + 3), host);
}

// Browsers name the page that asks; only our own page may change something or listen.
std::optional<Response> check_origin(const Exchange& exchange) {
    const auto& request = exchange.request;
    const auto* origin = request.headers.find("Origin");
    const bool harmless = request.method == Method::get || request.method == Method::head;
    if (!origin || (harmless && !exchange.route->is_websocket())) return std::nullopt;
    if (is_same_host(*origin, request.headers.get("Host"))) return std::nullopt;
    return refusal(exchange, 403, "the page at " + origin->substr(0, 120) + " is not of this server");
}

std::string token_of(Exchange& exchange) {
    constexpr std::string_view scheme = "Bearer ";
    const auto header = exchange.request.headers.get("Authorization");
    if (equal_ignoring_case(header.substr(0, scheme.size()), scheme)) return std::string(header.substr(scheme.size()));
    // where browsers cannot set headers; elsewhere a token in the URL would end up in logs
    if (!exchange.route->is_websocket() && !exchange.route->options.token_in_query) return "";
    auto in_query = exchange.request.query.extract("access_token");
    return in_query ? std::move(in_query.mapped()) : "";
}

// Who has failed too often waits; but whoever is right is let in, for a whole venue may share an address with a
// guesser, and what he guesses at has 256 bits.
std::optional<Response> check_failures(const ServerCore& core, const Exchange& exchange) {
    const auto wait = core.failures.wait_of(exchange.client, core.now());
    if (!wait) return std::nullopt;
    const auto wait_s = std::to_string(std::chrono::ceil<std::chrono::seconds>(*wait).count());
    auto response = refusal(exchange, 429,
                            "there were too many wrong tokens or invitations from " + exchange.client +
                                "; try again in " + wait_s + " s, or with the right token at once");
    response.headers.set("Retry-After", wait_s);
    return response;
}

std::optional<Response> check_permission(ServerCore& core, Exchange& exchange) {
    const auto token = token_of(exchange);
    auto& request = exchange.request;
    if (!token.empty() && core.options.authenticator) request.identity = core.options.authenticator(token, request);
    const auto needed = exchange.route->permission;
    const bool guarded = exchange.route->options.guarded;
    if (needed == Permission::none && !guarded) return std::nullopt;  // its answer tells nothing of the token
    if (!request.identity && (guarded || !token.empty()))
        if (auto limited = check_failures(core, exchange)) return limited;
    if (needed == Permission::none) return std::nullopt;
    if (!request.identity) {
        if (!token.empty()) core.failures.failed(exchange.client, core.now());
        auto response = refusal(exchange, 401,
                                token.empty() ? "a bearer token is needed; set --token-file or ANTIPHON_TOKEN"
                                              : "the token is unknown or expired");
        response.headers.set("WWW-Authenticate", token.empty() ? "Bearer realm=\"antiphon\""
                                                               : "Bearer realm=\"antiphon\", error=\"invalid_token\"");
        return response;
    }
    if (request.identity->permissions.has(needed)) return std::nullopt;
    return refusal(
        exchange, 403,
        "the token of " + request.identity->name + " lacks the permission '" + std::string(to_string(needed)) + "'");
}

bool is_consumed(const Route& route, std::string_view content_type) {
    auto type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    const auto& wanted = route.options.consumes;
    return wanted.empty() ||
           std::any_of(wanted.begin(), wanted.end(), [&](const auto& one) { return equal_ignoring_case(one, type); });
}

std::optional<Response> check_content(Exchange& exchange) {
    const auto& route = *exchange.route;
    const auto& headers = exchange.request.headers;
    if (route.is_websocket()) {
        if (beast::websocket::is_upgrade(exchange.parser.get())) return std::nullopt;
        auto response = refusal(exchange, 426, "this is a WebSocket; ask for an upgrade");
        response.headers.set("Upgrade", "websocket");
        return response;
    }
    const auto length = exchange.parser.content_length();
    if (length && *length > route.options.body_bytes_max)
        return refusal(exchange, 413,
                       "the body may have at most " + std::to_string(route.options.body_bytes_max) + " bytes");
    if (!exchange.parser.is_done() && !is_consumed(route, headers.get("Content-Type")))
        return refusal(exchange, 415, "the body must be " + route.options.consumes.front());
    if (const auto* expect = headers.find("Expect"); expect && !equal_ignoring_case(*expect, "100-continue"))
        return refusal(exchange, 417, "the only expectation that is met is 100-continue");
    return std::nullopt;
}

}  // namespace

void note_refusal(ServerCore& core, const Exchange& exchange, int status) {
    const bool refused = status == 401 || status == 403;
    if (refused && exchange.route->options.guarded && !exchange.request.identity)
        core.failures.failed(exchange.client, core.now());
}

std::optional<Response> admit(ServerCore& core, Exchange& exchange) {
    exchange.keep_alive = exchange.parser.keep_alive() && !core.draining;
    auto refused = check_framing(exchange);
    if (!refused) refused = read_target(exchange);
    if (!refused) refused = find_route(core, exchange);
    if (!refused) refused = check_origin(exchange);
    if (!refused) refused = check_permission(core, exchange);
    if (!refused) refused = check_content(exchange);
    return refused;
}

}  // namespace antiphon::http
