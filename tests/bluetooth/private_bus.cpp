// A dbus-daemon with a configuration of its own.
#include "tests/bluetooth/private_bus.hpp"

#include <stdlib.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <fstream>

#include "adapters/system/child_process.hpp"
#include "core/contract.hpp"
#include "tests/support/run_until.hpp"

namespace antiphon::tests {
namespace {

// A socket is there before anybody listens at it.
bool listens(const std::string& path) {
    boost::asio::io_context io;
    boost::asio::local::stream_protocol::socket socket(io);
    boost::system::error_code error;
    socket.connect(path, error);
    return !error;
}

}  // namespace

PrivateBus::PrivateBus(boost::asio::io_context& io) : io_(io) {
    std::string name = "/tmp/antiphon-bus-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    const auto address = "unix:path=" + folder_ + "/bus";
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", address.c_str(), 1);
    std::ofstream(folder_ + "/bus.conf")
        << R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><auth>EXTERNAL</auth><listen>)"
        << address << R"(</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>)";
    start();
}

PrivateBus::~PrivateBus() {
    kill();
    ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
    std::filesystem::remove_all(folder_);
}

void PrivateBus::start() {
    std::filesystem::remove(folder_ + "/bus");
    ports::ProcessSpec spec{
        .argv = {"dbus-daemon", "--nofork", "--nopidfile", "--config-file=" + folder_ + "/bus.conf"},
        .on_line = [](std::string_view) {}};  // it tells that it could not raise a limit of its process
    auto started = system::ChildLauncher(io_).spawn(std::move(spec), [](const ports::ProcessExit&) {});
    ANTIPHON_ASSERT(started.ok());
    daemon_ = std::move(*started);
    ANTIPHON_ASSERT(run_until(io_, [this] { return listens(folder_ + "/bus"); }));
}

void PrivateBus::kill() { daemon_.reset(); }

}  // namespace antiphon::tests
