// The verb record check: each segment by itself, so that one sees how far it is, and nobody waits long for an answer.
#include <boost/describe/class.hpp>

#include "apps/api/segments.hpp"
#include "apps/api/views.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/put_blob.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

struct DamagedSegment {
    std::string input;
    int segment = 0;
    std::string problem;
};
BOOST_DESCRIBE_STRUCT(DamagedSegment, (), (input, segment, problem))

struct RecordCheckView {
    std::string recording;
    std::size_t checked = 0;  // segments
    std::vector<DamagedSegment> damaged;
};
BOOST_DESCRIBE_STRUCT(RecordCheckView, (), (recording, checked, damaged))

class RecordCheck {
  public:
    RecordCheck(const Call& call, const ApiClient& api, const api::RecordingView& recording)
        : api_(api), recording_(recording), progress_(progress_stream(call)) {}

    core::Result<RecordCheckView> run() {
        view_.recording = recording_.id;
        for (const auto& track : recording_.tracks)
            if (auto checked = check(track); !checked) return checked.error();
        progress_.clear();
        return view_;
    }

  private:
    core::Result<void> check(const api::TrackView& track) {
        const auto target = "/v1/recordings/" + http::percent_encoded(recording_.id) + "/tracks/" +
                            http::percent_encoded(track.id) + "/segments";
        const auto listed = Call::decoded<api::SegmentsView>(api_.get(target));
        if (!listed && listed.error().code == core::ErrorCode::not_found) return {};  // nothing of it is here
        if (!listed) return listed.error();
        const int last = listed->segments.empty() ? -1 : listed->segments.back().number;
        for (int number = 0; number <= last; ++number) {
            progress_.show("checking recording " + printable(recording_.id) + ": " + printable(track.input) +
                           ", segment " + std::to_string(number + 1) + " of " + std::to_string(last + 1));
            const auto told = Call::decoded<api::SegmentCheck>(
                api_.send(http::Method::post, target + "/" + std::to_string(number) + "/check"));
            const bool missing = !told && told.error().code == core::ErrorCode::not_found;
            if (!told && !missing) return told.error();
            ++view_.checked;
            if (missing)
                view_.damaged.push_back({track.input, number, "it is not here"});
            else if (!told->sound)
                view_.damaged.push_back({track.input, number, told->problem});
        }
        return {};
    }

    const ApiClient& api_;
    const api::RecordingView& recording_;
    Progress progress_;
    RecordCheckView view_;
};

std::string sentences(const RecordCheckView& view) {
    const auto recording = "recording " + view.recording + ": ";
    if (view.checked == 0) return printable(recording + "nothing of it is here yet") + "\n";
    const auto all = recording + count_text(view.checked, "segment");
    if (view.damaged.empty()) return printable(all + " checked, all as they were brought in") + "\n";
    auto text = printable(all + " checked, " + std::to_string(view.damaged.size()) + " not as brought in") + "\n";
    for (const auto& one : view.damaged)
        text += printable(one.input + ", segment " + std::to_string(one.segment) + ": " + one.problem) + "\n";
    return text + "An export has silence there, and its manifest tells the gaps.\n";
}

int check(Call& call, const ApiClient& api, const std::string& id) {
    const auto recording = Call::decoded<api::RecordingView>(api.get("/v1/recordings/" + http::percent_encoded(id)));
    if (!recording) return call.fail(recording.error());
    const auto view = RecordCheck(call, api, *recording).run();
    if (!view) return call.fail(view.error());
    const int printed = call.print(call.json() ? json::encode(*view) + "\n" : sentences(*view));
    return printed != exit_done || view->damaged.empty() ? printed : exit_failed;
}

}  // namespace

void add_record_check(Command record) {
    const auto id = std::make_shared<std::string>();
    record
        .client_verb({"check",
                      "Reads a recording's files on the coordinator again and tells what is damaged.",
                      {"antiphon record check r3"}})
        .argument("ID", *id, "of the recording, as `antiphon recordings` shows it")
        .runs(with_api([id](Call& call, const ApiClient& api) { return check(call, api, *id); }));
}

}  // namespace antiphon::cli
