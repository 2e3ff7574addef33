// Compares what stat() says.
#include "adapters/tls/identity_watch.hpp"

namespace antiphon::tls {

IdentityWatch::IdentityWatch(IdentityFiles files) : files_(std::move(files)), known_(stamps()), seen_(known_) {}

IdentityWatch::Stamp IdentityWatch::stamp_of(const std::filesystem::path& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return {};
    return {status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size, status.st_ino};
}

IdentityWatch::News IdentityWatch::poll(core::WallTime now) {
    const auto found = stamps();
    const bool rests = std::exchange(seen_, found) == found;
    if (found == known_ || !rests) return std::nullopt;
    return reload(now);
}

core::Result<ServerIdentity> IdentityWatch::reload(core::WallTime now) {
    known_ = seen_ = stamps();  // before reading: what changes meanwhile is seen by the next poll
    auto identity = read_identity(files_, now);
    ++(identity ? counters_.taken : counters_.refused);
    return identity;
}

}  // namespace antiphon::tls
