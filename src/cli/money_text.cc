#include "cli/money_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/kept_text.h"

namespace mayfly::cli {
namespace {

using nlohmann::ordered_json;
using Align = Table::Align;

ordered_json JsonAmount(const std::optional<Money>& money) {
  return money ? ordered_json(FormatExactMoney(*money)) : ordered_json(nullptr);
}

std::string Amount(const std::optional<Money>& money) {
  return money ? FormatMoney(*money) : "not measured";
}

std::string ThreeWayText(const ThreeWay& ways) {
  return fmt::format("the same work: temporary on Spot {}, temporary On-Demand {}, on the host {}",
                     FormatMoney(ways.temporary_spot), FormatMoney(ways.temporary_on_demand),
                     FormatMoney(ways.staying));
}

ordered_json JsonOfLine(const QuoteLine& line) {
  return {{"item", Name(line.item)},      {"what", line.what},
          {"premise", line.premise},      {"price", line.price},
          {"price_source", line.source},  {"counts_to_cap", EndsWithMachine(line.item)},
          {"low", JsonAmount(line.low)},  {"expected", JsonAmount(line.expected)},
          {"high", JsonAmount(line.high)}};
}

std::string HeadLine(const RunSnapshot& snapshot, const RunMoney& money) {
  return fmt::format("run {} of {} is {}: {}", snapshot.run.id.value, snapshot.run.phase,
                     Name(snapshot.run.state), MoneyInALine(money));
}

std::string QuotedText(const RunMoney& money) {
  return money.quote ? QuoteInALine(*money.quote) : "none: it was planned before there were quotes";
}

std::string MachineText(const cost::MachineAccount& machine) {
  return Describe(machine.pool) + (machine.was_free ? ", taken back within its free time" : "");
}

// The same tables, on a terminal or in a document.
struct Sheet {
  std::vector<Table::Column> columns;
  std::vector<std::vector<std::string>> rows;
};

Sheet SharesSheet(const std::string& what, const std::vector<cost::Share>& shares) {
  Sheet sheet{{{what}, {"amount", Align::kRight}}, {}};
  for (const cost::Share& share : shares) {
    sheet.rows.push_back({WithoutControls(share.name), FormatMoney(share.money)});
  }
  return sheet;
}

Sheet MachinesSheet(const cost::Account& account) {
  Sheet sheet{{{"machine", Align::kRight},
               {"what"},
               {"billed", Align::kRight},
               {"compute", Align::kRight},
               {"disk", Align::kRight},
               {"address", Align::kRight},
               {"amount", Align::kRight}},
              {}};
  for (const cost::MachineAccount& machine : account.machines) {
    sheet.rows.push_back({std::to_string(machine.id.value), MachineText(machine),
                          HumanDuration(machine.billed), FormatMoney(machine.compute),
                          FormatMoney(machine.disk), FormatMoney(machine.address),
                          FormatMoney(machine.total())});
  }
  return sheet;
}

std::vector<Sheet> SheetsOf(const cost::Account& account) {
  return {SharesSheet("line", account.lines), SharesSheet("beside the cap", account.beside),
          MachinesSheet(account), SharesSheet("stage", account.stages),
          SharesSheet("tag", account.tags)};
}

std::string OnTerminal(const Sheet& sheet, const Paint& paint) {
  if (sheet.rows.empty()) return "";
  Table table(sheet.columns);
  for (const std::vector<std::string>& row : sheet.rows) {
    std::vector<Cell> cells;
    for (const std::string& text : row) cells.push_back({text});
    table.Add(std::move(cells));
  }
  return "\n" + table.Render(paint);
}

// A cell of a Markdown table: its bars would end it.
std::string Escaped(std::string_view text) {
  std::string safe;
  for (char c : text) {
    if (c == '|' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe;
}

std::string InDocument(const Sheet& sheet) {
  if (sheet.rows.empty()) return "";
  std::string titles = "|", rule = "|", rows;
  for (const Table::Column& column : sheet.columns) {
    titles += " " + column.title + " |";
    rule += column.align == Align::kRight ? "---:|" : "---|";
  }
  for (const std::vector<std::string>& row : sheet.rows) {
    rows += "|";
    for (const std::string& text : row) rows += " " + Escaped(text) + " |";
    rows += "\n";
  }
  return "\n" + titles + "\n" + rule + "\n" + rows;
}

std::vector<std::string> NotesOf(const RunSnapshot& snapshot, const cost::Account& account) {
  std::vector<std::string> notes;
  for (const auto& [name, fact] : KeptFacts(snapshot)) notes.push_back(name + " " + fact);
  notes.push_back("lost work: " + FormatMoney(account.lost) +
                  ", of attempts that were not accepted");
  for (const std::string& item : account.unknown) {
    notes.push_back("no price of " + item + " is known: it is in no sum");
  }
  return notes;
}

ordered_json JsonOfShares(const std::vector<cost::Share>& shares) {
  ordered_json list = ordered_json::array();
  for (const cost::Share& share : shares) {
    list.push_back({{"name", share.name}, {"amount", FormatExactMoney(share.money)}});
  }
  return list;
}

}  // namespace

std::string QuoteInALine(const Quote& quote) {
  std::string text = fmt::format("at most {}", FormatMoney(quote.high));
  if (quote.expected) {
    text += fmt::format(", expected {} ({})", FormatMoney(*quote.expected), quote.hours_source);
  } else {
    text += ", its length not measured";
  }
  if (!quote.price_date.empty()) text += ", oldest price of " + quote.price_date;
  return text + ", quote " + quote.id;
}

std::string RenderQuote(const Quote& quote) {
  std::string text = "  money: " + QuoteInALine(quote) + "\n";
  for (const QuoteLine& line : quote.lines) {
    text += fmt::format("    {}: {}, {} at {} ({}): expected {}, at most {}\n", Name(line.item),
                        line.what, line.premise, line.price, line.source, Amount(line.expected),
                        FormatMoney(line.high));
  }
  if (quote.cap) text += fmt::format("    cap: {}\n", FormatMoney(*quote.cap));
  for (const std::string& item : quote.unknown) {
    text += fmt::format("    no price of {} is known: it is in no sum\n", item);
  }
  if (quote.three_way) text += "    " + ThreeWayText(*quote.three_way) + "\n";
  return text;
}

ordered_json JsonOfQuote(const Quote& quote) {
  ordered_json json{{"id", quote.id},
                    {"lines", ordered_json::array()},
                    {"low", JsonAmount(quote.low)},
                    {"expected", JsonAmount(quote.expected)},
                    {"high", JsonAmount(quote.high)},
                    {"high_micro_usd", quote.high.micro_usd},
                    {"cap", JsonAmount(quote.cap)},
                    {"price_date", quote.price_date},
                    {"hours_source", quote.hours_source},
                    {"unknown", quote.unknown},
                    {"three_way", nullptr}};
  for (const QuoteLine& line : quote.lines) json["lines"].push_back(JsonOfLine(line));
  if (quote.three_way) {
    json["three_way"] = {
        {"temporary_spot", FormatExactMoney(quote.three_way->temporary_spot)},
        {"temporary_on_demand", FormatExactMoney(quote.three_way->temporary_on_demand)},
        {"staying", FormatExactMoney(quote.three_way->staying)}};
  }
  return json;
}

std::string MoneyInALine(const RunMoney& money) {
  std::string text = FormatMoney(money.account.total);
  if (money.quote && money.quote->cap) {
    text += fmt::format(" of a cap of {}", FormatMoney(*money.quote->cap));
  }
  for (const cost::Share& share : money.account.beside) {
    text += fmt::format(", and {} of {}", FormatMoney(share.money), share.name);
  }
  return money.quote ? text + ", quote " + money.quote->id : text;
}

ordered_json JsonOfMoney(const RunMoney& money) {
  const cost::Account& account = money.account;
  std::optional<Money> cap = money.quote ? money.quote->cap : std::nullopt;
  return {{"metered", FormatExactMoney(account.total)},
          {"metered_micro_usd", account.total.micro_usd},
          {"beside", JsonOfShares(account.beside)},
          {"lost", FormatExactMoney(account.lost)},
          {"cap", JsonAmount(cap)},
          {"quote", money.quote ? ordered_json(money.quote->id) : ordered_json(nullptr)}};
}

std::string RenderAccount(const RunSnapshot& snapshot, const RunMoney& money, const Paint& paint) {
  std::string text = HeadLine(snapshot, money) + "\n  quoted " + QuotedText(money) + "\n";
  for (const Sheet& sheet : SheetsOf(money.account)) text += OnTerminal(sheet, paint);
  text += "\n";
  for (const std::string& note : NotesOf(snapshot, money.account)) text += "  " + note + "\n";
  return text;
}

std::string AccountToMarkdown(const RunSnapshot& snapshot, const RunMoney& money) {
  std::string text =
      fmt::format("# {}\n\nQuoted {}.\n", HeadLine(snapshot, money), QuotedText(money));
  for (const Sheet& sheet : SheetsOf(money.account)) text += InDocument(sheet);
  text += "\n";
  for (const std::string& note : NotesOf(snapshot, money.account)) text += "- " + note + "\n";
  return text;
}

std::string AccountToJson(const RunSnapshot& snapshot, const RunMoney& money) {
  ordered_json json{{"run", snapshot.run.id.value},
                    {"phase", snapshot.run.phase},
                    {"state", Name(snapshot.run.state)},
                    {"as_of", JsonInstant(snapshot.now)}};
  json.update(JsonOfMoney(money));
  json["quoted"] = money.quote ? JsonOfQuote(*money.quote) : ordered_json(nullptr);
  json["lines"] = JsonOfShares(money.account.lines);
  json["machines"] = ordered_json::array();
  for (const cost::MachineAccount& machine : money.account.machines) {
    json["machines"].push_back({{"id", machine.id.value},
                                {"market", Name(machine.pool.market)},
                                {"instance_type", machine.pool.instance_type},
                                {"zone", machine.pool.zone},
                                {"billed_s", Seconds(machine.billed)},
                                {"was_free", machine.was_free},
                                {"compute", FormatExactMoney(machine.compute)},
                                {"disk", FormatExactMoney(machine.disk)},
                                {"address", FormatExactMoney(machine.address)},
                                {"amount", FormatExactMoney(machine.total())}});
  }
  json["stages"] = JsonOfShares(money.account.stages);
  json["tags"] = JsonOfShares(money.account.tags);
  json["kept"] = JsonOfKept(snapshot);
  json["unknown"] = money.account.unknown;
  return DumpJson(json);
}

}  // namespace mayfly::cli
