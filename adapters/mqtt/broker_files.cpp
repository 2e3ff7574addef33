// Each value is checked before it becomes part of a line.
#include "adapters/mqtt/broker_files.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "core/contract.hpp"

namespace antiphon::mqtt {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr int hash_rounds = 101;
constexpr std::size_t salt_bytes = 12;
constexpr std::size_t hash_bytes = 64;
constexpr std::size_t id_length_max = 64;
// Fixed header, topic and packet id around a payload.
constexpr std::size_t envelope_bytes = 65536;

std::string base64(std::span<const unsigned char> bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

bool is_word(std::string_view text, std::string_view also) {
    const auto good = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               also.find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= id_length_max && std::all_of(text.begin(), text.end(), good);
}

bool is_line(std::string_view text) {
    return !text.empty() && text.front() != ' ' && text.back() != ' ' &&
           std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

Error bad(const std::string& field, std::string_view value) {
    return {ErrorCode::invalid,
            field + " '" + std::string(value.substr(0, 80)) + "' has a character that a broker's file cannot hold"};
}

Result<void> check_id(std::string_view id) {
    if (!is_word(id, "-_")) return bad("worker id", id);
    if (id == coordinator_user) return Error{ErrorCode::invalid, "worker id 'coordinator' is the coordinator's own"};
    return {};
}

}  // namespace

std::string password_hash(std::string_view password, const ports::RandomBytes& random) {
    std::array<unsigned char, salt_bytes> salt{};
    random(std::as_writable_bytes(std::span{salt}));
    std::array<unsigned char, hash_bytes> hash{};
    const int done = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.data(), salt_bytes,
                                       hash_rounds, EVP_sha512(), hash_bytes, hash.data());
    ANTIPHON_ASSERT(done == 1);
    return "$7$" + std::to_string(hash_rounds) + "$" + base64(salt) + "$" + base64(hash);
}

Result<std::string> broker_configuration(const BrokerRules& rules) {
    if (!is_word(rules.host, "-_.:%")) return bad("host", rules.host);
    if (!is_line(rules.passwords_file)) return bad("file", rules.passwords_file);
    if (!is_line(rules.acl_file)) return bad("file", rules.acl_file);
    const bool tls = !rules.certificate_file.empty();
    for (const auto* file : {&rules.certificate_file, &rules.key_file})
        if (tls && !is_line(*file)) return bad("file", *file);
    if (!rules.user.empty() && !is_word(rules.user, "-_")) return bad("user", rules.user);
    std::string text = "# Written by antiphon at each start; changes are lost.\n";
    if (!rules.user.empty()) text += "user " + rules.user + "\n";
    text += "per_listener_settings false\n";
    text += "allow_anonymous false\n";
    text += "password_file " + rules.passwords_file + "\n";
    text += "acl_file " + rules.acl_file + "\n";
    // The truth is in the store; retained messages are a cache that is published anew.
    text += "persistence false\n";
    text += "max_packet_size " + std::to_string(rules.payload_bytes_max + envelope_bytes) + "\n";
    text += "message_size_limit " + std::to_string(rules.payload_bytes_max) + "\n";
    text += "max_queued_messages " + std::to_string(rules.queued_messages_max) + "\n";
    text += "max_queued_bytes " + std::to_string(16 * rules.payload_bytes_max) + "\n";
    text += "set_tcp_nodelay true\n";
    text += "sys_interval 0\n";
    // Denials are told on the debug level only.
    text += "log_dest stderr\nlog_timestamp false\nconnection_messages true\n";
    for (const auto* type : {"error", "warning", "notice", "information", "debug"})
        text += "log_type " + std::string(type) + "\n";
    text += "listener " + std::to_string(rules.port) + " " + rules.host + "\n";
    // Said of no listener it would open another: mosquitto's default, port 1883 of every interface.
    text += "max_connections " + std::to_string(rules.connections_max) + "\n";
    if (tls) {
        text += "certfile " + rules.certificate_file + "\nkeyfile " + rules.key_file + "\n";
        // The least version; and of 1.2 what has forward secrecy and authenticated encryption (RFC 9325, 4.2).
        text += "tls_version tlsv1.2\nciphers ECDHE+AESGCM:ECDHE+CHACHA20\n";
    }
    // Nobody takes over the session of another user by its client id, and the log names who really spoke.
    text += "use_username_as_clientid true\n";
    text += "allow_zero_length_clientid false\n";
    return text;
}

Result<std::string> broker_passwords(const std::string& coordinator_hash, const std::vector<BrokerUser>& workers) {
    std::string text = std::string(coordinator_user) + ":" + coordinator_hash + "\n";
    for (const auto& worker : workers) {
        if (const auto good = check_id(worker.id); !good) return good.error();
        if (!worker.password_hash.starts_with("$7$") || !is_line(worker.password_hash) ||
            worker.password_hash.find(':') != std::string::npos)
            return Error{ErrorCode::invalid, "worker '" + worker.id + "' has no password hash of the form $7$..."};
        text += worker.id + ":" + worker.password_hash + "\n";
    }
    return text;
}

Result<std::string> broker_acl(const std::string& cluster, const std::vector<BrokerUser>& workers) {
    if (!is_word(cluster, "-_")) return bad("cluster", cluster);
    const auto root = "antiphon/v1/" + cluster + "/";
    std::string text = "user " + std::string(coordinator_user) + "\ntopic readwrite " + root + "#\n";
    for (const auto& worker : workers) {
        if (const auto good = check_id(worker.id); !good) return good.error();
        const auto own = root + "workers/" + worker.id + "/";
        text += "\nuser " + worker.id + "\n";
        for (const auto* topic : {"reported", "reply", "event", "alive"}) text += "topic write " + own + topic + "\n";
        for (const auto* topic : {"desired", "command"}) text += "topic read " + own + topic + "\n";
    }
    return text;
}

std::optional<Denial> parse_denial(std::string_view log_line) {
    // Denied PUBLISH from w1 (d0, q1, r0, m2, 'antiphon/v1/c/workers/w2/command', ... (5 bytes))
    constexpr std::string_view start = "Denied PUBLISH ";
    if (!log_line.starts_with(start)) return {};
    log_line.remove_prefix(start.size());
    const auto client_start = log_line.find(' ');  // after "from" or "to"
    const auto client_end = log_line.find(" (", client_start == std::string_view::npos ? 0 : client_start + 1);
    const auto topic_start = log_line.find('\'');
    const auto topic_end = log_line.rfind('\'');
    if (client_start == std::string_view::npos || client_end == std::string_view::npos || topic_end == topic_start ||
        topic_start == std::string_view::npos)
        return {};
    return Denial{std::string(log_line.substr(client_start + 1, client_end - client_start - 1)),
                  std::string(log_line.substr(topic_start + 1, topic_end - topic_start - 1))};
}

bool is_chatter(std::string_view log_line) {
    for (const std::string_view start : {"Sending ", "Received ", "Denied ", "No will message", "Will message", "\t"})
        if (log_line.starts_with(start)) return true;
    return log_line.empty();
}

}  // namespace antiphon::mqtt
