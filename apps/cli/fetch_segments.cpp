// Files are named by their number alone: the server names nothing here.
#include "apps/cli/fetch_segments.hpp"

#include "adapters/files/posix.hpp"
#include "adapters/files/segment_folder.hpp"
#include "apps/api/segments.hpp"
#include "apps/cli/fetch_file.hpp"
#include "media/recording/segment_damage.hpp"

namespace antiphon::cli {

namespace fs = std::filesystem;

core::Result<std::vector<media::SegmentRow>> fetch_segments(const Call& call, const ApiClient& api,
                                                            const std::string& recording, const std::string& track,
                                                            const fs::path& folder) {
    const auto target =
        "/v1/recordings/" + http::percent_encoded(recording) + "/tracks/" + http::percent_encoded(track) + "/segments";
    auto view = Call::decoded<api::SegmentsView>(api.get(target));
    if (!view) return view.error();
    if (auto made = files::ensure_folder(folder, files::open_to_all); !made) return made.error();
    for (const auto& row : view->segments) {
        const auto file = files::SegmentFolder::whole_in(folder, row.number);
        if (media::frames_in_file(row) == 0 || has_content(file, row.sha256)) continue;
        const WantedFile wanted{
            .target = target + "/" + std::to_string(row.number), .sha256 = row.sha256, .size_bytes = row.bytes};
        if (auto fetched = fetch_file(call, api, wanted, file); !fetched) return fetched.error();
    }
    return std::move(view->segments);
}

}  // namespace antiphon::cli
