// The schemas of everything that the HTTP API takes and gives.
#pragma once

#include "adapters/json/schema.hpp"

namespace antiphon::coordinator {

json::Schemas api_schemas();

}  // namespace antiphon::coordinator
