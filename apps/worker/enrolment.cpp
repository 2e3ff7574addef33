// Joining happens before anything else runs, so it may block.
#include "apps/worker/enrolment.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/files/atomic_write.hpp"
#include "adapters/http/client.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/json/json.hpp"
#include "adapters/system/log.hpp"
#include "adapters/system/node_key.hpp"
#include "adapters/tls/trust.hpp"

namespace antiphon::worker {
namespace {

using Trust = std::shared_ptr<ports::TlsTrust>;

std::filesystem::path identity_file(const node::WorkerOptions& options) { return options.data / "identity.json"; }

constexpr std::size_t identity_bytes_max = 64 * 1024;
constexpr std::chrono::milliseconds first_pause{200};
constexpr std::chrono::milliseconds longest_pause{3000};

void pause(std::chrono::milliseconds length) {
    boost::asio::io_context io;
    boost::asio::steady_timer timer(io, length);
    timer.wait();
}

core::Result<api::JoinAnswer> ask(const http::Url& url, const api::JoinBody& body, const Trust& trust) {
    http::ClientRequest request;
    request.method = http::Method::post;
    request.target = "/v1/join";
    request.body = json::encode(body);
    auto response = http::fetch(url, "", std::move(request), {.trust = trust});
    if (!response) return response.error();
    if (response->status >= 400) return http::error_of(*response);
    return json::decode<api::JoinAnswer>(response->body);
}

core::Result<api::JoinAnswer> ask_patiently(const http::Url& url, const api::JoinBody& body, const Trust& trust,
                                            std::chrono::seconds patience) {
    std::chrono::milliseconds waited{0};
    auto next = first_pause;
    while (true) {
        auto answer = ask(url, body, trust);
        // a coordinator that does not prove itself is nobody to wait for
        if (!answer && !trust->refusal(url.host).empty()) return answer;
        if (answer || answer.error().code != core::ErrorCode::unavailable || waited >= patience) return answer;
        system::log::info("join.waiting", {{"server", url.origin()}}, answer.error().what);
        pause(next);
        waited += next;
        next = std::min(next * 2, longest_pause);
    }
}

core::Result<Identity> join(const node::WorkerOptions& options, const Trust& trust, std::chrono::seconds patience) {
    if (!options.join)
        return core::Error{core::ErrorCode::invalid,
                           "this worker belongs to no cluster yet; get an invitation with 'antiphon invite' and start "
                           "it with --join URL#TOKEN"};
    auto url = http::parse_url(*options.join);
    if (!url) return url.error().within("--join");
    if (url->fragment.empty())
        return core::Error{
            core::ErrorCode::invalid,
            "--join '" + url->origin() + "' has no token; write URL#TOKEN, as 'antiphon invite' prints it"};
    auto key = system::make_node_key();
    if (!key) return key.error();
    auto answer = ask_patiently(*url, {url->fragment, options.name, key->public_hex, 1}, trust, patience);
    if (!answer) return answer.error();
    return Identity{url->origin(), url->host, key->private_pem, std::move(*answer)};
}

core::Result<std::optional<Identity>> known_identity(const node::WorkerOptions& options) {
    const auto path = identity_file(options);
    if (!std::filesystem::exists(path)) return std::optional<Identity>{};
    const auto text = files::read_text(path, identity_bytes_max);
    if (!text) return text.error();
    auto identity = json::decode<Identity>(*text);
    if (!identity) return identity.error().within(damaged_identity(options));
    return std::optional<Identity>(std::move(*identity));
}

// So long a worker that has an identity waits to hear that it is still good: its programme waits too.
constexpr std::chrono::milliseconds removal_patience{1000};

// With an invitation in hand a removed worker may come back. Without an answer nothing is given up.
bool was_removed(const Identity& identity, const Trust& trust) {
    const auto url = http::parse_url(identity.server);
    if (!url) return false;
    const auto response =
        http::fetch(*url, identity.joined.credential,
                    {.target = "/v1/workers/" + identity.joined.id, .deadline = removal_patience}, {.trust = trust});
    return response && response->status == 401;
}

}  // namespace

std::string damaged_identity(const node::WorkerOptions& options) {
    return identity_file(options).string() + " (remove it and join again, by: antiphon invite --replace " +
           options.name + ")";
}

core::Result<Identity> enrol(const node::WorkerOptions& options, const std::string& renamed,
                             std::chrono::seconds patience) {
    const auto path = identity_file(options);
    const Trust trust = std::make_shared<tls::AuthorityTrust>(options.tls_ca);
    auto known = known_identity(options);
    if (!known) return known.error();
    if (*known && !(options.join && was_removed(**known, trust))) {
        const auto& name = (*known)->joined.name;
        if (options.name != name && options.name != renamed)
            return core::Error{core::ErrorCode::conflict, "the data folder " + options.data.string() +
                                                              " belongs to worker '" +
                                                              (renamed.empty() ? name : renamed) + "', not to '" +
                                                              options.name + "'; choose another --data"};
        return std::move(**known);
    }
    auto identity = join(options, trust, patience);
    if (!identity) return identity;
    if (auto kept = files::atomic_write(path, json::encode(*identity) + "\n", files::secret_mode); !kept)
        return kept.error();
    system::log::info("join.done", {{"worker", identity->joined.id}, {"cluster", identity->joined.cluster}}, "joined");
    return identity;
}

}  // namespace antiphon::worker
