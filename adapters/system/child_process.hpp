// Child processes on the Asio loop: started with vfork, watched through a pidfd, gone when we are.
#pragma once

#include <boost/asio/io_context.hpp>

#include "ports/process.hpp"

namespace antiphon::system {

// Uses no SIGCHLD handler and reaps only its own children, so it gets along with any other code that starts some.
// SIGCHLD must not be ignored by the process. One thread: that of the loop.
class ChildLauncher final : public ports::ProcessLauncher {
  public:
    explicit ChildLauncher(boost::asio::io_context& io) : io_(io) {}

    // As the port says. What is left of the child's group when the child ends is killed with SIGKILL.
    core::Result<std::unique_ptr<ports::Process>> spawn(ports::ProcessSpec spec, ExitHandler on_exit) override;

  private:
    boost::asio::io_context& io_;
};

// The path of a program: `name` itself when it has a '/', else the first executable in `path` (as in PATH) or in
// /usr/local/sbin, /usr/sbin, /sbin, where Debian keeps daemons and a user's PATH does not look.
core::Result<std::string> find_program(const std::string& name, const std::string& path);

}  // namespace antiphon::system
