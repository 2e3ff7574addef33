// One output: a device, what feeds it (a file's decoder, or a live stream), and the arithmetic between them.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "adapters/capture/fan.hpp"
#include "adapters/files/programme_feeder.hpp"
#include "apps/live/live_streams.hpp"
#include "core/documents.hpp"
#include "media/playout.hpp"
#include "ports/audio.hpp"
#include "ports/clock.hpp"

namespace antiphon::worker {

// All on the loop's thread, but render(), which is the device's.
class Output final : public ports::Renderer {
  public:
    // A device that does not open is an output with a failure, not an error: it stays in the inventory, with its
    // reason.
    Output(std::string name, std::string device, core::Result<std::unique_ptr<ports::AudioSink>> sink,
           const ports::Clock& clock);
    ~Output() override;

    const std::string& name() const { return name_; }
    core::Endpoint endpoint() const;
    // Why it is silent whatever is played; empty: it works.
    std::string trouble() const;

    // Begins this session of a file, or follows its change: another start, place or volume.
    void play(const core::DesiredSession& session, const std::filesystem::path& file);
    // The same of a live one. What it is to be fed with from now on; nothing unless it listens `anew`.
    std::optional<live::Feed> listen(const core::DesiredSession& session, bool anew);
    void stop();
    // How long before it is heard a frame of a live stream has to be here; none without a device.
    std::optional<core::Duration> lead() const;
    void set_level(const core::DesiredOutput& level);
    void set_clock(const media::ClockMap& map);

    struct View {
        core::SessionState state = core::SessionState::fetching;
        std::string reason;
        core::FrameCount position_frames = 0;
        std::uint64_t lost_frames = 0;
        std::optional<core::OutputReport> sound = {};  // while it plays
    };
    // Of the session that plays here. Call it now and then: it also heals a decoder that is at the wrong place.
    View view();

    // With nothing to play, for long enough, the device rests. Call it now and then.
    void rest_when_idle();
    bool resting() const { return !running_; }

    void render(const ports::RenderBlock& block) noexcept override;

    // Hears what is played here, from the next block on, as a device would tell it. Else what the device says.
    core::Result<void> attach(ports::Capturer& listener);
    // Returns when no callback of it runs any more.
    void detach(const ports::Capturer& listener) { monitors_.remove(listener); }

  private:
    bool runs(const core::SessionId& session) const { return session_ && session_->id == session; }
    bool follow(const core::DesiredSession& session);
    void view_sound(View& view);
    void follow_delay();
    bool is_past_end() const;
    core::OutputReport sound_report(const media::PlayoutStatus& status) const;
    void wake();
    void feed_from(core::FrameCount frame);
    core::FrameCount wanted_soon() const;
    void retime();
    void seat_decoder();
    void apply_gain();
    void tell_monitors(const ports::RenderBlock& block) noexcept;
    std::uint64_t lost_by_device() const { return sink_ ? sink_->counters().lost_frames : 0; }

    const std::string name_;
    const std::string device_;
    std::string failure_;  // for good
    std::optional<core::LocalTime> troubled_since_;
    bool away_ = false;  // in trouble, when last looked at
    const ports::Clock& clock_;
    files::ProgrammeFeeder feeder_;
    media::PcmWindow live_;
    media::Playout playout_;
    capture::Fan monitors_;
    std::atomic<std::int64_t> delay_ns_{0};   // of the device, as last looked at
    std::unique_ptr<ports::AudioSink> sink_;  // after what its thread uses

    bool running_ = false;  // the device
    core::LocalTime idle_since_;

    std::optional<core::DesiredSession> session_;
    std::filesystem::path file_;
    std::optional<media::ClockMap> map_;
    std::uint64_t epoch_ = 0;
    core::FrameCount fed_from_ = 0;
    double volume_ = 1;
    bool muted_ = false;
    bool sounded_ = false;              // since the session began here
    std::uint64_t missing_before_ = 0;  // counters when it first sounded
    std::uint64_t lost_before_ = 0;
    std::uint64_t jumps_before_ = 0;
    int starved_views_ = 0;
};

}  // namespace antiphon::worker
