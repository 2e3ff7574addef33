// Codecs of types that are not described: cluster time and JSON itself.
#include <boost/json/serialize.hpp>

#include "adapters/json/parse.hpp"
#include "adapters/json/value.hpp"

namespace antiphon::json {
namespace {

constexpr std::array<Field, 2> cluster_time_fields{{
    {"incarnation", FieldForm::required,
     [](void* time, const Value& from, Reading& reading) {
         return Codec<core::ClockIncarnation>::read(from, static_cast<core::ClusterTime*>(time)->incarnation, reading);
     },
     [](const void* time, std::string_view name, Writer& writer) {
         writer.key(name);
         writer.unsigned_integer(static_cast<const core::ClusterTime*>(time)->incarnation.value);
     }},
    {"ns", FieldForm::required,
     [](void* time, const Value& from, Reading& reading) {
         return Codec<std::int64_t>::read(from, static_cast<core::ClusterTime*>(time)->ns, reading);
     },
     [](const void* time, std::string_view name, Writer& writer) {
         writer.key(name);
         writer.signed_integer(static_cast<const core::ClusterTime*>(time)->ns);
     }},
}};

}  // namespace

bool Codec<core::ClusterTime>::read(const Value& from, core::ClusterTime& to, Reading& reading) {
    return read_fields(from, &to, cluster_time_fields, Unknown::count, reading);
}

void Codec<core::ClusterTime>::write(const core::ClusterTime& from, Writer& writer) {
    writer.begin_object();
    write_fields(&from, cluster_time_fields, writer);
    writer.end_object();
}

bool Codec<Value>::read(const Value& from, Value& to, Reading&) {
    to = Value(from, boost::json::storage_ptr());  // `from` lives in the memory of its parser
    return true;
}

void Codec<Value>::write(const Value& from, Writer& writer) { writer.raw(boost::json::serialize(from)); }

Value value_of_own_text(std::string_view text) {
    auto value = parse(text, text.size());
    return value ? std::move(*value) : Value(nullptr);
}

}  // namespace antiphon::json
