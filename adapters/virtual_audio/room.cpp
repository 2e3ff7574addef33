// The folder of a room and its room.json: {"v":1,"seed":"<16 hexadecimal digits>"}.
#include "adapters/virtual_audio/room.hpp"

#include <fcntl.h>

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>

#include "adapters/virtual_audio/posix.hpp"

namespace antiphon::virtual_audio {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::int64_t format_version = 1;
constexpr std::size_t room_file_bytes_max = 4096;

std::string hex(std::uint64_t number) {
    std::array<char, 16> digits{};
    const auto [end, problem] = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
    const std::string text(digits.data(), end);
    return std::string(16 - text.size(), '0') + text;
}

std::uint64_t random_number() {
    std::random_device random;  // tidy: allow random because this makes the seed, which room.json keeps
    return std::uint64_t{random()} << 32 | random();
}

Error bad_room(const fs::path& file, const std::string& why) {
    return {ErrorCode::corrupt, file.string() + " " + why +
                                    R"(; it must read {"v":1,"seed":"16 hexadecimal digits"},)"
                                    " or be deleted to make a new room"};
}

std::optional<std::uint64_t> parse_seed(std::string_view text) {
    std::uint64_t seed = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seed, 16);
    if (text.size() != 16 || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return seed;
}

Result<std::uint64_t> seed_of(const fs::path& file, std::string_view content) {
    boost::json::error_code problem;
    const auto json = boost::json::parse({content.data(), content.size()}, problem);
    if (problem || !json.is_object()) return bad_room(file, "is no JSON object");
    const auto* version = json.as_object().if_contains("v");
    if (!version || !version->is_int64()) return bad_room(file, "has no version 'v'");
    if (version->as_int64() != format_version)
        return bad_room(file, "has version " + std::to_string(version->as_int64()) + ", and this program reads 1");
    const auto* seed = json.as_object().if_contains("seed");
    const auto number = seed && seed->is_string() ? parse_seed(std::string_view(seed->as_string())) : std::nullopt;
    if (!number) return bad_room(file, "has no seed");
    return *number;
}

Result<std::uint64_t> read_seed(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return system_error(ErrorCode::unavailable, "open " + file.string());
    std::string content(room_file_bytes_max + 1, '\0');
    stream.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(stream.gcount()));
    if (content.size() > room_file_bytes_max) return bad_room(file, "is longer than any room's");
    return seed_of(file, content);
}

Result<void> write_new(const fs::path& file, const std::string& content) {
    const Descriptor target(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!target.open()) return system_error(ErrorCode::unavailable, "create " + file.string());
    const auto written = ::write(target.number(), content.data(), content.size());
    if (written != static_cast<ssize_t>(content.size()))
        return system_error(ErrorCode::unavailable, "write " + file.string());
    return {};
}

// A hard link appears whole or not at all, and never over a file that somebody else was quicker to make; a rename
// would replace that one, and two nodes would believe in different seeds.
Result<void> make_room_file(const fs::path& file) {
    const fs::path draft = file.string() + "." + hex(random_number());
    if (auto written = write_new(draft, R"({"v":1,"seed":")" + hex(random_number()) + "\"}\n"); !written) {
        ::unlink(draft.c_str());
        return written;
    }
    const bool linked = ::link(draft.c_str(), file.c_str()) == 0 || errno == EEXIST;
    const auto failure = system_error(ErrorCode::unavailable, "create " + file.string());
    ::unlink(draft.c_str());
    if (!linked) return failure;
    return {};
}

}  // namespace

Result<Room> Room::open(const fs::path& folder) {
    std::error_code problem;
    fs::create_directories(folder / "speakers", problem);
    if (problem)
        return Error{ErrorCode::unavailable, "create the room's folder " + folder.string() + ": " + problem.message()};
    const auto file = folder / "room.json";
    if (!fs::exists(file, problem))
        if (auto made = make_room_file(file); !made) return made.error();
    auto seed = read_seed(file);
    if (!seed) return seed.error();
    return Room(folder, *seed);
}

}  // namespace antiphon::virtual_audio
