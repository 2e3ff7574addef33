// The client's handshake, and what went wrong with it in words that help.
#include <openssl/sslerr.h>
#include <boost/asio/ssl/error.hpp>

#include "adapters/http/client_core.hpp"

namespace antiphon::http {
namespace {

// The first bytes that came were no TLS.
bool is_no_tls(error_code error) {
    const auto reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
    return error.category() == asio::error::get_ssl_category() &&
           (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
            reason == SSL_R_PACKET_LENGTH_TOO_LONG);
}

}  // namespace

asio::awaitable<core::Result<void>> ClientCore::prove(Stream& stream) {
    const auto unproven = [&](const std::string& why) {
        return core::Error{core::ErrorCode::unavailable, "cannot trust " + base.origin() + ": " + why};
    };
    if (!options.trust) co_return unproven("this client was given no authorities to believe");
    const auto context = options.trust->context_for(base.host);
    if (!context) co_return context.error();
    const auto error = co_await stream.connect_tls(*context, base.host);
    if (!error) co_return core::Result<void>();
    stream.close();
    const auto refusal = options.trust->refusal(base.host);
    if (!refusal.empty()) co_return unproven(refusal);
    if (is_no_tls(error)) co_return unproven("no TLS is spoken there; is it http:// ?");
    co_return cannot_reach(error);
}

}  // namespace antiphon::http
