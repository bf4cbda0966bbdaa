#include "engine/catalogue.h"

#include <array>

#include "engine/families/bollinger.h"
#include "engine/families/bqx.h"
#include "engine/families/rate_index.h"
#include "engine/families/regn.h"
#include "engine/families/regq.h"

namespace mayfly::engine {

std::span<const Family* const> Families() {
  static const Family rate_index = MakeRateIndex();
  static const Family bqx = MakeBqx();
  static const Family regn_rate = MakeRegn(Domain::kRate);
  static const Family regn_bqx = MakeRegn(Domain::kBqx);
  static const Family regq_rate = MakeRegq(Domain::kRate);
  static const Family regq_bqx = MakeRegq(Domain::kBqx);
  static const Family regq_cov_rate = MakeRegqCov(Domain::kRate);
  static const Family regq_cov_bqx = MakeRegqCov(Domain::kBqx);
  static const Family bollinger_rate = MakeBollinger(Domain::kRate);
  static const Family bollinger_bqx = MakeBollinger(Domain::kBqx);
  static const std::array all = {&rate_index,     &bqx,          &regn_rate,     &regn_bqx,
                                 &regq_rate,      &regq_bqx,     &regq_cov_rate, &regq_cov_bqx,
                                 &bollinger_rate, &bollinger_bqx};
  return all;
}

const Family* FindFamily(std::string_view name) {
  for (const Family* family : Families()) {
    if (family->name() == name) return family;
  }
  return nullptr;
}

}  // namespace mayfly::engine
