// Brings segments to the coordinator, one after the other, and tells when each is safe there.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "adapters/http/client.hpp"
#include "core/worker.hpp"
#include "media/recording/segment.hpp"

namespace antiphon::worker {

// On the loop's thread. The oldest goes first, but for those of tracks that have ended: somebody may wait for them;
// what came damaged, as from a failing disk, goes last. An upload that was cut goes on where it broke. What may pass is
// tried again with growing pauses.
class SegmentSender {
  public:
    // To be given to the client: some thirty tracks as they are recorded, and little of any network.
    static constexpr std::uint32_t bytes_per_s_max = 2'000'000;

    using After = std::function<void(core::Duration, std::function<void()>)>;  // calls once, later
    struct Handlers {
        std::function<std::filesystem::path(const core::TrackId&, int number)> file_of;
        std::function<void(const core::TrackId&, const media::SegmentRow&)> kept;  // the coordinator has it, checked
    };

    SegmentSender(http::Client& client, After after, Handlers handlers)
        : client_(client), after_(std::move(after)), handlers_(std::move(handlers)) {}

    // A closed segment; again, when its row has changed.
    void send(const core::TrackId& id, media::SegmentRow row);
    // No more of them follow: once all are safe, the coordinator is told so and `done` called, with a reason when it
    // refuses for good. `all`: hashes by number.
    void complete(const core::TrackId& id, std::map<int, std::string> all,
                  std::function<void(const std::string&)> done);
    // Nothing of this track any more.
    void forget(const core::TrackId& id);

    // That wait or are under way.
    std::size_t waiting() const;

  private:
    struct Track {
        std::map<int, media::SegmentRow> rows;
        std::map<int, int> damaged;  // how often each came damaged: it goes after the others
        std::optional<std::map<int, std::string>> all;
        std::function<void(const std::string&)> done;
        std::string refused;  // for good
    };
    using Tracks = std::map<core::TrackId, Track>;

    void next();
    Tracks::iterator most_urgent();
    static const media::SegmentRow* first_of(const Track& track);
    void announce(const core::TrackId& id, const media::SegmentRow& row);
    void send_audio(const core::TrackId& id, const media::SegmentRow& row, std::uint64_t offset);
    void finish(const core::TrackId& id, const Track& track);
    void is_kept(const core::TrackId& id, const media::SegmentRow& row);
    void fail(const core::TrackId& id, const core::Error& why);
    void came_damaged(const core::TrackId& id, int number);

    http::Client& client_;
    const After after_;
    const Handlers handlers_;
    Tracks tracks_;
    bool busy_ = false;
    int attempts_ = 0;  // since something went well
};

}  // namespace antiphon::worker
