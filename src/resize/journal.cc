#include "resize/journal.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace mayfly::resize {
namespace {

using Json = nlohmann::ordered_json;

struct OutcomeRow {
  Outcome outcome;
  std::string_view name;
};
constexpr std::array<OutcomeRow, 5> kOutcomes{{{Outcome::kDone, "done"},
                                               {Outcome::kReverted, "reverted"},
                                               {Outcome::kAbandoned, "abandoned"},
                                               {Outcome::kStuck, "stuck"},
                                               {Outcome::kElsewhere, "elsewhere"}}};

Json JsonOf(const Size& size) { return {{"vcpus", size.vcpus}, {"memory_mib", size.memory_mib}}; }

Json JsonOf(const std::optional<Instant>& at) {
  return at ? Json(FormatInstant(*at)) : Json(nullptr);
}

// The reading below throws where a field is missing or of another type; one place catches it.
Size SizeFrom(const Json& json) { return {json.at("vcpus"), json.at("memory_mib")}; }

Instant InstantFrom(const Json& json) {
  const Result<Instant> at = ParseInstant(json.get<std::string>());
  if (!at.ok()) throw nlohmann::json::other_error::create(501, "no time", nullptr);
  return *at;
}

std::optional<Instant> MaybeInstantFrom(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(InstantFrom(json));
}

std::optional<Outcome> OutcomeFrom(const Json& json) {
  for (const OutcomeRow& row : kOutcomes) {
    if (json == row.name) return row.outcome;
  }
  return std::nullopt;
}

void ReadPlan(const Json& json, Journal& journal) {
  journal.host = json.at("host");
  journal.name = json.at("name");
  journal.region = json.at("region");
  journal.from = json.at("from");
  journal.to = json.at("to");
  journal.from_size = SizeFrom(json.at("from_size"));
  journal.to_size = SizeFrom(json.at("to_size"));
  journal.approved = InstantFrom(json.at("approved"));
  journal.address = json.at("address");
  journal.keeps_address = json.at("keeps_address");
  journal.was_seen = json.at("was_seen");
  journal.services = json.at("services").get<std::vector<std::string>>();
  journal.sockets = json.at("sockets").get<std::vector<std::string>>();
  journal.volumes = json.at("volumes").get<std::vector<std::string>>();
  journal.snapshots_expire = InstantFrom(json.at("snapshots_expire"));
}

void ReadProgress(const Json& json, Journal& journal) {
  const bool is_back = json.at("direction") == Name(Direction::kBack);
  journal.direction = is_back ? Direction::kBack : Direction::kForward;
  journal.reason = json.at("reason");
  journal.reason_kind = KindFromName(json.at("reason_kind").get<std::string>());
  journal.revert_asked = json.value("revert_asked", false);  // older ones have none
  journal.is_marked = json.at("is_marked");
  journal.has_snapshots = json.at("has_snapshots");
  journal.stop_asked = json.at("stop_asked");
  journal.start_asked = json.at("start_asked");
  journal.down_since = MaybeInstantFrom(json.at("down_since"));
  journal.up_at = MaybeInstantFrom(json.at("up_at"));
  journal.notes = json.at("notes").get<std::vector<std::string>>();
  journal.outcome = OutcomeFrom(json.at("outcome"));
  for (const Json& event : json.at("events")) {
    journal.events.push_back({InstantFrom(event.at("at")), event.at("what")});
  }
}

}  // namespace

std::string_view Name(Direction direction) {
  return direction == Direction::kForward ? "forward" : "back";
}

std::string_view Name(Outcome outcome) {
  for (const OutcomeRow& row : kOutcomes) {
    if (row.outcome == outcome) return row.name;
  }
  return "";
}

std::string ToJson(const Journal& journal) {
  Json json{{"host", journal.host},
            {"name", journal.name},
            {"region", journal.region},
            {"from", journal.from},
            {"to", journal.to},
            {"from_size", JsonOf(journal.from_size)},
            {"to_size", JsonOf(journal.to_size)},
            {"approved", FormatInstant(journal.approved)},
            {"direction", Name(journal.direction)},
            {"outcome", journal.outcome ? Json(Name(*journal.outcome)) : Json(nullptr)},
            {"reason", journal.reason},
            {"reason_kind", KindName(journal.reason_kind)},
            {"revert_asked", journal.revert_asked},
            {"address", journal.address},
            {"keeps_address", journal.keeps_address},
            {"was_seen", journal.was_seen},
            {"services", journal.services},
            {"sockets", journal.sockets},
            {"volumes", journal.volumes},
            {"snapshots_expire", FormatInstant(journal.snapshots_expire)},
            {"is_marked", journal.is_marked},
            {"has_snapshots", journal.has_snapshots},
            {"stop_asked", journal.stop_asked},
            {"start_asked", journal.start_asked},
            {"down_since", JsonOf(journal.down_since)},
            {"up_at", JsonOf(journal.up_at)},
            {"notes", journal.notes},
            {"events", Json::array()}};
  for (const Event& event : journal.events) {
    json["events"].push_back({{"at", FormatInstant(event.at)}, {"what", event.what}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Journal> JournalFromJson(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Corrupt("it is no JSON object");
  Journal journal;
  try {
    ReadPlan(json, journal);
    ReadProgress(json, journal);
  } catch (const nlohmann::json::exception& error) {
    return Corrupt(std::string("it is no journal of a resize: ") + error.what());
  }
  return journal;
}

std::string ToMark(const Journal& journal) {
  std::string mark(Name(journal.direction));
  mark += " " + journal.from + " " + journal.to + " " + FormatInstant(journal.approved);
  mark += " " + (journal.address.empty() ? "-" : journal.address);
  return mark + (journal.keeps_address ? " elastic" : " given");
}

Result<Journal> JournalFromMark(std::string_view mark) {
  const std::vector<std::string> words = Split(mark, ' ');
  const bool has_all = words.size() == 6 && (words[0] == "forward" || words[0] == "back");
  const Result<Instant> approved = has_all ? ParseInstant(words[3]) : Invalid("too few words");
  if (!approved.ok()) {
    return Corrupt("the tag mayfly:resize says '" + std::string(mark) +
                   "', which mayfly did not write; look at the host, and remove the tag");
  }
  Journal journal;
  journal.direction = words[0] == "back" ? Direction::kBack : Direction::kForward;
  journal.from = words[1];
  journal.to = words[2];
  journal.approved = *approved;
  if (journal.direction == Direction::kBack) {
    journal.reason = "another computer had turned back, and its journal says why";
    journal.reason_kind = ErrorKind::kExhausted;
  }
  if (words[4] != "-") journal.address = words[4];
  journal.keeps_address = words[5] == "elastic";
  journal.is_marked = true;
  return journal;
}

}  // namespace mayfly::resize
