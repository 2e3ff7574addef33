// Whatever boards announce, send in pieces from anywhere, and call complete, in whatever order, over files that also
// vanish: what is kept is what was announced.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <unistd.h>

#include "adapters/files/partial_file.hpp"
#include "adapters/files/sha256.hpp"
#include "apps/coordinator/segment_catalogue.hpp"
#include "core/contract.hpp"

namespace {

namespace fs = std::filesystem;
using namespace antiphon;

constexpr int segments = 3;

// Numbers out of the input, zeros behind its end.
class Input {
  public:
    Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
    bool more() const { return at_ < size_; }
    int below(int bound) { return at_ < size_ ? data_[at_++] % bound : 0; }

  private:
    const std::uint8_t* data_;
    std::size_t size_;
    std::size_t at_ = 0;
};

std::vector<std::byte> content(int kind, int length) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(length));
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(i * 7 + static_cast<std::size_t>(kind));
    return bytes;
}

std::string hash_of(std::span<const std::byte> bytes) {
    files::Sha256 hash;
    hash.update(bytes);
    return hash.finish().value;
}

class Session {
  public:
    explicit Session(const fs::path& folder) : folder_(folder), catalogue_(folder) { fs::remove_all(folder); }

    void step(Input& input) {
        const int number = input.below(segments);
        switch (input.below(6)) {
            case 0:
                return announce(number, input.below(4), input.below(64), input.below(8) != 0);
            case 1:
                return send(number, input.below(80), content(input.below(4), input.below(80)));
            case 2:
                return accept(number);
            case 3:
                return complete(number);
            case 4:
                return damage(number, input.below(4));
            default:
                (void)catalogue_.kept().ok();
        }
    }

    void check() const {
        for (int number = 0; number < segments; ++number) {
            const auto row = catalogue_.row(number);
            if (!row || !row->kept || damaged_.contains(number)) continue;
            const auto hash = files::sha256_file(catalogue_.file(number));
            ANTIPHON_ASSERT(hash && hash->value == row->sha256 && fs::file_size(catalogue_.file(number)) == row->bytes);
        }
    }

  private:
    void announce(int number, int kind, int length, bool closed) {
        media::SegmentRow row{.number = number, .life = 1, .first = number * 1000, .frames = 1000, .closed = closed};
        row.bytes = static_cast<std::uint64_t>(length);
        row.sha256 = hash_of(content(kind, length));
        const auto place = catalogue_.announce(row);
        if (!place) return;
        if (!place->kept) damaged_.erase(number);
        ANTIPHON_ASSERT(!place->kept || place->received_bytes == row.bytes);
    }
    // As the server does: never more than was announced.
    void send(int number, int offset, std::vector<std::byte> bytes) {
        const auto row = catalogue_.row(number);
        if (!row || static_cast<std::uint64_t>(offset) > row->bytes) return;
        bytes.resize(std::min<std::size_t>(bytes.size(), row->bytes - static_cast<std::uint64_t>(offset)));
        auto file = files::PartialFile::open(catalogue_.place(number), static_cast<std::uint64_t>(offset));
        if (file) (void)file->append(bytes).ok();
    }
    void accept(int number) {
        const auto row = catalogue_.row(number);
        const bool whole = row && files::PartialFile::received(catalogue_.place(number)) >= row->bytes;
        if (whole && catalogue_.accept(number)) damaged_.erase(number);
    }
    void complete(int number) {
        const auto row = catalogue_.row(number);
        const auto totals = catalogue_.complete({{{number, row ? row->sha256 : "none"}}});
        ANTIPHON_ASSERT(!totals || totals->frames >= 0);
    }
    // What a disk, or a person, does to it.
    void damage(int number, int how) {
        const std::array<fs::path, 2> files{catalogue_.file(number), catalogue_.place(number).growing};
        std::error_code none;
        const auto& file = files[static_cast<std::size_t>(how) % files.size()];
        if (!fs::exists(file, none)) return;
        how < 2 ? void(fs::remove(file, none)) : fs::resize_file(file, 1, none);
        damaged_.insert(number);
    }

    const fs::path folder_;
    const coordinator::SegmentCatalogue catalogue_;
    std::set<int> damaged_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fs::path folder = fs::path("/dev/shm") / ("antiphon-fuzz-" + std::to_string(::getpid()));
    Session session(folder);
    Input input(data, std::min<std::size_t>(size, 256));
    while (input.more()) {
        session.step(input);
        session.check();
    }
    fs::remove_all(folder);
    return 0;
}
