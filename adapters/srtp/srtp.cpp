// libsrtp2 behind value types.
#include "adapters/srtp/srtp.hpp"

#include <srtp2/srtp.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "core/contract.hpp"
#include "media/rtp/packet.hpp"

namespace antiphon::srtp {
namespace {

using core::Error;
using core::ErrorCode;

constexpr unsigned long replay_window = 1024;  // packets: five seconds at 5 ms, which no repair takes
constexpr std::size_t rtp_header = 12, rtcp_header = 8;
constexpr std::int64_t guessed_within = 1 << 15;  // of the packets before: libsrtp knows which one is meant

struct Free {
    void operator()(srtp_ctx_t_* session) const { srtp_dealloc(session); }
};
using Handle = std::unique_ptr<srtp_ctx_t_, Free>;

using Secret = std::array<unsigned char, Key::bytes>;

srtp_policy_t policy_of(Secret& secret, srtp_ssrc_t sources) {
    srtp_policy_t policy{};
    srtp_crypto_policy_set_rtp_default(&policy.rtp);
    srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    policy.ssrc = sources;
    policy.key = secret.data();
    policy.window_size = replay_window;
    policy.allow_repeat_tx = 1;
    return policy;
}

// The source of the packet, if it can be the one of this index.
std::optional<std::uint32_t> source_of(std::span<const std::byte> packet, Index index) noexcept {
    const auto label = rtp::label_of(packet);
    if (!label || label->sequence != static_cast<std::uint16_t>(index)) return std::nullopt;
    return label->ssrc;
}

// One end's context. libsrtp counts the wraps of each source by itself once it knows where the source is.
class Context {
  public:
    static core::Result<Context> open(const Key& key, srtp_ssrc_type_t sources) {
        static const auto initialised = srtp_init();
        if (initialised != srtp_err_status_ok) return Error{ErrorCode::internal, "libsrtp does not start"};
        Context context;
        std::transform(key.view().begin(), key.view().end(), context.secret_.begin(),
                       [](std::byte b) { return std::to_integer<unsigned char>(b); });
        const auto policy = policy_of(context.secret_, {sources, 0});
        srtp_t made = nullptr;
        const auto status = srtp_create(&made, &policy);
        if (status != srtp_err_status_ok)
            return Error{ErrorCode::internal, "libsrtp refuses the key: status " + std::to_string(status)};
        context.handle_.reset(made);
        return context;
    }

    srtp_t get() const noexcept { return handle_.get(); }

    // The next packet of this source is this one, `passed` once it was.
    bool expect(std::uint32_t ssrc, Index index) {
        auto it = sources_.find(ssrc);
        if (it == sources_.end()) {
            const auto policy = policy_of(secret_, {ssrc_specific, ssrc});
            if (srtp_add_stream(get(), &policy) != srtp_err_status_ok) return false;
            it = sources_.emplace(ssrc, Source{}).first;
        }
        const auto& source = it->second;
        const auto away = static_cast<std::int64_t>(index - source.highest);
        return tell(ssrc, it->second, source.passed && std::abs(away) < guessed_within ? guess : wraps_of(index));
    }
    void passed(std::uint32_t ssrc, Index index) noexcept {
        auto& source = sources_.find(ssrc)->second;
        source.passed = true;
        source.highest = std::max(source.highest, index);
        tell(ssrc, source, guess);
    }

  private:
    static constexpr std::uint32_t guess = 0;  // to libsrtp: from those that have passed, and none has in the beginning
    struct Source {
        bool passed = false;
        Index highest = 0;
        std::uint32_t told = guess;
    };

    static std::uint32_t wraps_of(Index index) noexcept { return static_cast<std::uint32_t>(index >> 16); }
    bool tell(std::uint32_t ssrc, Source& source, std::uint32_t wraps) const noexcept {
        if (std::exchange(source.told, wraps) == wraps) return true;
        return srtp_set_stream_roc(get(), ssrc, wraps) == srtp_err_status_ok;
    }

    Secret secret_{};
    Handle handle_;
    std::map<std::uint32_t, Source> sources_;
};

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
    Context context;
};
struct Opener::Session {
    Context context;
};

core::Result<Sealer> Sealer::open(const Key& key) {
    auto context = Context::open(key, ssrc_any_outbound);
    if (!context) return context.error();
    return Sealer(std::make_unique<Session>(Session{std::move(*context)}));
}

std::size_t Sealer::seal_rtp(std::span<std::byte> buffer, std::size_t length, Index index) noexcept {
    auto& context = session_->context;
    const auto source = source_of(buffer.first(std::min(length, buffer.size())), index);
    if (!source || !context.expect(*source, index)) return 0;
    const auto sealed = seal(context.get(), srtp_protect, rtp_header, buffer, length);
    if (sealed > 0) context.passed(*source, index);
    return sealed;
}

std::size_t Sealer::seal_rtcp(std::span<std::byte> buffer, std::size_t length) noexcept {
    return seal(session_->context.get(), srtp_protect_rtcp, rtcp_header, buffer, length);
}

core::Result<Opener> Opener::open(const Key& key) {
    auto context = Context::open(key, ssrc_any_inbound);
    if (!context) return context.error();
    return Opener(std::make_unique<Session>(Session{std::move(*context)}));
}

Opened Opener::open_rtp(std::span<std::byte>& packet, Index index) noexcept {
    auto& context = session_->context;
    const auto source = source_of(packet, index);
    if (!source || !context.expect(*source, index)) return count(Opened::malformed);
    const auto opened = unseal(context.get(), srtp_unprotect, rtp_header, packet);
    if (opened == Opened::good) context.passed(*source, index);
    return count(opened);
}

Opened Opener::open_rtcp(std::span<std::byte>& packet) noexcept {
    return count(unseal(session_->context.get(), srtp_unprotect_rtcp, rtcp_header, packet));
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
