#include "stages/figures.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace mayfly::stages {
namespace {

using nlohmann::json;

json JsonOf(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }

std::optional<double> NumberOf(const json& value) {
  return value.is_null() ? std::nullopt : std::optional<double>(value.get<double>());
}

}  // namespace

std::string FiguresToJson(const std::vector<LeafFigures>& leaves) {
  json list = json::array();
  for (const LeafFigures& figures : leaves) {
    json entry{{"leaf", figures.leaf}, {"rows", figures.rows}};
    for (const ColumnFigures& column : figures.columns) {
      entry["nulls"].push_back(column.nulls);
      entry["min"].push_back(JsonOf(column.min));
      entry["max"].push_back(JsonOf(column.max));
    }
    list.push_back(std::move(entry));
  }
  return json{{"leaves", std::move(list)}}.dump();
}

Result<LeafFigures> FiguresFromJson(std::string_view text) {
  try {
    const json entry = json::parse(text).at("leaves").at(0);
    LeafFigures figures{
        entry.at("leaf").get<std::string>(), entry.at("rows").get<std::int64_t>(), {}};
    const json& nulls = entry.at("nulls");
    for (std::size_t c = 0; c < nulls.size(); ++c) {
      figures.columns.push_back({nulls.at(c).get<std::int64_t>(), NumberOf(entry.at("min").at(c)),
                                 NumberOf(entry.at("max").at(c))});
    }
    return figures;
  } catch (const json::exception& e) {
    return Corrupt(fmt::format("the ledger holds figures that cannot be read: {}", e.what()));
  }
}

std::vector<ColumnFacts> FactsOf(const LeafFigures& figures, const TableShape& shape) {
  std::vector<ColumnFacts> facts(shape.columns.size());
  std::size_t key = shape.columns.size() - figures.columns.size();
  for (std::size_t c = 0; c < key; ++c) facts[c].non_null = figures.rows;
  for (std::size_t c = key; c < facts.size(); ++c) {
    const ColumnFigures& column = figures.columns[c - key];
    facts[c].non_null = figures.rows - column.nulls;
    facts[c].min = column.min;
    facts[c].max = column.max;
    facts[c].constant = column.min && column.min == column.max;
  }
  return facts;
}

bool AreOf(const LeafFigures& figures, const LeafFacts& counted) {
  if (figures.rows != counted.rows || figures.columns.size() > counted.columns.size()) return false;
  std::size_t key = counted.columns.size() - figures.columns.size();
  for (std::size_t c = 0; c < figures.columns.size(); ++c) {
    const ColumnFacts& facts = counted.columns[key + c];
    ColumnFigures found{counted.rows - facts.non_null, facts.min, facts.max};
    if (facts.not_finite != 0 || figures.columns[c] != found) return false;
  }
  return true;
}

}  // namespace mayfly::stages
