// The grammar of `alsa:` device strings.
#include "adapters/alsa/device_string.hpp"

#include "core/number.hpp"

namespace antiphon::alsa {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::string_view prefix = "alsa:";
constexpr std::string_view option = "buffer=";
constexpr std::size_t name_max = 128;
constexpr int buffer_ms_min = 5;
constexpr int buffer_ms_max = 2000;

Error refused(std::string_view text, const std::string& why) {
    return {ErrorCode::invalid, "device '" + std::string(text.substr(0, 160)) + "' " + why};
}

}  // namespace

core::Result<AlsaDevice> parse_alsa_device(std::string_view text) {
    if (!text.starts_with(prefix)) return refused(text, "is no device of ALSA; write alsa:NAME, such as alsa:hw:0");
    const auto question = text.find('?');
    AlsaDevice device;
    device.pcm = text.substr(prefix.size(), question == text.npos ? text.npos : question - prefix.size());
    if (device.pcm.empty())
        return refused(text, "names no device; write alsa:NAME (aplay -L and arecord -L list them)");
    if (device.pcm.size() > name_max) return refused(text, "has a name of more than 128 characters");
    for (const char c : device.pcm)
        if (static_cast<unsigned char>(c) < ' ') return refused(text, "has a control character in its name");
    if (question == text.npos) return device;
    auto value = text.substr(question + 1);
    if (!value.starts_with(option)) return refused(text, "has an unknown option; write alsa:NAME?buffer=MS");
    value.remove_prefix(option.size());
    if (value.ends_with("ms")) value.remove_suffix(2);
    const auto ms = core::number_of<int>(value);
    if (!ms || *ms < buffer_ms_min || *ms > buffer_ms_max)
        return refused(text, "has no good buffer; write milliseconds from 5 to 2000");
    device.buffer = std::chrono::milliseconds{*ms};
    return device;
}

}  // namespace antiphon::alsa
