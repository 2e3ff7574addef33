// Whether recordings are still what boards brought: disks forget.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "adapters/system/background.hpp"
#include "apps/api/segments.hpp"
#include "core/coordinator.hpp"
#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::coordinator {

// Reads the file of a kept segment again. One that is not what it was stays beside as NAME.damaged; what of its sound
// can be read takes its place, and its row tells the rest as a gap. Cut off at any point and done again it ends the
// same. `not_found` for a segment that was never kept. Reads a whole file: not for a loop.
core::Result<api::SegmentCheck> check_segment(const std::filesystem::path& track_folder, int number);

struct KeptSegment {
    std::filesystem::path folder;  // of its track
    int number = 0;
};
// The one that follows in the order of names, the first after the last; nothing where there is none. Reads folders.
std::optional<KeptSegment> kept_after(const std::filesystem::path& recordings, const std::optional<KeptSegment>& one);

struct IntegrityCounters {
    std::uint64_t checked = 0;
    std::uint64_t damaged = 0;  // found so
};

// Checks one segment after the other for ever, slowly: a terabyte in some days. On the loop's thread; the reading is
// done in `background`, and left out while that has no room.
class IntegrityWatch {
  public:
    static constexpr core::Duration each = std::chrono::seconds{5};

    // Called with what is left of a track when damage was found in it.
    using Found = std::function<void(core::TrackReceived)>;

    IntegrityWatch(boost::asio::io_context& io, system::Background& background, std::filesystem::path recordings,
                   Found found, core::Duration pause = each);
    ~IntegrityWatch();

    // This one now, beside the row; false, and `done` is not called, when too much waits already.
    using Done = std::function<void(const core::Result<api::SegmentCheck>&)>;
    [[nodiscard]] bool check(const KeptSegment& at, Done done);

    IntegrityCounters counters() const;

  private:
    class Service;
    std::shared_ptr<Service> service_;
};

}  // namespace antiphon::coordinator
