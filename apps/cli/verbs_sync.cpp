// The verb sync: how well outputs play, once, or for a while as a picture.
#include "adapters/files/atomic_write.hpp"
#include "apps/cli/parse.hpp"
#include "apps/cli/poll.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/put_blob.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/sync_plot.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/waiting.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

constexpr const char* target = "/v1/status";
constexpr double seconds_default = 60, seconds_max = 3600;

struct PlotView {
    std::string file;
};
BOOST_DESCRIBE_STRUCT(PlotView, (), (file))

struct SyncArguments {
    std::optional<std::string> plot;
    std::optional<std::string> seconds;
};

int once(Call& call, const ApiClient& api) {
    return call.answer<api::StatusView>(api.get(target),
                                        [&](const api::StatusView& status) { return show_sync(status, call.look()); });
}

// What the outputs say of themselves, from the first answer on.
class Collecting {
  public:
    Collecting(const Call& call, double seconds) : seconds_(seconds), progress_(progress_stream(call)) {}

    bool look_at(const core::Result<http::Response>& answer) {
        failure_ = waiting_.look_at(answer);
        if (failure_) return true;
        if (!answer) return false;
        const auto status = Call::decoded<api::StatusView>(*answer);
        if (!status) return failure_ = status.error(), true;
        const auto now_ns = status->cluster.cluster_ns;
        if (!begin_ns_) begin_ns_ = now_ns;
        const auto at_s = static_cast<double>(now_ns - *begin_ns_) / 1e9;
        for (const auto& session : status->sessions)
            for (const auto& member : session.members)
                for (const auto& output : member.outputs.value_or(std::vector<api::OutputSyncView>()))
                    add(output, at_s);
        progress_.show("listening to what " + count_text(outputs_.size(), "output") + " say, " +
                       std::to_string(static_cast<int>(at_s)) + " of " + std::to_string(static_cast<int>(seconds_)) +
                       " s");
        return at_s >= seconds_;
    }

    void clear() { progress_.clear(); }
    const std::optional<core::Error>& failure() const noexcept { return failure_; }
    const std::map<std::string, std::vector<SyncPoint>>& outputs() const noexcept { return outputs_; }

  private:
    // Workers report each 2 s; what is said twice is one point.
    void add(const api::OutputSyncView& output, double at_s) {
        auto& points = outputs_[output.output];
        const bool again =
            !points.empty() && points.back().error_ns == output.error_ns && points.back().bound_ns == output.bound_ns;
        if (!again) points.push_back({at_s, output.error_ns, output.bound_ns});
    }

    const double seconds_;
    Progress progress_;
    Waiting waiting_;
    std::optional<std::int64_t> begin_ns_;
    std::map<std::string, std::vector<SyncPoint>> outputs_;
    std::optional<core::Error> failure_;
};

int plot(Call& call, const ApiClient& api, const std::string& file, double seconds) {
    Collecting collecting(call, seconds);
    poll(api.settings(), target, [&](const auto& answer) { return collecting.look_at(answer); });
    collecting.clear();
    if (collecting.failure()) return call.fail(*collecting.failure());
    if (collecting.outputs().empty())
        return call.fail(
            {core::ErrorCode::conflict, "nothing plays, so there is nothing to draw; play something first"});
    const auto title = "Sync of " + count_text(collecting.outputs().size(), "output") + ", by their own clocks";
    constexpr ::mode_t readable = 0644;
    if (const auto written = files::atomic_write(file, sync_plot(collecting.outputs(), title), readable); !written)
        return call.fail(written.error());
    return call.json() ? call.print(json::encode(PlotView{file}) + "\n") : call.print("wrote " + file + "\n");
}

int sync(Call& call, const ApiClient& api, const SyncArguments& asked) {
    double seconds = seconds_default;
    if (asked.seconds) {
        const auto told = parse_position(*asked.seconds);
        if (!told || *told < 1 || *told > seconds_max)
            return call.usage({core::ErrorCode::invalid, "--seconds '" + *asked.seconds + "' is not from 1 to 3600"});
        seconds = *told;
    }
    if (asked.plot) return plot(call, api, *asked.plot, seconds);
    if (asked.seconds) return call.usage({core::ErrorCode::invalid, "--seconds is for --plot FILE"});
    return once(call, api);
}

}  // namespace

void add_sync(Command root) {
    const auto asked = std::make_shared<SyncArguments>();
    root.client_verb({"sync",
                      "Shows how well outputs play: error and its bound, correction, what was silent and why.",
                      {"antiphon sync", "antiphon sync --plot sync.svg --seconds 120"},
                      "Cluster"})
        .option({"--plot", "FILE", "listen to them for a while and draw a picture (SVG)"}, asked->plot)
        .option({"--seconds", "N", "how long, with --plot (default: 60)"}, asked->seconds)
        .runs(with_api([asked](Call& call, const ApiClient& api) { return sync(call, api, *asked); }));
}

}  // namespace antiphon::cli
