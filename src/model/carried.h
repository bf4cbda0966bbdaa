#pragma once
// What of the phase's own files goes to a rented machine in its bundle, and where it is there: the
// folders that commands run in, and those that bars are read from. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/plan.h"

namespace mayfly {

inline constexpr std::string_view kManifestName = "MANIFEST.json";  // below the bundle's work/

// A folder that stages need, on the computer that makes the bundle.
struct NeededFolder {
  std::string path;   // absolute
  std::string at;     // below work/: "phase/scripts", "load/load"
  std::string stage;  // the first that needs it, for messages
  bool whole = true;  // with what is below it; else only its own files, which hold bars
};

// Paths that begin with `from` are below `at` of the bundle's work/ on the machine.
struct CarriedFolder {
  std::string from, at;
  friend bool operator==(const CarriedFolder&, const CarriedFolder&) = default;
};

// The folders of command stages and of load stages with a `dir`, none of them inside of another
// that is whole, sorted. kInvalid: a command runs outside of the phase file's folder.
Result<std::vector<NeededFolder>> ListNeededFolders(const PhaseSpec& spec,
                                                    const std::string& phase_folder);

// What the manifest says: the phase's folder first, then others.
std::vector<CarriedFolder> ListCarried(const std::vector<NeededFolder>& needed,
                                       const std::string& phase_folder);
std::string ManifestToJson(const std::vector<CarriedFolder>& carried);
Result<std::vector<CarriedFolder>> ManifestFromJson(std::string_view text);

// The path on a machine that has the bundle's work/ at `work`; a path that was not carried stays.
std::string CarriedPath(const std::string& path, const std::vector<CarriedFolder>& carried,
                        const std::string& work);

// Makes a plan read and run what was carried: `cwd`, `dir`, and the words and variables of
// commands that name a file of the phase by its whole path.
void CarryPaths(PhasePlan& plan, const std::vector<CarriedFolder>& carried,
                const std::string& work);

}  // namespace mayfly
