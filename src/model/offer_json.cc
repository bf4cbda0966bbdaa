#include "model/offer_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.h"

namespace mayfly {
namespace {

using nlohmann::ordered_json;

ordered_json OfferToJson(const Offer& offer) {
  return {{"market", Name(offer.pool.market)},
          {"region", offer.pool.region},
          {"zone", offer.pool.zone},
          {"type", offer.pool.instance_type},
          {"price", offer.price.micro_usd},
          {"highest", offer.highest.micro_usd},
          {"least_us", offer.terms.minimum.count()},
          {"free_us", offer.terms.free_if_reclaimed.count()},
          {"disk_gb", offer.disk_gb},
          {"addresses", offer.addresses}};
}

Error NoOffers() { return Corrupt("the ledger's offers of a machine are not offers"); }

template <typename T>
bool Take(const ordered_json& json, const char* key, T& field) {
  auto found = json.find(key);
  bool fits = found != json.end() &&
              (std::is_same_v<T, std::string> ? found->is_string() : found->is_number_integer());
  if (fits) field = found->get<T>();
  return fits;
}

Result<Offer> OfferFromJson(const ordered_json& json) {
  if (!json.is_object()) return NoOffers();
  Offer offer;
  std::string market;
  std::int64_t least = 0, free = 0;
  bool whole = Take(json, "market", market) && Take(json, "region", offer.pool.region) &&
               Take(json, "zone", offer.pool.zone) &&
               Take(json, "type", offer.pool.instance_type) &&
               Take(json, "price", offer.price.micro_usd) &&
               Take(json, "highest", offer.highest.micro_usd) && Take(json, "least_us", least) &&
               Take(json, "free_us", free) && Take(json, "disk_gb", offer.disk_gb) &&
               Take(json, "addresses", offer.addresses);
  if (!whole) return NoOffers();
  TRY_ASSIGN(offer.pool.market, ParseMarket(market));
  offer.terms = {.minimum = Duration(least), .free_if_reclaimed = Duration(free)};
  return offer;
}

}  // namespace

Offer WorstOf(const std::vector<Offer>& offers) {
  CHECK(!offers.empty(), "an intent without a pool");
  Offer worst = offers.front();
  for (const Offer& offer : offers) {
    worst.highest = std::max(worst.highest, offer.highest);
    worst.terms.minimum = std::max(worst.terms.minimum, offer.terms.minimum);
  }
  return worst;
}

std::string OffersToJson(const std::vector<Offer>& offers) {
  ordered_json json = ordered_json::array();
  for (const Offer& offer : offers) json.push_back(OfferToJson(offer));
  return json.dump();
}

Result<std::vector<Offer>> OffersFromJson(std::string_view text) {
  ordered_json json = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) return NoOffers();
  std::vector<Offer> offers;
  for (const ordered_json& one : json) {
    TRY_ASSIGN(Offer offer, OfferFromJson(one));
    offers.push_back(std::move(offer));
  }
  return offers;
}

}  // namespace mayfly
