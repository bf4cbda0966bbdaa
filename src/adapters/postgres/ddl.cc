#include "adapters/postgres/ddl.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/postgres/query.h"
#include "base/text.h"

namespace mayfly::postgres {
namespace {

bool IsRange(const TableShape& shape, std::size_t depth) {
  return shape.dimensions[depth] == kPeriodDimension && shape.time_column.has_value();
}

std::string PartitionBy(const TableShape& shape, std::size_t depth) {
  if (depth >= shape.dimensions.size()) return "";
  if (IsRange(shape, depth))
    return fmt::format(" PARTITION BY RANGE ({})", QuoteName(*shape.time_column));
  return fmt::format(" PARTITION BY LIST ({})", QuoteName(shape.dimensions[depth]));
}

std::string RangeEnd(const std::optional<Instant>& instant, std::string_view unbounded) {
  return instant ? QuoteText(FormatInstant(*instant)) : std::string(unbounded);
}

std::string Bounds(const TableShape& shape, std::size_t depth, const Leaf& leaf) {
  if (IsRange(shape, depth)) {
    return fmt::format("FROM ({}) TO ({})", RangeEnd(leaf.begin, "MINVALUE"),
                       RangeEnd(leaf.end, "MAXVALUE"));
  }
  return fmt::format("IN ({})", QuoteText(leaf.point.Label(shape.dimensions[depth]).value_or("")));
}

// The labels of the first dimensions, as they appear in the names of the partitions between.
std::string Prefix(const TableShape& shape, const Leaf& leaf, std::size_t depth) {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < depth; ++i) {
    labels.push_back(leaf.point.Label(shape.dimensions[i]).value_or(""));
  }
  return Join(labels, "/");
}

struct TreeWriter {
  std::string_view schema;
  const TableShape& shape;
  std::string script;

  // Partitions of `parent`, whose leaves are these; they agree on the first `depth` labels.
  void Write(const std::string& parent, std::size_t depth, std::span<const Leaf* const> leaves) {
    bool last = depth + 1 == shape.dimensions.size();
    for (std::size_t begin = 0; begin < leaves.size();) {
      const Leaf& first = *leaves[begin];
      std::size_t end = begin + 1;
      std::string prefix = Prefix(shape, first, depth + 1);
      while (!last && end < leaves.size() && Prefix(shape, *leaves[end], depth + 1) == prefix)
        ++end;
      std::string name = last ? first.name : LeafName(shape.name, prefix);
      script +=
          fmt::format("CREATE TABLE {} PARTITION OF {} FOR VALUES {}{};\n", Qualified(schema, name),
                      Qualified(schema, parent), Bounds(shape, depth, first),
                      last ? " WITH (autovacuum_enabled = false)" : PartitionBy(shape, depth + 1));
      if (!last) Write(name, depth + 1, leaves.subspan(begin, end - begin));
      begin = end;
    }
  }
};

}  // namespace

std::string Qualified(std::string_view schema, std::string_view name) {
  return QuoteName(schema) + "." + QuoteName(name);
}

std::string ColumnList(const TableShape& shape) {
  std::vector<std::string> names;
  for (const Column& column : shape.columns) names.push_back(QuoteName(column.name));
  return Join(names, ", ");
}

std::vector<OutputTable> OutputTables(const PhasePlan& plan) {
  std::vector<OutputTable> tables(plan.stages.size());
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (plan.stages[i].shape && !plan.stages[i].skipped) tables[i].shape = *plan.stages[i].shape;
  }
  for (const PlannedTask& task : plan.tasks) {
    if (tables[task.stage].shape.name.empty()) continue;
    auto& leaves = tables[task.stage].leaves;
    leaves.insert(leaves.end(), task.leaves.begin(), task.leaves.end());
  }
  std::erase_if(tables, [](const OutputTable& table) { return table.shape.name.empty(); });
  return tables;
}

namespace {

std::string CreateViewScript(std::string_view schema, const TableShape& shape) {
  std::vector<std::string> columns;
  for (const TableView::Column& column : shape.view->columns) {
    std::string name = QuoteName(column.name);
    columns.push_back(column.sql.empty() ? name : fmt::format("{} AS {}", column.sql, name));
  }
  return fmt::format("CREATE VIEW {} AS SELECT {} FROM {};\n", Qualified(schema, shape.view->name),
                     Join(columns, ", "), Qualified(schema, shape.name));
}

}  // namespace

std::string CreateEmptyTableScript(std::string_view schema, const TableShape& shape) {
  std::vector<std::string> parts;
  for (const Column& column : shape.columns) {
    parts.push_back(fmt::format("{} {}", QuoteName(column.name), SqlName(column.type)));
  }
  std::vector<std::string> key;
  for (const std::string& column : shape.key) key.push_back(QuoteName(column));
  if (!key.empty()) parts.push_back(fmt::format("PRIMARY KEY ({})", Join(key, ", ")));
  std::string name = Qualified(schema, shape.name);
  std::string script =
      fmt::format("CREATE TABLE {} ({}){}{};\n", name, Join(parts, ", "), PartitionBy(shape, 0),
                  shape.dimensions.empty() ? " WITH (autovacuum_enabled = false)" : "");
  // Labels are short. Kept plain, they spare every leaf a TOAST table and its index.
  for (const std::string& dimension : shape.dimensions) {
    const Column* column = shape.Find(dimension);
    if (column == nullptr || column->type != ColumnType::kText) continue;
    script += fmt::format("ALTER TABLE {} ALTER COLUMN {} SET STORAGE PLAIN;\n", name,
                          QuoteName(dimension));
  }
  return shape.view ? script + CreateViewScript(schema, shape) : script;
}

std::string CreateTableScript(std::string_view schema, const OutputTable& table) {
  std::string script = CreateEmptyTableScript(schema, table.shape);
  if (table.shape.dimensions.empty()) return script;
  std::vector<const Leaf*> leaves;
  for (const Leaf& leaf : table.leaves) leaves.push_back(&leaf);
  std::stable_sort(leaves.begin(), leaves.end(), [&](const Leaf* a, const Leaf* b) {
    std::size_t all = table.shape.dimensions.size();
    return Prefix(table.shape, *a, all - 1) < Prefix(table.shape, *b, all - 1);
  });
  TreeWriter writer{schema, table.shape, {}};
  writer.Write(table.shape.name, 0, leaves);
  return script + writer.script;
}

std::string GrantScript(std::string_view schema, std::span<const OutputTable> tables,
                        std::string_view writers, std::string_view readers) {
  std::string script = fmt::format(
      "GRANT USAGE ON SCHEMA {0} TO {1};\nGRANT SELECT ON ALL TABLES IN SCHEMA {0} TO {1};\n",
      QuoteName(schema), QuoteName(readers));
  std::vector<std::string> leaves;
  for (const OutputTable& table : tables) {
    for (const Leaf& leaf : table.leaves) leaves.push_back(Qualified(schema, leaf.name));
  }
  if (leaves.empty()) return script;
  return script + fmt::format("GRANT INSERT, TRUNCATE ON {} TO {};\n", Join(leaves, ", "),
                              QuoteName(writers));
}

}  // namespace mayfly::postgres
