// Signals of the process: those that ask us to end or to read files anew, and the one that no program wants.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace antiphon::system {

// From now on a write to a closed socket or pipe is an error instead of our death. For the whole process; children that
// we start get the default back.
void ignore_broken_pipes();

// Calls `handler` on the loop for each SIGTERM and SIGINT, as long as the returned object lives: for who
// passes them on.
[[nodiscard]] std::shared_ptr<void> on_termination(boost::asio::io_context& io,
                                                   std::function<void(int signal)> handler);

// Calls `handler` on the loop at the first SIGTERM or SIGINT, as long as the returned object lives. From then on the
// process ends with code 0 after `limit`, or at a second signal at once, from the signal handler itself: whatever
// hangs, the loop too. So only for a process that has nothing to lose: what it acknowledged is on the disk, its
// children die with it. One in a process.
[[nodiscard]] std::shared_ptr<void> on_graceful_end(boost::asio::io_context& io, std::chrono::seconds limit,
                                                    std::function<void()> handler);

// Calls `handler` on the loop for each SIGHUP, which does not end us, as long as the returned object lives.
[[nodiscard]] std::shared_ptr<void> on_hangup(boost::asio::io_context& io, std::function<void()> handler);

}  // namespace antiphon::system
