// The grammar of live sources. A path may have commas: only what looks like an option of ours, at its end, is one.
#include "apps/live/source_spec.hpp"

#include <array>
#include <utility>

#include "core/ids.hpp"
#include "core/number.hpp"

namespace antiphon::live {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::string_view tone_prefix = "tone:";
constexpr std::string_view pipe_prefix = "pipe:";
constexpr std::string_view card_prefix = "alsa:";
constexpr std::string_view input_prefix = "input:";
constexpr std::string_view feed_name = "feed";
constexpr double hertz_min = 20;
constexpr double hertz_max = 20'000;
constexpr int rate_min = 8000;
constexpr int rate_max = 192'000;

constexpr std::array formats{std::pair<std::string_view, SampleFormat>{"s16", SampleFormat::s16},
                             std::pair<std::string_view, SampleFormat>{"s24", SampleFormat::s24},
                             std::pair<std::string_view, SampleFormat>{"s32", SampleFormat::s32},
                             std::pair<std::string_view, SampleFormat>{"f32", SampleFormat::f32}};

std::string shown(std::string_view text) { return "'" + std::string(text.substr(0, 80)) + "'"; }

core::Result<SourceSpec> parse_tone(std::string_view text) {
    const auto hertz = core::number_of<double>(text);
    if (!hertz || !(*hertz >= hertz_min && *hertz <= hertz_max))
        return Error{ErrorCode::invalid,
                     "tone " + shown(text) + " is no frequency from 20 to 20000 Hz; write tone:440"};
    return SourceSpec{ToneSpec{*hertz}};
}

core::Result<void> apply(PcmFormat& format, std::string_view name, std::string_view value) {
    if (name == "rate") {
        const auto rate = core::number_of<int>(value);
        if (!rate || *rate < rate_min || *rate > rate_max)
            return Error{ErrorCode::invalid, "rate " + shown(value) + " is not from 8000 to 192000 Hz"};
        format.rate = *rate;
    } else if (name == "channels") {
        if (value != "1" && value != "2")
            return Error{ErrorCode::invalid, "channels " + shown(value) + ": write 1 or 2"};
        format.channels = value == "1" ? 1 : 2;
    } else {
        for (const auto& [known, sample] : formats)
            if (value == known) return format.sample = sample, core::Result<void>{};
        return Error{ErrorCode::invalid, "format " + shown(value) + ": write s16, s24, s32 or f32 (little-endian)"};
    }
    return {};
}

bool is_option(std::string_view name) { return name == "rate" || name == "channels" || name == "format"; }

bool is_feed(std::string_view text) {
    return text.starts_with(feed_name) && (text.size() == feed_name.size() || text[feed_name.size()] == ',');
}

// Takes the options from the end of `text`, which keeps what is none.
core::Result<PcmFormat> take_format(std::string_view& text) {
    PcmFormat format;
    for (auto comma = text.rfind(','); comma != std::string_view::npos; comma = text.rfind(',')) {
        const auto option = text.substr(comma + 1);
        const auto equals = option.find('=');
        if (equals == std::string_view::npos || !is_option(option.substr(0, equals))) break;
        if (auto applied = apply(format, option.substr(0, equals), option.substr(equals + 1)); !applied)
            return applied.error();
        text.remove_suffix(text.size() - comma);
    }
    return format;
}

core::Result<SourceSpec> parse_pipe(std::string_view text) {
    const auto format = take_format(text);
    if (!format) return format.error();
    if (text.empty() || text.front() != '/')
        return Error{ErrorCode::invalid,
                     "pipe " + shown(text) + " is no absolute path on the coordinator's machine; write pipe:/run/x"};
    return SourceSpec{PipeSpec{std::string(text), *format}};
}

core::Result<SourceSpec> parse_feed(std::string_view text) {
    const auto format = take_format(text);
    if (!format) return format.error();
    if (text == feed_name) return SourceSpec{FeedSpec{*format}};
    return Error{ErrorCode::invalid, shown(text.substr(feed_name.size())) +
                                         " is no option of feed; write feed,format=s16,rate=48000,channels=2"};
}

core::Result<SourceSpec> parse_input(std::string_view text) {
    const auto slash = text.find('/');
    const bool named = slash != std::string_view::npos && core::parse_name(text.substr(0, slash)) &&
                       core::parse_name(text.substr(slash + 1));
    if (named) return SourceSpec{InputSpec{std::string(text)}};
    return Error{ErrorCode::invalid, "input " + shown(text) + " is none of a board; write input:hall/mic"};
}

}  // namespace

bool is_live_source(std::string_view text) {
    return is_feed(text) || text.starts_with(tone_prefix) || text.starts_with(pipe_prefix) ||
           text.starts_with(card_prefix) || text.starts_with(input_prefix);
}

core::Result<SourceSpec> parse_source(std::string_view text) {
    if (text.starts_with(tone_prefix)) return parse_tone(text.substr(tone_prefix.size()));
    if (text.starts_with(pipe_prefix)) return parse_pipe(text.substr(pipe_prefix.size()));
    if (text.starts_with(input_prefix)) return parse_input(text.substr(input_prefix.size()));
    if (is_feed(text)) return parse_feed(text);
    if (text.starts_with(card_prefix)) {
        auto device = alsa::parse_alsa_device(text);
        if (!device) return device.error();
        return SourceSpec{CardSpec{std::move(*device)}};
    }
    return Error{
        ErrorCode::invalid,
        "source " + shown(text) + " is no live one; write tone:HZ, pipe:PATH, alsa:NAME, input:WORKER/NAME or feed"};
}

}  // namespace antiphon::live
