// How a verb says what came of it.
#include "apps/cli/call.hpp"

#include <ostream>

#include "adapters/http/problem.hpp"
#include "apps/cli/utf8.hpp"

namespace antiphon::cli {

Look Call::look() const {
    const bool terminal = outside_.out_is_terminal;
    const bool colours = terminal && !outside_.variables("NO_COLOR") && outside_.variables("TERM") != "dumb";
    return {.colours = colours, .columns = terminal ? outside_.size().columns : 0};
}

int Call::print(const std::string& text) const {
    outside_.out << text << std::flush;
    return outside_.out ? exit_done : fail({core::ErrorCode::unavailable, "cannot write to stdout"});
}

int Call::print_document(const std::string& body) const {
    const auto end = body.find_last_not_of("\r\n");
    return print((end == std::string::npos ? "{}" : body.substr(0, end + 1)) + "\n");
}

void Call::tell(const std::string& line) const {
    if (!json()) outside_.err << printable(line) << std::endl;
}

int Call::fail(const core::Error& error) const {
    outside_.err << (json() ? http::problem(error).body : "antiphon: " + printable(error.what)) << std::endl;
    return exit_failed;
}

int Call::usage(const core::Error& error) const {
    if (json())
        outside_.err << http::problem(error).body << std::endl;
    else
        outside_.err << name_ << ": " << printable(error.what) << "\nTry `" << name_ << " --help`." << std::endl;
    return exit_usage;
}

int Call::answer(const core::Result<http::Response>& response, const std::string& done) const {
    if (!response) return fail(response.error());
    return json() ? print_document(response->body) : print(printable(done) + "\n");
}

}  // namespace antiphon::cli
