// What an actor works on: which request its log lines and its messages belong to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/system/log.hpp"
#include "core/messages.hpp"

namespace antiphon::node {

// Empty when the message has no trace, or one that could not be a request's: whoever wrote it, it ends up in logs.
std::string trace_of(const core::Message& message);

// From begin() to end(), this thread's log lines carry the actor and the trace. Of one thread; not nested.
class Work {
  public:
    // `actor` outlives the work. An empty trace is none.
    void begin(std::string_view actor, std::string trace);
    void end() noexcept;

    std::optional<std::string> trace() const;

  private:
    std::string trace_;
    std::optional<system::log::Scope> scope_;  // refers to trace_
};

}  // namespace antiphon::node
