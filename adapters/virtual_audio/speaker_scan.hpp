// Which speakers are in a room now. For microphones and the ruler, as sound_reader.hpp.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "adapters/virtual_audio/sound_reader.hpp"

namespace antiphon::virtual_audio {

// Used by one thread.
class SpeakerScan {
  public:
    // `speakers` is Room::speakers().
    explicit SpeakerScan(std::filesystem::path speakers) : folder_(std::move(speakers)) {}

    // Looks for speakers that came, and forgets those that went (SoundReader::run says when). Files that are no
    // speaker's are passed over. I/O.
    void rescan(TrueTime now);

    // By file name, so always in one order.
    std::map<std::string, SoundReader>& readers() { return readers_; }

  private:
    std::filesystem::path folder_;
    std::map<std::string, SoundReader> readers_;
};

}  // namespace antiphon::virtual_audio
