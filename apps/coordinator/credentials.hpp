// From a secret that somebody shows at the HTTP door to who that is.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/coordinator.hpp"

namespace antiphon::coordinator {

// SHA-256 as 64 hexadecimal digits: how secrets are kept.
std::string digest_of(std::string_view secret);

// The token of the data folder, the tokens of people and programs, and the workers' credentials. On the loop's thread.
class Credentials {
  public:
    // Called when the door finds an end that the core has not marked yet: it must, before the clock is set back.
    using FoundOver = std::function<void(core::WallTime calendar)>;
    Credentials(std::string file_token, FoundOver found_over)
        : file_token_(std::move(file_token)), found_over_(std::move(found_over)) {}

    // What the state says from now on.
    void take(const core::CoordinatorState& state);

    // Nothing when it is unknown or its token is at its end when the wall clock shows `wall`. The core marks ends that
    // are over; here they hold at once, and when the disk refuses too.
    std::optional<core::Principal> identify(std::string_view secret, core::WallTime wall);
    // Whether a principal from identify() would get in again.
    bool still_admits(const core::Principal& principal, core::WallTime wall);
    // Since the process started.
    std::optional<core::WallTime> last_used(const core::TokenId& token) const;

  private:
    core::WallTime calendar_at(core::WallTime wall) const;

    const std::string file_token_;
    const FoundOver found_over_;
    std::map<std::string, core::WorkerId> workers_;  // by digest
    std::map<std::string, core::TokenId> digests_;
    std::map<core::TokenId, core::TokenRow> tokens_;
    std::map<core::TokenId, core::WallTime> last_used_;  // of those in tokens_
    core::WallTime latest_;                              // that the clock has shown
};

}  // namespace antiphon::coordinator
