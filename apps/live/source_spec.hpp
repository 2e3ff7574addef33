// What people write for a live source.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "adapters/alsa/device_string.hpp"
#include "core/result.hpp"
#include "core/units.hpp"
#include "media/sample_format.hpp"

namespace antiphon::live {

// A sine at -12 dB of full scale, both channels alike.
struct ToneSpec {
    double hertz = 440;
};

using media::SampleFormat;

struct PcmFormat {
    SampleFormat sample = SampleFormat::s16;
    core::SampleRate rate = core::cluster_rate;
    int channels = 2;
};

// A named pipe on the coordinator's machine, which some program writes its sound to.
struct PipeSpec {
    std::string path;
    PcmFormat format;
};

// What somebody writes to its session over the network.
struct FeedSpec {
    PcmFormat format;
};

// A sound card on the coordinator's machine.
struct CardSpec {
    alsa::AlsaDevice device;
};

// A microphone of a board of the cluster.
struct InputSpec {
    std::string input;  // "worker/name"
};

using SourceSpec = std::variant<ToneSpec, PipeSpec, FeedSpec, CardSpec, InputSpec>;

// "tone:HZ", "alsa:NAME[?buffer=MS]", "input:WORKER/NAME", "pipe:PATH[FORMAT]" or "feed[FORMAT]", where FORMAT is
// "[,format=s16|s24|s32|f32][,rate=HZ][,channels=1|2]". `invalid` says what is allowed.
core::Result<SourceSpec> parse_source(std::string_view text);
// Whether a text is meant as a live source at all, and not as a file.
bool is_live_source(std::string_view text);

}  // namespace antiphon::live
