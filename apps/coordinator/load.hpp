// What a coordinator finds in its data folder, and what it says of itself.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "apps/api/views.hpp"
#include "apps/node/options.hpp"
#include "core/coordinator.hpp"
#include "ports/store.hpp"

namespace antiphon::coordinator {

struct Loaded {
    std::string cluster;  // id, made at the first start
    core::CoordinatorState state;
};

// `corrupt` names the row that cannot be read.
core::Result<Loaded> load_state(ports::Store& store);

// A row of an older schema as this program writes it.
core::Result<std::string> upgrade_row(std::string_view key, std::string_view value);

// The administrator's token, made at the first start (0600).
core::Result<std::string> load_token(const std::filesystem::path& path);

// Beyond loopback HTTP, broker and clock (they share the host) want TLS files, or --insecure-lan.
core::Result<void> check_listen(const std::string& host, bool tls, bool insecure_lan);
// The same for a broker of somebody else, to which the coordinator shows its password.
core::Result<void> check_broker(const std::string& host, bool tls, bool insecure_lan);

api::ClusterView describe_cluster(const std::string& id, const node::CoordinatorOptions& options);

}  // namespace antiphon::coordinator
