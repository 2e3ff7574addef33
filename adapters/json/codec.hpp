// Codec<T>: how a T becomes JSON and back. The templates only list what a type is made of; reading.cpp does the work.
#pragma once

#include <array>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <chrono>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/json/reading.hpp"
#include "adapters/json/writer.hpp"
#include "core/tagged.hpp"
#include "core/units.hpp"

namespace antiphon::json {

// read() returns false when the reading has failed; `to` is then unspecified. Specialise it for a type that cannot be
// described; everything below is such a specialisation.
template <class T>
struct Codec;

template <class T>
concept Described = boost::describe::has_describe_members<T>::value && std::is_class_v<T>;
template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
// A described struct with `static constexpr bool json_keeps_defaults = true` may lack fields: they keep their
// default member initialisers. For configurations; messages spell their optional fields std::optional.
template <class T>
concept KeepsDefaults = requires { requires T::json_keeps_defaults; };

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... Ts>
inline constexpr bool is_variant<std::variant<Ts...>> = true;

using Value = boost::json::value;

template <>
struct Codec<bool> {
    static bool read(const Value& from, bool& to, Reading& reading) { return read_bool(from, to, reading); }
    static void write(bool from, Writer& writer) { writer.boolean(from); }
};

template <std::signed_integral T>
    requires(!std::same_as<T, char>)
struct Codec<T> {
    static bool read(const Value& from, T& to, Reading& reading) {
        std::int64_t number = 0;
        const bool ok =
            read_signed(from, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), number, reading);
        to = static_cast<T>(number);
        return ok;
    }
    static void write(T from, Writer& writer) { writer.signed_integer(from); }
};

template <std::unsigned_integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
struct Codec<T> {
    static bool read(const Value& from, T& to, Reading& reading) {
        std::uint64_t number = 0;
        const bool ok = read_unsigned(from, std::numeric_limits<T>::max(), number, reading);
        to = static_cast<T>(number);
        return ok;
    }
    static void write(T from, Writer& writer) { writer.unsigned_integer(from); }
};

template <>
struct Codec<double> {
    static bool read(const Value& from, double& to, Reading& reading) { return read_double(from, to, reading); }
    static void write(double from, Writer& writer) { writer.number(from); }
};

template <>
struct Codec<std::string> {
    static bool read(const Value& from, std::string& to, Reading& reading) { return read_string(from, to, reading); }
    static void write(const std::string& from, Writer& writer) { writer.string(from); }
};

template <class T>
struct Codec<std::optional<T>> {
    static_assert(!is_optional<T>, "null could mean either of two optionals");
    static bool read(const Value& from, std::optional<T>& to, Reading& reading) {
        to.reset();
        return is_null(from) || Codec<T>::read(from, to.emplace(), reading);
    }
    static void write(const std::optional<T>& from, Writer& writer) {
        from ? Codec<T>::write(*from, writer) : writer.null();
    }
};

// Grows with its elements: an array of a million wrong ones costs the first.
template <class T>
struct Codec<std::vector<T>> {
    using Vector = std::vector<T>;
    static bool read(const Value& from, Vector& to, Reading& reading) {
        to.clear();
        return read_array(
            from, &to,
            [](void* vector, const Value& element, Reading& inner) {
                T value{};
                if (!Codec<T>::read(element, value, inner)) return false;
                static_cast<Vector*>(vector)->push_back(std::move(value));
                return true;
            },
            reading);
    }
    static void write(const Vector& from, Writer& writer) {
        writer.begin_array();
        for (const auto& element : from) Codec<T>::write(element, writer);
        writer.end_array();
    }
};

template <class T>
struct Codec<std::map<std::string, T>> {
    using Map = std::map<std::string, T>;
    static bool read(const Value& from, Map& to, Reading& reading) {
        to.clear();
        return read_entries(
            from, &to,
            [](void* map, std::string_view key, const Value& value, Reading& inner) {
                return Codec<T>::read(value, (*static_cast<Map*>(map))[std::string(key)], inner);
            },
            reading);
    }
    static void write(const Map& from, Writer& writer) {
        writer.begin_object();
        for (const auto& [key, value] : from) {
            writer.key(key);
            Codec<T>::write(value, writer);
        }
        writer.end_object();
    }
};

template <class Tag, class T>
struct Codec<core::Tagged<Tag, T>> {
    static bool read(const Value& from, core::Tagged<Tag, T>& to, Reading& reading) {
        return Codec<T>::read(from, to.value, reading);
    }
    static void write(const core::Tagged<Tag, T>& from, Writer& writer) { Codec<T>::write(from.value, writer); }
};

template <class Line>
struct Codec<core::Instant<Line>> {
    static bool read(const Value& from, core::Instant<Line>& to, Reading& reading) {
        return Codec<std::int64_t>::read(from, to.ns, reading);
    }
    static void write(core::Instant<Line> from, Writer& writer) { writer.signed_integer(from.ns); }
};

// A number of its own unit; core::Duration is in nanoseconds.
template <std::integral Count, class Period>
struct Codec<std::chrono::duration<Count, Period>> {
    static bool read(const Value& from, std::chrono::duration<Count, Period>& to, Reading& reading) {
        Count count = 0;
        const bool ok = Codec<Count>::read(from, count, reading);
        to = std::chrono::duration<Count, Period>(count);
        return ok;
    }
    static void write(std::chrono::duration<Count, Period> from, Writer& writer) {
        Codec<Count>::write(from.count(), writer);
    }
};

// {"incarnation": 3, "ns": 1500}. Not described in core, so that core/units.hpp stays free of Boost.
template <>
struct Codec<core::ClusterTime> {
    static bool read(const Value& from, core::ClusterTime& to, Reading& reading);
    static void write(const core::ClusterTime& from, Writer& writer);
};

// Any JSON, unread: for what only passes through.
template <>
struct Codec<boost::json::value> {
    static bool read(const Value& from, Value& to, Reading& reading);
    static void write(const Value& from, Writer& writer);
};

// Its enumerators' names.
template <DescribedEnum T>
struct Codec<T> {
    static bool read(const Value& from, T& to, Reading& reading) {
        std::size_t index = 0;
        if (!read_name(from, names, index, reading)) return false;
        to = values[index];
        return true;
    }
    static void write(T from, Writer& writer) {
        for (std::size_t i = 0; i < values.size(); ++i)
            if (values[i] == from) return writer.string(names[i]);
        ANTIPHON_ASSERT(!"an enumerator that is not described");
    }

  private:
    template <class... Ds>
    static constexpr auto names_of(boost::mp11::mp_list<Ds...>) {
        return std::array<std::string_view, sizeof...(Ds)>{Ds::name...};
    }
    template <class... Ds>
    static constexpr auto values_of(boost::mp11::mp_list<Ds...>) {
        return std::array<T, sizeof...(Ds)>{Ds::value...};
    }
    using List = boost::mp11::mp_rename<boost::describe::describe_enumerators<T>, boost::mp11::mp_list>;
    static constexpr auto names = names_of(List{});
    static constexpr auto values = values_of(List{});
};

// {"kind": "play", "body": {...}}: the alternative whose `static constexpr std::string_view kind` it is.
template <class... Ts>
struct Codec<std::variant<Ts...>> {
    using Variant = std::variant<Ts...>;
    static bool read(const Value& from, Variant& to, Reading& reading) {
        return read_kind_and_body(from, &to, alternatives, Unknown::count, reading);
    }
    static void write(const Variant& from, Writer& writer) {
        writer.begin_object();
        write_beside(from, writer);
        writer.end_object();
    }
    // `kind` and `body` among the fields of the object `from`, which others read as well.
    static bool read_beside(const Value& from, Variant& to, Reading& reading) {
        return read_kind_and_body(from, &to, alternatives, Unknown::shared, reading);
    }
    static void write_beside(const Variant& from, Writer& writer) {
        ANTIPHON_ASSERT(!from.valueless_by_exception());
        write_kind_and_body(&from, alternatives[from.index()], writer);
    }

  private:
    template <class T>
    static constexpr Alternative alternative() {
        return {T::kind,
                [](void* variant, const Value& body, Reading& reading) {
                    return Codec<T>::read(body, static_cast<Variant*>(variant)->template emplace<T>(), reading);
                },
                [](const void* variant, Writer& writer) {
                    Codec<T>::write(*std::get_if<T>(static_cast<const Variant*>(variant)), writer);
                }};
    }
    static constexpr bool kinds_differ() {
        const std::array<std::string_view, sizeof...(Ts)> kinds{Ts::kind...};
        for (std::size_t i = 0; i < kinds.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (kinds[i] == kinds[j]) return false;
        return true;
    }
    static_assert(kinds_differ(), "two alternatives of a variant have the same kind");
    static constexpr std::array<Alternative, sizeof...(Ts)> alternatives{alternative<Ts>()...};
};

// An object of its public members. A variant member named `body` stands beside the others, as `kind` and `body`.
template <Described T>
struct Codec<T> {
    static bool read(const Value& from, T& to, Reading& reading) {
        return read_fields(from, &to, fields, Unknown::count, reading);
    }
    static void write(const T& from, Writer& writer) {
        writer.begin_object();
        write_beside(from, writer);
        writer.end_object();
    }
    // Its fields among those of the object `from`, which others read as well.
    static bool read_beside(const Value& from, T& to, Unknown unknown, Reading& reading) {
        return read_fields(from, &to, fields, unknown, reading);
    }
    static void write_beside(const T& from, Writer& writer) { write_fields(&from, fields, writer); }

  private:
    template <class D>
    static constexpr Field field() {
        using Member = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;
        constexpr bool beside = is_variant<Member> && std::string_view(D::name) == "body";
        constexpr bool may_be_absent = is_optional<Member> || KeepsDefaults<T>;
        return {D::name,
                beside          ? FieldForm::beside
                : may_be_absent ? FieldForm::may_be_absent
                                : FieldForm::required,
                [](void* object, const Value& from, Reading& reading) {
                    auto& member = static_cast<T*>(object)->*D::pointer;
                    if constexpr (beside) {
                        return Codec<Member>::read_beside(from, member, reading);
                    } else {
                        return Codec<Member>::read(from, member, reading);
                    }
                },
                [](const void* object, std::string_view name, Writer& writer) {
                    const auto& member = static_cast<const T*>(object)->*D::pointer;
                    if constexpr (beside) {
                        Codec<Member>::write_beside(member, writer);
                    } else {
                        if constexpr (is_optional<Member>)
                            if (!member) return;
                        writer.key(name);
                        Codec<Member>::write(member, writer);
                    }
                }};
    }
    template <class... Ds>
    static constexpr std::array<Field, sizeof...(Ds)> fields_of(boost::mp11::mp_list<Ds...>) {
        return {field<Ds>()...};
    }
    using List =
        boost::mp11::mp_rename<boost::describe::describe_members<T, boost::describe::mod_public>, boost::mp11::mp_list>;
    static constexpr auto fields = fields_of(List{});
};

}  // namespace antiphon::json
