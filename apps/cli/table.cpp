// Laying out a table.
#include "apps/cli/table.hpp"

#include <algorithm>
#include <numeric>

#include "apps/cli/utf8.hpp"
#include "core/contract.hpp"

namespace antiphon::cli {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t shrunk_min = 6;

std::size_t total(const std::vector<std::size_t>& widths) {
    return std::accumulate(widths.begin(), widths.end(), gap.size() * (widths.size() - 1));
}

// The column that hurts least: the widest of those that may.
std::size_t* widest(std::vector<std::size_t>& widths, const std::vector<Column>& columns) {
    std::size_t* found = nullptr;
    for (std::size_t i = 0; i < widths.size(); ++i)
        if (columns[i].may_shrink && widths[i] > shrunk_min && (!found || widths[i] > *found)) found = &widths[i];
    return found;
}

std::string padded(const Cell& cell, const Column& column, std::size_t width, bool last, const Look& look) {
    const auto text = clipped(cell.text, width);
    const std::string space(width - width_of(text), ' ');
    const auto painted = look.paint(cell.colour, text);
    if (column.align == Column::Align::right) return space + painted;
    return last ? painted : painted + space;
}

std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

std::string line_of(const std::vector<Cell>& cells, const std::vector<Column>& columns,
                    const std::vector<std::size_t>& widths, const Look& look) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line += gap;
        line += padded(cells[i], columns[i], widths[i], i + 1 == cells.size(), look);
    }
    return trimmed(std::move(line));
}

}  // namespace

void Table::add(std::vector<Cell> cells) {
    ANTIPHON_ASSERT(cells.size() == columns_.size());
    for (auto& cell : cells) cell.text = printable(cell.text);
    rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths(const Look& look) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        auto width = width_of(columns_[i].title);
        for (const auto& row : rows_) width = std::max(width, width_of(row[i].text));
        widths.push_back(width);
    }
    while (look.columns > 0 && total(widths) > look.columns) {
        auto* column = widest(widths, columns_);
        if (column == nullptr) break;
        --*column;
    }
    return widths;
}

std::string Table::text(const Look& look) const {
    if (rows_.empty()) return "";
    const auto wide = widths(look);
    std::vector<Cell> titles;
    for (const auto& column : columns_) titles.emplace_back(column.title, Colour::dim);
    auto text = line_of(titles, columns_, wide, look);
    for (const auto& row : rows_) text += line_of(row, columns_, wide, look);
    return text;
}

}  // namespace antiphon::cli
