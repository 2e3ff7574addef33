// Reading values out of a parsed document: the part that needs no templates. Every failure names its place by path.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace antiphon::json {

class Writer;

// What happened to documents from outside; each decode adds to it.
struct DecodeCounters {
    std::uint64_t unknown_fields = 0;  // ignored: a newer program knows more than we do
    std::uint64_t unknown_kinds = 0;   // refused because of their kind
    std::uint64_t refused = 0;         // refused for any other reason

    friend bool operator==(const DecodeCounters&, const DecodeCounters&) = default;
};

// What it means that a field is not there which is no optional.
enum class Absent {
    refused,
    keeps_default,  // an older program wrote the document: the member's initialiser stands
};

// One decode on its way through a document: where it is, what it has ignored, and the first failure. One thread.
class Reading {
  public:
    explicit Reading(Absent absent = Absent::refused) : absent_(absent) {}

    bool may_lack_fields() const { return absent_ == Absent::keeps_default; }

    // `name` lives until leave().
    void enter(std::string_view name) { steps_.push_back({name, no_index}); }
    void enter(std::size_t index) { steps_.push_back({{}, index}); }
    void leave() { steps_.pop_back(); }

    void ignored_field() { ++unknown_fields_; }

    // Fails the decode here. Returns false.
    bool fail(const std::string& why);
    bool fail_unknown_kind(std::string_view kind);
    // "found the string "loud", wanted a number". Returns false.
    bool fail_wanted(const boost::json::value& found, std::string_view wanted);

    // Adds the outcome to `counters` (may be null); the failure, if there is one.
    std::optional<core::Error> finish(DecodeCounters* counters) const;

  private:
    static constexpr std::size_t no_index = static_cast<std::size_t>(-1);
    struct Step {
        std::string_view name;
        std::size_t index;
    };
    std::string path() const;

    Absent absent_;
    std::vector<Step> steps_;
    std::optional<core::Error> error_;
    std::uint64_t unknown_fields_ = 0;
    bool unknown_kind_ = false;
};

// Each of these returns false when the reading has failed.
bool read_bool(const boost::json::value& from, bool& to, Reading& reading);
bool read_signed(const boost::json::value& from, std::int64_t min, std::int64_t max, std::int64_t& to,
                 Reading& reading);
bool read_unsigned(const boost::json::value& from, std::uint64_t max, std::uint64_t& to, Reading& reading);
bool read_double(const boost::json::value& from, double& to, Reading& reading);
bool read_string(const boost::json::value& from, std::string& to, Reading& reading);
// The index of the string among `allowed`.
bool read_name(const boost::json::value& from, std::span<const std::string_view> allowed, std::size_t& to,
               Reading& reading);
bool is_null(const boost::json::value& from);

// Calls `element` or `entry` for each, in order, until one fails.
using ElementReader = bool (*)(void* to, const boost::json::value& from, Reading& reading);
bool read_array(const boost::json::value& from, void* to, ElementReader element, Reading& reading);
using EntryReader = bool (*)(void* to, std::string_view key, const boost::json::value& from, Reading& reading);
bool read_entries(const boost::json::value& from, void* to, EntryReader entry, Reading& reading);

// How a described member takes part in its object.
enum class FieldForm {
    required,
    may_be_absent,  // an optional, or a member of a struct that keeps its defaults
    beside,         // a variant named `body`: its `kind` and `body` stand among the fields of the object
};

// One member of a described struct, with its type erased.
struct Field {
    std::string_view name;
    FieldForm form = FieldForm::required;
    // `from` is the member's value, or the whole object for FieldForm::beside.
    bool (*read)(void* object, const boost::json::value& from, Reading& reading) = nullptr;
    // Writes nothing for an empty optional.
    void (*write)(const void* object, std::string_view name, Writer& writer) = nullptr;
};
// Which fields of an object count as unknown: all that are not named, all but `kind` and `body` as well, or none
// because somebody else reads the same object and counts.
enum class Unknown { count, count_beside_body, shared };
bool read_fields(const boost::json::value& from, void* object, std::span<const Field> fields, Unknown unknown,
                 Reading& reading);
void write_fields(const void* object, std::span<const Field> fields, Writer& writer);

// One alternative of a closed variant, with its type erased.
struct Alternative {
    std::string_view kind;
    bool (*read)(void* variant, const boost::json::value& body, Reading& reading) = nullptr;
    void (*write)(const void* variant, Writer& writer) = nullptr;
};
bool read_kind_and_body(const boost::json::value& from, void* variant, std::span<const Alternative> alternatives,
                        Unknown unknown, Reading& reading);
// The fields `kind` and `body`, without brackets.
void write_kind_and_body(const void* variant, const Alternative& alternative, Writer& writer);

// Parses `text` and reads `to` from it by `read`.
using DocumentReader = bool (*)(void* to, const boost::json::value& from, Reading& reading);
std::optional<core::Error> read_text(std::string_view text, std::size_t size_max_bytes, void* to, DocumentReader read,
                                     DecodeCounters* counters, Absent absent = Absent::refused);

}  // namespace antiphon::json
