// What mosquitto reads: its configuration, who may log in, and who may say what. Pure text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "ports/random.hpp"

namespace antiphon::mqtt {

// A worker as the broker knows it. The hash is what password_hash() makes; the password itself is with the worker.
struct BrokerUser {
    std::string id;  // the worker's id: user name, client id, and part of its topics
    std::string password_hash;

    friend bool operator==(const BrokerUser&, const BrokerUser&) = default;
};

struct BrokerRules {
    std::string host;  // an address or name of this machine
    std::uint16_t port = 0;
    std::string cluster;
    std::string passwords_file;
    std::string acl_file;
    std::string certificate_file;  // with key_file: TLS on the listener; empty: plain TCP
    std::string key_file;
    std::string user;  // whom mosquitto runs as; empty: it stays who it is
    std::size_t payload_bytes_max = 1 << 20;
    std::size_t connections_max =
        12'000;  // of workers, and of who says nothing, for some 95 s; beyond it none is taken
    std::size_t queued_messages_max = 1000;  // per client that is slow or away
};

// The user name of the coordinator; no worker may have it.
inline constexpr std::string_view coordinator_user = "coordinator";

// What mosquitto_passwd makes: $7$, PBKDF2 over SHA-512, 101 rounds, a salt of 12 bytes. Few rounds are enough because
// our passwords are random and long, and the broker checks all of them anew whenever the list changes.
std::string password_hash(std::string_view password, const ports::RandomBytes& random);

// `invalid` names the field that could break out of its line.
core::Result<std::string> broker_configuration(const BrokerRules& rules);
core::Result<std::string> broker_passwords(const std::string& coordinator_hash, const std::vector<BrokerUser>& workers);
// The coordinator may do everything below antiphon/v1/CLUSTER. A worker may write its own reported, reply, event and
// alive, and read its own desired and command; nothing else.
core::Result<std::string> broker_acl(const std::string& cluster, const std::vector<BrokerUser>& workers);

// A publish (or last will, or delivery) that the ACL forbade, as the broker's log tells it; a client cannot know.
struct Denial {
    std::string client;
    std::string topic;

    friend bool operator==(const Denial&, const Denial&) = default;
};
std::optional<Denial> parse_denial(std::string_view log_line);

// Whether a log line is about a single packet rather than about the broker.
bool is_chatter(std::string_view log_line);

}  // namespace antiphon::mqtt
