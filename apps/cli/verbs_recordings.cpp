// The verb recordings: the list.
#include "apps/cli/lists.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

int list(Call& call, const ApiClient& api) {
    return call.answer<RecordingsView>(api.get("/v1/recordings"),
                                       [&](const RecordingsView& view) { return show(view.recordings, call.look()); });
}

}  // namespace

void add_recordings(Command root) {
    root.client_verb({"recordings", "Lists the recordings.", {"antiphon recordings"}, "Recording"})
        .runs(with_api(list));
}

}  // namespace antiphon::cli
