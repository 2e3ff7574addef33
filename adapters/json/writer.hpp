// Writes JSON text: compact, in the order of the calls, the same for the same calls.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace antiphon::json {

// Commas and quotes are its business, matching brackets are the caller's. Not thread-safe.
class Writer {
  public:
    void begin_object();
    void end_object() { text_ += '}'; }
    void begin_array();
    void end_array() { text_ += ']'; }
    void key(std::string_view name);

    void null();
    void boolean(bool value);
    void signed_integer(std::int64_t value);
    void unsigned_integer(std::uint64_t value);
    // The shortest text that reads back as the same double. JSON has no NaN and no infinity: they become null, which
    // the reader of a required number refuses by name.
    void number(double value);
    // Bytes that are not UTF-8 (names from devices, files) become U+FFFD: one odd name must not spoil a document.
    void string(std::string_view value);
    // `json` is one valid JSON value.
    void raw(std::string_view json);

    std::string take() { return std::move(text_); }

  private:
    void separate();

    std::string text_;
};

}  // namespace antiphon::json
