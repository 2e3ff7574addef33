// Where a broker is: mqtt://[user[:password]@]host[:port], or mqtts://.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace antiphon::mqtt {

struct BrokerUrl {
    std::string host;           // without the brackets of an IPv6 address
    std::uint16_t port = 1883;  // 8883 of mqtts, when the URL names none
    std::string username;
    std::string password;
    bool tls = false;  // mqtts

    friend bool operator==(const BrokerUrl&, const BrokerUrl&) = default;
};

// `invalid` says what is wrong and shows a good one; it never repeats the password. %XX is decoded in user and
// password.
core::Result<BrokerUrl> parse_broker_url(std::string_view text);

// Where it is, for others: without user and password.
std::string without_login(const BrokerUrl& url);

}  // namespace antiphon::mqtt
