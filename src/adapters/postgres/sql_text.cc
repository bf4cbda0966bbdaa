#include "adapters/postgres/sql_text.h"

#include <fmt/format.h>

#include "adapters/postgres/ddl.h"
#include "base/text.h"

namespace mayfly::postgres {

std::string TableName(std::string_view run_schema, std::string_view table) {
  std::size_t dot = table.find('.');
  if (dot == std::string_view::npos) return Qualified(run_schema, table);
  return Qualified(table.substr(0, dot), table.substr(dot + 1));
}

std::string EqualsText(const std::vector<std::pair<std::string, std::string>>& equals) {
  std::vector<std::string> parts;
  for (const auto& [column, value] : equals) {
    parts.push_back(fmt::format("{} = {}", QuoteName(column), QuoteText(value)));
  }
  return parts.empty() ? "true" : Join(parts, " AND ");
}

std::string_view Bare(std::string_view statement) {
  while (true) {
    statement = Trim(statement);
    std::size_t line = statement.rfind('\n') + 1;  // 0 where there is but one
    if (statement.ends_with(';')) {
      statement.remove_suffix(1);
    } else if (line > 0 && Trim(statement.substr(line)).starts_with("--")) {
      statement = statement.substr(0, line);
    } else {
      return statement;
    }
  }
}

Status SetPoint(Connection& db, const Point& point) {
  for (const auto& [dimension, label] : point.parts()) {
    Params params;
    params.Add("mayfly." + dimension).Add(label);
    TRY(db.RunOnce("SELECT set_config($1::text, $2::text, true)", params));
  }
  return {};
}

Status SetBounds(Connection& db, const Leaf& leaf) {
  Params params;
  params.Add(leaf.begin ? FormatInstant(*leaf.begin) : std::string("-infinity"));
  params.Add(leaf.end ? FormatInstant(*leaf.end) : std::string("infinity"));
  TRY(db.RunOnce(
      "SELECT set_config('mayfly.from', $1::text, true), set_config('mayfly.to', $2::text, true)",
      params));
  return {};
}

}  // namespace mayfly::postgres
