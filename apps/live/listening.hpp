// What people hear of an input by whatever program they like: a stream of bytes for each.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/live/source.hpp"
#include "media/codecs/ogg_opus.hpp"
#include "media/codecs/opus_packets.hpp"
#include "ports/clock.hpp"

namespace antiphon::live {

using Ear = std::uint64_t;
// opus: Ogg (RFC 7845), 128 kbit/s; wav: 16 bit without an end. Both have two channels.
enum class EarFormat : std::uint8_t { opus, wav };
using Sound = std::shared_ptr<const std::string>;

// Encoded once for all, in blocks of 20 ms. Whoever does not take what is given is not waited for. For the loop of its
// source; make it as a shared pointer.
class Listening : public std::enable_shared_from_this<Listening> {
  public:
    static constexpr int block_frames = 960;
    using Give = std::function<void(Ear ear, Sound bytes)>;

    // `clock` shows cluster time; it and `source` outlive this. `title` is for the players to show.
    Listening(boost::asio::io_context& io, const ports::Clock& clock, Source& source, std::string title, Give give);

    // Once: frame 0 leaves its source then, in the past or soon.
    void begin(core::ClusterTime begins);
    // Hears the stream's head at once, and what comes from now on.
    void add(Ear ear, EarFormat format);
    void remove(Ear ear);
    // All of them hear that it is over.
    void end();

    std::size_t ears() const { return opus_.size() + wav_.size(); }
    // How long there has been nobody.
    core::Duration unheard_for() const { return ears() > 0 ? core::Duration{0} : clock_.now() - left_; }
    // Blocks that were not made: this machine stood still.
    std::uint64_t skipped() const { return skipped_; }

  private:
    static constexpr core::Duration block_time = std::chrono::milliseconds(20);

    core::LocalTime due() const { return core::LocalTime{begins_.ns} + (next_ + 1) * block_time; }
    void wait();
    void work();
    void give_block();

    const ports::Clock& clock_;
    Source& source_;
    const std::string title_;
    const Give give_;
    boost::asio::steady_timer timer_;
    core::ClusterTime begins_;
    std::int64_t next_ = 0;  // block
    core::LocalTime left_;   // since when there is nobody
    std::uint64_t skipped_ = 0;
    std::optional<media::OpusPacketEncoder> encoder_;  // while it is taken so
    std::map<Ear, media::OggOpusStream> opus_;
    std::vector<Ear> wav_;
    std::vector<float> frames_;
};

}  // namespace antiphon::live
