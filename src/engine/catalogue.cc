#include "engine/catalogue.h"

#include <array>

#include "engine/families/bqx.h"
#include "engine/families/rate_index.h"
#include "engine/families/regn.h"

namespace mayfly::engine {

std::span<const Family* const> Families() {
  static const Family rate_index = MakeRateIndex();
  static const Family bqx = MakeBqx();
  static const Family regn_rate = MakeRegn(Domain::kRate);
  static const Family regn_bqx = MakeRegn(Domain::kBqx);
  static const std::array<const Family*, 4> all = {&rate_index, &bqx, &regn_rate, &regn_bqx};
  return all;
}

const Family* FindFamily(std::string_view name) {
  for (const Family* family : Families()) {
    if (family->name() == name) return family;
  }
  return nullptr;
}

}  // namespace mayfly::engine
