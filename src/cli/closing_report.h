#pragma once
// How a run ended: its termination checklist and its closing report, of what the ledger holds.

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/render.h"
#include "cli/world.h"
#include "closing/report.h"

namespace mayfly::cli {

Result<std::vector<closing::Line>> LoadChecklist(Ledger& ledger, const RunSnapshot& snapshot);
Result<closing::Report> LoadClosingReport(Ledger& ledger, const RunSnapshot& snapshot);

// Where the closing reports of a project are.
std::string ReportFolder(const Place& place);

// Writes FOLDER/run-R.md and FOLDER/run-R.json anew; answers the path of the first.
Result<std::string> KeepClosingReport(FileSystem& files, const std::string& folder,
                                      const closing::Report& report);

// A table of the lines, with what to do about those that are not done.
std::string RenderChecklist(const std::vector<closing::Line>& lines, const Paint& paint);

}  // namespace mayfly::cli
