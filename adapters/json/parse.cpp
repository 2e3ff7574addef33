// The strict parser: Boost.JSON's, with a handler that refuses duplicate keys and rounds doubles correctly.
#include "adapters/json/parse.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <string>
#include <vector>

namespace antiphon::json {
namespace {

namespace bj = boost::json;

// The names of the objects that are open, in one array: each object's begin at its own mark.
class OpenNames {
  public:
    void open() { marks_.push_back(names_.size()); }
    void add(std::string name) { names_.push_back(std::move(name)); }

    // Closes the innermost object; returns a name that it has twice, else nothing. n log n, whatever an attacker sends.
    std::optional<std::string> close() {
        const auto first = names_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
        std::sort(first, names_.end());
        const auto twice = std::adjacent_find(first, names_.end());
        std::optional<std::string> found;
        if (twice != names_.end()) found = *twice;
        names_.erase(first, names_.end());
        marks_.pop_back();
        return found;
    }

  private:
    std::vector<std::string> names_;
    std::vector<std::size_t> marks_;
};

// What basic_parser demands of a handler: these names and signatures.
struct Handler {
    static constexpr std::size_t max_array_size = bj::array::max_size();
    static constexpr std::size_t max_object_size = bj::object::max_size();
    static constexpr std::size_t max_string_size = bj::string::max_size();
    static constexpr std::size_t max_key_size = bj::string::max_size();

    bj::value_stack stack;
    OpenNames names;
    std::string key_so_far;
    std::string number_so_far;
    std::optional<std::string> duplicate;

    explicit Handler(bj::storage_ptr storage) { stack.reset(std::move(storage)); }

    bool on_document_begin(bj::error_code&) { return true; }
    bool on_document_end(bj::error_code&) { return true; }
    bool on_array_begin(bj::error_code&) { return true; }
    bool on_array_end(std::size_t n, bj::error_code&) { return stack.push_array(n), true; }
    bool on_object_begin(bj::error_code&) { return names.open(), true; }
    bool on_object_end(std::size_t n, bj::error_code& ec) {
        duplicate = names.close();
        if (duplicate) {
            ec = bj::make_error_code(bj::error::not_object);
            return false;
        }
        stack.push_object(n);
        return true;
    }
    bool on_string_part(bj::string_view s, std::size_t, bj::error_code&) { return stack.push_chars(s), true; }
    bool on_string(bj::string_view s, std::size_t, bj::error_code&) { return stack.push_string(s), true; }
    bool on_key_part(bj::string_view s, std::size_t, bj::error_code&) {
        key_so_far.append(s.data(), s.size());
        stack.push_chars(s);
        return true;
    }
    bool on_key(bj::string_view s, std::size_t, bj::error_code&) {
        key_so_far.append(s.data(), s.size());
        names.add(std::exchange(key_so_far, {}));
        stack.push_key(s);
        return true;
    }
    bool on_number_part(bj::string_view s, bj::error_code&) {
        number_so_far.append(s.data(), s.size());
        return true;
    }
    bool on_int64(std::int64_t i, bj::string_view, bj::error_code&) {
        number_so_far.clear();
        return stack.push_int64(i), true;
    }
    bool on_uint64(std::uint64_t u, bj::string_view, bj::error_code&) {
        number_so_far.clear();
        return stack.push_uint64(u), true;
    }
    // `approximate` is off by some units in the last place; it serves where the exact value is out of range.
    bool on_double(double approximate, bj::string_view s, bj::error_code&) {
        number_so_far.append(s.data(), s.size());
        double exact = approximate;
        std::from_chars(number_so_far.data(), number_so_far.data() + number_so_far.size(), exact);
        number_so_far.clear();
        return stack.push_double(exact), true;
    }
    bool on_bool(bool b, bj::error_code&) { return stack.push_bool(b), true; }
    bool on_null(bj::error_code&) { return stack.push_null(), true; }
    bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
    bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

core::Error refused(const std::string& why) { return {core::ErrorCode::invalid, "the document " + why}; }

core::Error explain(const bj::error_code& ec, const std::optional<std::string>& duplicate, std::size_t byte) {
    const auto at = " at byte " + std::to_string(byte);
    if (duplicate) return refused("names '" + duplicate->substr(0, 64) + "' twice in one object, which ends" + at);
    if (ec == bj::error::too_deep)
        return refused("is nested deeper than " + std::to_string(depth_max) + " levels" + at);
    if (ec == bj::error::extra_data) return refused("goes on after its end" + at);
    if (ec == bj::error::incomplete) return refused("ends too early" + at);
    return refused("is not JSON: " + ec.message() + at);
}

}  // namespace

core::Result<bj::value> parse(std::string_view text, std::size_t size_max_bytes, bj::storage_ptr storage) {
    if (text.size() > size_max_bytes)
        return refused("has " + std::to_string(text.size()) + " bytes, over the limit of " +
                       std::to_string(size_max_bytes));
    bj::parse_options options;
    options.max_depth = depth_max;
    bj::basic_parser<Handler> parser(options, std::move(storage));
    bj::error_code ec;
    const auto used = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && used < text.size()) ec = bj::make_error_code(bj::error::extra_data);
    if (ec) return explain(ec, parser.handler().duplicate, used);
    return parser.handler().stack.release();
}

}  // namespace antiphon::json
