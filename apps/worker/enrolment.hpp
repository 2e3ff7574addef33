// Who this worker is in its cluster: asked for once, with an invitation, and kept in identity.json.
#pragma once

#include <boost/describe/class.hpp>
#include <string>

#include "apps/api/views.hpp"
#include "apps/node/options.hpp"
#include "core/result.hpp"

namespace antiphon::worker {

struct Identity {
    std::string server;  // http(s)://host:port, as this worker reaches it
    std::string host;    // of it
    std::string private_key_pem;
    api::JoinAnswer joined;
};
BOOST_DESCRIBE_STRUCT(Identity, (), (server, host, private_key_pem, joined))

// From identity.json; else by the invitation, also when the coordinator says that it does not know this worker (any
// more). A coordinator that cannot be reached yet is asked again for `patience`; a refusal is final. `renamed`: what
// the cluster calls this worker now, if it has told. Blocks: for the start of the program.
core::Result<Identity> enrol(const node::WorkerOptions& options, const std::string& renamed = "",
                             std::chrono::seconds patience = std::chrono::seconds(60));

// For the error of an identity.json that cannot be used: where it is, and the way out.
std::string damaged_identity(const node::WorkerOptions& options);

}  // namespace antiphon::worker
