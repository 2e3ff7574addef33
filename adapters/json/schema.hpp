// The JSON Schema (draft 2020-12) of what Codec<T> writes, from the same declaration: what the code says is what is
// told.
//
//     Schemas schemas; schemas.add<api::ZoneView>();   // and all that it is made of
//     schemas.all().at("ZoneView")                     // {"type":"object","properties":{...},...}
//     reference_to<api::ZoneView>()                    // {"$ref":"#/components/schemas/ZoneView"}
//
// Described structs and enums have schemas of their own, called like the type without its namespace; everything else is
// written where it stands. Schemas are closed: a field that is not declared is none of theirs. Not thread-safe.
#pragma once

#include <boost/core/type_name.hpp>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "adapters/json/codec.hpp"

namespace antiphon::json {

class Schemas;

// write() writes the schema of a T, or a reference to it. Each Codec that the API needs has one.
template <class T>
struct Schema;

class Schemas {
  public:
    // A described struct or enum, with what it refers to. Another type of the same name is a bug.
    template <class T>
    void add() {
        Writer ignored;
        Schema<T>::write(ignored, *this);
    }
    // By name, as JSON text.
    const std::map<std::string, std::string>& all() const noexcept { return texts_; }

    // For Schema<T> itself: true the first time, then put() follows. `type` is the name with its namespaces.
    bool begin(const std::string& name, const std::string& type);
    void put(const std::string& name, std::string text) { texts_[name] = std::move(text); }

  private:
    std::map<std::string, std::string> types_;
    std::map<std::string, std::string> texts_;
};

std::string name_without_namespace(std::string_view type);
void write_reference(std::string_view name, Writer& writer);

template <class T>
std::string reference_to() {
    Writer writer;
    write_reference(name_without_namespace(boost::core::type_name<T>()), writer);
    return writer.take();
}

// The parts that need no templates.
using SchemaWriter = void (*)(Writer& writer, Schemas& schemas);
struct SchemaField {
    std::string_view name;
    FieldForm form = FieldForm::required;
    SchemaWriter write = nullptr;  // of the member, or the list of alternatives for FieldForm::beside
};
void write_object_schema(std::span<const SchemaField> fields, Writer& writer, Schemas& schemas);
// {"type": type}, with a format and a description unless they are empty.
void write_plain_schema(std::string_view type, std::string_view format, std::string_view what, Writer& writer);
void write_integer_schema(std::int64_t min, std::uint64_t max, Writer& writer);
void write_names_schema(std::span<const std::string_view> names, Writer& writer);
// One of a variant's alternatives: the fields `kind` and `body`, beside others or alone.
void write_alternative_schema(std::string_view kind, SchemaWriter body, bool alone, Writer& writer, Schemas& schemas);

template <>
struct Schema<bool> {
    static void write(Writer& writer, Schemas&) { write_plain_schema("boolean", "", "", writer); }
};

template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
struct Schema<T> {
    static void write(Writer& writer, Schemas&) {
        using Limits = std::numeric_limits<T>;
        write_integer_schema(static_cast<std::int64_t>(Limits::min()), static_cast<std::uint64_t>(Limits::max()),
                             writer);
    }
};

template <>
struct Schema<double> {
    static void write(Writer& writer, Schemas&) { write_plain_schema("number", "double", "", writer); }
};

template <>
struct Schema<std::string> {
    static void write(Writer& writer, Schemas&) { write_plain_schema("string", "", "", writer); }
};

// Empty, it is not written; so whether it must be there is its struct's business.
template <class T>
struct Schema<std::optional<T>> : Schema<T> {};

template <class Tag, class T>
struct Schema<core::Tagged<Tag, T>> : Schema<T> {};

template <class Line>
struct Schema<core::Instant<Line>> {
    static void write(Writer& writer, Schemas&) { write_plain_schema("integer", "int64", "nanoseconds", writer); }
};

template <>
struct Schema<core::WallTime> {
    static void write(Writer& writer, Schemas&) {
        write_plain_schema("integer", "int64", "nanoseconds since 1970, UTC", writer);
    }
};

template <>
struct Schema<core::ClusterTime> {
    static void write(Writer& writer, Schemas& schemas);
};

template <class T>
struct Schema<std::vector<T>> {
    static void write(Writer& writer, Schemas& schemas) {
        writer.begin_object();
        writer.key("type");
        writer.string("array");
        writer.key("items");
        Schema<T>::write(writer, schemas);
        writer.end_object();
    }
};

template <class T>
struct Schema<std::map<std::string, T>> {
    static void write(Writer& writer, Schemas& schemas) {
        writer.begin_object();
        writer.key("type");
        writer.string("object");
        writer.key("additionalProperties");
        Schema<T>::write(writer, schemas);
        writer.end_object();
    }
};

template <class... Ts>
struct Schema<std::variant<Ts...>> {
    static void write(Writer& writer, Schemas& schemas) {
        writer.begin_object();
        writer.key("oneOf");
        write_alternatives<true>(writer, schemas);
        writer.end_object();
    }
    template <bool alone>
    static void write_alternatives(Writer& writer, Schemas& schemas) {
        writer.begin_array();
        (write_alternative_schema(Ts::kind, &Schema<Ts>::write, alone, writer, schemas), ...);
        writer.end_array();
    }
};

// A reference to the type's schema, which is written the first time.
template <class T, class Write>
void write_component(Writer& writer, Schemas& schemas, const Write& write) {
    const auto type = boost::core::type_name<T>();
    const auto name = name_without_namespace(type);
    write_reference(name, writer);
    if (!schemas.begin(name, type)) return;
    Writer own;
    write(own);
    schemas.put(name, own.take());
}

template <DescribedEnum T>
struct Schema<T> {
    static void write(Writer& writer, Schemas& schemas) {
        write_component<T>(writer, schemas, [](Writer& own) { write_names_schema(names_of(List{}), own); });
    }

  private:
    template <class... Ds>
    static constexpr auto names_of(boost::mp11::mp_list<Ds...>) {
        return std::array<std::string_view, sizeof...(Ds)>{Ds::name...};
    }
    using List = boost::mp11::mp_rename<boost::describe::describe_enumerators<T>, boost::mp11::mp_list>;
};

template <Described T>
struct Schema<T> {
    static void write(Writer& writer, Schemas& schemas) {
        write_component<T>(writer, schemas, [&](Writer& own) { write_object_schema(fields_of(List{}), own, schemas); });
    }

  private:
    template <class D>
    static constexpr SchemaField field() {
        using Member = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;
        if constexpr (is_variant<Member> && std::string_view(D::name) == "body") {
            return {D::name, FieldForm::beside, &Schema<Member>::template write_alternatives<false>};
        } else {
            constexpr bool may_be_absent = is_optional<Member> || KeepsDefaults<T>;
            return {D::name, may_be_absent ? FieldForm::may_be_absent : FieldForm::required, &Schema<Member>::write};
        }
    }
    template <class... Ds>
    static constexpr std::array<SchemaField, sizeof...(Ds)> fields_of(boost::mp11::mp_list<Ds...>) {
        return {field<Ds>()...};
    }
    using List =
        boost::mp11::mp_rename<boost::describe::describe_members<T, boost::describe::mod_public>, boost::mp11::mp_list>;
};

}  // namespace antiphon::json
