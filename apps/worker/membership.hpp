// When a worker asks the coordinator whether it is a member still: each doubt is followed up, at a bounded rate.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "core/units.hpp"

namespace antiphon::worker {

// On the loop's thread, all of it. It must outlive what it hands out.
class Membership {
  public:
    static constexpr core::Duration ask_again_after = std::chrono::seconds(10);

    using Heard = std::function<void(std::optional<bool> member)>;  // nothing: there was no answer, or an unclear one
    struct Ways {
        std::function<void(Heard)> ask;  // the coordinator, which may never answer
        std::function<void(core::Duration, std::function<void()>)> after;
        std::function<void(bool member)> told;
    };
    explicit Membership(Ways ways) : ways_(std::move(ways)) {}

    // Something makes it doubtful. Asks now, or `ask_again_after` the last answer; and then until there is a clear one.
    void doubt();
    // Something else has shown that it is a member.
    void trust() { settled_ = doubts_; }

  private:
    void ask();

    Ways ways_;
    std::uint64_t doubts_ = 0;
    std::uint64_t settled_ = 0;  // those that were followed by a clear answer
    bool busy_ = false;          // asking, or so soon after that it must wait
};

}  // namespace antiphon::worker
