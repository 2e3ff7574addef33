// Looking through the room's folder.
#include "adapters/virtual_audio/speaker_scan.hpp"

namespace antiphon::virtual_audio {
namespace {

constexpr std::size_t speakers_max = 256;  // a bound for a folder that somebody fills with files

}  // namespace

void SpeakerScan::rescan(TrueTime now) {
    for (auto entry = readers_.begin(); entry != readers_.end();)
        entry = entry->second.run(now) ? std::next(entry) : readers_.erase(entry);
    std::error_code problem;
    for (std::filesystem::directory_iterator file(folder_, problem), end; !problem && file != end;
         file.increment(problem)) {
        const std::string name = file->path().filename().string();
        if (!name.ends_with(".pcm") || readers_.contains(name) || readers_.size() >= speakers_max) continue;
        auto reader = SoundReader::open(file->path());
        if (reader && reader->run(now)) readers_.emplace(name, std::move(*reader));
    }
}

}  // namespace antiphon::virtual_audio
