// Tables of rows, and drafts of changes to them. A step reads a state through a draft and writes only into the draft;
// the state itself stays as it was until the draft is stored and applied.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <utility>

namespace antiphon::core {

template <class Id, class Row>
class Table {
  public:
    using Rows = std::map<Id, std::shared_ptr<const Row>>;

    const Row* find(const Id& id) const {
        const auto it = rows_.find(id);
        return it == rows_.end() ? nullptr : it->second.get();
    }
    void put(const Id& id, std::shared_ptr<const Row> row) { rows_[id] = std::move(row); }
    void erase(const Id& id) { rows_.erase(id); }
    const Rows& rows() const { return rows_; }
    std::size_t size() const { return rows_.size(); }

  private:
    Rows rows_;
};

// Changes to one table, read through to it. Pointers from find() are valid until the same row is written again.
template <class Id, class Row>
class TableDraft {
  public:
    using Rows = typename Table<Id, Row>::Rows;

    explicit TableDraft(const Table<Id, Row>& base) : base_(&base) {}

    const Row* find(const Id& id) const {
        const auto it = writes_.find(id);
        return it != writes_.end() ? it->second.get() : base_->find(id);
    }
    // As it was before the draft.
    const Row* before(const Id& id) const { return base_->find(id); }

    void put(const Id& id, const Row& row) { writes_[id] = std::make_shared<const Row>(row); }
    // `id` may be the row's own.
    void put(const Id& id, Row&& row) {
        auto& place = writes_[id];
        place = std::make_shared<const Row>(std::move(row));
    }
    void erase(const Id& id) { writes_[id] = nullptr; }

    // Changes a copy of the row, which must exist.
    template <class Change>
    void update(const Id& id, Change change) {
        Row row = *find(id);
        change(row);
        put(id, std::move(row));
    }

    // Each row, in order of id, changes included. `visit` may write rows, which it then may or may not see.
    template <class Visit>
    void each(Visit visit) const {
        const Rows writes = writes_;
        auto written = writes.begin();
        for (const auto& [id, row] : base_->rows()) {
            for (; written != writes.end() && written->first < id; ++written)
                if (written->second) visit(*written->second);
            if (written == writes.end() || id < written->first) {
                visit(*row);
            } else {
                if (written->second) visit(*written->second);
                ++written;
            }
        }
        for (; written != writes.end(); ++written)
            if (written->second) visit(*written->second);
    }

    // The changes; a null row is one that was erased.
    const Rows& writes() const { return writes_; }

    void apply_to(Table<Id, Row>& table) const {
        for (const auto& [id, row] : writes_) {
            if (row)
                table.put(id, row);
            else
                table.erase(id);
        }
    }

  private:
    const Table<Id, Row>* base_;
    Rows writes_;
};

}  // namespace antiphon::core
