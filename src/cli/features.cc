// features: the catalogue of families, for writing a phase file.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/about_run.h"
#include "engine/catalogue.h"

namespace mayfly::cli {
namespace {

using nlohmann::ordered_json;

struct Flags {
  std::string family;
  bool json = false;
};

std::string InputsText(std::span<const engine::Input> inputs) {
  std::vector<std::string> names;
  for (engine::Input input : inputs) names.emplace_back(engine::InputName(input));
  return Join(names, ", ");
}

Result<const engine::Family*> Find(const std::string& name) {
  if (const engine::Family* family = engine::FindFamily(name)) return family;
  std::vector<std::string> names;
  for (const engine::Family* family : engine::Families()) names.push_back(family->name());
  std::optional<std::string> near = NearestName(name, names);
  return NotFound(fmt::format(
      "there is no family \"{}\"; {}", name,
      near ? fmt::format("did you mean {}?", *near) : "known are " + Join(names, ", ")));
}

ordered_json JsonOf(const engine::FamilyColumn& column) {
  ordered_json inputs = ordered_json::array();
  for (engine::Input input : column.inputs) inputs.push_back(engine::InputName(input));
  return {{"name", column.name},
          {"stored", !column.derived.has_value()},
          {"sql", column.derived ? ordered_json(column.derived->exact.Sql()) : nullptr},
          {"inputs", inputs},
          {"lookback", column.lookback},
          {"null_when_flat", column.null_when_flat},
          {"may_be_constant", column.may_be_constant},
          {"level", column.level},
          {"formula", column.formula}};
}

ordered_json HeadOf(const engine::Family& family) {
  return {{"name", family.name()},
          {"summary", family.summary()},
          {"columns", family.columns().size()},
          {"stored", family.stored_columns().size()},
          {"lookback", family.lookback()}};
}

Result<int> RunList(const Flags& flags, const Session& session) {
  ordered_json json{{"families", ordered_json::array()}};
  Table table({{"family"},
               {"columns", Table::Align::kRight},
               {"stored", Table::Align::kRight},
               {"look-back", Table::Align::kRight},
               {"inputs"},
               {"what it is"}});
  for (const engine::Family* family : engine::Families()) {
    json["families"].push_back(HeadOf(*family));
    table.Add({{family->name(), Tone::kStrong},
               {fmt::format("{}", family->columns().size())},
               {fmt::format("{}", family->stored_columns().size())},
               {fmt::format("{}", family->lookback())},
               {InputsText(family->inputs())},
               {family->summary()}});
  }
  Print(flags.json ? DumpJson(json) : table.Render(PaintForOutput(session), 0));
  return 0;
}

Result<int> RunShow(const Flags& flags, const Session& session) {
  TRY_ASSIGN(const engine::Family* family, Find(flags.family));
  ordered_json json = HeadOf(*family);
  json["columns"] = ordered_json::array();
  Table table(
      {{"column"}, {"look-back", Table::Align::kRight}, {"stored"}, {"inputs"}, {"what it is"}});
  for (const engine::FamilyColumn& column : family->columns()) {
    json["columns"].push_back(JsonOf(column));
    table.Add({{column.name},
               {fmt::format("{}", column.lookback)},
               {column.derived ? "by the view" : "yes"},
               {InputsText(column.inputs)},
               {column.formula}});
  }
  Print(flags.json ? DumpJson(json)
                   : fmt::format("{}: {}\n\n{}", family->name(), family->summary(),
                                 table.Render(PaintForOutput(session))));
  return 0;
}

}  // namespace

void AddFeatures(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* features =
      app.add_subcommand("features", "The feature families that a features stage can name");
  features->require_subcommand(1);
  CLI::App* list = features->add_subcommand("list", "every family, a line each");
  CLI::App* show = features->add_subcommand("show", "the columns of one family and their formulas");
  show->add_option("FAMILY", flags->family, "its name, as in `family = \"bqx\"`")->required();
  for (CLI::App* command : {list, show}) command->add_flag("--json", flags->json, "for programs");
  features->footer([list, show] {  // one page tells it all
    return list->help("mayfly features") + "\n" + show->help("mayfly features");
  });
  list->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunList(*flags, session); };
  });
  show->callback([flags, &session] {
    session.chosen = [flags, &session] { return RunShow(*flags, session); };
  });
}

}  // namespace mayfly::cli
