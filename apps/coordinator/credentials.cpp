// Secrets are looked up by their digest, so how long that takes tells nothing about them.
#include "apps/coordinator/credentials.hpp"

#include <algorithm>
#include <span>

#include "adapters/files/sha256.hpp"
#include "adapters/http/permission.hpp"

namespace antiphon::coordinator {

std::string digest_of(std::string_view secret) {
    files::Sha256 sha256;
    sha256.update(std::as_bytes(std::span(secret)));
    return sha256.finish().value;
}

void Credentials::take(const core::CoordinatorState& state) {
    workers_.clear();
    digests_.clear();
    tokens_.clear();
    for (const auto& [id, row] : state.workers.rows()) workers_[row->credential_digest] = id;
    for (const auto& [id, row] : state.tokens.rows()) {
        digests_[row->digest] = id;
        tokens_[id] = *row;
    }
    std::erase_if(last_used_, [&](const auto& use) { return !tokens_.contains(use.first); });
    latest_ = calendar_at(state.cluster.latest_wall.value_or(latest_));
}

std::optional<core::Principal> Credentials::identify(std::string_view secret, core::WallTime wall) {
    if (http::constant_time_equal(secret, file_token_))
        return core::Principal{"admin", core::PermissionSet::everything(), {}};
    const auto digest = digest_of(secret);
    if (const auto worker = workers_.find(digest); worker != workers_.end())
        return core::Principal{worker->second.value, {core::Permission::worker, core::Permission::view}, {}};
    const auto found = digests_.find(digest);
    if (found == digests_.end()) return std::nullopt;
    const auto& row = tokens_.at(found->second);
    core::Principal principal{row.name, {}, row.id};
    for (const auto permission : row.permissions) principal.permissions.add(permission);
    if (!still_admits(principal, wall)) return std::nullopt;
    last_used_[row.id] = wall;
    return principal;
}

bool Credentials::still_admits(const core::Principal& principal, core::WallTime wall) {
    if (principal.token.value.empty()) return true;
    latest_ = calendar_at(wall);
    const auto found = tokens_.find(principal.token);
    if (found == tokens_.end()) return false;
    const bool over = found->second.over_at(latest_);
    if (over && !found->second.ended) found_over_(latest_);
    return !over;
}

std::optional<core::WallTime> Credentials::last_used(const core::TokenId& token) const {
    const auto found = last_used_.find(token);
    return found == last_used_.end() ? std::nullopt : std::optional(found->second);
}

core::WallTime Credentials::calendar_at(core::WallTime wall) const { return std::max(wall, latest_); }

}  // namespace antiphon::coordinator
