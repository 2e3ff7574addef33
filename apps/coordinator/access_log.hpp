// What becomes of each request that was answered: counted, and told where it was our failure.
#pragma once

#include "adapters/http/server.hpp"
#include "apps/coordinator/metrics.hpp"
#include "apps/node/refusals.hpp"

namespace antiphon::coordinator {

class AccessLog {
  public:
    // A request that could not be served is logged, but not each of many.
    void served(const http::ServedRequest& request, core::LocalTime now);
    const RequestMetrics& requests() const { return requests_; }

  private:
    RequestMetrics requests_;
    node::Refusals failures_;
};

}  // namespace antiphon::coordinator
