// For the tests of this folder: an authority, files of one server, and the wall clock as a value.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/system/clock.hpp"
#include "adapters/tls/identity_watch.hpp"
#include "tests/support/authority.hpp"

namespace antiphon::tls {

class TlsTest : public ::testing::Test {
  protected:
    void write(const ports::TlsIdentity& identity) const {
        folder.write("certificate.pem", identity.certificate);
        folder.write("key.pem", identity.key);
    }
    // What reading the files fails with.
    std::string refused() const {
        const auto read = read_identity(files, now);
        return read ? "taken" : read.error().what;
    }

    const test::Authority authority{"Hall Authority"};
    const test::CertificateFolder folder;
    const IdentityFiles files{folder.file("certificate.pem"), folder.file("key.pem")};
    const core::WallTime now = system::SystemClock().wall();
};

}  // namespace antiphon::tls
