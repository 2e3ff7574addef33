// From what the coordinator said when this worker joined to an address and a login.
#include "apps/worker/broker.hpp"

#include "adapters/files/atomic_write.hpp"
#include "adapters/mqtt/broker_url.hpp"
#include "adapters/tls/trust.hpp"
#include "apps/node/loopback.hpp"

namespace antiphon::worker {
namespace {

constexpr std::size_t login_bytes_max = 4096;

struct Login {
    std::string user;
    std::string password;
};

core::Result<Login> read_login(const std::filesystem::path& path) {
    auto text = files::read_text(path, login_bytes_max);
    if (!text) return text.error().within("--broker-login");
    while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
    const auto colon = text->find(':');
    if (colon == 0 || colon == std::string::npos || text->find('\n') != std::string::npos)
        return core::Error{core::ErrorCode::invalid,
                           "--broker-login: " + path.string() + " does not hold one line USER:PASSWORD"};
    return Login{text->substr(0, colon), text->substr(colon + 1)};
}

core::Result<mqtt::MqttSettings> foreign(const std::string& url, const node::WorkerOptions& options) {
    const auto broker = mqtt::parse_broker_url(url);
    if (!broker) return broker.error().within("the broker that the coordinator named");
    mqtt::MqttSettings settings;
    settings.host = broker->host;
    settings.port = broker->port;
    if (broker->tls) settings.trust = std::make_shared<tls::AuthorityTrust>(options.tls_ca);
    if (!options.broker_login) return settings;
    auto login = read_login(*options.broker_login);
    if (!login) return login.error();
    settings.username = std::move(login->user);
    settings.password = std::move(login->password);
    return settings;
}

}  // namespace

core::Result<mqtt::MqttSettings> broker_settings(const Identity& identity, const node::WorkerOptions& options) {
    const auto& joined = identity.joined;
    if (joined.broker_url) return foreign(*joined.broker_url, options);
    mqtt::MqttSettings settings;
    settings.host = identity.host;
    settings.port = joined.broker_port;
    settings.username = joined.id;
    settings.password = joined.credential;
    if (joined.broker_scheme == "mqtts") settings.trust = std::make_shared<tls::AuthorityTrust>(options.tls_ca);
    return settings;
}

// Of the private broker the coordinator warns, which listens without TLS only when it was told to.
std::string login_warning(const Identity& identity, const mqtt::MqttSettings& broker) {
    const bool shown = identity.joined.broker_url && !broker.username.empty() && !broker.trust;
    if (!shown || node::is_loopback(broker.host)) return {};
    return "the password of --broker-login goes to " + *identity.joined.broker_url +
           " without encryption: whoever listens on the way has it; give that broker TLS, start the coordinator with "
           "its mqtts:// address, and let this worker join again (antiphon invite --replace " +
           identity.joined.name + ")";
}

}  // namespace antiphon::worker
