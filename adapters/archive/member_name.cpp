// One pass over the name.
#include "adapters/archive/member_name.hpp"

namespace antiphon::archive {
namespace {

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

}  // namespace

bool is_member_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > name_max_bytes || name.back() == '/') return false;
    char before = '/';
    for (const char c : name) {
        if (before == '/' && (c == '/' || c == '.')) return false;
        if (c != '/' && !is_plain(c)) return false;
        before = c;
    }
    return true;
}

}  // namespace antiphon::archive
