// SHA-256 of pieces and of files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"

struct evp_md_ctx_st;

namespace antiphon::files {

// Not thread-safe; cannot fail.
class Sha256 {
  public:
    Sha256();

    void update(std::span<const std::byte> piece);
    // The digest of all pieces so far, as 64 lower-case hexadecimal digits; starts anew.
    core::BlobHash finish();

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// Reads the whole file. Errors as open_for_reading() and reading give them.
core::Result<core::BlobHash> sha256_file(const std::filesystem::path& path);

}  // namespace antiphon::files
