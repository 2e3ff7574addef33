// How long --wait bears a coordinator that does not answer: the boards go on without it, so we do for a while.
#pragma once

#include <optional>

#include "apps/cli/poll.hpp"
#include "core/result.hpp"

namespace antiphon::cli {

class Waiting {
  public:
    // The error to give up with, or nothing: go on. Only `unavailable` is borne, and 60 times in a row at most.
    std::optional<core::Error> look_at(const core::Result<http::Response>& answer) {
        if (answer) {
            misses_ = 0;
            return std::nullopt;
        }
        const bool may_pass = answer.error().code == core::ErrorCode::unavailable;
        return may_pass && ++misses_ < misses_max ? std::nullopt : std::optional(answer.error());
    }

  private:
    static constexpr int misses_max = 60;

    int misses_ = 0;
};

}  // namespace antiphon::cli
