// The reasons for which a worker may be silent, each one sentence.
#pragma once

#include <string>
#include <vector>

#include "core/coordinator.hpp"

namespace antiphon::core {

// Everything that keeps it from playing, the most decisive first; nothing: it plays.
std::vector<std::string> why_not_playing(const CoordinatorState& state, const WorkerRow& worker, LocalTime now);
// The same for its part in one session.
std::vector<std::string> why_not_in_session(const CoordinatorState& state, const WorkerRow& worker,
                                            const SessionRow& session, LocalTime now);
// The same for one of its outputs, which it has declared.
std::vector<std::string> why_output_silent(const CoordinatorState& state, const WorkerRow& worker,
                                           const std::string& output, LocalTime now);
// "it plays session s3 ('melody') at 12.3 s of 60.0 s".
std::string what_it_plays(const CoordinatorState& state, const WorkerRow& worker, LocalTime now);
std::string phase_words(const CoordinatorState& state, const SessionRow& session, LocalTime now);

}  // namespace antiphon::core
