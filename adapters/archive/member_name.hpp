// Which names the members of our archives may have.
#pragma once

#include <string_view>

namespace antiphon::archive {

inline constexpr std::size_t name_max_bytes = 200;

// "a/b.c": letters, digits and "._-", in segments between single slashes that do not begin with a dot. So no name leads
// out of the folder that it is unpacked in, hides there, or means something to a terminal or a shell.
bool is_member_name(std::string_view name) noexcept;

}  // namespace antiphon::archive
