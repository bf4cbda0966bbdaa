#include "adapters/aws/profile.h"

#include <fmt/format.h>

#include "base/text.h"

namespace mayfly::aws {
namespace {

struct Line {
  std::string_view text;  // trimmed
  bool is_indented = false;
};

// A comment begins with # or ; at the start, or after a space.
std::string_view WithoutComment(std::string_view value) {
  for (std::string_view mark : {" #", " ;", "\t#", "\t;"})
    value = value.substr(0, value.find(mark));
  return Trim(value);
}

std::optional<std::string> SectionName(std::string_view line) {
  line = WithoutComment(line);
  if (!line.starts_with('[') || !line.ends_with(']')) return std::nullopt;
  std::string name(Trim(line.substr(1, line.size() - 2)));
  if (name.starts_with("profile ")) name = Trim(name.substr(8));
  return name;
}

// Keeps what the lines of one file have said so far.
class Reader {
 public:
  // False: a line that is none of AWS's.
  bool Take(const Line& line) {
    if (line.text.empty() || line.text[0] == '#' || line.text[0] == ';') return true;
    if (line.text[0] == '[') return TakeSection(line.text);
    const std::size_t equals = line.text.find('=');
    if (equals == std::string_view::npos || section_ == nullptr) return false;
    std::string key = Lower(Trim(line.text.substr(0, equals)));
    const std::string_view value = WithoutComment(line.text.substr(equals + 1));
    if (line.is_indented && !parent_.empty()) {
      (*section_)[parent_ + "." + key] = value;
      return true;
    }
    parent_ = value.empty() ? key : "";
    (*section_)[key] = value;
    return true;
  }
  Sections sections() && { return std::move(sections_); }

 private:
  bool TakeSection(std::string_view text) {
    const std::optional<std::string> name = SectionName(text);
    if (!name) return false;
    section_ = &sections_[*name];
    parent_.clear();
    return true;
  }

  Sections sections_;
  Section* section_ = nullptr;
  std::string parent_;
};

Result<Sections> LoadFile(FileSystem& files, const std::string& path) {
  Result<std::string> text = files.Read(path);
  if (!text.ok() && text.error().kind() == ErrorKind::kNotFound) return Sections{};
  if (!text.ok()) return text.error().Within("AWS profiles");
  return ParseProfiles(*text, path);
}

std::string Find(const Sections& sections, const std::string& name, const std::string& key) {
  const auto section = sections.find(name);
  if (section == sections.end()) return "";
  const auto value = section->second.find(key);
  return value == section->second.end() ? "" : value->second;
}

}  // namespace

std::string Value(const Environment& environment, const std::string& name) {
  return environment(name).value_or("");
}

Result<Sections> ParseProfiles(std::string_view text, const std::string& path) {
  Reader reader;
  int number = 0;
  for (const std::string& line : Split(text, '\n')) {
    ++number;
    const bool is_indented = line.starts_with(' ') || line.starts_with('\t');
    if (!reader.Take({Trim(line), is_indented})) {
      return Invalid(
          fmt::format("{}:{}: neither [section] nor key = value; correct this line", path, number));
    }
  }
  return std::move(reader).sections();
}

Result<Profiles> Profiles::Load(const Environment& environment, FileSystem& files) {
  Profiles profiles;
  for (const char* name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
    const std::string value = Value(environment, name);
    if (value.empty()) continue;
    profiles.name_ = value;
    profiles.is_named_ = true;
    break;
  }
  const std::string home = Value(environment, "HOME");
  std::string config = Value(environment, "AWS_CONFIG_FILE");
  std::string credentials = Value(environment, "AWS_SHARED_CREDENTIALS_FILE");
  if (config.empty() && !home.empty()) config = home + "/.aws/config";
  if (credentials.empty() && !home.empty()) credentials = home + "/.aws/credentials";
  if (!config.empty()) {
    TRY_ASSIGN(profiles.config_, LoadFile(files, config));
  }
  if (!credentials.empty()) {
    TRY_ASSIGN(profiles.credentials_, LoadFile(files, credentials));
  }
  return profiles;
}

bool Profiles::has(const std::string& profile) const {
  return config_.contains(profile) || credentials_.contains(profile);
}

std::string Profiles::value(const std::string& profile, const std::string& key) const {
  std::string value = Find(credentials_, profile, key);
  return value.empty() ? Find(config_, profile, key) : value;
}

std::string Profiles::service_value(const std::string& profile, const std::string& key) const {
  const std::string services = value(profile, "services");
  return services.empty() ? "" : Find(config_, "services " + services, key);
}

}  // namespace mayfly::aws
