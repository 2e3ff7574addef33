// The session document in, a timeline and a fed window out.
#include "apps/worker/output.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace antiphon::worker {
namespace {

// Where a decoder begins when the programme runs already: so much later than now will it be ready.
constexpr core::Duration join_lead = std::chrono::milliseconds(400);
// What the resampler looks at before the first frame.
constexpr core::FrameCount history_frames = 64;
// A device that stops at once would click between two programmes.
constexpr core::Duration rest_after = std::chrono::seconds(5);
// Of a fade at each end: short, for a live stream has to be here twice that long before it is heard.
constexpr core::Duration fade = std::chrono::microseconds(2500);
// What the resampler looks ahead, and the scheduler may be late.
constexpr core::Duration slack = std::chrono::microseconds(1500);
// 0.7 s of stereo: what a device's buffer holds, and more.
constexpr std::size_t live_frames = 1 << 15;
enum WindowIndex : std::size_t { file_window, live_window };
// Who pulls a plug may put it in again: only then is the session given up here.
constexpr core::Duration trouble_borne = std::chrono::seconds(10);
// After so many looks in a row at a starving output its decoder is moved.
constexpr int starved_views_max = 10;

bool same_place(const core::DesiredSession& a, const core::DesiredSession& b) {
    return a.programme == b.programme && a.start == b.start && a.from_frame == b.from_frame;
}

}  // namespace

Output::Output(std::string name, std::string device, core::Result<std::unique_ptr<ports::AudioSink>> sink,
               const ports::Clock& clock)
    : name_(std::move(name)),
      device_(std::move(device)),
      clock_(clock),
      live_(2, live_frames),
      playout_({&feeder_.window(), &live_}, {.fade = fade}) {
    if (!sink) {
        failure_ = sink.error().what;
        return;
    }
    sink_ = std::move(*sink);
    follow_delay();
    // Once at the start, so that a device that cannot play is known before somebody wants to hear it.
    if (!sink_->comes_back()) wake();
    idle_since_ = clock_.now();
}

core::Endpoint Output::endpoint() const {
    const auto needed = lead();
    return {name_, device_, trouble(), needed ? std::optional(needed->count()) : std::nullopt};
}

std::string Output::trouble() const { return failure_.empty() && sink_ ? sink_->trouble() : failure_; }

void Output::follow_delay() {
    if (!sink_) return;
    const auto delay = sink_->delay();
    delay_ns_.store(delay.count(), std::memory_order_relaxed);
    playout_.set_delay(delay);
}

void Output::wake() {
    if (!sink_ || running_) return;
    const auto started = sink_->start(*this);
    failure_ = started ? "" : started.error().what;
    running_ = started.ok();
}

void Output::rest_when_idle() {
    const bool used = session_ || !monitors_.empty();
    if (used) idle_since_ = clock_.now();
    if (!running_ || used || clock_.now() - idle_since_ < rest_after) return;
    if (!sink_->comes_back() && !sink_->trouble().empty()) return;  // what is not there is waited for
    sink_->stop();
    running_ = false;
}

Output::~Output() {
    if (sink_) sink_->stop();
}

void Output::render(const ports::RenderBlock& block) noexcept {
    playout_.render(
        {block.reading.at, block.reading.frames, block.first, block.channels, block.samples, block.reading.run});
    if (!monitors_.empty()) tell_monitors(block);
}

// A frame is heard a delay after its turn in the device: so late, by the readings, it is captured.
void Output::tell_monitors(const ports::RenderBlock& block) noexcept {
    std::array<float, 480> mixed{};
    const auto channels = static_cast<std::size_t>(block.channels);
    const auto frames = block.samples.size() / channels;
    auto reading = block.reading;
    reading.at = reading.at + core::Duration(delay_ns_.load(std::memory_order_relaxed));
    for (std::size_t from = 0; from < frames; from += mixed.size()) {
        const auto count = std::min(mixed.size(), frames - from);
        for (std::size_t i = 0; i < count; ++i) {
            const auto* frame = &block.samples[(from + i) * channels];
            mixed[i] = std::accumulate(frame, frame + channels, 0.0F) / static_cast<float>(channels);
        }
        monitors_.captured(
            {reading, block.first + static_cast<core::FrameCount>(from), 1, std::span(mixed).first(count)});
    }
}

core::Result<void> Output::attach(ports::Capturer& listener) {
    wake();
    if (!running_) return core::Error{core::ErrorCode::unavailable, "output " + name_ + " plays nothing: " + failure_};
    return monitors_.add(listener);
}

core::FrameCount Output::wanted_soon() const {
    const auto& start = session_->start;
    if (!start || !map_ || map_->incarnation != start->incarnation) return session_->from_frame;
    media::Timeline timeline;
    timeline.start_ns = start->ns;
    timeline.start_frame = session_->from_frame;
    const auto place = timeline.at(map_->to_cluster(clock_.now() + join_lead)).frame - history_frames;
    return std::clamp(place, session_->from_frame, std::max(session_->from_frame, session_->programme.frames - 1));
}

void Output::feed_from(core::FrameCount frame) {
    fed_from_ = frame;
    feeder_.feed(file_, frame, ++epoch_);
}

void Output::retime() {
    media::Timeline timeline;
    timeline.window = session_ && session_->programme.live ? live_window : file_window;
    timeline.epoch = epoch_;
    timeline.playing = session_ && session_->start.has_value();
    if (timeline.playing) {
        timeline.incarnation = session_->start->incarnation;
        timeline.start_ns = session_->start->ns;
        timeline.start_frame = session_->from_frame;
    }
    playout_.set_timeline(timeline);
}

// Takes the session over; true when its place is another than before.
bool Output::follow(const core::DesiredSession& session) {
    const bool known = runs(session.id);
    const bool moved = !known || !same_place(*session_, session);
    if (!known) {
        sounded_ = false;
        starved_views_ = 0;
    }
    wake();
    session_ = session;
    apply_gain();
    return moved;
}

void Output::play(const core::DesiredSession& session, const std::filesystem::path& file) {
    // The decoder already stands where the programme will begin: a prepared session starts without a new epoch.
    const bool prepared = runs(session.id) && !session_->start && session.start && session.from_frame == fed_from_;
    file_ = file;
    if (!follow(session)) return;
    const auto wanted = wanted_soon();
    if (!prepared || wanted != fed_from_) feed_from(wanted);
    retime();
}

std::optional<live::Feed> Output::listen(const core::DesiredSession& session, bool anew) {
    follow(session);
    if (!anew) return std::nullopt;
    ++epoch_;
    retime();
    return live::Feed{&live_, epoch_};
}

std::optional<core::Duration> Output::lead() const {
    if (!sink_) return std::nullopt;
    return sink_->delay() + sink_->ahead() + 2 * fade + slack;
}

void Output::stop() {
    session_.reset();
    ++epoch_;
    feeder_.rest();
    retime();
}

void Output::set_level(const core::DesiredOutput& level) {
    volume_ = level.volume;
    muted_ = level.muted;
    playout_.set_ceiling(static_cast<float>(level.max_level.value_or(1.0)));
    apply_gain();
}

void Output::apply_gain() {
    playout_.set_gain(static_cast<float>(volume_ * (session_ ? session_->volume : 1.0)));
    playout_.set_muted(muted_);
}

void Output::set_clock(const media::ClockMap& map) {
    map_ = map;
    playout_.set_clock(map);
}

Output::View Output::view() {
    View view;
    if (!failure_.empty()) return {core::SessionState::failed, failure_, 0, 0};
    follow_delay();
    view.reason = trouble();
    const bool back = std::exchange(away_, !view.reason.empty()) && !away_;
    if (view.reason.empty() || sink_->comes_back())
        troubled_since_.reset();
    else if (!troubled_since_)
        troubled_since_ = clock_.now();
    else if (clock_.now() - *troubled_since_ > trouble_borne)
        return {core::SessionState::failed, view.reason, 0, 0};
    const bool live = session_ && session_->programme.live;
    if (live) {
        if (map_) view.state = core::SessionState::ready;
    } else {
        const auto feeder = feeder_.status();
        if (!feeder.failure.empty()) return {core::SessionState::failed, feeder.failure, 0, 0};
        if (feeder.ready) view.state = core::SessionState::ready;
        // Its decoder stands where it went away.
        if (back && session_) seat_decoder();
    }
    view.position_frames = session_ ? session_->from_frame : 0;
    view_sound(view);
    if (!view.reason.empty() && is_past_end()) view.state = core::SessionState::ended;
    return view;
}

// A programme is over for who waits for a device as well.
bool Output::is_past_end() const {
    if (!session_ || !session_->start || session_->programme.live || !map_) return false;
    if (map_->incarnation != session_->start->incarnation) return false;
    media::Timeline timeline;
    timeline.start_ns = session_->start->ns;
    timeline.start_frame = session_->from_frame;
    return timeline.at(map_->to_cluster(clock_.now())).frame >= session_->programme.frames;
}

core::OutputReport Output::sound_report(const media::PlayoutStatus& status) const {
    core::OutputReport report;
    report.name = name_;
    report.error_ns = status.position_error_ns;
    if (map_) report.bound_ns = map_->error_at(clock_.now()).count();
    report.correction_ppm = status.correction_ppm;
    report.device_ppm = status.device_ppm;
    report.ahead_ns = status.ahead * 1'000'000'000 / core::cluster_rate;
    report.late_frames = status.frames_missing - missing_before_;
    report.device_lost_frames = lost_by_device() - lost_before_;
    report.jumps = status.reseats - jumps_before_;
    return report;
}

void Output::view_sound(View& view) {
    const auto status = playout_.status();
    if (status.epoch != epoch_ || !session_ || !session_->start) return;
    view.position_frames = status.position;
    const bool starving = status.phase == media::PlayoutPhase::starving;
    if (status.phase == media::PlayoutPhase::ended) view.state = core::SessionState::ended;
    if (status.phase == media::PlayoutPhase::playing || (starving && sounded_))
        view.state = core::SessionState::playing;
    if (status.phase == media::PlayoutPhase::playing && !sounded_) {
        sounded_ = true;
        missing_before_ = status.frames_missing;
        lost_before_ = lost_by_device();
        jumps_before_ = status.reseats;
    }
    if (sounded_) {
        view.sound = sound_report(status);
        view.lost_frames = view.sound->late_frames + view.sound->device_lost_frames;
    }
    starved_views_ = starving ? starved_views_ + 1 : 0;
    if (starved_views_ >= starved_views_max && !session_->programme.live) {
        starved_views_ = 0;
        seat_decoder();
    }
}

void Output::seat_decoder() {
    feed_from(wanted_soon());
    retime();
}

}  // namespace antiphon::worker
