// What a worker says of a session, from what its outputs say.
#pragma once

#include <vector>

#include "apps/worker/output.hpp"
#include "core/documents.hpp"

namespace antiphon::worker {

// `views` of all outputs of the session that there are here. It plays where one plays, and has failed when none can any
// more. Pure.
core::SessionReport report_on(const core::SessionId& session, const std::vector<Output::View>& views);

}  // namespace antiphon::worker
