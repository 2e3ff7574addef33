// The real streams, environment and terminal.
#include "apps/cli/outside.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace antiphon::cli {
namespace {

std::optional<std::string> variable_of_process(const std::string& name) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here changes it
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

TerminalSize size_of_terminal() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
    return {size.ws_col, size.ws_row};
}

core::Result<std::size_t> read_standard_input(std::span<std::byte> space) {
    for (;;) {
        const auto got = ::read(STDIN_FILENO, space.data(), space.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR)
            return core::Error{core::ErrorCode::unavailable,
                               std::string("cannot read standard input: ") + std::strerror(errno)};
    }
}

}  // namespace

Outside outside_of_process() {
    return {.out = std::cout,
            .err = std::cerr,
            .variables = variable_of_process,
            .read_in = read_standard_input,
            .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
            .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
            .size = size_of_terminal};
}

}  // namespace antiphon::cli
