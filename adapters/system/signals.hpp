// Signals of the process: the ones that ask us to end, and the one that no program wants.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

namespace antiphon::system {

// From now on a write to a closed socket or pipe is an error instead of our death. For the whole process; children that
// we start get the default back.
void ignore_broken_pipes();

// Calls `handler` on the loop for each SIGTERM and SIGINT, as long as the returned object lives. A second signal comes
// through too, so that an impatient user can cut a graceful end short.
[[nodiscard]] std::shared_ptr<void> on_termination(boost::asio::io_context& io,
                                                   std::function<void(int signal)> handler);

}  // namespace antiphon::system
