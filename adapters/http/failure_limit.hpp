// How often one client may fail to prove who it is: a token bucket of failures for each address.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/units.hpp"

namespace antiphon::http {

struct FailureLimitSettings {
    std::int64_t failures_max = 10;                   // at once
    core::Duration refill = std::chrono::seconds(5);  // then one more each
    std::size_t clients_max = 4096;                   // beyond it the one that is nearest to its full bucket goes
};

// Whose bucket it is: an IPv4 address, also one written as IPv6; of IPv6 the /64, for a single host has all of it.
std::string client_of(std::string_view address);

// Not thread-safe. Time comes in, so that tests hold it.
class FailureLimit {
  public:
    explicit FailureLimit(FailureLimitSettings settings) : settings_(settings) {}

    // How long this client has to wait before it may fail again; nothing: it may.
    std::optional<core::Duration> wait_of(const std::string& client, core::LocalTime now) const;
    // It failed. What fails while it has to wait is not counted, or it would never end.
    void failed(const std::string& client, core::LocalTime now);

    std::size_t clients() const noexcept { return full_at_.size(); }
    std::uint64_t forgotten() const noexcept { return forgotten_; }  // went before their buckets were full

  private:
    void make_room(core::LocalTime now);

    const FailureLimitSettings settings_;
    std::map<std::string, core::LocalTime> full_at_;  // when its bucket is full again; who is not here has a full one
    std::uint64_t forgotten_ = 0;
};

}  // namespace antiphon::http
