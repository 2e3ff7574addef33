// Routes: a list, searched segment by segment; some sixty routes need no tree.
#include "adapters/http/router.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace antiphon::http {
namespace {

enum class Kind : std::uint8_t { literal, name, rest };

struct Segment {
    Kind kind = Kind::literal;
    std::string text;  // the literal, or the name in the braces

    friend auto operator<=>(const Segment&, const Segment&) = default;
};

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(1);
    while (!path.empty()) {
        const auto slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    return segments;
}

Segment parse_segment(std::string_view text) {
    ANTIPHON_ASSERT(!text.empty());
    if (text.front() != '{') return {Kind::literal, std::string(text)};
    ANTIPHON_ASSERT(text.size() > 2 && text.back() == '}');
    text = text.substr(1, text.size() - 2);
    if (!text.ends_with("...")) return {Kind::name, std::string(text)};
    return {Kind::rest, std::string(text.substr(0, text.size() - 3))};
}

std::vector<Segment> parse_pattern(std::string_view pattern) {
    ANTIPHON_ASSERT(pattern.starts_with('/') && (pattern.size() == 1 || !pattern.ends_with('/')));
    std::vector<Segment> segments;
    for (const auto text : segments_of(pattern)) {
        ANTIPHON_ASSERT(segments.empty() || segments.back().kind != Kind::rest);
        segments.push_back(parse_segment(text));
    }
    return segments;
}

std::string joined_from(const std::vector<std::string_view>& path, std::size_t first) {
    std::string rest;
    for (auto i = first; i < path.size(); ++i) rest.append(i > first ? "/" : "").append(path[i]);
    return rest;
}

bool fits(const std::vector<Segment>& pattern, const std::vector<std::string_view>& path, TextMap& params) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (i >= path.size()) return false;
        if (pattern[i].kind == Kind::rest) return params[pattern[i].text] = joined_from(path, i), true;
        if (pattern[i].kind == Kind::name) params[pattern[i].text] = path[i];
        if (pattern[i].kind == Kind::literal && pattern[i].text != path[i]) return false;
    }
    return pattern.size() == path.size();
}

// Literals before names before rests, from the left.
bool more_specific(const std::vector<Segment>& a, const std::vector<Segment>& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](const Segment& x, const Segment& y) { return x.kind < y.kind; });
}

void allow(std::vector<Method>& methods, Method method) {
    if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
}

}  // namespace

struct Router::Table {
    std::vector<Route> routes;
    std::vector<std::vector<Segment>> patterns;  // of the route with the same index

    void add(Route route) {
        auto pattern = parse_pattern(route.pattern);
        for (const auto& other : routes)
            ANTIPHON_ASSERT(other.method != route.method || other.pattern != route.pattern);
        routes.push_back(std::move(route));
        patterns.push_back(std::move(pattern));
    }
};

Router::Router() : table_(std::make_unique<Table>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Method method, std::string pattern, Permission permission, Handler handler, RouteOptions options) {
    table_->add({method, std::move(pattern), permission, std::move(options), std::move(handler)});
}

void Router::upload(Method method, std::string pattern, Permission permission, std::uint64_t body_bytes_max,
                    UploadFactory factory, Operation operation, std::optional<std::chrono::milliseconds> body_idle) {
    RouteOptions options{std::move(operation), {}, body_bytes_max, body_idle};
    table_->add({method, std::move(pattern), permission, std::move(options), std::move(factory)});
}

void Router::websocket(std::string pattern, Permission permission, WebSocketHandler handler, Operation operation) {
    RouteOptions options{std::move(operation), {}, 0};
    table_->add({Method::get, std::move(pattern), permission, std::move(options), std::move(handler)});
}

const std::vector<Route>& Router::routes() const noexcept { return table_->routes; }

Router::Match Router::match(Method method, std::string_view path) const {
    Match best;
    if (!path.starts_with('/')) return best;
    const auto parts = segments_of(path);
    const std::vector<Segment>* chosen = nullptr;
    for (std::size_t i = 0; i < table_->routes.size(); ++i) {
        const auto& route = table_->routes[i];
        TextMap params;
        if (!fits(table_->patterns[i], parts, params)) continue;
        allow(best.allow, route.method);
        if (route.method == Method::get) allow(best.allow, Method::head);
        const bool serves = route.method == method || (route.method == Method::get && method == Method::head);
        if (!serves || (chosen && !more_specific(table_->patterns[i], *chosen))) continue;
        chosen = &table_->patterns[i];
        best.route = &route;
        best.params = std::move(params);
    }
    return best;
}

}  // namespace antiphon::http
