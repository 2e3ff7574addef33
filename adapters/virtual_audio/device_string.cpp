// The grammar of `virtual:` device strings.
#include "adapters/virtual_audio/device_string.hpp"

#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "core/number.hpp"

namespace antiphon::virtual_audio {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::string_view grammar =
    "virtual:speaker|microphone[,ppm=N][,room=DIR][,at=X,Y][,granule=N][,buffer=MS][,late=MS][,mute]";

struct Range {
    double min;
    double max;
    std::string_view words;
};

constexpr Range ppm_range{-1000, 1000, "a number from -1000 to 1000"};
constexpr Range metres_range{-1000, 1000, "X,Y in metres, each from -1000 to 1000"};
constexpr Range granule_range{1, 4800, "a whole number of frames from 1 to 4800"};
constexpr Range buffer_range{20, 2000, "milliseconds from 20 to 2000"};
constexpr Range late_range{0, 1000, "milliseconds from 0 to 1000"};

Error bad_option(std::string_view option, std::string_view value, std::string_view allowed) {
    return {ErrorCode::invalid, "option '" + std::string(option) + "' of a virtual device is '" +
                                    std::string(value.substr(0, 80)) + "'; write " + std::string(allowed)};
}

Result<double> parse_number(std::string_view option, std::string_view value, const Range& range) {
    const auto number = core::number_of<double>(value);
    if (!number || !(*number >= range.min && *number <= range.max)) return bad_option(option, value, range.words);
    return *number;
}

Result<core::Duration> parse_ms(std::string_view option, std::string_view value, const Range& range) {
    const bool has_unit = value.ends_with("ms");
    const auto number = parse_number(option, has_unit ? value.substr(0, value.size() - 2) : value, range);
    if (!number) return bad_option(option, value, range.words);
    return core::Duration{std::llround(*number * 1e6)};
}

// One option as written, "at=1,2" put back together.
struct Option {
    std::string_view name;
    std::string_view value;
    bool has_value = false;
};

Result<void> apply_ppm(VirtualDevice& device, const Option& option) {
    const auto ppm = parse_number(option.name, option.value, ppm_range);
    if (!ppm) return ppm.error();
    device.ppm = *ppm;
    return {};
}

Result<void> apply_room(VirtualDevice& device, const Option& option) {
    if (option.value.empty()) return bad_option(option.name, option.value, "the room's folder, without a comma");
    device.room = std::string(option.value);
    return {};
}

Result<void> apply_at(VirtualDevice& device, const Option& option) {
    const auto comma = option.value.find(',');
    if (comma == std::string_view::npos) return bad_option(option.name, option.value, metres_range.words);
    const auto x = parse_number(option.name, option.value.substr(0, comma), metres_range);
    const auto y = parse_number(option.name, option.value.substr(comma + 1), metres_range);
    if (!x || !y) return bad_option(option.name, option.value, metres_range.words);
    device.at = Position{*x, *y};
    return {};
}

Result<void> apply_granule(VirtualDevice& device, const Option& option) {
    const auto granule = parse_number(option.name, option.value, granule_range);
    if (!granule) return granule.error();
    if (*granule != std::floor(*granule)) return bad_option(option.name, option.value, granule_range.words);
    device.granule = static_cast<core::FrameCount>(*granule);
    return {};
}

Result<void> apply_buffer(VirtualDevice& device, const Option& option) {
    const auto buffer = parse_ms(option.name, option.value, buffer_range);
    if (!buffer) return buffer.error();
    device.buffer = *buffer;
    return {};
}

Result<void> apply_late(VirtualDevice& device, const Option& option) {
    const auto late = parse_ms(option.name, option.value, late_range);
    if (!late) return late.error();
    device.late = *late;
    return {};
}

Result<void> apply_mute(VirtualDevice& device, const Option& option) {
    if (option.has_value) return bad_option(option.name, option.value, "'mute' without a value");
    device.mute = true;
    return {};
}

struct Rule {
    std::string_view name;
    bool speaker_only;
    Result<void> (*apply)(VirtualDevice&, const Option&);
};

constexpr std::array rules{
    Rule{"ppm", false, apply_ppm},         Rule{"room", false, apply_room},    Rule{"at", false, apply_at},
    Rule{"granule", false, apply_granule}, Rule{"buffer", true, apply_buffer}, Rule{"late", true, apply_late},
    Rule{"mute", true, apply_mute},
};

Result<void> apply(VirtualDevice& device, const Option& option) {
    for (const auto& rule : rules) {
        if (rule.name != option.name) continue;
        if (rule.speaker_only && device.kind != DeviceKind::speaker)
            return bad_option(option.name, option.value, "it for a speaker only: a microphone has no such thing");
        return rule.apply(device, option);
    }
    return Error{ErrorCode::invalid, "option '" + std::string(option.name.substr(0, 80)) +
                                         "' of a virtual device is unknown; write " + std::string(grammar)};
}

Option split_option(std::string_view piece) {
    const auto equals = piece.find('=');
    if (equals == std::string_view::npos) return {piece, {}, false};
    return {piece.substr(0, equals), piece.substr(equals + 1), true};
}

// `text` is empty or begins with the comma before the first option. The value of `at` has a comma of its own.
std::vector<Option> split_options(std::string_view text) {
    std::vector<Option> options;
    while (!text.empty()) {
        text.remove_prefix(1);
        auto end = text.find(',');
        if (text.starts_with("at=") && end != std::string_view::npos) end = text.find(',', end + 1);
        options.push_back(split_option(text.substr(0, end)));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end);
    }
    return options;
}

std::optional<DeviceKind> parse_kind(std::string_view word) {
    if (word == "virtual:speaker") return DeviceKind::speaker;
    if (word == "virtual:microphone") return DeviceKind::microphone;
    return std::nullopt;
}

}  // namespace

Result<VirtualDevice> parse_virtual_device(std::string_view text) {
    const auto comma = text.find(',');
    const auto kind = parse_kind(text.substr(0, comma));
    if (!kind)
        return Error{ErrorCode::invalid, "device '" + std::string(text.substr(0, 80)) +
                                             "' is no device of a virtual room; write " + std::string(grammar)};
    VirtualDevice device;
    device.kind = *kind;
    std::set<std::string_view> seen;
    for (const auto& option : split_options(comma == std::string_view::npos ? "" : text.substr(comma))) {
        if (!seen.insert(option.name).second)
            return bad_option(option.name, option.value, "it once; it is given twice");
        if (const auto applied = apply(device, option); !applied) return applied.error();
    }
    return device;
}

}  // namespace antiphon::virtual_audio
