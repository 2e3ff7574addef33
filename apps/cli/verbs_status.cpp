// The verb status, once or again and again.
#include <ostream>

#include "apps/cli/poll.hpp"
#include "apps/cli/screen.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"

namespace antiphon::cli {
namespace {

constexpr const char* target = "/v1/status";

int once(Call& call, const ApiClient& api) {
    return call.answer<api::StatusView>(api.get(target),
                                        [&](const api::StatusView& view) { return show(view, call.look()); });
}

// The last status that came, under what keeps the next one from coming.
class Watch {
  public:
    explicit Watch(Call& call) : call_(call) {}

    // True ends it: the server refuses us, which time does not heal.
    bool look_at(const core::Result<http::Response>& answer) {
        auto view = Call::decoded<api::StatusView>(answer);
        const bool passing = !view && view.error().code == core::ErrorCode::unavailable;
        if (!view && !passing) failure_ = view.error();
        if (failure_) return true;
        trouble_ = view ? "" : view.error().what;
        if (view) status_ = std::move(*view);
        draw();
        return false;
    }

    int end() {
        screen_.reset();
        return failure_ ? call_.fail(*failure_) : exit_done;
    }

  private:
    void draw() {
        if (!screen_) screen_.emplace(call_.outside().out);
        const auto look = call_.look();
        std::string text;
        if (!trouble_.empty()) text += look.paint(Colour::red, printable(trouble_)) + "\n";
        if (status_) text += show(*status_, look);
        screen_->draw(text, call_.outside().size());
    }

    Call& call_;
    std::optional<Screen> screen_;
    std::optional<api::StatusView> status_;
    std::optional<core::Error> failure_;
    std::string trouble_;
};

int watch(Call& call, const ApiClient& api) {
    // a dumb terminal has no second screen, and cannot go back to what is written
    if (!call.outside().out_is_terminal || call.outside().variables("TERM") == "dumb") return once(call, api);
    Watch watching(call);
    poll(api.settings(), target, [&](const auto& answer) { return watching.look_at(answer); });
    return watching.end();
}

}  // namespace

void add_status(Command root) {
    const auto watching = std::make_shared<bool>(false);
    root.client_verb({"status",
                      "Shows the cluster at one moment: warnings, workers, sessions, recordings, zones.",
                      {"antiphon status", "antiphon status --watch", "antiphon status --json | jq .sessions"},
                      "Cluster"})
        .flag({"--watch", "", "keep showing it, twice a second, until Ctrl-C"}, *watching)
        .runs(with_api([watching](Call& call, const ApiClient& api) {
            return *watching && !call.json() ? watch(call, api) : once(call, api);
        }));
}

}  // namespace antiphon::cli
