// The errors in the OpenAPI document: which route may have which, and what each means.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/json/writer.hpp"

namespace antiphon::coordinator {

std::string_view reason_of(int status);
// Of the component: "Problem404".
std::string problem_name(int status);
// "headers", all of them always there; nothing when there are none.
void write_headers(const std::vector<std::string>& names, json::Writer& writer);
// "responses", one component for each.
void write_problems(const std::set<int>& statuses, json::Writer& writer);

}  // namespace antiphon::coordinator
