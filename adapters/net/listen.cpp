// Tries to bind, and translates the refusal.
#include "adapters/net/listen.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

namespace antiphon::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using core::Error;
using core::ErrorCode;

// The port that was bound, or an error. With `share`, a port whose last connections are still fading out counts as
// free.
template <class Protocol>
std::uint16_t bind_once(const std::string& host, std::uint16_t port, bool share, error_code& error) {
    asio::io_context io;
    typename Protocol::resolver resolver(io);
    const auto found = resolver.resolve(host, std::to_string(port), Protocol::resolver::passive, error);
    if (error) return 0;
    typename Protocol::socket socket(io);
    const auto endpoint = found.begin()->endpoint();
    socket.open(endpoint.protocol(), error);
    if (!error && share) socket.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) socket.bind(endpoint, error);
    // Two sockets may be bound to a TCP port with this option; only one of them may listen.
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
        if (!error && ::listen(socket.native_handle(), 1) != 0) error = {errno, boost::system::system_category()};
    }
    return error ? std::uint16_t{0} : socket.local_endpoint(error).port();
}

std::uint16_t bind_once(Transport transport, const std::string& host, std::uint16_t port, error_code& error) {
    if (transport == Transport::tcp) return bind_once<asio::ip::tcp>(host, port, true, error);
    return bind_once<asio::ip::udp>(host, port, false, error);
}

}  // namespace

core::Result<void> can_bind(Transport transport, const std::string& host, std::uint16_t port,
                            const std::string& option) {
    error_code error;
    bind_once(transport, host, port, error);
    if (!error) return {};
    const auto which = std::string(transport == Transport::tcp ? "TCP" : "UDP") + " port " + std::to_string(port);
    if (error == asio::error::address_in_use)
        return Error{ErrorCode::unavailable, which + " is in use by another program; choose another with " + option};
    if (error == asio::error::access_denied)
        return Error{ErrorCode::denied, which + " may be used by root only; choose one above 1023 with " + option};
    return Error{ErrorCode::invalid, "cannot listen on '" + host + "' (" + error.message() +
                                         "); give an address of this machine with " + option};
}

std::uint16_t free_port(Transport transport, const std::string& address) {
    error_code error;
    return bind_once(transport, address, 0, error);
}

}  // namespace antiphon::net
