// The rules of decoding that are the same for every type.
#include "adapters/json/reading.hpp"

#include <algorithm>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "adapters/json/parse.hpp"
#include "adapters/json/writer.hpp"

namespace antiphon::json {
namespace {

namespace bj = boost::json;
constexpr std::size_t quoted_max_bytes = 48;

std::string_view view(const bj::string& text) { return {text.data(), text.size()}; }
std::string_view view(bj::string_view text) { return {text.data(), text.size()}; }

// At most `quoted_max_bytes` of `text`, cut between characters.
std::string shorten(std::string_view text) {
    if (text.size() <= quoted_max_bytes) return std::string(text);
    auto end = quoted_max_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return std::string(text.substr(0, end)) + "...";
}

std::string number_text(double value) {
    Writer writer;
    writer.number(value);
    return std::isfinite(value) ? writer.take() : "beyond all numbers";
}

std::string describe(const bj::value& value) {
    switch (value.kind()) {
        case bj::kind::null:
            return "null";
        case bj::kind::bool_:
            return value.get_bool() ? "true" : "false";
        case bj::kind::int64:
            return "the number " + std::to_string(value.get_int64());
        case bj::kind::uint64:
            return "the number " + std::to_string(value.get_uint64());
        case bj::kind::double_:
            return "the number " + number_text(value.get_double());
        case bj::kind::string:
            return "the string \"" + shorten(view(value.get_string())) + "\"";
        case bj::kind::array:
            return "an array";
        case bj::kind::object:
            break;
    }
    return "an object";
}

std::string whole_number_between(const std::string& min, const std::string& max) {
    return "a whole number from " + min + " to " + max;
}

// 2.0 is no whole number here: a sender that computes in doubles is found early, not at 2^53.
bool is_whole(const bj::value& value) { return value.is_int64() || value.is_uint64(); }

std::string one_of(std::span<const std::string_view> allowed) {
    std::string list = "one of ";
    for (const auto name : allowed) (list += name.data() == allowed.front().data() ? "" : ", ") += name;
    return list;
}

bj::string_view boosted(std::string_view text) { return {text.data(), text.size()}; }

std::size_t kind_and_body_in(const bj::object& fields) {
    return (fields.contains("kind") ? 1U : 0U) + (fields.contains("body") ? 1U : 0U);
}

bool read_field(const bj::value& from, const bj::object& fields, void* object, const Field& field, std::size_t& known,
                Reading& reading) {
    if (field.form == FieldForm::beside) {
        known += kind_and_body_in(fields);
        return field.read(object, from, reading);
    }
    const auto* value = fields.if_contains(boosted(field.name));
    if (!value && (field.form == FieldForm::may_be_absent || reading.may_lack_fields())) return true;
    reading.enter(field.name);
    if (!value) return reading.fail("is missing, and it is required");
    ++known;
    if (!field.read(object, *value, reading)) return false;
    reading.leave();
    return true;
}

const bj::value* required(const bj::object& fields, std::string_view name, Reading& reading) {
    reading.enter(name);
    const auto* value = fields.if_contains(boosted(name));
    if (!value) reading.fail("is missing, and it is required");
    return value;
}

}  // namespace

std::string Reading::path() const {
    std::string text;
    for (const auto& step : steps_) {
        if (step.index != no_index) {
            text += "[" + std::to_string(step.index) + "]";
        } else {
            text += (text.empty() ? "" : ".") + shorten(step.name);
        }
    }
    return text.empty() ? "the document" : text;
}

bool Reading::fail(const std::string& why) {
    if (!error_) error_ = core::Error{core::ErrorCode::invalid, path() + " " + why};
    return false;
}

bool Reading::fail_unknown_kind(std::string_view kind) {
    unknown_kind_ = true;
    return fail("names an unknown kind '" + shorten(kind) + "'");
}

bool Reading::fail_wanted(const bj::value& found, std::string_view wanted) {
    return fail("is " + describe(found) + ", wanted " + std::string(wanted));
}

std::optional<core::Error> Reading::finish(DecodeCounters* counters) const {
    if (counters) {
        counters->unknown_fields += unknown_fields_;
        counters->unknown_kinds += unknown_kind_ ? 1 : 0;
        counters->refused += error_ && !unknown_kind_ ? 1 : 0;
    }
    return error_;
}

bool read_bool(const bj::value& from, bool& to, Reading& reading) {
    if (!from.is_bool()) return reading.fail_wanted(from, "true or false");
    to = from.get_bool();
    return true;
}

bool read_signed(const bj::value& from, std::int64_t min, std::int64_t max, std::int64_t& to, Reading& reading) {
    boost::system::error_code not_exact;
    const auto number = from.to_number<std::int64_t>(not_exact);
    const bool fits = is_whole(from) && !not_exact && number >= min && number <= max;
    if (!fits) return reading.fail_wanted(from, whole_number_between(std::to_string(min), std::to_string(max)));
    to = number;
    return true;
}

bool read_unsigned(const bj::value& from, std::uint64_t max, std::uint64_t& to, Reading& reading) {
    boost::system::error_code not_exact;
    const auto number = from.to_number<std::uint64_t>(not_exact);
    const bool fits = is_whole(from) && !not_exact && number <= max;
    if (!fits) return reading.fail_wanted(from, whole_number_between("0", std::to_string(max)));
    to = number;
    return true;
}

bool read_double(const bj::value& from, double& to, Reading& reading) {
    double number = 0;
    switch (from.kind()) {
        case bj::kind::double_:
            number = from.get_double();
            break;
        case bj::kind::int64:
            number = static_cast<double>(from.get_int64());
            break;
        case bj::kind::uint64:
            number = static_cast<double>(from.get_uint64());
            break;
        default:
            return reading.fail_wanted(from, "a number");
    }
    if (!std::isfinite(number)) return reading.fail_wanted(from, "a finite number");
    to = number;
    return true;
}

bool read_string(const bj::value& from, std::string& to, Reading& reading) {
    if (!from.is_string()) return reading.fail_wanted(from, "a string");
    to = view(from.get_string());
    return true;
}

bool read_name(const bj::value& from, std::span<const std::string_view> allowed, std::size_t& to, Reading& reading) {
    if (!from.is_string()) return reading.fail_wanted(from, one_of(allowed));
    const auto found = std::find(allowed.begin(), allowed.end(), view(from.get_string()));
    if (found == allowed.end()) return reading.fail_wanted(from, one_of(allowed));
    to = static_cast<std::size_t>(found - allowed.begin());
    return true;
}

bool is_null(const bj::value& from) { return from.is_null(); }

bool read_array(const bj::value& from, void* to, ElementReader element, Reading& reading) {
    if (!from.is_array()) return reading.fail_wanted(from, "an array");
    const auto& elements = from.get_array();
    for (std::size_t i = 0; i < elements.size(); ++i) {
        reading.enter(i);
        if (!element(to, elements[i], reading)) return false;
        reading.leave();
    }
    return true;
}

bool read_entries(const bj::value& from, void* to, EntryReader entry, Reading& reading) {
    if (!from.is_object()) return reading.fail_wanted(from, "an object");
    for (const auto& [key, value] : from.get_object()) {
        reading.enter(view(key));
        if (!entry(to, view(key), value, reading)) return false;
        reading.leave();
    }
    return true;
}

bool read_fields(const bj::value& from, void* object, std::span<const Field> fields, Unknown unknown,
                 Reading& reading) {
    if (!from.is_object()) return reading.fail_wanted(from, "an object");
    const auto& present = from.get_object();
    std::size_t known = 0;
    for (const auto& field : fields)
        if (!read_field(from, present, object, field, known, reading)) return false;
    if (unknown == Unknown::count_beside_body) known += kind_and_body_in(present);
    if (unknown != Unknown::shared)
        for (auto i = known; i < present.size(); ++i) reading.ignored_field();
    return true;
}

void write_fields(const void* object, std::span<const Field> fields, Writer& writer) {
    for (const auto& field : fields) field.write(object, field.name, writer);
}

bool read_kind_and_body(const bj::value& from, void* variant, std::span<const Alternative> alternatives,
                        Unknown unknown, Reading& reading) {
    if (!from.is_object()) return reading.fail_wanted(from, "an object with kind and body");
    const auto& fields = from.get_object();
    const auto* kind = required(fields, "kind", reading);
    if (!kind) return false;
    if (!kind->is_string()) return reading.fail_wanted(*kind, "a string");
    const auto wanted = view(kind->get_string());
    const auto alternative = std::find_if(alternatives.begin(), alternatives.end(),
                                          [&](const Alternative& candidate) { return candidate.kind == wanted; });
    if (alternative == alternatives.end()) return reading.fail_unknown_kind(wanted);
    reading.leave();
    const auto* body = required(fields, "body", reading);
    if (!body || !alternative->read(variant, *body, reading)) return false;
    reading.leave();
    if (unknown == Unknown::count)
        for (std::size_t i = 2; i < fields.size(); ++i) reading.ignored_field();
    return true;
}

void write_kind_and_body(const void* variant, const Alternative& alternative, Writer& writer) {
    writer.key("kind");
    writer.string(alternative.kind);
    writer.key("body");
    alternative.write(variant, writer);
}

std::optional<core::Error> read_text(std::string_view text, std::size_t size_max_bytes, void* to, DocumentReader read,
                                     DecodeCounters* counters, Absent absent) {
    bj::monotonic_resource memory;
    const auto value = parse(text, size_max_bytes, &memory);
    if (!value) {
        if (counters) ++counters->refused;
        return value.error();
    }
    Reading reading(absent);
    read(to, *value, reading);
    return reading.finish(counters);
}

}  // namespace antiphon::json
