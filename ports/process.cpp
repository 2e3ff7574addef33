// What an exit is called in logs and errors.
#include "ports/process.hpp"

#include <cstring>

namespace antiphon::ports {

std::string ProcessExit::text() const {
    if (signal == 0) return "exit code " + std::to_string(code);
    const char* name = sigdescr_np(signal);
    return "killed by signal " + std::to_string(signal) + (name ? " (" + std::string(name) + ")" : "");
}

}  // namespace antiphon::ports
