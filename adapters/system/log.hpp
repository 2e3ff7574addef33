// Structured log: an event code, keys and values, and a text. One line per entry on stderr, for people or as JSON.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace antiphon::system::log {

enum class Level { debug, info, warning, error };
enum class Format { text, json };

struct Settings {
    std::string node;  // the node's name; empty: not shown
    std::string boot;  // which life of the node this is; empty: not shown
    Format format = Format::text;
    Level level = Level::info;  // the lowest that is written
};

// Refers to text of the caller for the duration of the call.
class Value {
  public:
    Value(std::string_view text) : content_(text) {}
    Value(const std::string& text) : content_(std::string_view{text}) {}
    Value(const char* text) : content_(std::string_view{text}) {}
    Value(bool truth) : content_(truth) {}
    template <std::signed_integral T>
    Value(T number) : content_(static_cast<std::int64_t>(number)) {}
    template <std::unsigned_integral T>
        requires(!std::same_as<T, bool>)
    Value(T number) : content_(static_cast<std::uint64_t>(number)) {}
    Value(double number) : content_(number) {}

    using Content = std::variant<std::string_view, bool, std::int64_t, std::uint64_t, double>;
    const Content& content() const noexcept { return content_; }

  private:
    Content content_;
};

struct Field {
    std::string_view key;  // [a-z0-9_], our own and so not escaped
    Value value;
};
using Fields = std::initializer_list<Field>;

// Until the first call: text, info, no node. Thread-safe. Not for real-time threads, as is everything here: writing
// may block when stderr does.
void configure(const Settings& settings);

// Which life of the node this is, once it is known. Thread-safe.
void set_boot(const std::string& boot);

// Whether an entry of this level is written at all: for callers whose values are costly. Thread-safe.
bool enabled(Level level) noexcept;

// `event` is a dotted code that never changes, such as "mqtt.connected": what scripts look for. `text` is for people.
// Control characters and broken UTF-8 are escaped wherever they stand, so data from outside can forge no entry and
// send nothing to a terminal. Thread-safe, does not throw; an entry that cannot be written is lost.
void write(Level level, std::string_view event, Fields fields, std::string_view text) noexcept;
inline void debug(std::string_view event, Fields fields = {}, std::string_view text = {}) noexcept {
    write(Level::debug, event, fields, text);
}
inline void info(std::string_view event, Fields fields = {}, std::string_view text = {}) noexcept {
    write(Level::info, event, fields, text);
}
inline void warning(std::string_view event, Fields fields = {}, std::string_view text = {}) noexcept {
    write(Level::warning, event, fields, text);
}
inline void error(std::string_view event, Fields fields = {}, std::string_view text = {}) noexcept {
    write(Level::error, event, fields, text);
}

// While it lives, entries of this thread carry the actor that works and the trace it works for; scopes nest.
class Scope {
  public:
    // Both texts outlive the scope.
    Scope(std::string_view actor, std::string_view trace) noexcept;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

  private:
    std::string_view actor_before_;
    std::string_view trace_before_;
};

}  // namespace antiphon::system::log
