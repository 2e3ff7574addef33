// Decode, fill, wait; a new order interrupts at the next chunk.
#include "adapters/files/programme_feeder.hpp"

#include <vector>

#include "adapters/files/audio_file_reader.hpp"

namespace antiphon::files {
namespace {

constexpr core::FrameCount chunk_frames = 2048;
constexpr core::FrameCount ready_frames = 24000;  // half a second
constexpr std::chrono::milliseconds space_poll{50};

}  // namespace

ProgrammeFeeder::ProgrammeFeeder()
    : window_(2, capacity_frames), thread_([this](const std::stop_token& stop) { run(stop); }) {}

ProgrammeFeeder::~ProgrammeFeeder() = default;

void ProgrammeFeeder::feed(std::filesystem::path file, core::FrameCount first, std::uint64_t epoch) {
    {
        std::lock_guard lock(mutex_);
        order_ = Order{std::move(file), first, epoch};
        status_ = {epoch, false, ""};
    }
    news_.notify_one();
}

void ProgrammeFeeder::rest() {
    {
        std::lock_guard lock(mutex_);
        order_ = Order{};
    }
    news_.notify_one();
}

ProgrammeFeeder::Status ProgrammeFeeder::status() const {
    std::lock_guard lock(mutex_);
    return status_;
}

void ProgrammeFeeder::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        Order order;
        {
            std::unique_lock lock(mutex_);
            if (!news_.wait(lock, stop, [this] { return order_.has_value(); })) return;
            order = *std::exchange(order_, std::nullopt);
        }
        if (!order.file.empty()) carry_out(order, stop);
    }
}

bool ProgrammeFeeder::interrupted(const std::stop_token& stop) const {
    std::lock_guard lock(mutex_);
    return stop.stop_requested() || order_.has_value();
}

void ProgrammeFeeder::wait_for_space(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, stop, space_poll, [this] { return order_.has_value(); });
}

void ProgrammeFeeder::report(std::uint64_t epoch, bool ready, std::string failure) {
    std::lock_guard lock(mutex_);
    if (status_.epoch == epoch) status_ = {epoch, ready, std::move(failure)};
}

void ProgrammeFeeder::carry_out(const Order& order, const std::stop_token& stop) {
    window_.restart(order.epoch, order.first);
    auto reader = AudioFileReader::open(order.file);
    if (!reader) return report(order.epoch, false, reader.error().what);
    if (auto sought = (*reader)->seek(order.first); !sought) return report(order.epoch, false, sought.error().what);
    std::vector<float> chunk(chunk_frames * 2);
    bool ready = false;
    while (!interrupted(stop)) {
        if (window_.writable() < chunk_frames) {
            if (!std::exchange(ready, true)) report(order.epoch, true);
            wait_for_space(stop);
            continue;
        }
        const auto frames = (*reader)->read(chunk);
        if (!frames) return report(order.epoch, false, frames.error().what);
        if (*frames == 0) break;
        window_.write(std::span(chunk).first(*frames * 2));
        if (!ready && window_.next_frame() - order.first >= ready_frames) report(order.epoch, ready = true);
    }
    if (interrupted(stop)) return;
    window_.finish();
    report(order.epoch, true);
}

}  // namespace antiphon::files
