// What the tests of the room stand on: true time that is advanced by hand and never slept, and a folder for one test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "adapters/virtual_audio/room.hpp"
#include "adapters/virtual_audio/true_time.hpp"

namespace antiphon::virtual_audio {

class ManualTime final : public TrueClock {
  public:
    TrueTime now() const noexcept override { return at; }
    std::chrono::nanoseconds realtime() const noexcept override { return since_1970 + std::chrono::nanoseconds{at.ns}; }
    void wait_until(TrueTime) const noexcept override {}

    TrueTime at{5'000'000'000};
    std::chrono::nanoseconds since_1970 = std::chrono::hours{24 * 365 * 56};
};

// A folder of its own for one test, gone afterwards.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "antiphon-room-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace antiphon::virtual_audio
