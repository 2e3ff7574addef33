// A message bus for one test.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "ports/process.hpp"

namespace antiphon::tests {

// The system's message bus, as long as this lives, for this process. One at a time.
class PrivateBus {
  public:
    explicit PrivateBus(boost::asio::io_context& io);
    ~PrivateBus();

    void kill();
    // Anew, at the same address.
    void start();

  private:
    boost::asio::io_context& io_;
    std::string folder_;
    std::unique_ptr<ports::Process> daemon_;
};

}  // namespace antiphon::tests
