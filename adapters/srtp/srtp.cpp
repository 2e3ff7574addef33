// libsrtp2 behind value types.
#include "adapters/srtp/srtp.hpp"

#include <srtp2/srtp.h>

#include <algorithm>

#include "core/contract.hpp"

namespace antiphon::srtp {
namespace {

using core::Error;
using core::ErrorCode;

constexpr unsigned long replay_window = 1024;  // packets: five seconds at 5 ms, which no repair takes
constexpr std::size_t rtp_header = 12, rtcp_header = 8;

struct Free {
    void operator()(srtp_ctx_t_* session) const { srtp_dealloc(session); }
};
using Handle = std::unique_ptr<srtp_ctx_t_, Free>;

core::Result<Handle> session_of(const Key& key, srtp_ssrc_type_t sources) {
    static const auto initialised = srtp_init();
    if (initialised != srtp_err_status_ok) return Error{ErrorCode::internal, "libsrtp does not start"};
    auto secret = key.view();
    std::array<unsigned char, Key::bytes> copy{};
    std::transform(secret.begin(), secret.end(), copy.begin(),
                   [](std::byte b) { return std::to_integer<unsigned char>(b); });
    srtp_policy_t policy{};
    srtp_crypto_policy_set_rtp_default(&policy.rtp);
    srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    policy.ssrc.type = sources;
    policy.key = copy.data();
    policy.window_size = replay_window;
    policy.allow_repeat_tx = 0;
    srtp_t made = nullptr;
    const auto status = srtp_create(&made, &policy);
    if (status != srtp_err_status_ok)
        return Error{ErrorCode::internal, "libsrtp refuses the key: status " + std::to_string(status)};
    return Handle(made);
}

Opened opened_of(srtp_err_status_t status) noexcept {
    switch (status) {
        case srtp_err_status_ok:
            return Opened::good;
        case srtp_err_status_replay_fail:
        case srtp_err_status_replay_old:
            return Opened::replayed;
        case srtp_err_status_auth_fail:
            return Opened::forged;
        default:
            return Opened::malformed;
    }
}

using Transform = srtp_err_status_t (*)(srtp_t, void*, int*);

std::size_t seal(srtp_t session, Transform protect, std::size_t header, std::span<std::byte> buffer,
                 std::size_t length) noexcept {
    if (length < header || buffer.size() < length + overhead_max) return 0;
    auto size = static_cast<int>(length);
    return protect(session, buffer.data(), &size) == srtp_err_status_ok ? static_cast<std::size_t>(size) : 0;
}

Opened unseal(srtp_t session, Transform unprotect, std::size_t header, std::span<std::byte>& packet) noexcept {
    if (packet.size() < header || packet.size() > 65'535) return Opened::malformed;
    auto size = static_cast<int>(packet.size());
    const auto opened = opened_of(unprotect(session, packet.data(), &size));
    if (opened == Opened::good) packet = packet.first(static_cast<std::size_t>(size));
    return opened;
}

}  // namespace

core::Result<Key> Key::from_hex(std::string_view hex) {
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
    const Error refused{ErrorCode::invalid, "a key of SRTP is 60 lower-case hexadecimal digits"};
    if (hex.size() != 2 * bytes) return refused;
    std::array<std::byte, bytes> key{};
    for (std::size_t i = 0; i < bytes; ++i) {
        const int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) return refused;
        key[i] = static_cast<std::byte>(high << 4 | low);
    }
    return Key(key);
}

struct Sealer::Session {
    Handle handle;
};
struct Opener::Session {
    Handle handle;
};

core::Result<Sealer> Sealer::open(const Key& key) {
    auto session = session_of(key, ssrc_any_outbound);
    if (!session) return session.error();
    return Sealer(std::make_unique<Session>(Session{std::move(*session)}));
}

std::size_t Sealer::seal_rtp(std::span<std::byte> buffer, std::size_t length) noexcept {
    return seal(session_->handle.get(), srtp_protect, rtp_header, buffer, length);
}

std::size_t Sealer::seal_rtcp(std::span<std::byte> buffer, std::size_t length) noexcept {
    return seal(session_->handle.get(), srtp_protect_rtcp, rtcp_header, buffer, length);
}

core::Result<Opener> Opener::open(const Key& key) {
    auto session = session_of(key, ssrc_any_inbound);
    if (!session) return session.error();
    return Opener(std::make_unique<Session>(Session{std::move(*session)}));
}

Opened Opener::open_rtp(std::span<std::byte>& packet) noexcept {
    return count(unseal(session_->handle.get(), srtp_unprotect, rtp_header, packet));
}

Opened Opener::open_rtcp(std::span<std::byte>& packet) noexcept {
    return count(unseal(session_->handle.get(), srtp_unprotect_rtcp, rtcp_header, packet));
}

Opened Opener::count(Opened opened) noexcept {
    switch (opened) {
        case Opened::good:
            ++counters_.good;
            break;
        case Opened::forged:
            ++counters_.forged;
            break;
        case Opened::replayed:
            ++counters_.replayed;
            break;
        case Opened::malformed:
            ++counters_.malformed;
            break;
    }
    return opened;
}

Sealer::Sealer(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Sealer::Sealer(Sealer&&) noexcept = default;
Sealer& Sealer::operator=(Sealer&&) noexcept = default;
Sealer::~Sealer() = default;
Opener::Opener(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Opener::Opener(Opener&&) noexcept = default;
Opener& Opener::operator=(Opener&&) noexcept = default;
Opener::~Opener() = default;

}  // namespace antiphon::srtp
