// Looks, takes, tells.
#include "apps/coordinator/certificate.hpp"

#include <utility>

#include "adapters/system/log.hpp"
#include "adapters/system/signals.hpp"

namespace antiphon::coordinator {
namespace {

namespace log = system::log;

constexpr std::chrono::seconds look_interval{2};

}  // namespace

core::Result<std::unique_ptr<Certificate>> Certificate::read(boost::asio::io_context& io, const ports::Clock& clock,
                                                             const tls::IdentityFiles& files) {
    auto identity = tls::read_identity(files, clock.wall());
    if (!identity) return identity.error();
    return std::unique_ptr<Certificate>(new Certificate(io, clock, files, std::move(*identity)));
}

Certificate::Certificate(boost::asio::io_context& io, const ports::Clock& clock, const tls::IdentityFiles& files,
                         tls::ServerIdentity identity)
    : clock_(clock), io_(io), timer_(io), watch_(files), identity_(std::move(identity)) {
    own_trust_->pin(identity_.pem.certificate);
}

void Certificate::watch(std::function<void(const tls::ServerIdentity&)> replaced) {
    replaced_ = std::move(replaced);
    hangup_ = system::on_hangup(io_, [this] { take(watch_.reload(clock_.wall())); });
    look_later();
}

void Certificate::look_later() {
    timer_.expires_after(look_interval);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        if (auto news = watch_.poll(clock_.wall())) take(std::move(*news));
        look_later();
    });
}

void Certificate::take(core::Result<tls::ServerIdentity> read) {
    if (!read) {
        refusal_ = read.error().what;
        return log::error("tls.refused", {{"refused", watch_.counters().refused}},
                          refusal_ + "; the certificate in use stays");
    }
    refusal_.clear();
    if (read->pem == identity_.pem) return log::info("tls.unchanged", {}, "the certificate is the one in use");
    identity_ = std::move(*read);
    own_trust_->pin(identity_.pem.certificate);
    log::info("tls.replaced", {{"taken", watch_.counters().taken}}, "new connections get the new certificate");
    replaced_(identity_);
}

std::vector<std::string> Certificate::warnings() const {
    std::vector<std::string> warnings;
    if (!refusal_.empty()) warnings.push_back("the new TLS files are not used: " + refusal_);
    if (auto soon = tls::ending_soon(identity_.ends, clock_.wall()); !soon.empty()) warnings.push_back(std::move(soon));
    return warnings;
}

}  // namespace antiphon::coordinator
