// A disk in memory that loses, at a power cut, what was not synced, and refuses when it is told to: for tests and the
// simulator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "media/recording/segment_check.hpp"
#include "media/recording/segment_files.hpp"

namespace antiphon::media {

class SimDisk : public SegmentFiles {
  public:
    // The call with this number fails, and those after it, as many in all.
    int refuse_at = -1, refuse_for = 1;
    core::ErrorCode refusal = core::ErrorCode::exhausted;
    int calls = 0;
    std::string refused_row;  // what a coordinator would say of a row that was saved; empty: it takes them all

    // What was not synced may be there, torn, full of zeros, or not at all; names as they were or as they are.
    // `random()` is a number of 32 bits or more.
    template <class Random>
    void power_cut(Random&& random) {
        for (auto it = entries_.begin(); it != entries_.end();) {
            auto& [number, entry] = *it;
            const bool old_name = random() % 2 == 0;
            const auto before = durable_.find(number);
            if (old_name && before == durable_.end()) {
                it = entries_.erase(it);
                continue;
            }
            if (old_name) entry.growing = before->second.growing;
            auto& data = *entry.data;
            const auto unsynced = data.bytes.size() - data.synced;
            if (unsynced > 0 && random() % 10 < 9) {
                const auto kept = random() % (unsynced + 1);
                const bool zeros = random() % 3 == 0;
                if (!zeros) data.bytes.resize(data.synced + kept);
                for (auto at = data.synced + kept; at < data.bytes.size(); ++at) data.bytes[at] = std::byte{0};
            }
            data.synced = data.bytes.size();
            ++it;
        }
        durable_ = entries_;
        appending_.reset();
    }
    void kill() { appending_.reset(); }

    core::Result<void> create(int number) override {
        if (auto refused = refuse()) return *refused;
        if (entries_.contains(number)) return core::Error{core::ErrorCode::invalid, "it is there already"};
        appending_ = std::make_shared<Data>();
        entries_[number] = {true, appending_};
        return {};
    }
    core::Result<void> append(std::span<const std::byte> bytes) override {
        auto& to = appending_->bytes;
        if (auto refused = refuse()) {
            to.insert(to.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2));
            return *refused;
        }
        to.insert(to.end(), bytes.begin(), bytes.end());
        return {};
    }
    core::Result<void> sync() override {
        if (auto refused = refuse()) return *refused;
        appending_->synced = appending_->bytes.size();
        return {};
    }
    core::Result<void> cut(int number, std::uint64_t bytes) override {
        if (auto refused = refuse()) return *refused;
        auto& data = *entries_.at(number).data;
        data.bytes.resize(bytes);
        data.synced = bytes;
        return {};
    }
    core::Result<void> finish(int number) override {
        if (auto refused = refuse()) return *refused;
        entries_.at(number).growing = false;
        return {};
    }
    core::Result<void> sync_folder() override {
        if (auto refused = refuse()) return *refused;
        durable_ = entries_;
        return {};
    }
    core::Result<SegmentDigest> digest(int number) override {
        if (auto refused = refuse()) return *refused;
        return digest_of(number);
    }
    core::Result<std::size_t> read(int number, std::uint64_t offset, std::span<std::byte> out) override {
        if (auto refused = refuse()) return *refused;
        const auto& bytes = entries_.at(number).data->bytes;
        const auto left = offset < bytes.size() ? bytes.size() - offset : 0;
        const auto given = std::min<std::size_t>(left, out.size());
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), given, out.begin());
        return given;
    }
    core::Result<void> save(const SegmentRow& row) override {
        if (auto refused = refuse()) return *refused;
        rows_[row.number] = row;
        auto passes = row;  // at the coordinator, which knows no other hashes than SHA-256
        passes.sha256 = row.closed ? std::string(64, '0') : "";
        if (const auto checked = check_row(passes); !checked) refused_row = checked.error().what;
        return {};
    }
    core::Result<void> drop(int number) override {
        if (auto refused = refuse()) return *refused;
        entries_.erase(number);
        durable_.erase(number);
        return {};
    }
    core::Result<void> remove(int number) override {
        if (auto refused = refuse()) return *refused;
        entries_.erase(number);
        durable_.erase(number);
        rows_.erase(number);
        return {};
    }
    core::Result<Found> find(int number) override {
        if (auto refused = refuse()) return *refused;
        Found found{number};
        if (const auto it = entries_.find(number); it != entries_.end())
            (it->second.growing ? found.growing : found.whole) = true;
        if (const auto row = rows_.find(number); row != rows_.end()) found.row = row->second;
        return found;
    }
    core::Result<std::vector<Found>> list() override {
        if (auto refused = refuse()) return *refused;
        std::map<int, Found> found;
        for (const auto& [number, entry] : entries_) {
            auto& one = found[number];
            (entry.growing ? one.growing : one.whole) = true;
        }
        for (const auto& [number, row] : rows_) found[number].row = row;
        std::vector<Found> all;
        for (auto& [number, one] : found) {
            one.number = number;
            all.push_back(one);
        }
        return all;
    }

    // Without refusing.
    SegmentDigest digest_of(int number) const {
        const auto& bytes = entries_.at(number).data->bytes;
        std::uint64_t hash = 14695981039346656037U;  // no SHA-256, but as good here
        for (const auto byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 1099511628211U;
        return {bytes.size(), std::to_string(hash)};
    }
    const std::vector<std::byte>& bytes(int number) const { return entries_.at(number).data->bytes; }
    const std::map<int, SegmentRow>& rows() const { return rows_; }
    // What comes over a network: to a growing file, made if it is missing.
    core::Result<void> append_to(int number, std::span<const std::byte> bytes) {
        auto& entry = entries_[number];
        if (!entry.data) entry.data = std::make_shared<Data>();
        appending_ = entry.data;
        return append(bytes);
    }
    bool has(int number) const { return entries_.contains(number); }
    void lose_row(int number) { rows_.erase(number); }

  private:
    struct Data {
        std::vector<std::byte> bytes;
        std::size_t synced = 0;
    };
    struct Entry {
        bool growing = true;
        std::shared_ptr<Data> data;
    };

    std::optional<core::Error> refuse() {
        const int call = calls++;
        if (refuse_at < 0 || call < refuse_at || call >= refuse_at + refuse_for) return std::nullopt;
        return core::Error{refusal, "the disk is full"};
    }

    std::map<int, Entry> entries_, durable_;  // the names
    std::map<int, SegmentRow> rows_;
    std::shared_ptr<Data> appending_;
};

}  // namespace antiphon::media
