// The verbs backup and restore.
#include <ctime>
#include <optional>

#include "apps/api/views.hpp"
#include "apps/cli/fetch_file.hpp"
#include "apps/cli/poll.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/put_blob.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/waiting.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

namespace fs = std::filesystem;
using api::BackupBody;
using api::BackupPhase;
using api::BackupView;

constexpr const char* group = "Backup";

struct BackupArguments {
    std::string file;
    bool whole = false;
};

struct RestoreArguments {
    std::string file;
    CoordinatorArguments coordinator;  // where its data folder is
    bool json = false;
};

std::string target_of(const BackupView& view) { return "/v1/backups/" + http::percent_encoded(view.id); }

// Looks until it is ready, or never will be.
class BackupWait {
  public:
    BackupWait(const Call& call, BackupView view) : view_(std::move(view)), progress_(progress_stream(call)) {}

    core::Result<BackupView> run(const ApiClient& api) {
        const bool over =
            view_.phase != BackupPhase::making ||
            poll(api.settings(), target_of(view_), [this](const auto& answer) { return look_at(answer); });
        progress_.clear();
        if (failure_) return *failure_;
        if (!over) {
            static_cast<void>(api.send(http::Method::delete_, target_of(view_)));
            return core::Error{core::ErrorCode::unavailable, "given up, as you asked"};
        }
        if (view_.phase == BackupPhase::ready) return view_;
        return core::Error{core::ErrorCode::unavailable, "the coordinator cannot make a backup: " + view_.reason};
    }

  private:
    bool look_at(const core::Result<http::Response>& answer) {
        failure_ = waiting_.look_at(answer);
        if (failure_) return true;
        auto view = Call::decoded<BackupView>(answer);
        if (!answer) return false;
        if (!view) return failure_ = view.error(), true;
        view_ = std::move(*view);
        progress_.show_bytes("making the backup", view_.done_bytes, view_.total_bytes);
        return view_.phase != BackupPhase::making;
    }

    BackupView view_;
    Progress progress_;
    Waiting waiting_;
    std::optional<core::Error> failure_;
};

// "antiphon-c1bd1d7fc-20260131T180509Z.tar"
std::string default_name(const BackupView& view) {
    const auto seconds = static_cast<std::time_t>(view.made.ns / 1'000'000'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
    return "antiphon-" + view.cluster + "-" + text + ".tar";
}

fs::path place_of(const BackupView& view, const std::string& asked) {
    std::error_code ignored;
    if (asked.empty()) return default_name(view);
    return fs::is_directory(asked, ignored) ? fs::path(asked) / default_name(view) : fs::path(asked);
}

int tell(const Call& call, const BackupView& view, const fs::path& file) {
    for (const auto& left : view.left_out) call.tell("left out: " + left.name + ": " + left.reason);
    if (call.json()) return call.print(json::encode(view) + "\n");
    return call.print(file.string() + " (" + size_text(view.size_bytes) + ", " +
                      (view.whole ? "with all programmes and recordings" : "state and what is playing") + ")\n");
}

int backup(Call& call, const ApiClient& api, const BackupArguments& asked) {
    const auto begun =
        Call::decoded<BackupView>(api.send(http::Method::post, "/v1/backups", json::encode(BackupBody{asked.whole}),
                                           {{"Content-Type", "application/json"}}));
    if (!begun) return call.fail(begun.error());
    const auto ready = BackupWait(call, *begun).run(api);
    if (!ready) return call.fail(ready.error());
    const auto file = place_of(*ready, asked.file);
    const WantedFile wanted{target_of(*ready) + "/file", ready->sha256, ready->size_bytes, true};
    if (const auto fetched = fetch_file(call, api, wanted, file); !fetched) return call.fail(fetched.error());
    static_cast<void>(api.send(http::Method::delete_, target_of(*ready)));  // if it stays there: until the next one
    return tell(call, *ready, file);
}

int restore(Call& call, const RestoreArguments& asked, const Programs& programs) {
    const auto file = read_configuration(asked.coordinator.config, call.outside());
    if (!file) return call.fail(file.error());
    const auto options = settle(asked.coordinator, call.outside().variables, file->coordinator);
    if (!options) return call.usage(options.error());
    const auto restored = programs.restore({asked.file, options->data});
    if (!restored) return call.fail(restored.error());
    if (asked.json) return call.print(json::encode(*restored) + "\n");
    return call.print("restored cluster " + restored->cluster + " as of " + wall_text(restored->made) + " into " +
                      restored->data + " (" + count_text(restored->files, "file") + ", epoch " +
                      std::to_string(restored->epoch) + ")\nstart it: antiphon coordinator --data " + restored->data +
                      "\n");
}

}  // namespace

void add_backup(Command root, const Programs& programs) {
    const auto backing = std::make_shared<BackupArguments>();
    root.client_verb({"backup",
                      "Brings home a backup of the coordinator, which goes on meanwhile.",
                      {"antiphon backup", "antiphon backup --whole /srv/backups/"},
                      group})
        .optional_argument("FILE", backing->file, "to write; a folder: a name of its own there (default: here)")
        .flag({"--whole", "", "with all programmes and recordings, not only what is playing"}, backing->whole)
        .runs(with_api([backing](Call& call, const ApiClient& api) { return backup(call, api, *backing); }));

    const auto restoring = std::make_shared<RestoreArguments>();
    root.verb({"restore",
               "Makes a coordinator's data folder from a backup. Workers carry on with it.",
               {"antiphon restore antiphon-c1bd1d7fc-20260131T180509Z.tar --data /var/lib/antiphon"},
               group})
        .argument("FILE", restoring->file, "that `antiphon backup` wrote")
        .option({"--data", "FOLDER", "to make; empty or not there yet (ANTIPHON_DATA)"}, restoring->coordinator.data)
        .option({"--config", "FILE", "antiphon.toml to read (ANTIPHON_CONFIG; else the system's, if there is one)"},
                restoring->coordinator.config)
        .flag({"--json", "", "print what was restored, as JSON"}, restoring->json)
        .runs([restoring, &programs](Call& call) { return restore(call, *restoring, programs); });
}

}  // namespace antiphon::cli
