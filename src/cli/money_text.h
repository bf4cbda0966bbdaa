#pragma once
// Quotes and accounts for people, for programs and for documents. Amounts are exact in JSON and
// have their unit everywhere, so that ParseMoney and `--set` read back what is shown. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/phase_money.h"
#include "cli/render.h"
#include "model/run.h"

namespace mayfly::cli {

// "at most 4.80 USD, expected 0.20 USD (stated: 2h), quote 3f2a91c04e11".
std::string QuoteInALine(const Quote& quote);

// The line above, every line of the quote below it, and the three ways where they are known.
std::string RenderQuote(const Quote& quote);
nlohmann::ordered_json JsonOfQuote(const Quote& quote);

// "0.03 USD of a cap of 25.00 USD, quote 3f2a91c04e11".
std::string MoneyInALine(const RunMoney& money);
nlohmann::ordered_json JsonOfMoney(const RunMoney& money);

// The whole account: lines, machines, stages, tags, lost work, and what was quoted.
std::string RenderAccount(const RunSnapshot& snapshot, const RunMoney& money, const Paint& paint);
std::string AccountToMarkdown(const RunSnapshot& snapshot, const RunMoney& money);
std::string AccountToJson(const RunSnapshot& snapshot, const RunMoney& money);

}  // namespace mayfly::cli
