// Reading what people write.
#include "apps/cli/parse.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>

#include "core/number.hpp"

namespace antiphon::cli {
namespace {

core::Error bad(std::string_view text, const std::string& why) {
    return {core::ErrorCode::invalid, "'" + std::string(text.substr(0, 120)) + "' " + why};
}

// Not negative, and no "nan" or "inf".
std::optional<double> plain_number(std::string_view text) {
    const auto value = core::number_of<double>(text);
    return value && std::isfinite(*value) && *value >= 0 && text.front() != '-' ? value : std::nullopt;
}

std::optional<double> whole_number(std::string_view text) {
    const auto value = core::number_of<std::uint32_t>(text);
    return value ? std::optional<double>(*value) : std::nullopt;
}

// What stands before the first ':', when that is a scheme and no path.
std::string_view scheme_of(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || text.substr(0, colon).find('/') != std::string_view::npos) return "";
    return text.substr(0, colon);
}

// Live sources that are yet to come.
bool is_for_later(std::string_view text) {
    constexpr std::array<std::string_view, 2> later{"http", "https"};
    return std::find(later.begin(), later.end(), scheme_of(text)) != later.end();
}

}  // namespace

core::Result<double> parse_level(std::string_view text) {
    const bool percent = text.ends_with('%');
    const auto value = plain_number(percent ? text.substr(0, text.size() - 1) : text);
    const double full = percent ? 100 : 1;
    if (!value || *value > full) return bad(text, "is no volume; write 0 to 1, or 0% to 100%");
    return *value / full;
}

core::Result<double> parse_decibels(std::string_view text) {
    auto number = text.ends_with("dB") ? text.substr(0, text.size() - 2) : text;
    const bool below = number.starts_with('-');
    const auto value = plain_number(below ? number.substr(1) : number);
    if (!value || (!below && *value > 0) || *value > 100)
        return bad(text, "is no level; write -100dB to 0dB, such as -40dB");
    return below ? -*value : *value;
}

core::Result<double> parse_milliseconds(std::string_view text) {
    constexpr double most = 100'000;
    const auto value = plain_number(text.ends_with("ms") ? text.substr(0, text.size() - 2) : text);
    if (!value || *value > most) return bad(text, "is no time in milliseconds; write 100ms");
    return *value;
}

core::Result<double> parse_position(std::string_view text) {
    double seconds = 0;
    std::string_view rest = text;
    for (int parts = 1;; ++parts) {
        const auto colon = rest.find(':');
        const bool last = colon == std::string_view::npos;
        const auto value = last ? plain_number(rest) : whole_number(rest.substr(0, colon));
        if (!value || parts > 3 || (parts > 1 && *value >= 60))
            return bad(text, "is no position; write seconds such as 90 or 90.5, or 1:30, or 1:02:03");
        seconds = seconds * 60 + *value;
        if (last) return seconds;
        rest.remove_prefix(colon + 1);
    }
}

core::Result<Source> parse_source(std::string_view text) {
    if (is_for_later(text))
        return core::Error{
            core::ErrorCode::conflict,
            "'" + std::string(text.substr(0, 120)) +
                "' is a kind of source that is not in this version; play a file, -, tone:HZ, pipe:PATH, alsa:NAME or "
                "input:WORKER/NAME"};
    constexpr std::string_view standard_input = "stdin";
    if (text == "-" || text == standard_input) return Source{InputSource{"feed"}};
    if (text.starts_with("stdin,"))
        return Source{InputSource{"feed" + std::string(text.substr(standard_input.size()))}};
    constexpr std::array<std::string_view, 4> live{"tone", "pipe", "alsa", "input"};
    if (std::find(live.begin(), live.end(), scheme_of(text)) != live.end())
        return Source{LiveSource{std::string(text)}};
    if (scheme_of(text) == "blob") {
        auto blob = core::parse_blob_hash(text.substr(5));
        if (!blob) return blob.error();
        return Source{BlobSource{std::move(*blob)}};
    }
    if (text.empty()) return bad(text, "is no source; name a file");
    return Source{FileSource{std::filesystem::path(text)}};
}

core::Result<std::vector<std::string>> parse_list(const std::vector<std::string>& texts, const std::string& option) {
    std::vector<std::string> words;
    for (const auto& text : texts) {
        std::size_t at = 0;
        while (at <= text.size()) {
            const auto comma = std::min(text.find(',', at), text.size());
            if (comma == at) return bad(text, "of " + option + " has an empty name; write a/b,c/d");
            words.push_back(text.substr(at, comma - at));
            at = comma + 1;
        }
    }
    if (words.empty()) return core::Error{core::ErrorCode::invalid, option + " names nothing; write a/b,c/d"};
    return words;
}

core::Result<std::int64_t> parse_duration(std::string_view text) {
    constexpr std::int64_t day_s = 24 * 3600;
    constexpr std::int64_t most_s = 100 * 365 * day_s;
    constexpr std::array<std::pair<char, std::int64_t>, 5> units{
        {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', day_s}, {'w', 7 * day_s}}};
    const auto count = text.empty() ? std::nullopt : core::number_of<std::uint32_t>(text.substr(0, text.size() - 1));
    for (const auto& [letter, seconds] : units)
        if (count && *count > 0 && text.back() == letter && *count <= most_s / seconds) return *count * seconds;
    return bad(text, "is no length of time; write 30s, 45m, 12h, 30d or 2w, at most 100 years");
}

core::Result<core::WallTime> parse_date(std::string_view text) {
    using namespace std::chrono;
    const bool formed = text.size() == 10 && text[4] == '-' && text[7] == '-';
    const auto part = [&](std::size_t at, std::size_t length) {
        return formed ? core::number_of<std::uint32_t>(text.substr(at, length)).value_or(0) : 0;
    };
    const year_month_day date{year(static_cast<int>(part(0, 4))), month(part(5, 2)), day(part(8, 2))};
    if (!date.ok() || date.year() < year(1970) || date.year() > year(2199))
        return bad(text, "is no date; write it as 2027-01-31");
    return core::WallTime{nanoseconds(sys_days(date).time_since_epoch()).count()};
}

core::Result<std::uint64_t> parse_version(std::string_view text) {
    const auto version = core::number_of<std::uint64_t>(text);
    if (!version) return bad(text, "is no version; copy the number that `antiphon zone list` shows");
    return *version;
}

}  // namespace antiphon::cli
