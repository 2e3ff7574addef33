// The key that a board is born with: made on it, never leaving it.
#pragma once

#include <string>

#include "core/result.hpp"

namespace antiphon::system {

struct NodeKey {
    std::string private_pem;  // PKCS #8
    std::string public_hex;   // Ed25519 (RFC 8032), 32 bytes as 64 hexadecimal digits
};

// `internal` when the crypto library refuses. Thread-safe.
core::Result<NodeKey> make_node_key();

}  // namespace antiphon::system
