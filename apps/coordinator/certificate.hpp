// The coordinator's certificate: read at the start, watched, and handed to the doors when it is replaced.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/tls/identity_watch.hpp"
#include "adapters/tls/trust.hpp"
#include "ports/clock.hpp"

namespace antiphon::coordinator {

// On the loop's thread.
class Certificate {
  public:
    // Errors as read_identity() has them. `clock` and `io` outlive it.
    static core::Result<std::unique_ptr<Certificate>> read(boost::asio::io_context& io, const ports::Clock& clock,
                                                           const tls::IdentityFiles& files);

    const tls::ServerIdentity& identity() const noexcept { return identity_; }
    // For the coordinator's own link to its broker: no authority and no name is needed to know one's own certificate.
    std::shared_ptr<ports::TlsTrust> own_trust() const { return own_trust_; }

    // From now on looks at the files every 2 s, and at once on SIGHUP. `replaced` gets each new identity. What cannot
    // be taken is logged, and warned of until something better comes.
    void watch(std::function<void(const tls::ServerIdentity&)> replaced);
    // For people: a bad replacement, an end that is near.
    std::vector<std::string> warnings() const;

  private:
    Certificate(boost::asio::io_context& io, const ports::Clock& clock, const tls::IdentityFiles& files,
                tls::ServerIdentity identity);
    void look_later();
    void take(core::Result<tls::ServerIdentity> read);

    const ports::Clock& clock_;
    boost::asio::io_context& io_;
    boost::asio::steady_timer timer_;
    tls::IdentityWatch watch_;
    tls::ServerIdentity identity_;
    std::shared_ptr<tls::PinnedTrust> own_trust_ = std::make_shared<tls::PinnedTrust>();
    std::function<void(const tls::ServerIdentity&)> replaced_;
    std::shared_ptr<void> hangup_;
    std::string refusal_;  // of the files as they are now; empty: they are in use
};

}  // namespace antiphon::coordinator
