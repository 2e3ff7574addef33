// Blocking calls on the client, which has a loop.
#include "apps/cli/api_client.hpp"

#include <boost/asio/io_context.hpp>

#include "adapters/http/problem.hpp"
#include "adapters/system/random.hpp"
#include "adapters/tls/trust.hpp"

namespace antiphon::cli {
namespace {

// Runs a loop until `start`'s callback has been called.
template <class T, class Start>
core::Result<T> wait_for(const ClientSettings& settings, Start start) {
    boost::asio::io_context io(1);
    http::Client client(io, settings.server, settings.token, client_options(settings));
    std::optional<core::Result<T>> answer;
    start(client, [&answer](core::Result<T> got) { answer = std::move(got); });
    while (!answer && io.run_one() > 0) {
    }
    if (!answer)
        return core::Error{core::ErrorCode::internal, "the transfer ended without an answer; please report this"};
    return std::move(*answer);
}

}  // namespace

http::ClientOptions client_options(const ClientSettings& settings) {
    http::ClientOptions options;
    options.trust = std::make_shared<tls::AuthorityTrust>(settings.tls_ca);
    return options;
}

core::Result<http::Response> accepted(core::Result<http::Response> answer) {
    if (answer && answer->status >= 400) return http::error_of(*answer);
    return answer;
}

core::Result<http::Response> ApiClient::get(const std::string& target) const { return send(http::Method::get, target); }

core::Result<http::Response> ApiClient::send(http::Method method, const std::string& target, std::string body,
                                             http::Headers headers) const {
    http::ClientRequest request{.method = method, .target = target};
    request.body = std::move(body);
    request.headers = std::move(headers);
    return accepted(http::fetch(settings_.server, settings_.token, std::move(request), client_options(settings_)));
}

core::Result<http::Response> ApiClient::post_patiently(const std::string& target, std::string body,
                                                       std::chrono::milliseconds deadline) const {
    http::ClientRequest request{.method = http::Method::post, .target = target};
    request.body = std::move(body);
    request.deadline = deadline;
    return accepted(http::fetch(settings_.server, settings_.token, std::move(request), client_options(settings_)));
}

core::Result<http::Response> ApiClient::post_once(const std::string& target, const std::string& body) const {
    http::ClientRequest request{.method = http::Method::post, .target = target};
    request.body = body;
    request.headers = {{"Idempotency-Key", system::random_hex(16)}};
    auto answer = http::fetch(settings_.server, settings_.token, request, client_options(settings_));
    if (!answer && answer.error().code == core::ErrorCode::unavailable)
        answer = http::fetch(settings_.server, settings_.token, std::move(request), client_options(settings_));
    return accepted(std::move(answer));
}

core::Result<bool> ApiClient::is_there(const std::string& target) const {
    const auto answer = http::fetch(settings_.server, settings_.token, {.method = http::Method::head, .target = target},
                                    client_options(settings_));
    if (!answer) return answer.error();
    if (answer->status >= 400 && answer->status != 404) return http::error_of(*answer);
    return answer->status < 400;
}

core::Result<http::Response> ApiClient::upload(http::UploadRequest request) const {
    return accepted(wait_for<http::Response>(settings_, [&](http::Client& client, http::Client::Done done) {
        client.upload(std::move(request), std::move(done));
    }));
}

core::Result<http::Downloaded> ApiClient::download(http::DownloadRequest request, http::Client::ChunkSink sink) const {
    return wait_for<http::Downloaded>(settings_, [&](http::Client& client, auto done) {
        client.download(std::move(request), std::move(sink), std::move(done));
    });
}

}  // namespace antiphon::cli
