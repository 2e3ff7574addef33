// Rows and what makes a segment whole may use the reserve: what was recorded is never given up for it.
#include "adapters/files/recording_space.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <utility>

namespace antiphon::files {
namespace {

constexpr std::uint64_t reserve_max = 256ull << 20, all = ~std::uint64_t{0};

// "1.5 GB", decimal, as disks are sold.
std::string size_text(std::uint64_t bytes) {
    std::array<char, 32> text{};
    const auto value = static_cast<double>(bytes);
    std::snprintf(text.data(), text.size(), value >= 1e9 ? "%.1f GB" : "%.1f MB", value / (value >= 1e9 ? 1e9 : 1e6));
    return text.data();
}

}  // namespace

std::uint64_t SpaceUse::reserve_bytes() const noexcept { return std::min(reserve_max, capacity_bytes / 20); }

std::uint64_t SpaceUse::left_bytes() const noexcept {
    const auto of_quota = quota_bytes == 0 ? all : quota_bytes - std::min(quota_bytes, used_bytes);
    const auto of_disk = capacity_bytes == 0 ? all : free_bytes - std::min(free_bytes, reserve_bytes());
    return std::min(of_quota, of_disk);
}

std::string refusal_of(const SpaceUse& use) {
    if (use.left_bytes() > 0) return {};
    if (use.quota_bytes > 0 && use.used_bytes >= use.quota_bytes)
        return "recordings have filled the " + size_text(use.quota_bytes) + " that they may take of this board";
    return "the disk is full but for " + size_text(use.reserve_bytes()) + " that are kept free";
}

std::string warning_of(const SpaceUse& use) {
    const auto left = use.left_bytes();
    if (left == all || left > use.used_bytes / 4) return {};  // less than four fifths are used
    return "recordings have room for " + size_text(left) + " more on this board, and take " +
           size_text(use.used_bytes) + " already";
}

SpaceUse space_on_disk(const std::filesystem::path& folder) {
    std::error_code error;
    const auto space = std::filesystem::space(folder, error);
    SpaceUse use;
    if (!error) {
        use.free_bytes = space.available;
        use.capacity_bytes = space.capacity;
    }
    return use;
}

void RecordingSpace::tell(std::uint64_t closed_bytes, const SpaceUse& disk) {
    const std::lock_guard lock(mutex_);
    told_ = disk;
    told_.used_bytes = closed_bytes;
}

SpaceUse RecordingSpace::now() const {
    const std::lock_guard lock(mutex_);
    auto use = told_;
    use.quota_bytes = quota_bytes_;
    use.used_bytes +=
        static_cast<std::uint64_t>(std::max<std::int64_t>(growing_bytes_.load(std::memory_order_relaxed), 0));
    return use;
}

std::string RecordingSpace::refusal() const { return refusal_of(now()); }
std::string RecordingSpace::warning() const { return warning_of(now()); }

core::Result<void> LimitedSegments::allowed() const {
    if (auto refusal = space_.refusal(); !refusal.empty())
        return core::Error{core::ErrorCode::exhausted, std::move(refusal)};
    return {};
}

void LimitedSegments::grows_no_more() noexcept { space_.grow(-std::exchange(growing_, 0)); }

core::Result<void> LimitedSegments::create(int number) {
    if (auto may = allowed(); !may) return may;
    grows_no_more();
    return files_->create(number);
}

core::Result<void> LimitedSegments::append(std::span<const std::byte> bytes) {
    if (auto may = allowed(); !may) return may;
    auto appended = files_->append(bytes);
    if (appended) {
        growing_ += static_cast<std::int64_t>(bytes.size());
        space_.grow(static_cast<std::int64_t>(bytes.size()));
    }
    return appended;
}

core::Result<void> LimitedSegments::finish(int number) {
    grows_no_more();
    return files_->finish(number);
}

core::Result<void> LimitedSegments::remove(int number) {
    grows_no_more();
    return files_->remove(number);
}

}  // namespace antiphon::files
