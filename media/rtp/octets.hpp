// Numbers in network order, read and written with the bounds of their span in view.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace antiphon::rtp {

// Reads from the front; once a read was beyond the end, it has failed and reads zeros. Not thread-safe; real-time-safe.
class Reader {
  public:
    explicit Reader(std::span<const std::byte> bytes) noexcept : left_(bytes) {}

    std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() noexcept { return number(8); }
    std::span<const std::byte> take(std::size_t count) noexcept {
        if (count > left_.size()) return failed_ = true, left_ = {}, left_;
        const auto taken = left_.first(count);
        left_ = left_.subspan(count);
        return taken;
    }

    bool failed() const noexcept { return failed_; }
    std::span<const std::byte> left() const noexcept { return left_; }

  private:
    std::uint64_t number(std::size_t octets) noexcept {
        std::uint64_t value = 0;
        for (const auto byte : take(octets)) value = value << 8 | std::to_integer<std::uint64_t>(byte);
        return value;
    }

    std::span<const std::byte> left_;
    bool failed_ = false;
};

// Writes to the front; what has no room makes it fail, and nothing more is written. Not thread-safe; real-time-safe.
class Writer {
  public:
    explicit Writer(std::span<std::byte> out) noexcept : out_(out) {}

    void u8(std::uint8_t value) noexcept { number(value, 1); }
    void u16(std::uint16_t value) noexcept { number(value, 2); }
    void u32(std::uint32_t value) noexcept { number(value, 4); }
    void u64(std::uint64_t value) noexcept { number(value, 8); }
    void put(std::span<const std::byte> bytes) noexcept {
        if (!has_room(bytes.size())) return;
        for (const auto byte : bytes) out_[size_++] = byte;
    }
    // Over what was written before.
    void u16_at(std::size_t at, std::uint16_t value) noexcept {
        if (at + 2 > size_) return;
        out_[at] = static_cast<std::byte>(value >> 8);
        out_[at + 1] = static_cast<std::byte>(value & 0xff);
    }

    bool failed() const noexcept { return failed_; }
    std::size_t size() const noexcept { return size_; }

  private:
    bool has_room(std::size_t count) noexcept {
        failed_ = failed_ || count > out_.size() - size_;
        return !failed_;
    }
    void number(std::uint64_t value, int octets) noexcept {
        if (!has_room(static_cast<std::size_t>(octets))) return;
        for (int i = octets - 1; i >= 0; --i) out_[size_++] = static_cast<std::byte>(value >> (8 * i) & 0xff);
    }

    std::span<std::byte> out_;
    std::size_t size_ = 0;
    bool failed_ = false;
};

}  // namespace antiphon::rtp
