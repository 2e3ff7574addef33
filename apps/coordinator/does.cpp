// The words of a route's description.
#include "apps/coordinator/does.hpp"

namespace antiphon::coordinator {

Does& Does::takes_file(std::string type) {
    operation().takes.push_back({std::move(type), ""});
    return *this;
}

Does& Does::gives_text(std::string type) {
    operation().answers.push_back({200, {{std::move(type), R"({"type":"string"})"}}, {}});
    return *this;
}

Does& Does::gives_object() {
    operation().answers.push_back({200, {{"application/json", R"({"type":"object"})"}}, {}});
    return *this;
}

Does& Does::gives_nothing() {
    operation().answers.push_back({204, {}, {}});
    return *this;
}

Does& Does::gives_live(std::vector<std::string> types) {
    std::vector<http::Content> content;
    for (auto& type : types) content.push_back({std::move(type), ""});
    operation().answers.push_back({200, std::move(content), {"Cache-Control"}});
    return *this;
}

Does& Does::gives_file(std::vector<http::Content> types, bool tagged) {
    std::vector<std::string> headers{"Accept-Ranges"};
    if (tagged) headers.emplace_back("ETag");
    operation().answers.push_back({200, types, headers});
    headers.emplace_back("Content-Range");
    // a part of JSON is no JSON
    for (auto& type : types) type.schema.clear();
    operation().answers.push_back({206, std::move(types), std::move(headers)});
    may_have("header", "Range", "one range of bytes (RFC 9110, 14.2)");
    if (!tagged) return refuses({404, 416});
    operation().answers.push_back({304, {}, {"ETag"}});
    may_have("header", "If-Range", "the ETag of what the client has a part of");
    may_have("header", "If-None-Match", "the ETag of what the client has");
    return refuses({404, 416});
}

Does& Does::may_have(std::string place, std::string name, std::string what) {
    operation().parameters.push_back({std::move(place), std::move(name), std::move(what), false});
    return *this;
}

Does& Does::must_have(std::string place, std::string name, std::string what) {
    operation().parameters.push_back({std::move(place), std::move(name), std::move(what), true});
    return *this;
}

Does& Does::refuses(std::initializer_list<int> statuses) {
    operation().refusals.insert(operation().refusals.end(), statuses);
    return *this;
}

Does& Does::token_in_query() {
    options_.token_in_query = true;
    return may_have("query", "access_token", "the token, for browsers");
}

Does& Does::keyed() {
    return decided().may_have("header", "Idempotency-Key", "asked again with the same key, it is done once");
}

Does& Does::guarded() {
    options_.guarded = true;
    return *this;
}

Does& Does::up_to(std::uint64_t body_bytes_max) {
    options_.body_bytes_max = body_bytes_max;
    return *this;
}

}  // namespace antiphon::coordinator
