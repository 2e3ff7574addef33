// The trace of the work in hand, and its place in the log.
#include "apps/node/work.hpp"

#include <utility>

#include "core/trace.hpp"

namespace antiphon::node {

std::string trace_of(const core::Message& message) {
    const auto& trace = message.header.trace;
    return trace && core::is_trace(*trace) ? *trace : std::string();
}

void Work::begin(std::string_view actor, std::string trace) {
    end();
    trace_ = std::move(trace);
    scope_.emplace(actor, trace_);
}

void Work::end() noexcept {
    scope_.reset();
    trace_.clear();
}

std::optional<std::string> Work::trace() const { return trace_.empty() ? std::nullopt : std::optional(trace_); }

}  // namespace antiphon::node
