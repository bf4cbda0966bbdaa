#include "model/quote.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace mayfly {
namespace {

using nlohmann::ordered_json;

ordered_json MoneyOrNull(const std::optional<Money>& money) {
  return money ? ordered_json(money->micro_usd) : ordered_json(nullptr);
}

ordered_json LineToJson(const QuoteLine& line) {
  return {{"item", Name(line.item)},
          {"what", line.what},
          {"premise", line.premise},
          {"price", line.price},
          {"source", line.source},
          {"ends_with_machine", EndsWithMachine(line.item)},
          {"low_micro_usd", MoneyOrNull(line.low)},
          {"expected_micro_usd", MoneyOrNull(line.expected)},
          {"high_micro_usd", line.high.micro_usd}};
}

// Reads keys and remembers the first that is missing or of another type.
class Reader {
 public:
  explicit Reader(const ordered_json& object) : object_(object) {}

  std::string Text(const char* key) {
    const ordered_json* value = Find(key);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
    return Fail(key, std::string());
  }
  std::optional<Money> MaybeMoney(const char* key) {
    const ordered_json* value = Find(key);
    if (value != nullptr && value->is_null()) return std::nullopt;
    if (value != nullptr && value->is_number_integer()) return Money{value->get<std::int64_t>()};
    return Fail(key, std::optional<Money>());
  }
  Money Amount(const char* key) {
    std::optional<Money> money = MaybeMoney(key);
    return money ? *money : Fail(key, Money{});
  }
  const ordered_json& List(const char* key) {
    static const ordered_json kEmpty = ordered_json::array();
    const ordered_json* value = Find(key);
    if (value != nullptr && value->is_array()) return *value;
    Blame(key);
    return kEmpty;
  }
  const ordered_json* Find(const char* key) const {
    auto found = object_.is_object() ? object_.find(key) : object_.end();
    return found == object_.end() ? nullptr : &*found;
  }

  Status outcome() const {
    if (wrong_.empty()) return {};
    return Corrupt(fmt::format("quote: \"{}\" is missing or of another type", wrong_));
  }

 private:
  void Blame(const char* key) {
    if (wrong_.empty()) wrong_ = key;
  }
  template <typename T>
  T Fail(const char* key, T instead) {
    Blame(key);
    return instead;
  }

  const ordered_json& object_;
  std::string wrong_;
};

Result<QuoteLine> LineFromJson(const ordered_json& object) {
  Reader reader(object);
  QuoteLine line;
  std::string item = reader.Text("item");
  line.what = reader.Text("what");
  line.premise = reader.Text("premise");
  line.price = reader.Text("price");
  line.source = reader.Text("source");
  line.low = reader.MaybeMoney("low_micro_usd");
  line.expected = reader.MaybeMoney("expected_micro_usd");
  line.high = reader.Amount("high_micro_usd");
  TRY(reader.outcome());
  Result<Item> known = ParseItem(item);
  if (!known.ok()) return Corrupt("quote: " + known.error().message());
  line.item = *known;
  return line;
}

ordered_json ThreeWayToJson(const std::optional<ThreeWay>& ways) {
  if (!ways) return nullptr;
  return {{"temporary_spot_micro_usd", ways->temporary_spot.micro_usd},
          {"temporary_on_demand_micro_usd", ways->temporary_on_demand.micro_usd},
          {"staying_micro_usd", ways->staying.micro_usd}};
}

Result<std::optional<ThreeWay>> ThreeWayFromJson(const ordered_json* object) {
  if (object == nullptr || object->is_null()) return std::optional<ThreeWay>();
  Reader reader(*object);
  ThreeWay ways{.temporary_spot = reader.Amount("temporary_spot_micro_usd"),
                .temporary_on_demand = reader.Amount("temporary_on_demand_micro_usd"),
                .staying = reader.Amount("staying_micro_usd")};
  TRY(reader.outcome());
  return std::optional<ThreeWay>(ways);
}

}  // namespace

std::string QuoteToJson(const Quote& quote) {
  ordered_json json{{"id", quote.id},
                    {"lines", ordered_json::array()},
                    {"low_micro_usd", MoneyOrNull(quote.low)},
                    {"expected_micro_usd", MoneyOrNull(quote.expected)},
                    {"high_micro_usd", quote.high.micro_usd},
                    {"cap_micro_usd", MoneyOrNull(quote.cap)},
                    {"price_date", quote.price_date},
                    {"hours_source", quote.hours_source},
                    {"unknown", quote.unknown},
                    {"three_way", ThreeWayToJson(quote.three_way)}};
  for (const QuoteLine& line : quote.lines) json["lines"].push_back(LineToJson(line));
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Result<Quote> QuoteFromJson(std::string_view text) {
  ordered_json object = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Corrupt("quote: not a JSON object");
  Reader reader(object);
  Quote quote;
  quote.id = reader.Text("id");
  quote.low = reader.MaybeMoney("low_micro_usd");
  quote.expected = reader.MaybeMoney("expected_micro_usd");
  quote.high = reader.Amount("high_micro_usd");
  quote.cap = reader.MaybeMoney("cap_micro_usd");
  quote.price_date = reader.Text("price_date");
  quote.hours_source = reader.Text("hours_source");
  for (const ordered_json& line : reader.List("lines")) {
    TRY_ASSIGN(QuoteLine read, LineFromJson(line));
    quote.lines.push_back(std::move(read));
  }
  for (const ordered_json& item : reader.List("unknown")) {
    if (!item.is_string()) return Corrupt("quote: \"unknown\" is missing or of another type");
    quote.unknown.push_back(item.get<std::string>());
  }
  TRY_ASSIGN(quote.three_way, ThreeWayFromJson(reader.Find("three_way")));
  TRY(reader.outcome());
  return quote;
}

std::string QuoteId(const Quote& quote) {
  Quote nameless = quote;
  nameless.id.clear();
  std::string text = QuoteToJson(nameless);
  return fmt::format("{:012x}", Fnv1a(text) & 0xFFFFFFFFFFFFULL);
}

}  // namespace mayfly
