// JSON Schemas as text: the part that needs no templates.
#include "adapters/json/schema.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace antiphon::json {
namespace {

constexpr std::uint64_t int64_max = std::numeric_limits<std::int64_t>::max();

void write_member(std::string_view key, std::string_view text, Writer& writer) {
    writer.key(key);
    writer.string(text);
}

void write_false(std::string_view key, Writer& writer) {
    writer.key(key);
    writer.boolean(false);
}

void write_properties(std::span<const SchemaField> fields, Writer& writer, Schemas& schemas) {
    writer.key("properties");
    writer.begin_object();
    for (const auto& field : fields) {
        if (field.form == FieldForm::beside) continue;
        writer.key(field.name);
        field.write(writer, schemas);
    }
    writer.end_object();
}

void write_required(std::span<const SchemaField> fields, Writer& writer) {
    writer.key("required");
    writer.begin_array();
    for (const auto& field : fields)
        if (field.form == FieldForm::required) writer.string(field.name);
    writer.end_array();
}

}  // namespace

bool Schemas::begin(const std::string& name, const std::string& type) {
    const auto [place, added] = types_.emplace(name, type);
    ANTIPHON_ASSERT(place->second == type);
    return added;
}

std::string name_without_namespace(std::string_view type) {
    const auto colons = type.rfind("::");
    return std::string(colons == std::string_view::npos ? type : type.substr(colons + 2));
}

void write_reference(std::string_view name, Writer& writer) {
    writer.begin_object();
    write_member("$ref", "#/components/schemas/" + std::string(name), writer);
    writer.end_object();
}

void write_object_schema(std::span<const SchemaField> fields, Writer& writer, Schemas& schemas) {
    const auto beside =
        std::find_if(fields.begin(), fields.end(), [](const auto& field) { return field.form == FieldForm::beside; });
    writer.begin_object();
    write_member("type", "object", writer);
    write_properties(fields, writer, schemas);
    write_required(fields, writer);
    if (beside == fields.end()) {
        write_false("additionalProperties", writer);
    } else {
        writer.key("oneOf");
        beside->write(writer, schemas);
        write_false("unevaluatedProperties", writer);  // looks into the alternatives, too
    }
    writer.end_object();
}

void write_plain_schema(std::string_view type, std::string_view format, std::string_view what, Writer& writer) {
    writer.begin_object();
    write_member("type", type, writer);
    if (!format.empty()) write_member("format", format, writer);
    if (!what.empty()) write_member("description", what, writer);
    writer.end_object();
}

void write_integer_schema(std::int64_t min, std::uint64_t max, Writer& writer) {
    if (min < 0 && max == int64_max) return write_plain_schema("integer", "int64", "", writer);
    writer.begin_object();
    write_member("type", "integer", writer);
    writer.key("minimum");
    writer.signed_integer(min);
    writer.key("maximum");
    writer.unsigned_integer(max);
    writer.end_object();
}

void write_names_schema(std::span<const std::string_view> names, Writer& writer) {
    writer.begin_object();
    write_member("type", "string", writer);
    writer.key("enum");
    writer.begin_array();
    for (const auto name : names) writer.string(name);
    writer.end_array();
    writer.end_object();
}

void write_alternative_schema(std::string_view kind, SchemaWriter body, bool alone, Writer& writer, Schemas& schemas) {
    writer.begin_object();
    write_member("type", "object", writer);
    writer.key("properties");
    writer.begin_object();
    writer.key("kind");
    writer.begin_object();
    write_member("const", kind, writer);
    writer.end_object();
    writer.key("body");
    body(writer, schemas);
    writer.end_object();
    writer.key("required");
    writer.raw(R"(["kind","body"])");
    if (alone) write_false("additionalProperties", writer);
    writer.end_object();
}

void Schema<core::ClusterTime>::write(Writer& writer, Schemas& schemas) {
    constexpr std::array<SchemaField, 2> fields{
        {{"incarnation", FieldForm::required, &Schema<core::ClockIncarnation>::write},
         {"ns", FieldForm::required, &Schema<std::int64_t>::write}}};
    write_object_schema(fields, writer, schemas);
}

}  // namespace antiphon::json
