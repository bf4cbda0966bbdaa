#include "adapters/aws/pricing.h"

#include <fmt/format.h>

#include "adapters/aws/json_call.h"
#include "adapters/aws/text.h"

namespace mayfly::aws {
namespace {

constexpr int kMostPages = 50;

Result<std::vector<ListPrice>> ParseTerms(const nlohmann::json& product, const ListPrice& common) {
  std::vector<ListPrice> prices;
  const nlohmann::json& terms = Field(Field(product, "terms"), "OnDemand");
  if (!terms.is_object()) return prices;
  for (const auto& [offer, term] : terms.items()) {
    const nlohmann::json& dimensions = Field(term, "priceDimensions");
    if (!dimensions.is_object()) return Corrupt("a price without dimensions");
    for (const auto& [rate, dimension] : dimensions.items()) {
      ListPrice price = common;
      TRY_ASSIGN(price.unit, NeedTextField(dimension, "unit"));
      TRY_ASSIGN(const std::string usd, NeedTextField(Field(dimension, "pricePerUnit"), "USD"));
      TRY_ASSIGN(price.per_unit, ParseUsd(usd));
      price.description = TextField(dimension, "description");
      if (price.per_unit.micro_usd > 0) prices.push_back(std::move(price));
    }
  }
  return prices;
}

// An element of the list is a document in a string.
Result<std::vector<ListPrice>> ParseProduct(const nlohmann::json& element) {
  nlohmann::json product = element;
  if (element.is_string()) {
    TRY_ASSIGN(product, ParseJsonObject(element.get<std::string>(), "a product of the price list"));
  }
  ListPrice common;
  const nlohmann::json& about = Field(product, "product");
  TRY_ASSIGN(common.sku, NeedTextField(about, "sku"));
  const nlohmann::json& attributes = Field(about, "attributes");
  if (attributes.is_object()) {
    for (const auto& [name, value] : attributes.items()) {
      if (value.is_string()) common.attributes.emplace_back(name, value.get<std::string>());
    }
  }
  return ParseTerms(product, common);
}

}  // namespace

Result<std::vector<ListPrice>> GetProducts(Caller& caller, const std::string& service_code,
                                           const std::vector<PriceFilter>& filters) {
  nlohmann::json question{{"ServiceCode", service_code}, {"FormatVersion", "aws_v1"}};
  question["Filters"] = nlohmann::json::array();
  for (const PriceFilter& filter : filters) {
    question["Filters"].push_back(
        {{"Type", "TERM_MATCH"}, {"Field", filter.field}, {"Value", filter.value}});
  }
  std::vector<ListPrice> prices;
  for (int page = 0; page < kMostPages; ++page) {
    TRY_ASSIGN(
        const nlohmann::json answer,
        AskJson(caller, {Service::kPricing, "AWSPriceListService"}, "GetProducts", question));
    const nlohmann::json& list = Field(answer, "PriceList");
    if (!list.is_array()) return Corrupt("pricing GetProducts: no list in the answer");
    for (const nlohmann::json& element : list) {
      Result<std::vector<ListPrice>> some = ParseProduct(element);
      if (!some.ok()) return some.error().Within("pricing GetProducts");
      prices.insert(prices.end(), some->begin(), some->end());
    }
    const std::string token = TextField(answer, "NextToken");
    if (!token.empty()) {
      question["NextToken"] = token;
      continue;
    }
    if (prices.empty()) return NotFound("pricing GetProducts: nothing fits in " + service_code);
    return prices;
  }
  return Exhausted("pricing GetProducts: too many pages; ask more narrowly");
}

Result<Money> OnlyPrice(const std::vector<ListPrice>& prices, std::string_view unit,
                        std::string_view what) {
  std::optional<Money> found;
  for (const ListPrice& price : prices) {
    if (price.unit != unit) continue;
    if (found && *found != price.per_unit) {
      return Conflict(fmt::format("the list has several prices for {}: {} and {} USD per {}", what,
                                  DecimalUsd(*found), DecimalUsd(price.per_unit), unit));
    }
    found = price.per_unit;
  }
  if (!found) return NotFound(fmt::format("the list has no price of {} per {}", what, unit));
  return *found;
}

Result<Money> OnDemandPrice(Caller& caller, const std::string& instance_type,
                            const std::string& region) {
  TRY_ASSIGN(const std::vector<ListPrice> prices, GetProducts(caller, "AmazonEC2",
                                                              {{"instanceType", instance_type},
                                                               {"regionCode", region},
                                                               {"operatingSystem", "Linux"},
                                                               {"tenancy", "Shared"},
                                                               {"preInstalledSw", "NA"},
                                                               {"capacitystatus", "Used"},
                                                               {"marketoption", "OnDemand"}}));
  return OnlyPrice(prices, "Hrs", instance_type + " in " + region);
}

}  // namespace mayfly::aws
