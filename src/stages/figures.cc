#include "stages/figures.h"

#include <nlohmann/json.hpp>

namespace mayfly::stages {

std::string FiguresToJson(const std::vector<LeafFigures>& leaves) {
  nlohmann::json list = nlohmann::json::array();
  for (const LeafFigures& figures : leaves) {
    nlohmann::json entry{{"leaf", figures.leaf}, {"rows", figures.rows}};
    if (!figures.nulls.empty()) entry["nulls"] = figures.nulls;
    list.push_back(std::move(entry));
  }
  return nlohmann::json{{"leaves", std::move(list)}}.dump();
}

}  // namespace mayfly::stages
