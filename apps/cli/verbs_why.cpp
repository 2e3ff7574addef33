// The verb why: what something does, or why it does not.
#include "apps/cli/show.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"

namespace antiphon::cli {

void add_why(Command root) {
    const auto object = std::make_shared<std::string>();
    root.client_verb({"why",
                      "Tells why something is as it is: what it does or what keeps it from it, and who decided what.",
                      {"antiphon why hall", "antiphon why hall/left", "antiphon why s3", "antiphon why foyer --json"},
                      "Cluster"})
        .argument("OBJECT", *object, "a worker, zone, session or recording, worker/output, worker/input, or a device")
        .runs(with_api([object](Call& call, const ApiClient& api) {
            // an endpoint's slash is a part of the path, and stays one
            std::string target = "/v1/why";
            for (std::string_view rest = *object; !rest.empty();) {
                const auto slash = rest.find('/');
                target += "/" + http::percent_encoded(std::string(rest.substr(0, slash)));
                rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
            }
            return call.answer<api::WhyView>(api.get(target),
                                             [&](const api::WhyView& view) { return show(view, call.look()); });
        }));
}

}  // namespace antiphon::cli
