// Line by line; the type of a line is its first letter.
#include "media/rtp/sdp.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace antiphon::rtp {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::string_view line_end = "\r\n";

std::string family(std::string_view address) {
    return address.find(':') == std::string_view::npos ? "IN IP4 " : "IN IP6 ";
}

std::string one_line(std::string text) {
    std::ranges::replace_if(text, [](unsigned char c) { return c < ' '; }, ' ');
    return text.find_first_not_of(' ') == std::string::npos ? "-" : text;
}

std::string milliseconds(std::uint32_t us) {
    auto text = std::to_string(us / 1000);
    if (us % 1000 == 0) return text;
    auto rest = std::to_string(1000 + us % 1000).substr(1);
    while (rest.back() == '0') rest.pop_back();
    return text + "." + rest;
}

std::string encoding(const StreamDescription& stream) {
    const bool opus = stream.codec == OpenCodec::opus;
    // of Opus always this, whatever it carries (RFC 7587, 7)
    if (opus) return "opus/48000/2";
    return "L16/" + std::to_string(stream.rate) + (stream.channels > 1 ? "/" + std::to_string(stream.channels) : "");
}

// The number at the front, which it takes away; nothing without one that fits.
template <class Number>
std::optional<Number> number(std::string_view& text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

// Up to the next of `separators`, which goes too.
std::string_view word(std::string_view& text, std::string_view separators = " ") {
    const auto end = std::min(text.find_first_of(separators), text.size());
    const auto found = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    return found;
}

bool equal_letters(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

class Parser {
  public:
    explicit Parser(std::string_view text) : left_(text) {}

    core::Result<StreamDescription> run() {
        if (left_.size() > sdp_bytes_max)
            return Error{ErrorCode::invalid, "an SDP description of more than 16 KiB is none of a stream"};
        if (next_line() != "v=0") return wrong("begin with v=0");
        while (!left_.empty() && !done_) {
            const auto line = next_line();
            if (line.empty()) continue;
            if (line.size() < 2 || line[1] != '=') return wrong("have a letter and '='");
            if (!take(line[0], line.substr(2))) return wrong(wanted_);
        }
        return finished();
    }

  private:
    std::string_view next_line() {
        ++number_;
        line_ = word(left_, "\n");
        if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);
        return line_;
    }

    Error wrong(const std::string& wanted) const {
        constexpr std::size_t shown_max = 60;
        return {ErrorCode::invalid, "SDP line " + std::to_string(number_) + ", '" +
                                        std::string(line_.substr(0, shown_max)) + "', should " + wanted};
    }

    bool take(char type, std::string_view value) {
        switch (type) {
            case 'o':
                return take_origin(value);
            case 's':
                return stream_.name = std::string(value), true;
            case 'c':
                return take_connection(value);
            case 'm':
                return take_media(value);
            case 'a':
                return !in_audio_ || take_attribute(value);
            default:
                return true;
        }
    }

    bool take_origin(std::string_view value) {
        wanted_ = "be o=USER ID VERSION IN IP4|IP6 ADDRESS";
        word(value);
        const auto session = number<std::uint64_t>(value);
        word(value);
        const auto version = number<std::uint64_t>(value);
        word(value), word(value), word(value);
        const auto address = word(value);
        if (!session || !version || address.empty()) return false;
        stream_.session = *session;
        stream_.version = *version;
        stream_.origin = std::string(address);
        return true;
    }

    bool take_connection(std::string_view value) {
        wanted_ = "be c=IN IP4|IP6 ADDRESS";
        const auto net = word(value), kind = word(value), address = word(value, " /");
        if (net != "IN" || (kind != "IP4" && kind != "IP6") || address.empty()) return false;
        stream_.address = std::string(address);
        stream_.hops = kind == "IP4" ? number<std::uint8_t>(value) : std::nullopt;
        connected_ = true;
        return true;
    }

    bool take_media(std::string_view value) {
        if (in_audio_) return done_ = true;  // another stream
        wanted_ = "be m=audio PORT RTP/AVP|RTP/AVPF TYPE...";
        if (word(value) != "audio") return true;
        const auto port = number<std::uint16_t>(value);
        word(value);
        const auto profile = word(value);
        const auto type = number<std::uint8_t>(value);
        if (!port || (profile != "RTP/AVP" && profile != "RTP/AVPF") || !type || *type > 127) return false;
        stream_.port = *port;
        stream_.payload_type = *type;
        return in_audio_ = true;
    }

    bool take_attribute(std::string_view value) {
        const auto name = word(value, ":");
        if (name == "rtpmap") return take_map(value);
        if (name == "fmtp") return take_format(value);
        if (name == "ptime") return take_packet_time(value);
        constexpr std::string_view direct = "direct=";
        if (name == "mediaclk" && value.starts_with(direct)) {
            wanted_ = "be a=mediaclk:direct=TIMESTAMP";
            value.remove_prefix(direct.size());
            stream_.timestamp_at_zero = number<std::uint32_t>(value);
            return stream_.timestamp_at_zero.has_value();
        }
        return true;
    }

    bool take_map(std::string_view value) {
        wanted_ = "be a=rtpmap:TYPE L16/RATE[/CHANNELS], or opus/48000/2";
        const auto type = number<std::uint8_t>(value);
        word(value);
        if (!type) return false;
        if (*type != stream_.payload_type) return true;
        const auto codec = word(value, "/");
        const auto rate = number<std::uint32_t>(value);
        const bool several = !value.empty() && value.front() == '/';
        word(value, "/");
        const auto channels = several ? number<int>(value) : std::optional(1);
        const bool opus = equal_letters(codec, "opus");
        if ((!opus && !equal_letters(codec, "L16")) || !rate || !channels) return false;
        if (opus ? *rate != 48000 || *channels != 2 : *rate < 8000 || *rate > 192000 || *channels < 1 || *channels > 8)
            return false;
        stream_.codec = opus ? OpenCodec::opus : OpenCodec::l16;
        stream_.rate = *rate;
        stream_.channels = opus ? 1 : *channels;  // two, if its fmtp says so
        return mapped_ = true;
    }

    bool take_format(std::string_view value) {
        wanted_ = "be a=fmtp:TYPE NAME=VALUE;...";
        const auto type = number<std::uint8_t>(value);
        word(value);
        if (!type || *type > 127) return false;
        while (!value.empty()) {
            auto parameter = word(value, "; ");
            const auto name = word(parameter, "=");
            if (*type == stream_.payload_type && name == "sprop-stereo" && parameter == "1") stereo_ = true;
            if (name == "apt" && *type != stream_.payload_type &&
                number<std::uint8_t>(parameter) == stream_.payload_type)
                stream_.repair_payload_type = *type;
            if (name == "rtx-time" && stream_.repair_payload_type == *type)
                stream_.repair_ms = number<std::uint32_t>(parameter).value_or(stream_.repair_ms);
        }
        return true;
    }

    bool take_packet_time(std::string_view value) {
        wanted_ = "be a=ptime:MILLISECONDS, 0.125 to 120";
        double ms = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), ms);
        if (error != std::errc() || !(ms >= 0.125 && ms <= 120)) return false;
        stream_.packet_us = static_cast<std::uint32_t>(std::lround(ms * 1000));
        return true;
    }

    core::Result<StreamDescription> finished() {
        const auto missing = !in_audio_    ? "m=audio"
                             : !connected_ ? "c="
                             : !mapped_    ? "a=rtpmap of its payload type"
                                           : nullptr;
        if (missing)
            return Error{ErrorCode::invalid, std::string("the SDP description has no line ") + missing +
                                                 "; give that of an RTP stream of L16 or Opus"};
        if (stream_.codec == OpenCodec::opus && stereo_) stream_.channels = 2;
        return stream_;
    }

    std::string_view left_;
    std::string_view line_;
    std::size_t number_ = 0;
    const char* wanted_ = "";
    bool in_audio_ = false, connected_ = false, mapped_ = false, stereo_ = false, done_ = false;
    StreamDescription stream_;
};

}  // namespace

std::string write_sdp(const StreamDescription& stream) {
    const auto type = std::to_string(stream.payload_type);
    std::string text;
    const auto line = [&](const std::string& content) { text.append(content).append(line_end); };
    line("v=0");
    line("o=antiphon " + std::to_string(stream.session) + " " + std::to_string(stream.version) + " " +
         family(stream.origin) + stream.origin);
    line("s=" + one_line(stream.name));
    line("c=" + family(stream.address) + stream.address + (stream.hops ? "/" + std::to_string(*stream.hops) : ""));
    line("t=0 0");
    const auto repair = stream.repair_payload_type ? std::to_string(*stream.repair_payload_type) : "";
    line("m=audio " + std::to_string(stream.port) +
         (repair.empty() ? " RTP/AVP " + type : " RTP/AVPF " + type + " " + repair));
    line("a=rtpmap:" + type + " " + encoding(stream));
    if (stream.codec == OpenCodec::opus && stream.channels == 2) line("a=fmtp:" + type + " sprop-stereo=1;stereo=1");
    line("a=ptime:" + milliseconds(stream.packet_us));
    if (!repair.empty()) {
        line("a=rtcp-fb:" + type + " nack");
        line("a=rtpmap:" + repair + " rtx/" + std::to_string(stream.rate));
        line("a=fmtp:" + repair + " apt=" + type + ";rtx-time=" + std::to_string(stream.repair_ms));
    }
    if (stream.timestamp_at_zero) {
        line("a=ts-refclk:local");
        line("a=mediaclk:direct=" + std::to_string(*stream.timestamp_at_zero));
    }
    return text;
}

core::Result<StreamDescription> parse_sdp(std::string_view text) { return Parser(text).run(); }

}  // namespace antiphon::rtp
