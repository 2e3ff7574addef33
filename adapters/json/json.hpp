// Described structs to JSON and back: one declaration (Boost.Describe) is the schema of a message, file or row.
//
//     struct Play { static constexpr std::string_view kind = "play"; std::string what; std::optional<double> gain_db;
//     }; BOOST_DESCRIBE_STRUCT(Play, (), (what, gain_db)) auto play = json::decode<Play>(text, &counters);   // an
//     Error names the field by path: "body.sessions[2].start"
//
// Absent and null optionals are empty; unknown fields are ignored and counted; any other field must be there; integers
// must fit; doubles are finite; enumerators are their names; a variant is {"kind", "body"}, and a variant member named
// `body` puts these two beside the other fields of its struct. Everything here is thread-safe and throws only
// bad_alloc.
#pragma once

#include <string>
#include <string_view>

#include "adapters/json/codec.hpp"
#include "core/result.hpp"

namespace antiphon::json {

inline constexpr std::size_t document_max_bytes = 1 << 20;

// `invalid` when `text` is no JSON of a T. Adds to `counters` (may be null).
template <class T>
core::Result<T> decode(std::string_view text, DecodeCounters* counters = nullptr,
                       std::size_t size_max_bytes = document_max_bytes) {
    T to{};
    const auto error = read_text(
        text, size_max_bytes, &to,
        [](void* object, const Value& from, Reading& reading) {
            return Codec<T>::read(from, *static_cast<T*>(object), reading);
        },
        counters);
    if (error) return *error;
    return to;
}

// Compact, fields in the order of their declaration, empty optionals left out; equal values give equal text.
template <class T>
std::string encode(const T& from) {
    Writer writer;
    Codec<T>::write(from, writer);
    return writer.take();
}

// What an older program wrote of a T, as this one writes it: fields that it did not know keep their default member
// initialisers, at every depth, and fields that nobody knows any more go. Everything else is as strict as decode().
template <class T>
core::Result<std::string> upgrade(std::string_view text, std::size_t size_max_bytes = document_max_bytes) {
    T to{};
    const auto error = read_text(
        text, size_max_bytes, &to,
        [](void* object, const Value& from, Reading& reading) {
            return Codec<T>::read(from, *static_cast<T*>(object), reading);
        },
        nullptr, Absent::keeps_default);
    if (error) return *error;
    return encode(to);
}

// A described header and a variant body in one object: {"v": 1, "id": "...", "kind": "play", "body": {...}}.
template <class Header, class Body>
struct Envelope {
    Header header;
    Body body;

    friend bool operator==(const Envelope&, const Envelope&) = default;
};

// Any such pair is an envelope; core::Message is one.
template <class T>
concept HeaderAndBody = !Described<T> && requires(T& t) {
    requires Described<std::remove_cvref_t<decltype(t.header)>>;
    requires is_variant<std::remove_cvref_t<decltype(t.body)>>;
};

template <HeaderAndBody T>
struct Codec<T> {
    using Header = std::remove_cvref_t<decltype(std::declval<T&>().header)>;
    using Body = std::remove_cvref_t<decltype(std::declval<T&>().body)>;
    static bool read(const Value& from, T& to, Reading& reading) {
        return Codec<Header>::read_beside(from, to.header, Unknown::count_beside_body, reading) &&
               Codec<Body>::read_beside(from, to.body, reading);
    }
    static void write(const T& from, Writer& writer) {
        writer.begin_object();
        Codec<Header>::write_beside(from.header, writer);
        Codec<Body>::write_beside(from.body, writer);
        writer.end_object();
    }
};

// When the body is refused (an unknown kind, say) and a reply is due, decode<Header>(text) still gives the header.
template <class Header, class Body>
core::Result<Envelope<Header, Body>> decode_envelope(std::string_view text, DecodeCounters* counters = nullptr,
                                                     std::size_t size_max_bytes = document_max_bytes) {
    return decode<Envelope<Header, Body>>(text, counters, size_max_bytes);
}

template <class Header, class Body>
std::string encode_envelope(const Header& header, const Body& body) {
    Writer writer;
    writer.begin_object();
    Codec<Header>::write_beside(header, writer);
    Codec<Body>::write_beside(body, writer);
    writer.end_object();
    return writer.take();
}

}  // namespace antiphon::json
