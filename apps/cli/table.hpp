// A table for people: columns as wide as their widest cell, and narrower where the terminal ends. Pure.
#pragma once

#include <string>
#include <vector>

#include "apps/cli/paint.hpp"

namespace antiphon::cli {

struct Column {
    enum class Align : std::uint8_t { left, right };

    std::string title;
    Align align = Align::left;
    bool may_shrink = false;  // cut with an ellipsis when the terminal is too narrow
};

struct Cell {
    Cell(std::string words, Colour ink = Colour::plain) : text(std::move(words)), colour(ink) {}
    Cell(const char* words) : text(words) {}

    std::string text;  // shown as printable() makes it
    Colour colour = Colour::plain;
};

class Table {
  public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    // As many cells as columns.
    void add(std::vector<Cell> cells);
    bool empty() const noexcept { return rows_.empty(); }
    // A line of titles and one for each row, each ended; nothing at all when there is no row.
    std::string text(const Look& look) const;

  private:
    std::vector<std::size_t> widths(const Look& look) const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace antiphon::cli
